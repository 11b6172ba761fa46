"""Which keys of a state hold the same mutable object, and what that means for them.

The first key in the order of the state holds the content, the others refer to it. A key that
refers changes when what it refers to does. Looks only at plain values that were walked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from lar_debug.runtime.codec import Unfit, quote
from lar_debug.runtime.kept import Flat, Keeper, Kept, NotPlain
from lar_debug.runtime.pieces import Fragment, PathParts
from lar_debug.store.objects import class_of


def is_any_shared(owners: set[int], below: Iterable[set[int]]) -> bool:
    """True when an id stands in two of the sets. Looks at all but the largest."""
    largest: set[int] = set()
    every, met = set(owners), len(owners)
    for ids in below:
        if len(ids) > len(largest):
            ids, largest = largest, ids
        every |= ids
        met += len(ids)
    return len(every) != met or not every.isdisjoint(largest)


def sharing_keys(
    state: dict[str, Any], copy: Mapping[str, Any], kept: Mapping[str, Kept | Flat]
) -> set[str]:
    """Keys that hold something which an earlier key, or the state itself, holds too."""
    met = {id(state)}
    found: set[str] = set()
    for key, one in kept.items():
        if id(copy[key]) in met or not one.walk.ids.isdisjoint(met):
            found.add(key)
        else:
            met.add(id(copy[key]))
            met |= one.walk.ids
    return found


class Passed:
    """Plain values that come before the one that is encoded now."""

    def __init__(self) -> None:
        self._known: list[tuple[str, int, Kept | Flat]] = []

    def add(self, key: str, value: Any, kept: Kept | Flat) -> None:
        self._known.append((key, id(value), kept))

    def path(self, one: int) -> PathParts | None:
        """Where the container of that id stands in them; None when it does not."""
        for key, own, kept in self._known:
            if one == own:
                return (quote(key),)
            if one in kept.walk.ids:
                return (quote(key), *_place(kept, one))
        return None


def _place(kept: Kept | Flat, one: int) -> PathParts:
    levels = kept.walk.levels
    depth = next(at for at, level in enumerate(levels) if one in map(id, level.inside))
    steps: list[bytes] = []
    for at in range(depth, -1, -1):
        index = list(map(id, levels[at].values)).index(one)
        if not at:
            steps.append(quote(kept.keys[index]) if kept.keys else b"%d" % index)
            break
        ends = list(accumulate(levels[at].lengths))
        number = bisect_right(ends, index)
        container: Any = levels[at - 1].inside[number]
        index -= ends[number] - levels[at].lengths[number]
        is_dict = class_of(container) is dict
        steps.append(quote(list(container)[index]) if is_dict else b"%d" % index)
        one = id(container)
    return tuple(reversed(steps))


class Links:
    """What the keys of one state refer to that stands elsewhere in it."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._found: dict[str, list[tuple[PathParts, Any]]] = {}

    def add(self, key: str, referred: list[tuple[PathParts, Any]]) -> None:
        """A key refers to these objects, which stand at these places."""
        if referred:
            self._found[key] = referred

    def of_all(self, parts: Mapping[str, Fragment]) -> dict[str, tuple[Fragment, ...]]:
        """By key: fragments of all that it refers to outside itself, through other keys too."""
        return {key: self._of(key, parts) for key in self._found}

    def _of(self, key: str, parts: Mapping[str, Fragment]) -> tuple[Fragment, ...]:
        names = {quote(name): name for name in parts}
        todo, met, found = [key], {key}, list[Fragment]()
        while todo:
            for path, value in self._found.get(todo.pop(), ()):
                owner = names[path[0]] if path else key
                if owner == key:
                    continue
                found.append(self._fragment(path, value, parts[owner]))
                if owner not in met:
                    met.add(owner)
                    todo.append(owner)
        return tuple(found)

    def _fragment(self, path: PathParts, value: Any, whole: Fragment) -> Fragment:
        """What the object says; `whole` is the fragment of the key that holds it."""
        if len(path) == 1 or type(value) not in (dict, list):
            return whole
        try:
            return self._keeper.keep(value, None).fragment
        except (NotPlain, Unfit, ValueError):
            return whole
