"""Two snapshots read beside each other: what both hold in the same place is left unread.

Equal objects have equal names, so that two large states are told apart at the cost of what
differs between them. Nothing is decided here about values: a list keeps its unread beginning and
end, whatever stands between is read whole. Standard library only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, Final

from lar_debug.model.values import Fidelity, Tagged, Unread, Value
from lar_debug.store.chunks import Reader, Ref, strict_same
from lar_debug.store.entries import ITEM, NODE, Entry
from lar_debug.store.objects import DAMAGE, LIST, StoreDamaged, class_of, parse_digest

_FIELDS: Final = frozenset({"dataclass", "pydantic", "object", "tuple"})
"""Tagged types whose content is read beside the other's; all others are read whole."""


def read_beside(
    reader: Reader, old: str, new: str, whole: Collection[str] = ()
) -> tuple[Value, Value]:
    """Both snapshots; an Unread in them stands in both, as the same object.

    What stands under the `whole` keys is read in any case. Raises StoreDamaged.
    """
    try:
        one, other = (reader.level(parse_digest(ref)) for ref in (old, new))
        return _Beside(reader).read(one, other, whole)
    except StoreDamaged:
        raise
    except (*DAMAGE, RecursionError) as error:
        raise StoreDamaged(f"the recording is damaged: {old} or {new}: {error}") from None


class _Beside:
    """Goes down two values at once, as far as both have the same shape."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, old: Any, new: Any, whole: Collection[str] = ()) -> tuple[Value, Value]:
        if isinstance(old, Ref) and isinstance(new, Ref):
            if old == new:
                unread = Unread(lambda: iter([self._reader.complete(old)]))
                return unread, unread
            return self._read_objects(old, new)
        if isinstance(old, Ref):
            old = self._reader.level(old.digest)
        if isinstance(new, Ref):
            new = self._reader.level(new.digest)
        kind = class_of(old)
        if kind is class_of(new):
            if kind is dict:
                return self._read_dicts(old, new, whole)
            if kind is list:
                return self._read_lists(deque(old), deque(new))
            if kind is Tagged and _has_the_shape_of(old, new):
                one, other = self.read(old.content, new.content)
                return replace(old, content=one), replace(new, content=other)
        return self._reader.complete(old), self._reader.complete(new)

    def _read_objects(self, old: Ref, new: Ref) -> tuple[Value, Value]:
        kinds = [self._reader.kind(ref.digest) for ref in (old, new)]
        if kinds == [LIST, LIST]:
            return self._read_lists(*(deque(self._parts(ref.digest)) for ref in (old, new)))
        return self.read(self._reader.level(old.digest), self._reader.level(new.digest))

    def _read_dicts(
        self, old: dict[str, Any], new: dict[str, Any], whole: Collection[str]
    ) -> tuple[Value, Value]:
        one: dict[str, Value] = {}
        other: dict[str, Value] = {}
        for key, value in old.items():
            if key in new and key not in whole:
                one[key], other[key] = self.read(value, new[key])
            else:
                one[key] = self._reader.complete(value)
        return one, {
            key: other[key] if key in other else self._reader.complete(value)
            for key, value in new.items()
        }

    # -- lists ------------------------------------------------------------------------------

    def _parts(self, digest: bytes) -> list[Any]:
        """What is directly below a node of a list: Entry for several items, or an item."""
        entries = self._reader.entries(digest)
        return [Ref(one.digest) if one.kind == ITEM else one for one in entries]

    def _read_lists(self, old: deque[Any], new: deque[Any]) -> tuple[Value, Value]:
        every = list(old)
        head = self._drop_same(old, new, 0)
        tail = self._drop_same(old, new, -1)
        one, other = (list(map(self._reader.complete, self._items(side))) for side in (old, new))
        if not head and not tail:
            return one, other
        size = head + len(one) + tail

        def same_items() -> Iterator[Value]:
            for item in self._ends(every, head, size - tail):
                yield self._reader.complete(item)

        unread = Unread(same_items)
        before, after = [unread] * head, [unread] * tail
        return [*before, *one, *after], [*before, *other, *after]

    def _drop_same(self, old: deque[Any], new: deque[Any], end: int) -> int:
        """Take the equal items off one end (0 or -1) of both; returns how many there were."""
        count = 0
        while old and new:
            one, other = old[end], new[end]
            sizes = [part.items if isinstance(part, Entry) else 0 for part in (one, other)]
            if one == other if any(sizes) else self._is_same_item(one, other):
                count += max(1, sizes[0])
                _take(old, end)
                _take(new, end)
            elif not any(sizes):
                break
            else:
                for side, size in zip((old, new), sizes, strict=True):
                    if size and size == max(sizes):
                        self._open_end(side, end)
        return count

    def _is_same_item(self, one: Any, other: Any) -> bool:
        if strict_same(one, other):
            return True
        # The same dict may have been written in another order.
        return strict_same(self._reader.complete(one), self._reader.complete(other))

    def _open_end(self, side: deque[Any], end: int) -> None:
        below = self._below(_take(side, end))
        if end:
            side.extend(below)
        else:
            side.extendleft(reversed(below))

    def _below(self, part: Entry) -> list[Any]:
        if part.kind == NODE:
            return self._parts(part.digest)
        found = self._reader.level(part.digest)
        if class_of(found) is not list:
            raise ValueError("a leaf of a list holds no items")
        return found

    def _ends(self, parts: Collection[Any], head: int, tail: int) -> Iterator[Any]:
        """The items before the index `head` and from the index `tail` on; what lies between is
        not opened."""
        at = 0
        for part in parts:
            after = at + (part.items if isinstance(part, Entry) else 1)
            if isinstance(part, Entry) and (at < head or after > tail):
                yield from self._ends(self._below(part), head - at, tail - at)
            elif not isinstance(part, Entry) and (at < head or at >= tail):
                yield part
            at = after

    def _items(self, parts: Collection[Any]) -> Iterator[Any]:
        for part in parts:
            if isinstance(part, Entry):
                yield from self._items(self._below(part))
            else:
                yield part


def _take(side: deque[Any], end: int) -> Any:
    return side.pop() if end else side.popleft()


def _has_the_shape_of(old: Tagged, new: Tagged) -> bool:
    exact = old.fidelity is Fidelity.EXACT is new.fidelity
    return exact and old.type in _FIELDS and (old.type, old.name) == (new.type, new.name)
