"""Memory that attempts write to: copied for the next attempt while that still waits.

A forked child shares its memory with the zygote until it writes to it; each first write to a page
copies that page, which takes microseconds, and a model call writes to thousands of them. All
children of a zygote find the same things at the same addresses, so what one has written to the
next one will. Linux only, elsewhere nothing happens. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import re
import struct
import sys

_REGION_BYTES = 1 << 18
_RANGE = struct.Struct("<QQ")
"""Address and length of a stretch of memory."""

_MOST_BYTES = 64 << 20
"""What a process that waits may cost in memory for this."""

_POPULATE_WRITE = 23
"""MADV_POPULATE_WRITE, since Linux 5.14: fails, and does nothing else, where there is none."""

_OWN = re.compile(rb"\x01+")
_IS_OWN = bytes(1 if flags & 0x81 == 0x81 else 0 for flags in range(256))
"""By the highest byte of a pagemap entry: present (0x80), and mapped by this process alone."""


class Pages:
    """The stretches that an attempt has written to, known to every process of one zygote."""

    def __init__(self) -> None:
        self._region: mmap.mmap | None = None
        if sys.platform == "linux":
            self._region = mmap.mmap(-1, _REGION_BYTES)

    def forget(self) -> None:
        """What is loaded now lies elsewhere."""
        if self._region is not None:
            self._region[:8] = bytes(8)

    def note(self) -> None:
        """In an attempt that has ended: note what it has written to."""
        if self._region is None:
            return
        with contextlib.suppress(OSError, ValueError):
            ranges = list(_own_ranges())[: _REGION_BYTES // _RANGE.size - 1]
            total, data = 0, bytearray()
            for start, length in ranges:
                total += length
                if total > _MOST_BYTES:
                    break
                data += _RANGE.pack(start, length)
            # The length last: another process may be reading.
            self._region[:8] = bytes(8)
            self._region[8 : 8 + len(data)] = bytes(data)
            self._region[:8] = len(data).to_bytes(8, "little")

    def copy(self) -> None:
        """In a process that waits: have a copy of those pages of its own."""
        if self._region is None:
            return
        size = int.from_bytes(self._region[:8], "little")
        if not 0 < size <= _REGION_BYTES - 8:
            return
        advise = ctypes.CDLL(None).madvise
        advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for start, length in _RANGE.iter_unpack(self._region[8 : 8 + size]):
            advise(start, length, _POPULATE_WRITE)


def _own_ranges() -> list[tuple[int, int]]:
    """Stretches of private memory that no other process has, in the order of their addresses."""
    found: list[tuple[int, int]] = []
    page = mmap.PAGESIZE
    with open("/proc/self/maps", "rb") as file:
        maps = file.readlines()
    with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        for line in maps:
            addresses, kind = line.split()[:2]
            if kind[1:2] != b"w" or kind[3:4] != b"p":
                continue
            start, end = (int(part, 16) for part in addresses.split(b"-"))
            pagemap.seek(start // page * 8)
            flags = pagemap.read((end - start) // page * 8)[7::8].translate(_IS_OWN)
            found += [
                (start + match.start() * page, (match.end() - match.start()) * page)
                for match in _OWN.finditer(flags)
            ]
    return found
