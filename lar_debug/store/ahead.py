"""Reads the objects of a tree together: one by one, most of the time goes into asking.

Standard library only; may not know what the objects hold beside the digests they name.
"""

from __future__ import annotations

from collections.abc import Callable

from lar_debug.store.objects import TREES, ObjectStore, children


class Ahead:
    """An ObjectStore over another: with the root of a tree it reads all that is below."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        # Not every store can: then objects are read when they are asked for.
        self._get_many: Callable[[list[bytes]], dict[bytes, bytes]] | None = getattr(
            objects, "get_many", None
        )
        self._read: dict[bytes, bytes] = {}

    def get(self, digest: bytes) -> bytes:
        data = self._read.get(digest)
        if data is None:
            data = self._objects.get(digest)
            self._look_below(data)
        return data

    def put(self, digest: bytes, data: bytes) -> None:
        self._objects.put(digest, data)

    def forget(self) -> None:
        """Free what was read."""
        self._read.clear()

    def _look_below(self, data: bytes) -> None:
        todo = _below_tree(data) if self._get_many is not None else []
        while todo and self._get_many is not None:
            found = self._get_many([digest for digest in todo if digest not in self._read])
            self._read.update(found)
            todo = [digest for one in found.values() for digest in _below_tree(one)]


def _below_tree(data: bytes) -> list[bytes]:
    return children(data) if data[:1] and data[0] in TREES else []
