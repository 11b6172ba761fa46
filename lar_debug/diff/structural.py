"""Compares two values of recorded state: prune what is the same, align lists, descend.

DeepDiff is handed nothing here: what pruning and alignment leave over are pairs of single
values, and it is not type-strict (it finds nothing between [False, True, True] and
[False, True, 1]). What is left of two containers whose types differ is its part, in
across_types.py. Pure.
"""

from __future__ import annotations

from typing import Any

from lar_debug.diff.alignment import align
from lar_debug.diff.equality import (
    FIELDS,
    MOST_LEVELS,
    SETS,
    alike,
    content_key,
    holders_of_doubt,
    kind_of,
    same,
)
from lar_debug.model.changes import Change
from lar_debug.model.values import Path, Tagged, Value


def compare(old: Value, new: Value) -> list[Change]:
    """The changes that make `new` out of `old`, in the order of `new`.

    An item of a set is named by the item itself as the last key of its path. A value that could
    not be kept is always a change, even when both sides look alike.
    """
    walk = _Walk(holders_of_doubt(old) | holders_of_doubt(new))
    walk.compare(old, new, (), ())
    return walk.changes


def compare_places(old: Value, new: Value) -> tuple[list[Change], list[tuple[Path, Path]]]:
    """The changes, and (old, new) places of the items of changed lists that have another index
    on either side."""
    shifted: list[tuple[Path, Path]] = []
    walk = _Walk(holders_of_doubt(old) | holders_of_doubt(new), shifted)
    walk.compare(old, new, (), ())
    return walk.changes, shifted


class _Walk:
    """One comparison on its way down; `doubtful` as in equality.same."""

    def __init__(
        self, doubtful: frozenset[int], shifted: list[tuple[Path, Path]] | None = None
    ) -> None:
        self.changes: list[Change] = []
        self._shifted = shifted
        self._doubtful = doubtful

    def compare(self, old: Value, new: Value, at_old: Path, at_new: Path) -> None:
        if old is new and id(old) not in self._doubtful:
            return
        kind = kind_of(old)
        if kind is not kind_of(new):
            self._changed(old, new, at_old, at_new)
        elif len(at_old) >= MOST_LEVELS:
            if not same(old, new, self._doubtful):
                self._changed(old, new, at_old, at_new)
        elif kind is dict:
            self._compare_dicts(old, new, at_old, at_new)
        elif kind is list:
            self._compare_lists(old, new, at_old, at_new)
        elif kind is Tagged:
            self._compare_tagged(old, new, at_old, at_new)
        elif not same(old, new):
            self._changed(old, new, at_old, at_new)

    def _changed(self, old: Value, new: Value, at_old: Path, at_new: Path) -> None:
        self.changes.append(Change("changed", at_old, at_new, old, new))

    def _removed(self, old: Value, at_old: Path) -> None:
        self.changes.append(Change("removed", at_old, None, old))

    def _added(self, new: Value, at_new: Path) -> None:
        self.changes.append(Change("added", None, at_new, None, new))

    def _compare_dicts(
        self, old: dict[str, Value], new: dict[str, Value], at_old: Path, at_new: Path
    ) -> None:
        for key, value in new.items():
            if key not in old:
                self._added(value, (*at_new, key))
                continue
            beside = old[key]
            kind = kind_of(value)
            if (kind is str or kind is int) and kind is kind_of(beside) and value == beside:
                # The texts and whole numbers of long lists pass here: no call for each.
                continue
            if value is not beside or id(value) in self._doubtful:
                self.compare(beside, value, (*at_old, key), (*at_new, key))
        for key, value in old.items():
            if key not in new:
                self._removed(value, (*at_old, key))

    def _compare_lists(
        self, old: list[Value], new: list[Value], at_old: Path, at_new: Path
    ) -> None:
        alignment = align(old, new, self._doubtful)
        partner = {j: i for i, j in alignment.pairs}
        kept = set(partner.values())
        place = 0
        for j, value in enumerate(new):
            i = partner.get(j)
            if i is not None and j not in alignment.moved:
                place = self._remove_up_to(i, place, old, kept, at_old)
            if i is None:
                self._added(value, (*at_new, j))
                continue
            if i != j and self._shifted is not None:
                self._shifted.append(((*at_old, i), (*at_new, j)))
            if j in alignment.moved:
                self.changes.append(Change("moved", (*at_old, i), (*at_new, j), old[i], value))
            if j not in alignment.certain:
                self.compare(old[i], value, (*at_old, i), (*at_new, j))
        self._remove_up_to(len(old), place, old, kept, at_old)

    def _remove_up_to(
        self, end: int, place: int, old: list[Value], kept: set[int], at_old: Path
    ) -> int:
        for i in range(place, end):
            if i not in kept:
                self._removed(old[i], (*at_old, i))
        return max(place, end)

    def _compare_tagged(self, old: Tagged, new: Tagged, at_old: Path, at_new: Path) -> None:
        one: Any = old.content
        other: Any = new.content
        in_doubt = id(old) in self._doubtful or id(new) in self._doubtful
        if (
            not alike(old, new)
            or kind_of(one) is not kind_of(other)
            or (in_doubt and old.type in SETS)
        ):
            self._changed(old, new, at_old, at_new)
        elif old.type in SETS and kind_of(one) is list:
            self._compare_sets(one, other, at_old, at_new)
        elif old.type == "dict" and kind_of(one) is list:
            self._compare_pairs(one, other, at_old, at_new)
        elif old.type == "tuple" and kind_of(one) is list:
            self._compare_lists(one, other, at_old, at_new)
        elif old.type in FIELDS and kind_of(one) is dict:
            self._compare_dicts(one, other, at_old, at_new)
        elif not same(old, new, self._doubtful):
            self._changed(old, new, at_old, at_new)

    def _compare_sets(self, old: list[Value], new: list[Value], at_old: Path, at_new: Path) -> None:
        keys_old = {content_key(item) for item in old}
        keys_new = {content_key(item) for item in new}
        for item in new:
            if content_key(item) not in keys_old:
                self._added(item, (*at_new, item))
        for item in old:
            if content_key(item) not in keys_new:
                self._removed(item, (*at_old, item))

    def _compare_pairs(
        self, old: list[list[Value]], new: list[list[Value]], at_old: Path, at_new: Path
    ) -> None:
        by_key = {content_key(key): value for key, value in old}
        found = {content_key(key) for key, _ in new}
        for key, value in new:
            name = content_key(key)
            if name not in by_key:
                self._added(value, (*at_new, key))
            else:
                self.compare(by_key[name], value, (*at_old, key), (*at_new, key))
        for key, value in old:
            if content_key(key) not in found:
                self._removed(value, (*at_old, key))
