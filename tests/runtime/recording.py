"""Records the graphs of this folder, and runs recorded steps again, in real processes.

`record` starts a program the way the debugger starts it. Importing the engine takes seconds, so
`Forks` does it once, and records programs and runs attempts in forked children of that process.
"""

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lar_debug.model.records import RunInfo
from lar_debug.runtime import bootstrap
from lar_debug.store.database import Store

GRAPHS = Path(__file__).parent / "graphs"
SERVER = str(Path(__file__).parent / "fork_server.py")
ENVIRON = {
    **os.environ,
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "PYTHONDONTWRITEBYTECODE": "1",
    # Lár turns a set of key names into a list, in whatever order this process hashes them.
    "PYTHONHASHSEED": "0",
}


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
    """A process that has imported the engine and does everything in forked children."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._process = subprocess.Popen(
            [sys.executable, SERVER, str(theirs.fileno()), str(Path(bootstrap.FOLDER).parent)],
            env=ENVIRON,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        self._lines = ours.makefile("rwb")

    def record(
        self, folder: Path, script: Path | str, *argv: str, stdin: Path | None = None, **options
    ) -> Done:
        """Run a program under the recorder, in `folder`."""
        streams = [str(stdin or os.devnull), str(folder / "stdout"), str(folder / "stderr")]
        chosen = options_for(folder, script, *argv, **options)
        self._send({"record": chosen, "cwd": str(folder), "streams": streams})
        message = self._receive()
        out, errors = (Path(path).read_bytes() for path in streams[1:])
        return Done(message["code"], out, errors)

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
        self._send({"attempt": whole, "cwd": cwd})
        reports: list[dict] = []
        while True:
            message = self._receive()
            if message["event"] == "report":
                reports.append(message["data"])
            elif message["event"] == "result":
                message["data"].pop("imported", None)
                return message["data"], reports
            else:
                raise AssertionError(message["traceback"])

    def _send(self, message: dict) -> None:
        self._lines.write(json.dumps(message).encode() + b"\n")
        self._lines.flush()

    def _receive(self) -> dict:
        line = self._lines.readline()
        if not line:
            raise AssertionError("the process that forks is gone")
        return json.loads(line)

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
        self._process.kill()
        self._process.wait()
