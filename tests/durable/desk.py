"""Starts the processes of the tests, kills them, and reads what they left."""

import json
import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

from lar_debug.store.database import Store
from tests.forks import ForkServer

PATIENCE = 60.0
"""Seconds until a test gives up waiting for something that must happen."""


class Desk:
    """Starts the processes of the tests."""

    def __init__(self, server: ForkServer) -> None:
        self._server = server

    def start(self, folder: Path, job: str, *, whole_end: bool = False, **arguments) -> int:
        """Begin a job in `folder`; the number of its process."""
        call = ("tests.durable.jobs:begin", job, arguments)
        streams = (os.devnull, "stdout", "stderr")
        return self._server.start(*call, cwd=folder, streams=streams, whole_end=whole_end)

    def wait(self, pid: int) -> int:
        """The exit code of a job, negative for the signal that ended it."""
        return self._server.wait(pid)

    def kill(self, pid: int) -> None:
        """End a job as the system does that has no memory left."""
        os.kill(pid, signal.SIGKILL)
        assert self.wait(pid) == -signal.SIGKILL

    def do(self, folder: Path, job: str = "run", **arguments) -> int:
        """A job to its end; its exit code."""
        return self.wait(self.start(folder, job, **arguments))

    def run(self, folder: Path, graph: str, thread: str = "case-42", **options) -> dict:
        """Run a graph to where it ends; what the job has written of it."""
        (folder / "result.json").unlink(missing_ok=True)
        code = self.do(folder, graph=graph, thread=thread, **options)
        assert code == 0, (folder / "stderr").read_text()
        return json.loads((folder / "result.json").read_text())


def ran(folder: Path, *wanted: str) -> list[str]:
    """The lines that nodes have left, those that begin with `wanted`; not those of entries."""
    try:
        lines = (folder / "ran.log").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [line for line in lines if line.startswith(wanted or ("",))]


def nodes_ran(folder: Path) -> list[str]:
    """The nodes that ran, in their order, once for each time."""
    return [line for line in ran(folder) if not line.startswith("yielded")]


def until(condition, what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to that: {what}"
        os.sched_yield()


@contextmanager
def store_of(folder: Path):
    store = Store.open(folder / "threads.db")
    try:
        yield store
    finally:
        store.close()


def newest(store: Store, thread: str = "case-42") -> str:
    """The run that a thread came to last."""
    info = store.newest_run(thread)
    assert info is not None
    return info.run


def timeline(folder: Path, thread: str = "case-42") -> list[tuple[str, str, int]]:
    """(label, outcome, segment) of each step of the newest run of a thread."""
    with store_of(folder) as store:
        info = store.newest_run(thread)
        assert info is not None
        return [
            (step.node.label.partition(" ")[0], execution.outcome.value, step.segment)
            for step, execution in store.steps(info.run)
        ]


def status(folder: Path, thread: str = "case-42") -> str:
    with store_of(folder) as store:
        info = store.newest_run(thread)
        assert info is not None
        return info.status.value
