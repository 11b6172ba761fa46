"""Records the graphs of this folder, and runs recorded steps again, in real processes.

`record` starts a program the way the debugger starts it; `Forks` spares the seconds that importing
the engine takes.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lar_debug.model.records import RunInfo
from lar_debug.runtime import bootstrap, protocol
from lar_debug.store.database import Store
from tests.forks import ENVIRON, ForkServer, server

GRAPHS = Path(__file__).parent / "graphs"


def options_for(folder: Path, script: Path | str, *argv: str, **options) -> dict:
    """What the recorder is told; `options` are added or put in the place of the usual ones."""
    path = str(GRAPHS / script)
    return {
        "store": str(folder / "recordings.db"),
        "kind": "script",
        "script": path,
        "argv": list(argv),
        "roots": [str(Path(path).parent), str(folder)],
        **options,
    }


def record(
    folder: Path, script: Path | str, *argv: str, stdin: int = subprocess.DEVNULL, **options
) -> subprocess.CompletedProcess[bytes]:
    """Run a script under the recorder, in `folder`; what it recorded is in `store_of(folder)`."""
    chosen = options_for(folder, script, *argv, **options)
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(json.dumps(chosen).encode())
    try:
        return subprocess.run(
            [sys.executable, bootstrap.__file__, "lar_debug.runtime.record:main", str(reading)],
            cwd=folder,
            env=ENVIRON,
            stdin=stdin,
            capture_output=True,
            pass_fds=(reading,),
            timeout=60,
            check=False,
        )
    finally:
        os.close(reading)


def plain(folder: Path, script: str, *argv: str) -> subprocess.CompletedProcess[bytes]:
    """The same script without us."""
    return subprocess.run(
        [sys.executable, str(GRAPHS / script), *argv],
        cwd=folder,
        env=ENVIRON,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@contextmanager
def store_of(folder: Path):
    store = Store.open(folder / "recordings.db")
    try:
        yield store
    finally:
        store.close()


def runs_of(store: Store) -> list[RunInfo]:
    """Runs in the order in which they began."""
    return sorted(store.runs(), key=lambda info: info.entry["ordinal"])


@dataclass(frozen=True)
class Done:
    """How a program ended: its exit code (negative for a signal) and what it printed."""

    returncode: int
    stdout: bytes
    stderr: bytes


class Forks:
    """Records programs and runs steps again in forked children of one process."""

    def __init__(self, server: ForkServer) -> None:
        self._server = server

    def record(
        self, folder: Path, script: Path | str, *argv: str, stdin: Path | None = None, **options
    ) -> Done:
        """Run a program under the recorder, in `folder`."""
        streams = (str(stdin or os.devnull), str(folder / "stdout"), str(folder / "stderr"))
        for path in streams[1:]:
            Path(path).unlink(missing_ok=True)
        chosen = options_for(folder, script, *argv, **options)
        call = ("lar_debug.runtime.record:main", chosen)
        pid = self._server.start(*call, cwd=folder, streams=streams, whole_end=True)
        code = self._server.wait(pid)
        out, errors = (Path(path).read_bytes() for path in streams[1:])
        return Done(code, out, errors)

    def attempt(self, folder: Path, run: str, step: int, **request) -> tuple[dict, list[dict]]:
        """Run a step again: the result of the job, and what it reported before."""
        whole = {
            "store": str(folder / "recordings.db"),
            "run": run,
            "step": step,
            "roots": [str(GRAPHS), str(folder)],
            "learn": False,
            **request,
        }
        with store_of(folder) as store:
            cwd = store.run(run).cwd
        ours, theirs = socket.socketpair()
        call = ("tests.runtime.attempting:attempt", whole)
        pid = self._server.start(*call, cwd=cwd, channel=theirs.fileno())
        theirs.close()
        with ours:
            *reports, last = messages(ours)
        self._server.wait(pid)
        assert last["event"] == "result", last.get("traceback", last)
        last["data"].pop("imported", None)
        return last["data"], [message["data"] for message in reports]


def messages(source: socket.socket) -> Iterator[dict]:
    """Until the other side is gone."""
    with suppress(EOFError):
        while True:
            yield protocol.receive(source)[0]


forks = Forks(server)
"""Of this process."""
