"""The process of one attempt: set up so that whatever the job does stays in it, then the job.

A forked copy of the zygote comes in by `run`, a fresh interpreter by `main`; from there on both
are the same. Ends with os._exit: leaving by the interpreter's own way takes half a second with
the usual modules and waits for threads. Standard library only.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn, TextIO

from lar_debug.runtime import bootstrap, loader, protocol
from lar_debug.runtime.pages import Pages
from lar_debug.runtime.processes import (
    address_space,
    adopt_orphans,
    die_with_parent,
    flush_output,
)

BROKEN = 70
"""Exit code of a process that could not tell how its job ended."""

TEXT_LIMIT = 100_000
"""Characters of a message or a traceback that travel; what is in the middle is left out."""

pages = Pages()
"""Made in the zygote, so that all its children share it."""

Job = Callable[..., Any]
"""(request, report) -> result. One that runs ahead of being asked for gets a third argument: a
function that waits until it is, and returns the request as it is then."""


class Channel:
    """The attempt's own socket. Only the process that was given it can use it."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.set_inheritable(False)
        self._identity = self._look()
        self._process = os.getpid()
        self._lock = threading.Lock()

    @property
    def ours(self) -> bool:
        """False in a copy of the process that the job has forked."""
        return os.getpid() == self._process

    def receive(self) -> protocol.Message:
        """The next message: what to do."""
        return protocol.receive(self._socket)[0]

    def wait_until_asked(self) -> dict[str, Any]:
        """The request, once the debugger asks for what was begun ahead of it."""
        self.send(protocol.encode({"event": "waiting"}))
        if not select.select([self._socket], [], [], 0)[0]:
            # There is time now for what would be in the way then.
            gc.collect()
            gc.freeze()
            pages.copy()
        try:
            request: dict[str, Any] = self.receive()["request"]
        except (EOFError, OSError):
            # Nobody will ask any more, and the job is in the middle of something.
            os._exit(0)
        return request

    def report(self, data: dict[str, Any]) -> None:
        """Tell the debugger something before the end. Raises ProtocolError when it is too large."""
        self.send(protocol.encode({"event": "report", "data": data}))

    def send(self, frame: bytes) -> None:
        """Write a whole frame. Does nothing where the socket is not this process's any more."""
        if not self.ours:
            return
        # A timeout interrupts the job; half a frame would take the result with it.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with self._lock, contextlib.suppress(ConnectionError):
                # The job may have closed every descriptor, and opened a file under this number.
                if self._look() == self._identity:
                    self._socket.sendall(frame)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _look(self) -> tuple[int, int] | None:
        try:
            status = os.fstat(self._socket.fileno())
        except OSError:
            return None
        return status.st_dev, status.st_ino


def make_streams() -> None:
    """New sys.stdout and sys.stderr over descriptors 1 and 2, line by line, for any character.

    The zygote makes them before it preloads: a module that keeps sys.stderr when it is imported
    keeps the one that the children have.
    """
    sys.stdout = sys.__stdout__ = _stream(1)
    sys.stderr = sys.__stderr__ = _stream(2)


def _stream(descriptor: int) -> TextIO:
    return open(
        descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def start_fresh(descriptors: Sequence[int], environ: Mapping[str, str]) -> int:
    """Start a new interpreter for an attempt, where a fork is not safe. The pid of it."""
    channel, output, errors = descriptors
    reading, writing = os.pipe()
    try:
        os.set_inheritable(channel, True)
        os.set_inheritable(reading, True)
        options = {"channel": channel, "zygote": os.getpid()}
        os.write(writing, json.dumps(options).encode())
        return os.posix_spawn(
            sys.executable,
            [sys.executable, bootstrap.__file__, f"{__name__}:main", str(reading)],
            environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, errors, 2),
                (os.POSIX_SPAWN_CLOSE, output),
                (os.POSIX_SPAWN_CLOSE, errors),
                (os.POSIX_SPAWN_CLOSE, writing),
            ],
        )
    finally:
        os.close(reading)
        os.close(writing)


def main(options: dict[str, Any]) -> NoReturn:
    """Entry of the bootstrap for a fresh process. `options`: {"channel", "zygote"}."""
    make_streams()
    _run(options["zygote"], options["channel"])


def run(zygote: int, descriptors: Sequence[int]) -> NoReturn:
    """Go on as an attempt in a process that the zygote has just forked."""
    channel, output, errors = descriptors
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (output, 1), (errors, 2)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    gc.enable()
    _run(zygote, channel)


def _run(zygote: int, descriptor: int) -> NoReturn:
    os.setsid()
    # What the job leaves behind comes to this process, and with its end to the zygote: so the
    # zygote can tell it from what belongs to an attempt that still runs.
    adopt_orphans()
    die_with_parent(zygote)
    _reset_signals()
    faulthandler.enable(2)
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True, chain=False)
    _seed_again()
    channel = Channel(descriptor)
    code = BROKEN
    try:
        frame = _outcome(channel)
        code = 0
        flush_output()
        channel.send(frame)
        pages.note()
    finally:
        flush_output()
        os._exit(code)


def _reset_signals() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)


def _seed_again() -> None:
    """Python seeds its own generator again after a fork, numpy leaves every child the same."""
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _outcome(channel: Channel) -> bytes:
    """Run the job and put how it ended into the last frame."""
    try:
        try:
            message = channel.receive()
            _apply_settings(message)
            ahead = (channel.wait_until_asked,) if message["ahead"] else ()
            data = _job(message["job"])(message["request"], channel.report, *ahead)
        finally:
            _stop_interrupts()
            _end_copy(channel)
        return protocol.encode({"event": "result", "data": data})
    except BaseException as error:
        _stop_interrupts()
        _end_copy(channel)
        return _raised(error)


def _end_copy(channel: Channel) -> None:
    """A copy that the job forked came back from it: the job goes on in the other process."""
    if not channel.ours:
        flush_output()
        os._exit(0)


def _stop_interrupts() -> None:
    """From here on a timeout comes too late; the result must not be lost to it."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _apply_settings(message: protocol.Message) -> None:
    environ: dict[str, str | None] = message["environ"]
    for name, value in environ.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if message["cwd"] is not None:
        os.chdir(message["cwd"])
    _limit(message["memory"])


def _limit(memory: int | None) -> None:
    import resource

    # A crash is told by its signal and the stacks on stderr; a dump of the core takes long.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if memory is not None:
        limit = address_space() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _job(name: str) -> Job:
    module, _, function = name.partition(":")
    found: Job = getattr(importlib.import_module(module), function)
    return found


def _raised(error: BaseException) -> bytes:
    """What a job raised, as the last frame."""
    loader.keep_lines()
    own_frames = os.path.abspath(__file__)
    start: TracebackType | None = error.__traceback__
    while start is not None and start.tb_frame.f_code.co_filename == own_frames:
        start = start.tb_next
    try:
        lines = "".join(traceback.format_exception(type(error), error, start))
    except BaseException as second:
        lines = f"(the traceback could not be written: {type(second).__name__})\n"
    return protocol.encode(
        {
            "event": "raised",
            "type": type(error).__name__,
            "message": _cut(text_of(error)),
            "traceback": _cut(lines),
        }
    )


def text_of(error: BaseException) -> str:
    """str(error), also where that raises."""
    try:
        return str(error)
    except BaseException as second:
        return f"(its text could not be read: {type(second).__name__})"


def _cut(text: str) -> str:
    if len(text) <= TEXT_LIMIT:
        return text
    half = TEXT_LIMIT // 2
    left_out = len(text) - TEXT_LIMIT
    return f"{text[:half]}\n... {left_out} characters left out ...\n{text[-half:]}"
