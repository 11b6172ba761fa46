"""What the processes of the tests do: run a graph on a thread, or hold one."""

import json
import os
import resource
import runpy
import signal
import sqlite3
import sys
from pathlib import Path

from lar.state import GraphState

import lar_debug
from tests.durable import within
from tests.durable.graphs import calls, log
from tests.durable.graphs import threads as graphs

STORE = "threads.db"


def begin(job: str, arguments: dict) -> None:
    """The job of that name."""
    globals()[job](**arguments)


def run(
    graph: str,
    thread: str,
    *,
    how: str = "run",
    arguments: dict | None = None,
    state: dict | None = None,
    executor: dict | None = None,
    result: str = "result.json",
    stop_after: int | None = None,
    graph_state: bool = False,
    **options,
) -> None:
    """Run or resume a thread, or fork the run that `thread` names; what came of it stands in
    `result`: entries, state, and how it ended."""
    made = lar_debug.DurableExecutor(**{"store": STORE, **(executor or {})})
    given = {} if state is None else state
    handed = GraphState(given) if graph_state else given

    def build():
        made_by = getattr(graphs, graph, None) or getattr(calls, graph)
        return made_by(**(arguments or {}))

    entries: list = []
    ended: dict = {"ended": "finished"}
    steps = iter(())
    try:
        if how == "run":
            steps = made.run_step_by_step(build(), handed, thread_id=thread, **options)
        elif how == "fork":
            steps = made.fork(thread, build(), state=handed, **options)
        else:
            steps = made.resume(thread, build(), state=handed, **options)
        for entry in steps:
            entries.append([entry["step"], entry["node"], entry["outcome"]])
            log.ran(f"yielded {entry['step']}")
            if stop_after is not None and len(entries) == stop_after:
                ended = {"ended": "left"}
                break
    except lar_debug.Interrupted as error:
        ended = {"ended": "interrupted", "why": str(error), "choices": list(error.choices)}
        ended["asked"] = [one.id for one in error.questions]
    except lar_debug.Problem as error:
        ended = {"ended": "problem", "why": str(error)}
    del steps
    if isinstance(handed, GraphState):
        given = handed.get_all()
    Path(result).write_text(json.dumps({"entries": entries, "state": given, **ended}, default=repr))


def hold(thread: str, fork: bool = False) -> None:
    """Begin a run of three steps, write `held` once the first is done, and then do nothing.

    With `fork` a child process is left that does nothing either; its number is in `child`.
    """
    made = lar_debug.DurableExecutor(store=STORE)
    steps = made.run_step_by_step(graphs.three(), {}, thread_id=thread)
    next(steps)
    if fork:
        child = os.fork()
        if child == 0:
            wait_for_ever()
        Path("child").write_text(str(child))
    Path("held").touch()
    wait_for_ever()


def inside(name: str) -> None:
    """What happens within one process; what it says stands in `told.json`."""
    Path("told.json").write_text(json.dumps(getattr(within, name)()))


def traced(**arguments) -> None:
    """As `run`; each transaction writes a line: whether it waits for the disk, and its tables."""
    connect = sqlite3.connect

    def tracing(*args, **kwargs):
        made = connect(*args, **kwargs)
        made.set_trace_callback(Transactions().statement)
        return made

    sqlite3.connect = tracing
    run(**arguments)


class Transactions:
    """The statements of one connection, as SQLite tells them when they begin."""

    def __init__(self) -> None:
        self.waits, self.tables = "kept", []

    def statement(self, text: str) -> None:
        words = text.split()
        if text.startswith("PRAGMA synchronous="):
            self.waits = "safe" if text.endswith("FULL") else "kept"
        elif words[0] == "BEGIN":
            self.tables = []
        elif words[0] == "INSERT":
            self.tables.append(words[words.index("INTO") + 1])
        elif words[0] == "UPDATE":
            self.tables.append(words[1])
        elif words[0] == "COMMIT":
            log.ran(f"{self.waits} {' '.join(dict.fromkeys(self.tables))}")


def wait_for_ever() -> None:
    reading, _ = os.pipe()
    os.read(reading, 1)


def hold_until_told(thread: str, closes: bool) -> None:
    """Begin a run, and try to go on when `go` is there. With `closes` every file that this process
    has open is closed meanwhile, as daemons do it."""
    made = lar_debug.DurableExecutor(store=STORE)
    steps = made.run_step_by_step(graphs.three(), {}, thread_id=thread)
    next(steps)
    if closes:
        os.closerange(3, 1024)
    Path("held").touch()
    while not Path("go").exists():
        os.sched_yield()
    try:
        next(steps)
        told = "went on"
    except lar_debug.Problem as error:
        told = str(error)
    Path("told.txt").write_text(told)


def attempt(store: str, run: str, step: int, **request) -> None:
    """Run a recorded step again, as the debugger does it."""
    from lar_debug.runtime import reexecute

    whole = {"store": store, "run": run, "step": step, "roots": [os.getcwd()], "learn": False}
    result = reexecute.job({**whole, "answers": "live", **request}, lambda _: None)
    assert result["ran"], result


def run_in_little_room(size: int, **arguments) -> None:
    """As `run`, where no file may grow beyond `size` bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    run(**arguments)


def cut_off_after(step: int, graph: str, thread: str, arguments: dict, executor: dict) -> None:
    """Run in `sync`, note how long the log is when each step is safe, and die.

    Nothing is brought from the log into the store meanwhile, so that the log is all there is.
    """
    made = lar_debug.DurableExecutor(store=STORE, durability="sync", **executor)
    start = getattr(graphs, graph)(**arguments)
    safe: list[int] = []
    for _ in made.run_step_by_step(start, {}, thread_id=thread):
        safe.append(Path(f"{STORE}-wal").stat().st_size)
        if len(safe) == step:
            break_off(safe)


def break_off(safe: list[int]) -> None:
    Path("safe.json").write_text(json.dumps(safe))
    os.kill(os.getpid(), signal.SIGKILL)


def program(path: str, environ: dict[str, str]) -> None:
    """Run a script as the program of this process."""
    os.environ.pop("LAR_DEBUG_STORE", None)
    os.environ.update(environ)
    sys.argv = [path]
    sys.path.insert(0, str(Path(path).parent))
    runpy.run_path(path, run_name="__main__")
