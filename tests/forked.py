"""lar-debug and the user's interpreters as processes of their own, forked instead of started.

All in them is real but their first seconds: the engine is there already. See forks.py. What a
process is started with (its Python's own options, a terminal, who its parent is) is not tested
with these.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lar_debug.client import recorded_run, zygote
from tests.forks import ForkServer

# -- in the forked processes --------------------------------------------------------------------


def command(arguments: list[str], way: int) -> None:
    """lar-debug, called with these."""
    from lar_debug.cli import main

    interpreters_are_forked(ForkServer(socket.socket(fileno=way)), setattr)
    main(arguments)


def script(arguments: list[str]) -> None:
    """A script, as Python runs it."""
    sys.argv = arguments
    sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
    runpy.run_path(arguments[0], run_name="__main__")


def program(entry: str, options: int) -> None:
    """What the bootstrap is started for."""
    with os.fdopen(options, "rb") as pipe:
        chosen = json.load(pipe)
    module, _, function = entry.partition(":")
    getattr(importlib.import_module(module), function)(chosen)


def worker(control: int) -> None:
    """The process that forks one for each attempt, in a session of its own."""
    os.setsid()
    sys.modules["lar_debug.runtime.zygote"].main({"control": control})


# -- where they are started -----------------------------------------------------------------------


class Forked:
    """A process, as `subprocess.Popen` shows one."""

    def __init__(self, server: ForkServer, pid: int) -> None:
        self._server = server
        self.pid = pid
        self.descriptor = os.pidfd_open(pid)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self.descriptor], [], [], 0)[0]:
            self._reap()
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            select.select([self.descriptor], [], [])
        return self._reap()

    def _reap(self) -> int:
        if self.returncode is None:
            self.returncode = self._server.wait(self.pid)
            os.close(self.descriptor)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self.descriptor, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkedWorker(Forked):
    """A process, as asyncio shows one."""

    stderr: asyncio.StreamReader

    async def listen(self, errors: int) -> None:
        loop = asyncio.get_running_loop()
        self.stderr = asyncio.StreamReader()
        made = asyncio.StreamReaderProtocol(self.stderr)
        await loop.connect_read_pipe(lambda: made, os.fdopen(errors, "rb", 0))

    async def wait(self) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        if self.returncode is None:
            loop = asyncio.get_running_loop()
            ended = asyncio.Event()
            loop.add_reader(self.descriptor, ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(self.descriptor)
        return self._reap()


def interpreters_are_forked(server: ForkServer, put: Callable[[Any, str, Any], None]) -> None:
    """Have this process fork the interpreters that it would start, where they are this one."""
    start_program, start_worker = recorded_run._spawn, zygote._spawn

    def fork_program(
        command: list[str], options: int, streams: tuple[int | None, int, int], cwd: Path
    ) -> Any:
        if command[:2] != [sys.executable, str(zygote.BOOTSTRAP)]:
            return start_program(command, options, streams, cwd)
        nothing = os.open(os.devnull, os.O_RDONLY)
        given = streams[0] or 0
        try:
            pid = server.start(
                *("tests.forked:program", command[2]),
                cwd=cwd,
                streams=(nothing if given == subprocess.DEVNULL else given, *streams[1:]),
                environ=os.environ,
                channel=options,
            )
        finally:
            os.close(nothing)
        return Forked(server, pid)

    async def fork_worker(
        interpreter: str | Path, theirs: Any, *, cwd: Path, environ: Mapping[str, str]
    ) -> Any:
        if str(interpreter) != sys.executable or not cwd.is_dir():
            return await start_worker(interpreter, theirs, cwd=cwd, environ=environ)
        nothing = os.open(os.devnull, os.O_RDWR)
        reading, errors = os.pipe()
        try:
            pid = server.start(
                "tests.forked:worker",
                cwd=cwd,
                streams=(nothing, nothing, errors),
                environ=environ,
                channel=theirs.fileno(),
            )
        finally:
            os.close(nothing)
            os.close(errors)
        process = ForkedWorker(server, pid)
        await process.listen(reading)
        return process

    put(recorded_run, "_spawn", fork_program)
    put(zygote, "_spawn", fork_worker)


if __name__ == "__main__":
    # As a program that is started: the way, then what it is called with.
    command(sys.argv[2:], int(sys.argv[1]))
