"""`lar-debug run`: a script as it is, or one graph, with every step recorded."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from lar_debug.cli import DONE, WRONG
from lar_debug.cli.common import ALLOW_LOSSY, Common, common_options
from lar_debug.cli.listing import run_json
from lar_debug.cli.output import say, show_json
from lar_debug.cli.summary import exit_code, runs_of, summarise
from lar_debug.cli.targets import Target, is_graph, parse_input, parse_target
from lar_debug.client.interpreter import find_interpreter, require_lar
from lar_debug.client.recorded_run import RecordedRun, writer
from lar_debug.client.zygote import bootstrap_command
from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.session.programs import settle
from lar_debug.session.recording import as_it_stands
from lar_debug.session.references import command_line
from lar_debug.store.database import Store, StoreError
from lar_debug.store.location import prepare_folder

RECORDER = "lar_debug.runtime.record:main"


def plan_run(
    common: Common, target: Target, arguments: tuple[str, ...], **wanted: Any
) -> RecordedRun:
    """Everything needed to start the program under the recorder. Raises Problem."""
    found = find_interpreter(target.place, chosen=common.python, environ=os.environ)
    require_lar(found)
    path = common.store_path(target.place)
    prepare_folder(path.parent)
    _check_store(path)
    options: dict[str, Any] = {
        "store": str(path),
        "kind": target.kind,
        "script": target.as_python_gets_it,
        "argv": list(arguments),
        "roots": [str(target.root)],
        "target": target.written,
        "name": target.name,
        **{name: value for name, value in wanted.items() if value},
    }
    return RecordedRun(
        bootstrap_command(found.path, RECORDER),
        options,
        store=path,
        cwd=Path.cwd(),
        forward=(writer(2), writer(2)) if common.json else None,
    )


def _check_store(path: Path) -> None:
    """Make the store, and refuse before anything runs when it cannot be written."""
    store = Store.open(path, create=True)
    try:
        store.check_writable()
    finally:
        store.close()


def run_headless(common: Common, target: Target, planned: RecordedRun) -> int:
    """Run to the end without a screen; print what was recorded; the exit code."""
    since = time.time()
    planned.start()
    code = planned.wait()
    process = planned.process
    assert process is not None
    try:
        with closing(Store.open(common.store_path(target.place))) as store:
            runs = settle(store, runs_of(store, process.pid, since - 1), planned)
            if common.json:
                rows = [run_json(store, info) for info in runs]
                show_json({"runs": rows, "exit_code": _code(target, runs, code)})
            else:
                summarise(store, runs)
    except StoreError as error:
        # The program has run; that its recording cannot be read does not change how it ended.
        say(f"lar-debug: {error}")
        if common.json:
            show_json({"runs": [], "exit_code": code})
        return code
    if not runs and code == DONE:
        seconds = f"{time.time() - since:.0f} s"
        raise Problem(f"{target.written} ran {seconds} and made no graph run: nothing to show")
    return _code(target, runs, code)


def _code(target: Target, runs: list[RunInfo], code: int) -> int:
    if not runs:
        return code or WRONG
    return code if target.kind == "script" else exit_code(runs, code)


class _RunCommand(click.Command):
    """All after a script is the script's; after a graph options may follow."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        ctx.allow_interspersed_args = is_graph(given.get("target"))
        return super().parse_args(ctx, args)


@click.command("run", cls=_RunCommand, context_settings={"allow_interspersed_args": False})
@click.option("--input", "given", metavar="JSON|@FILE", help="The state at the start.")
@click.option("--thread", metavar="ID", help="Name of the thread that the run belongs to.")
@click.option("--new", is_flag=True, help="Refuse a thread that is there already.")
@click.option(
    "--durability",
    type=click.Choice(["exit", "async", "sync"]),
    help="What the thread may lose when its process dies (async).",
)
@click.option("--allow-lossy", is_flag=True, default=None, help=ALLOW_LOSSY)
@click.option("--max-steps", type=click.IntRange(min=1), help="Stop after so many steps.")
@click.option("--pause-before", metavar="NODE", help="Wait before this node.")
@click.option("--audit-log", metavar="DIR", help="Let the engine write its own log there too.")
@common_options
@click.argument("target", metavar="SCRIPT.py | FILE.py:NAME | pkg.mod:NAME")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]...")
def run(
    common: Common,
    target: str,
    arguments: tuple[str, ...],
    given: str | None,
    thread: str | None,
    new: bool,
    audit_log: str | None,
    **wanted: Any,
) -> int:
    """Run an unmodified script, or one graph, and record every step of every run in it."""
    chosen = parse_target(target)
    if chosen.kind == "target" and arguments:
        raise Problem(f"{arguments[0]}: a graph takes no arguments; --input gives it its state")
    if chosen.kind == "script":
        _refuse_for_script(target, {"input": given, **wanted, "audit_log": audit_log})
    if thread is not None:
        _check_thread(common, chosen, thread, new=new)
    elif new:
        raise Problem("--new refuses a thread that is there already: name one with --thread ID")
    wanted["audit_log"] = audit_log and str(Path(audit_log).absolute())
    started_with = parse_input(given)
    planned = plan_run(common, chosen, arguments, input=started_with, thread=thread, **wanted)
    return _start(common, chosen, planned)


def _refuse_for_script(target: str, for_graph: dict[str, Any]) -> None:
    """Raises Problem where an option was given that a script would not hear of."""
    said = [f"--{name.replace('_', '-')}" for name, value in for_graph.items() if value is not None]
    if said:
        raise Problem(
            f"{' and '.join(said)}: that is for a graph, {target}:NAME; "
            "a script starts its graph itself"
        )


def _check_thread(common: Common, target: Target, thread: str, *, new: bool) -> None:
    """Raises Problem for a thread that is there already, where it is not to go on."""
    if not thread.strip():
        raise Problem("--thread: give it a name")
    path = common.store_path(target.place)
    if not path.exists():
        return
    with closing(Store.open(path)) as store:
        found = store.newest_run(thread)
        if found is None:
            return
        status = as_it_stands(store, found).status.value
        again = command_line(store.path, "resume", thread)
    if new:
        raise Problem(f"--thread {thread} is there already ({status}); name another one")
    if target.kind == "script" and found.status is not RunStatus.FINISHED:
        # A script begins its graph itself: it cannot be told to go on.
        raise Problem(f"--thread {thread} is there already ({status}); {again} goes on with it")


def _start(common: Common, target: Target, planned: RecordedRun) -> int:
    if not common.screen:
        return run_headless(common, target, planned)
    from lar_debug.cli.live import run_on_screen

    return run_on_screen(common, target, planned)


COMMANDS = {"run": run}
