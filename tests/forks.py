"""A process that has imported the engine, and forks one for each call that a test wants made.

Importing the engine takes seconds. One such process serves all tests of a worker, and every
program of theirs that has a way to it.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from lar_debug.runtime import protocol

ROOT = str(Path(__file__).parents[1])
ENVIRON = {
    **os.environ,
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "PYTHONDONTWRITEBYTECODE": "1",
    # Lár turns a set of key names into a list, in whatever order this process hashes them.
    "PYTHONHASHSEED": "0",
}


class ForkServer:
    """Starts with the first call, unless there is a way to one."""

    def __init__(self, way: socket.socket | None = None) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._way = way
        self._turn = threading.Lock()

    def start(
        self,
        call: str,
        *arguments,
        cwd: Path | str,
        streams: tuple[str, ...] | tuple[int, int, int] = (),
        environ: Mapping[str, str] | None = None,
        channel: int | None = None,
        whole_end: bool = False,
    ) -> int:
        """Call "module:function" in a process of its own; its number.

        `streams` are the files for its stdin, stdout and stderr, written at their ends, or three
        descriptors. A `channel`, a descriptor, is handed on as the last argument, as the number
        that it has there. Without `environ` it has the server's. With `whole_end` the process
        takes the time to end as Python ends a program.
        """
        files = [one for one in streams if isinstance(one, str)]
        handed = [one for one in streams if isinstance(one, int)]
        request = {"call": call, "arguments": arguments, "cwd": str(cwd), "files": files}
        request["streams"] = len(handed)
        handed += [] if channel is None else [channel]
        request |= {"whole_end": whole_end, "environ": None if environ is None else dict(environ)}
        return self._asked(request, handed)["pid"]

    def wait(self, pid: int, patience: float | None = None) -> int:
        """The exit code of such a process, negative for the signal that ended it.

        After `patience` seconds it is killed, and TimeoutError raised.
        """
        ended = os.pidfd_open(pid)
        try:
            if not select.select([ended], [], [], patience)[0]:
                signal.pidfd_send_signal(ended, signal.SIGKILL)
                raise TimeoutError(f"process {pid} has not ended in {patience} s")
        finally:
            os.close(ended)
        return self._asked({"wait": pid})["code"]

    def way(self) -> socket.socket:
        """A way here, for another process to have its own forked."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._asked({"way": True}, [theirs.fileno()])
        return ours

    def _asked(self, message: dict, descriptors: Sequence[int] = ()) -> dict:
        with self._turn:
            way = self._way or self._begin()
            socket.send_fds(way, [protocol.encode(message)], descriptors)
            return protocol.receive(way)[0]

    def _begin(self) -> socket.socket:
        self._way, theirs = socket.socketpair()
        server = str(Path(__file__).with_name("fork_server.py"))
        self._process = subprocess.Popen(
            [sys.executable, server, str(theirs.fileno()), ROOT],
            env={**ENVIRON, "LAR_DEBUG_STORE": ""},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        return self._way

    def close(self) -> None:
        """End it; the next call starts another."""
        if self._process is not None and self._way is not None:
            self._way.close()
            self._process.kill()
            self._process.wait()
            self._process = self._way = None


server = ForkServer()
"""Of this process."""
