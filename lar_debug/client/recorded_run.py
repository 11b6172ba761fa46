"""Running a person's graph under the recorder, in their interpreter, as if we were not there.

The script's stdin is ours; its stdout and stderr are terminals where ours are. Its output passes
through here, so that what each step printed is kept even when the process dies. May not know
the screen; what was recorded is read from the store, not from the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from lar_debug.model.problem import Problem
from lar_debug.runtime.console_marks import MarkParser
from lar_debug.store.database import Store

PIECE_LIMIT = 1 << 20
"""Bytes kept of what one step prints to one stream; the rest passes through and is counted."""

QUIET_SECONDS = 0.05
"""How long output may stay silent after the program ended before the reader gives up on it:
a background process of the program may hold the stream open for ever."""

TYPED = frozenset({signal.SIGINT, signal.SIGQUIT})
PASSED_ON = (*TYPED, signal.SIGTERM, signal.SIGHUP)

Forward = Callable[[bytes], None]


@dataclass
class _Stream:
    """One of the program's two streams: where it comes from and where it goes."""

    name: str
    descriptor: int
    parser: MarkParser
    forward: Forward
    kept: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    closed: bool = False

    def close(self) -> None:
        """Read no more: the program that goes on writing hears that nobody reads."""
        if not self.closed:
            self.closed = True
            os.close(self.descriptor)


class RecordedRun:
    """One program under the recorder. `start` it, then `wait` for it in the same thread.

    `forward` takes what the program writes to stdout and to stderr; without it the streams of
    this process do, and the program sees a terminal where this process has one.
    """

    def __init__(
        self,
        command: list[str],
        options: Mapping[str, Any],
        *,
        store: Path,
        cwd: Path,
        forward: tuple[Forward, Forward] | None = None,
        stdin: int | None = None,
    ) -> None:
        self._nonce = secrets.token_hex(8)
        self._options = {**options, "marks": self._nonce}
        self._command = command
        self._store_path = store
        self._cwd = cwd
        self._forward = forward
        self._stdin = stdin
        self._streams: list[_Stream] = []
        self.process: subprocess.Popen[bytes] | None = None

    def keep_to(self, forward: Forward) -> None:
        """Take both streams away from this process's own, which a screen is about to use."""
        self._forward = (forward, forward)
        self._stdin = subprocess.DEVNULL

    def start(self) -> None:
        """Start the program. Raises Problem when its interpreter cannot be run."""
        like = (None, None) if self._forward else (1, 2)
        outputs = [_channel(descriptor) for descriptor in like]
        forwards = self._forward or (writer(1), writer(2))
        reading, writing = os.pipe()
        try:
            streams = (self._stdin, outputs[0][1], outputs[1][1])
            self.process = _spawn(self._command, reading, streams, self._cwd)
        except OSError as error:
            raise Problem(f"{self._command[0]} cannot be started: {error.strerror}") from None
        finally:
            os.close(reading)
            for _, inner in outputs:
                os.close(inner)
        with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(self._options).encode())
        for name, (outer, _), forward in zip(("stdout", "stderr"), outputs, forwards, strict=True):
            os.set_blocking(outer, False)
            self._streams.append(_Stream(name, outer, MarkParser(self._nonce), forward))

    def stop(self, sent: signal.Signals = signal.SIGINT) -> None:
        """Ask the program to end, as Ctrl-C would."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sent)

    def wait(self) -> int:
        """Pass the output on until the program has ended; its exit code, 128 + n for signal n."""
        if self.process is None:
            raise RuntimeError("wait() before start()")
        ended = os.pidfd_open(self.process.pid)
        try:
            with self._signals_passed_on(ended):
                store = Store.open(self._store_path, create=True)
                try:
                    self._pump(store, ended)
                finally:
                    store.close()
        finally:
            os.close(ended)
            for stream in self._streams:
                stream.close()
        code = self.process.wait()
        return 128 - code if code < 0 else code

    @property
    def recording_stopped(self) -> str:
        """Why the program went on unrecorded; "" when it did not, as far as it could say."""
        return next((one.parser.stopped for one in self._streams if one.parser.stopped), "")

    @property
    def how_it_ended(self) -> str:
        """In words: "exit code 3", "killed by SIGKILL"."""
        code = self.process.returncode if self.process is not None else None
        if code is None or code >= 0:
            return f"exit code {code}"
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"

    @contextlib.contextmanager
    def signals_passed_on(self) -> Generator[None, None, None]:
        """While another thread waits for the program: what this process is sent is the program's
        to answer. For the main thread."""
        assert self.process is not None
        try:
            program = os.pidfd_open(self.process.pid)
        except ProcessLookupError:
            yield
            return
        try:
            with self._signals_passed_on(program):
                yield
        finally:
            os.close(program)

    @contextlib.contextmanager
    def _signals_passed_on(self, program: int) -> Generator[None, None, None]:
        """Signals are the program's to answer, as they would be without us; we stay for its end.

        Only in the main thread; with a screen in front the signals belong to that.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def pass_on(number: int, _: FrameType | None) -> None:
            # What is typed in our terminal reaches the program too: it is in our process group.
            if number not in TYPED or not _in_foreground():
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(program, number)

        def resize(_: int, __: FrameType | None) -> None:
            for stream, descriptor in zip(self._streams, (1, 2), strict=True):
                if not stream.closed:
                    _copy_size(descriptor, stream.descriptor)

        handlers = {**dict.fromkeys(PASSED_ON, pass_on), signal.SIGWINCH: resize}
        before = {number: signal.getsignal(number) for number in handlers}
        for number, handler in handlers.items():
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, handler)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _pump(self, store: Store, ended: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(ended, selectors.EVENT_READ, None)
            for stream in self._streams:
                selector.register(stream.descriptor, selectors.EVENT_READ, stream)
            open_streams, alive = len(self._streams), True
            while open_streams or alive:
                events = selector.select(None if alive else QUIET_SECONDS)
                if not events:
                    return
                for key, _ in sorted(events, key=self._turn):
                    if key.data is None:
                        selector.unregister(ended)
                        alive = False
                    elif not self._pass_on(store, key.data):
                        selector.unregister(key.fd)
                        key.data.close()
                        open_streams -= 1

    def _turn(self, event: tuple[selectors.SelectorKey, int]) -> int:
        # Which of two streams was written to first cannot be told. The selector's order is that of
        # the reads before; most programs print first and complain afterwards.
        stream = event[0].data
        return len(self._streams) if stream is None else self._streams.index(stream)

    def _pass_on(self, store: Store, stream: _Stream) -> bool:
        """One read of a stream; False at its end, and when nobody takes what it says."""
        try:
            data = os.read(stream.descriptor, 1 << 16)
        except BlockingIOError:
            return True
        except OSError:
            # A pseudo-terminal whose last writer is gone gives EIO instead of an end of file.
            return False
        if not data:
            return False
        for key, piece in stream.parser.feed(data):
            try:
                stream.forward(piece)
            except OSError:
                return False
            if key is not None and piece:
                self._keep(store, stream, key, piece)
        return True

    def _keep(self, store: Store, stream: _Stream, key: tuple[str, int], piece: bytes) -> None:
        kept = stream.kept.get(key, 0)
        stream.kept[key] = kept + len(piece)
        room = PIECE_LIMIT - kept
        if room > 0:
            run, step = key
            # Losing console output is no reason to end the program that prints it.
            with contextlib.suppress(Problem):
                store.add_console(run, step, 0, stream.name, piece[:room])


def _spawn(
    command: list[str], options: int, streams: tuple[int | None, int, int], cwd: Path
) -> subprocess.Popen[bytes]:
    """Start a program that reads its options from a descriptor. Raises OSError."""
    return subprocess.Popen(
        [*command, str(options)],
        stdin=streams[0],
        stdout=streams[1],
        stderr=streams[2],
        cwd=cwd,
        pass_fds=(options,),
        preexec_fn=_die_with_parent,
    )


def _channel(like: int | None) -> tuple[int, int]:
    """(our end, the program's end) of a stream: a terminal where descriptor `like` is one."""
    if like is None or not os.isatty(like):
        return os.pipe()
    outer, inner = os.openpty()
    # Our terminal does the output processing; a second time would double the carriage returns.
    attributes = termios.tcgetattr(inner)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(inner, termios.TCSANOW, attributes)
    _copy_size(like, inner)
    return outer, inner


def _copy_size(terminal: int, other: int) -> None:
    """Make one terminal as large as another; nothing where one of them is none."""
    with contextlib.suppress(OSError):
        size = fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(other, termios.TIOCSWINSZ, size)


def _in_foreground() -> bool:
    """Whether what is typed in our terminal reaches us, and all of our process group."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def writer(descriptor: int) -> Forward:
    """Write all of it to a descriptor. Raises OSError when nobody reads there any more."""

    def write(data: bytes) -> None:
        while data:
            data = data[os.write(descriptor, data) :]

    return write


def _die_with_parent() -> None:
    """In the child before exec: end with the debugger, so that no program is left without it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
