"""What a process prints to one stream, read as it comes: its beginning and its end are kept.

Never holds up the event loop. Knows nothing of jobs and attempts.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from dataclasses import dataclass

OUTPUT_LIMIT = 1 << 20
"""Bytes kept of what an attempt prints to one stream: the first and the last half of this."""

_READ_BYTES = 1 << 16

_PIPE_READS = 16
"""Reads that empty a pipe as large as the system lets a job make it."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What was printed to one stream: all of it, or its first and last half megabyte."""

    head: bytes = b""
    tail: bytes = b""
    dropped: int = 0
    """Bytes left out between `head` and `tail`."""

    @property
    def data(self) -> bytes:
        """As it is kept and shown: where bytes were left out a line says how many."""
        if not self.dropped:
            return self.head + self.tail
        return b"%b\n... %d bytes left out ...\n%b" % (self.head, self.dropped, self.tail)


class Output:
    """Reads a pipe as data comes, and keeps its beginning and its end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._dropped = 0
        self.received = 0
        """Bytes that came until now."""
        self.ended = asyncio.Event()
        os.set_blocking(descriptor, False)
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def _read(self) -> bool:
        """Take what one read gives; False when there is nothing."""
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self.close()
            return False
        self.received += len(data)
        room = OUTPUT_LIMIT // 2 - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail.append(data)
            self._tail_size += len(data)
        while self._tail and self._tail_size - len(self._tail[0]) >= OUTPUT_LIMIT // 2:
            first = len(self._tail.popleft())
            self._tail_size -= first
            self._dropped += first
        return True

    def catch_up(self) -> None:
        """Take what is in the pipe now, at most as much as a pipe holds."""
        for _ in range(_PIPE_READS):
            if self.ended.is_set() or not self._read():
                return

    def close(self) -> None:
        """Stop reading. Does nothing the second time."""
        if not self.ended.is_set():
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self.ended.set()

    def captured(self) -> Captured:
        """What came until now."""
        tail = b"".join(self._tail)
        over = max(0, len(tail) - OUTPUT_LIMIT // 2)
        return Captured(bytes(self._head), tail[over:], self._dropped + over)
