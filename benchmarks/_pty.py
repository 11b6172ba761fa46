"""A program in a terminal of its own, looked at from outside: when bytes came, and how many.

Answers what a terminal answers. May not know what the program is.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

QUIET = 0.1
"""Seconds without a byte after which a repaint has come to its end. They are in no number."""

PATIENCE = 60.0
_ASKS_FOR_SYNC, _HAS_SYNC = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


@dataclass(frozen=True)
class Repaint:
    """From the moment right before a key was written: milliseconds until the first and until the
    last byte of what it led to, and all bytes in between."""

    first: float
    last: float
    bytes: int


class Program:
    """Starts it; leaving the `with` kills it."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        size: tuple[int, int] = (100, 40),
    ) -> None:
        self._outer, inner = pty.openpty()
        columns, rows = size
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self._outer, False)
        self._written = b""
        self._last = self._begun = time.monotonic()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(inner)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        # Ctrl-C and q may take their time; nothing here is to be kept.
        self._process.kill()
        self._process.wait()
        os.close(self._outer)

    def until(self, text: str) -> float:
        """Milliseconds from the start of the program until it has written a text."""
        deadline = time.monotonic() + PATIENCE
        while text.encode() not in self._written:
            self._more(0.05)
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise SystemExit(f"never written: {text!r}\n{self._written[-2_000:]!r}")
        return (self._last - self._begun) * 1e3

    def press(self, key: str) -> Repaint | None:
        """A key and what it leads to; None when that is nothing."""
        pressed = time.monotonic()
        os.write(self._outer, key.encode())
        first, size = None, 0
        while data := self._more(QUIET):
            first = self._last if first is None else first
            size += len(data)
        if first is None:
            return None
        return Repaint((first - pressed) * 1e3, (self._last - pressed) * 1e3, size)

    def watch(self, seconds: float) -> int:
        """Bytes written in so many seconds, whatever comes."""
        size, end = 0, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            size += len(self._more(left))
        return size

    def settle(self, seconds: float = 1.0) -> None:
        """Wait until nothing has come for so long."""
        while self._more(seconds):
            pass

    def _more(self, seconds: float) -> bytes:
        if not select.select([self._outer], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self._outer, 1 << 16)
        except OSError:
            # The program has ended.
            return b""
        self._last = time.monotonic()
        self._written += data
        if _ASKS_FOR_SYNC in data:
            os.write(self._outer, _HAS_SYNC)
        return data


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
