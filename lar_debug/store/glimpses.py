"""A snapshot as far as one row for each of its keys can show it, however large it is.

Of a list or dict the first items are read, of those inside it only their size, of a text its
beginning. Standard library only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, Final, cast

from lar_debug.model.values import Glimpse, Tagged, Value
from lar_debug.store.chunks import Reader, Ref
from lar_debug.store.entries import ITEM, NODE, Entry
from lar_debug.store.objects import DAMAGE, LIST, TEXT, TREES, class_of, damaged, parse_digest

_MOST_ITEMS: Final = 64
_START_BYTES: Final = 16_384
"""More than a row has room for."""


def glimpse(reader: Reader, ref: str, keys: Collection[str] | None = None) -> dict[str, Value]:
    """Each key (of `keys`, if given) of a state with its value, or a Glimpse of a large one.

    {} for a snapshot that is no state. Raises StoreDamaged.
    """
    digest = parse_digest(ref)
    try:
        state = reader.level(digest)
        if class_of(state) is Tagged:
            state = reader.complete(state)
        if class_of(state) is not dict:
            return {}
        look = Look(reader)
        return {
            key: look.at(value, 1) for key, value in state.items() if keys is None or key in keys
        }
    except (*DAMAGE, RecursionError) as error:
        raise damaged(digest, error) from None


class Look:
    """Looks into values so many `levels` of large ones deep; below that only for their size.

    Values are as `Reader.level` has them, with large parts unread. Raises as the reader does.
    """

    def __init__(self, reader: Reader, most: int = _MOST_ITEMS) -> None:
        self._reader = reader
        self._most = most

    def at(self, value: Any, levels: int) -> Value:
        """The value, or a Glimpse of a large one with its first `most` items."""
        if isinstance(value, Ref):
            return self._at_object(value.digest, levels)
        kind = class_of(value)
        if kind is dict:
            some = islice(value.items(), self._most)
            return _sized({key: self.at(inner, levels) for key, inner in some}, len(value))
        if kind is list:
            first = islice(value, self._most)
            return _sized([self.at(inner, levels) for inner in first], len(value))
        if kind is Tagged:
            return self._at_tagged(value, levels)
        return value

    def _at_object(self, digest: bytes, levels: int) -> Value:
        kind = self._reader.kind(digest)
        if kind not in TREES:
            found = self._reader.level(digest)
            if levels <= 0 and class_of(found) in (dict, list):
                return _sized(class_of(found)(), len(found))
            return self.at(found, levels - 1) if levels >= 0 else _outside(found)
        entries = self._reader.entries(digest)
        size = sum(entry.items for entry in entries)
        if kind == TEXT:
            # Bytes, of which one character may take several.
            start = self._reader.text_start(digest, _START_BYTES)
            is_whole = len(start.encode("utf-8", "surrogatepass")) == size
            return start if is_whole else Glimpse(start, size)
        some = islice(self.items(entries), self._most if levels > 0 else 0)
        if kind == LIST:
            return _sized([self.at(inner, levels - 1) for inner in some], size)
        pairs = cast("Iterable[tuple[str, Any]]", some)
        return _sized({key: self.at(inner, levels - 1) for key, inner in pairs}, size)

    def items(self, entries: Iterable[Entry]) -> Iterator[Any]:
        """Items of a list, or (key, value) of a dict, read as they are asked for."""
        for entry in entries:
            if entry.kind == NODE:
                yield from self.items(self._reader.entries(entry.digest))
            elif entry.kind == ITEM:
                yield Ref(entry.digest)
            else:
                leaf = self._reader.level(entry.digest)
                yield from leaf.items() if class_of(leaf) is dict else leaf

    def _at_tagged(self, value: Tagged, levels: int) -> Value:
        if value.type not in ("dict", "plain"):
            return replace(value, content=self.at(value.content, levels))
        pairs, size = self._pairs(value.content, levels)
        if value.type == "plain":
            return _sized(dict(pairs), size)
        return replace(value, content=_sized(pairs, size))

    def _pairs(self, content: Any, levels: int) -> tuple[list[Any], int]:
        """The first pairs of key and value, and how many there are."""
        if isinstance(content, Ref) and self._reader.kind(content.digest) == LIST:
            entries = self._reader.entries(content.digest)
            items, size = self.items(entries), sum(entry.items for entry in entries)
        else:
            whole: Any = content
            if isinstance(content, Ref):
                whole = self._reader.level(content.digest)
            items, size = iter(whole), len(whole)
        found: list[Any] = []
        for pair in islice(items, self._most if levels >= 0 else 0):
            both = self._reader.level(pair.digest) if isinstance(pair, Ref) else pair
            found.append([self.at(part, levels - 1) for part in both])
        return found, size


def _sized(start: Any, size: int) -> Value:
    """The value itself when it is whole."""
    return start if len(start) == size else Glimpse(start, size)


def _outside(value: Value) -> Value:
    """An object of the user's of which only its name is shown."""
    return replace(value, content=None) if class_of(value) is Tagged else value
