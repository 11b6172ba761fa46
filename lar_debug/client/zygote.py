"""The debugger's end of one zygote process: starting it, telling it, hearing from it.

One object is one process; the worker makes a new one when it has died. Knows nothing of jobs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import lar_debug.runtime
from lar_debug.model.problem import Problem
from lar_debug.runtime import protocol

BOOTSTRAP = Path(lar_debug.runtime.__path__[0]) / "bootstrap.py"

START_SECONDS = 30.0
"""How long an interpreter may take until it answers."""

END_SECONDS = 5.0

_STDERR_KEPT = 1 << 16

Handler = Callable[[protocol.Message], None]


class WorkerError(Problem):
    """The user's interpreter cannot be used for running nodes. One line."""


def bootstrap_command(interpreter: str | Path, entry: str) -> list[str]:
    """The command that runs `entry` ("lar_debug.runtime.record:main") in an interpreter.

    Its last argument, the number of an inherited descriptor from which the options are read as
    JSON, has to be added.
    """
    return [os.fspath(interpreter), os.fspath(BOOTSTRAP), entry]


class ZygoteProcess:
    """A running zygote. Every message from it goes to the handler, in order."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self._process = process
        self._control = control
        control.setblocking(False)
        self._stderr = bytearray()
        self._errors = asyncio.create_task(self._read_stderr())
        self._listening: asyncio.Task[None] | None = None
        self._pending: list[tuple[bytes, Sequence[int]]] = []
        self._waits_to_write = False
        self._closed = False
        self.gone = asyncio.Event()
        """Set when the process and all below it have ended."""
        self.python = ""
        self.forks = False
        """Whether attempts are forked from it, as they are where that is safe."""

    @classmethod
    async def start(
        cls,
        interpreter: str | Path,
        *,
        cwd: Path,
        environ: Mapping[str, str],
        handler: Handler,
    ) -> ZygoteProcess:
        """Start one and wait until it answers. Raises WorkerError when it does not."""
        control, theirs = socket.socketpair()
        try:
            process = await _spawn(interpreter, theirs, cwd=cwd, environ=environ)
        except BaseException:
            control.close()
            raise
        finally:
            theirs.close()
        zygote = cls(process, control)
        try:
            await zygote._answers(interpreter, handler)
        except BaseException:
            await zygote.close()
            raise
        return zygote

    async def _answers(self, interpreter: str | Path, handler: Handler) -> None:
        """Wait for the first message; the others are the handler's."""
        ready: asyncio.Future[protocol.Message] = asyncio.get_running_loop().create_future()

        def hear(message: protocol.Message) -> None:
            if ready.done():
                handler(message)
            else:
                ready.set_result(message)

        self._listening = asyncio.create_task(self._listen(hear))
        awaited: set[asyncio.Future[Any]] = {ready, self._listening}
        await asyncio.wait(awaited, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done() and not self._listening.done():
            raise WorkerError(f"{interpreter} did not answer within {START_SECONDS:.0f} s")
        if not ready.done():
            raise WorkerError(await self._last_line(interpreter))
        self.python = ready.result()["python"]
        self.forks = ready.result()["forks"]

    def send(self, message: protocol.Message, descriptors: Sequence[int] = ()) -> None:
        """Send a message with copies of the descriptors; returns at once.

        Descriptors are duplicated first, so the caller closes its own right away. Does nothing
        when the process is gone.
        """
        if self._closed or self.gone.is_set():
            return
        self._pending.append((protocol.encode(message), [os.dup(each) for each in descriptors]))
        self._write()

    def _write(self) -> None:
        self._wait_to_write(False)
        while self._pending:
            frame, descriptors = self._pending[0]
            try:
                sent = _send_some(self._control, frame, descriptors)
            except BlockingIOError:
                sent = 0
            except OSError:
                # It is gone; whoever listens hears of it.
                sent = len(frame)
            if sent:
                _close_all(descriptors)
                self._pending[0] = (frame[sent:], ())
            if sent < len(frame):
                self._wait_to_write(True)
                return
            del self._pending[0]

    def _wait_to_write(self, wait: bool) -> None:
        if wait == self._waits_to_write:
            return
        self._waits_to_write = wait
        loop = asyncio.get_running_loop()
        if wait:
            loop.add_writer(self._control, self._write)
        else:
            loop.remove_writer(self._control)

    async def _listen(self, handler: Handler) -> None:
        loop = asyncio.get_running_loop()

        async def exactly(size: int) -> bytes:
            data = bytearray()
            while len(data) < size:
                part = await loop.sock_recv(self._control, size - len(data))
                if not part:
                    raise EOFError
                data += part
            return bytes(data)

        try:
            while True:
                size = protocol.body_size(await exactly(protocol.HEADER.size))
                handler(protocol.decode(await exactly(size)))
        except (EOFError, ConnectionError, protocol.ProtocolError):
            self.gone.set()

    async def _read_stderr(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        while data := await stream.read(_STDERR_KEPT):
            self._stderr += data
            del self._stderr[:-_STDERR_KEPT]

    async def _last_line(self, interpreter: str | Path) -> str:
        """What a zygote that never answered said last."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
                await asyncio.shield(self._errors)
        lines = self._stderr.decode("utf-8", "replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return said[-1] if said else f"{interpreter} ended at once, without a word"

    @property
    def pid(self) -> int:
        """The process over the zygote, the one that sees to it that nothing is left."""
        return self._process.pid

    async def close(self) -> None:
        """End it with everything below it, and wait for that. Can be called again."""
        if self._closed:
            await self.gone.wait()
            return
        self._closed = True
        self._wait_to_write(False)
        for _, descriptors in self._pending:
            _close_all(descriptors)
        self._pending.clear()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
        self._control.close()
        if self._process.returncode is None:
            # It may not have begun to listen; one that was stopped would not hear that we are gone.
            number = signal.SIGCONT if self.python else signal.SIGKILL
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
                await asyncio.shield(self._errors)
        except TimeoutError:
            # Its children end with it; one that cannot be killed is waited for no longer.
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        finally:
            self.gone.set()
            self._errors.cancel()


async def _spawn(
    interpreter: str | Path, theirs: socket.socket, *, cwd: Path, environ: Mapping[str, str]
) -> asyncio.subprocess.Process:
    reading, writing = os.pipe()
    try:
        os.write(writing, json.dumps({"control": theirs.fileno()}).encode())
        os.close(writing)
        return await asyncio.create_subprocess_exec(
            *bootstrap_command(interpreter, "lar_debug.runtime.zygote:main"),
            str(reading),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environ,
            pass_fds=(reading, theirs.fileno()),
            start_new_session=True,
        )
    except OSError as error:
        place = cwd if str(error.filename) == str(cwd) else interpreter
        raise WorkerError(f"{place} cannot be used: {error.strerror}") from None
    finally:
        os.close(reading)


def _send_some(control: socket.socket, frame: bytes, descriptors: Sequence[int]) -> int:
    if descriptors:
        return socket.send_fds(control, [frame], descriptors)
    return control.send(frame)


def _close_all(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
