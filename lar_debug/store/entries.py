"""Trees over long sequences whose shape follows from their content, so that equal parts share.

A sequence (of list items, of pieces of a dict, of chunks of a text) is cut into groups where
the digest of an entry says so; a closed group becomes a node and the nodes are grouped again.
The entries after the last cut of each level stay in the root. Appending rewrites the root
alone; a change in the middle rewrites one node per level. Standard library only, no I/O.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable
from typing import Final, NamedTuple

ITEM: Final = 0
LEAF: Final = 1
NODE: Final = 2

ENTRY_BYTES: Final = 20
_ENTRY: Final = struct.Struct("<I16s")
_LEAST: Final = 2
_MOST: Final = 64
_CUT_BELOW: Final = 32
"""A group ends at a digest whose first byte is smaller: one in eight."""


class Entry(NamedTuple):
    """One entry of a node; `items` (of a text: bytes) are below it."""

    kind: int
    items: int
    digest: bytes


def read_entries(payload: bytes) -> list[Entry]:
    """Entries of a node. Raises struct.error when the payload is cut off."""
    return [Entry(head & 3, head >> 2, digest) for head, digest in _ENTRY.iter_unpack(payload)]


class Spine:
    """The tree of one sequence, kept so that a change costs what follows it."""

    def __init__(self, put: Callable[[bytes], bytes]) -> None:
        self._put = put
        self._entries: list[list[bytes]] = [[]]
        self._counts: list[list[int]] = [[]]
        self._ends: list[list[int]] = [[]]
        # _ends[k][i]: where the i-th closed group of level k ends; it is entry i of level k+1.

    def append(self, kind: int, count: int, digest: bytes, level: int = 0) -> None:
        """Add an entry at the end."""
        entries, ends = self._entries[level], self._ends[level]
        entries.append(_ENTRY.pack(count << 2 | kind, digest))
        self._counts[level].append(count)
        start = ends[-1] if ends else 0
        size = len(entries) - start
        if (size >= _LEAST and digest[0] < _CUT_BELOW) or size >= _MOST:
            self._close(level, start)

    def _close(self, level: int, start: int) -> None:
        if level + 1 == len(self._entries):
            self._entries.append([])
            self._counts.append([])
            self._ends.append([])
        entries = self._entries[level]
        self._ends[level].append(len(entries))
        node = self._put(b"".join(entries[start:]))
        self.append(NODE, sum(self._counts[level][start:]), node, level + 1)

    def truncate(self, length: int) -> None:
        """Keep the first `length` entries."""
        for level in range(len(self._entries)):
            del self._entries[level][length:]
            del self._counts[level][length:]
            closed = bisect_right(self._ends[level], length)
            del self._ends[level][closed:]
            length = closed

    def finish(self) -> bytes:
        """Digest of the root. More may be appended afterwards."""
        rest: list[bytes] = []
        for entries, ends in zip(reversed(self._entries), reversed(self._ends), strict=True):
            rest += entries[ends[-1] if ends else 0 :]
        if len(rest) == 1:
            head, digest = _ENTRY.unpack(rest[0])
            if head & 3 == NODE:
                return digest
        return self._put(b"".join(rest))
