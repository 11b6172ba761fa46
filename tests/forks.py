"""A process that has imported the engine, and forks one for each call that a test wants made.

Importing the engine takes seconds. One such process serves all tests of a worker.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
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
    """Starts with the first call."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self,
        call: str,
        *arguments,
        cwd: Path | str,
        streams: tuple[str, ...] = (),
        channel: socket.socket | None = None,
        whole_end: bool = False,
    ) -> int:
        """Call "module:function" in a process of its own; its number.

        `streams` are the files for its stdin, stdout and stderr, written at their ends. A `channel`
        is handed on as the last argument, as the number that it has there. With `whole_end` the
        process takes the time to end as Python ends a program.
        """
        request = {"call": call, "arguments": arguments, "cwd": str(cwd)}
        request |= {"streams": streams, "whole_end": whole_end}
        return self._asked(request, [] if channel is None else [channel.fileno()])["pid"]

    def wait(self, pid: int) -> int:
        """The exit code of such a process, negative for the signal that ended it."""
        return self._asked({"wait": pid})["code"]

    def _asked(self, message: dict, descriptors: Sequence[int] = ()) -> dict:
        if self._process is None:
            self._begin()
        socket.send_fds(self._socket, [protocol.encode(message)], descriptors)
        return protocol.receive(self._socket)[0]

    def _begin(self) -> None:
        ours, theirs = socket.socketpair()
        server = str(Path(__file__).with_name("fork_server.py"))
        self._process = subprocess.Popen(
            [sys.executable, server, str(theirs.fileno()), ROOT],
            env={**ENVIRON, "LAR_DEBUG_STORE": ""},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        self._socket = ours

    def close(self) -> None:
        if self._process is not None:
            self._socket.close()
            self._process.kill()
            self._process.wait()
