"""Flat pictures of plain values, made and compared at the speed of C.

A live state keeps its leaves and changes a few places. A Walk holds all leaves below a
container, level by level, with lengths and keys: what a snapshot was made of, whatever happens
to the containers afterwards. Two walks tell which children are unchanged without looking at
each. It never calls code of a recorded value: it only looks at exact, well-known types.
"""

from __future__ import annotations

import datetime
import decimal
import pathlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from gc import get_referents
from itertools import accumulate, chain, compress, repeat
from operator import is_
from typing import Any, Final, cast

Child = Any
"""One value of a recorded state."""

ATOMS: Final[frozenset[type]] = frozenset({type(None), bool, int, float, str})
LEAVES: Final[frozenset[type]] = ATOMS | {
    bytes,
    complex,
    range,
    datetime.datetime,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    uuid.UUID,
    pathlib.PurePosixPath,
    pathlib.PureWindowsPath,
    pathlib.PosixPath,
    pathlib.WindowsPath,
}
"""Immutable types: the same object is the same value for ever."""

CONTAINERS: Final[frozenset[type]] = frozenset({dict, list})
MOST_LEVELS: Final = 100
"""Deeper nesting is not kept."""

_PLAIN: Final = LEAVES | CONTAINERS
_STR_ONLY: Final = {str}
_VALUES = cast("Callable[[Any], Iterable[Any]]", getattr(dict, "values"))  # noqa: B009
_EQUAL_OF_A_TYPE: Final = ATOMS | {bytes}
_EQUAL_IS_SAME: Final = CONTAINERS | {str, type(None)}
_NUMBERS: Final[tuple[frozenset[type], ...]] = (
    _EQUAL_IS_SAME | {int},
    _EQUAL_IS_SAME | {bool},
)


@dataclass(slots=True)
class Level:
    """Children of all containers of one level in order; per container its length and keys.

    The first level is one container, whose length and keys its owner knows. `inside` are the
    containers among the values: those of the next level.
    """

    values: list[Child]
    lengths: list[int]
    keys: list[str]
    types: set[type]
    inside: list[Any]
    kinds: list[type] | None = None
    """The type of each value, where `_is_untouched` will do; empty where it will not."""


@dataclass(slots=True)
class Walk:
    """All levels below a container, and the ids of the containers that were met."""

    levels: list[Level]
    ids: set[int]


def walk(children: list[Child]) -> Walk | None:
    """The walk of a container's children; None unless all below are dicts with str keys, lists
    and leaves, each container met once, at most MOST_LEVELS deep."""
    levels: list[Level] = []
    ids: set[int] = set()
    met = 0
    values: list[Child] = children
    lengths: list[int] = []
    keys: list[str] = []
    while len(levels) < MOST_LEVELS:
        types = set(map(type, values))
        if not types <= _PLAIN:
            return None
        kinds = types & CONTAINERS
        inside = list(values) if types == kinds else _inside(values) if kinds else []
        levels.append(Level(values, lengths, keys, types, inside))
        if not kinds:
            return Walk(levels, ids)
        met += len(inside)
        ids.update(map(id, inside))
        if len(ids) != met:
            return None
        lengths = list(map(len, inside))
        keys, values = _below(inside, kinds)
        if keys and set(map(type, keys)) != _STR_ONLY:
            return None
    return None


def _below(inside: list[Any], kinds: set[type]) -> tuple[list[str], list[Child]]:
    """(keys, children) of containers of these kinds, in order."""
    if dict not in kinds:
        return [], list(chain.from_iterable(inside))
    if list not in kinds:
        return list(chain.from_iterable(inside)), list(chain.from_iterable(map(_VALUES, inside)))
    keys: list[str] = list(chain.from_iterable(filter(_is_dict, inside)))
    return keys, list(chain.from_iterable(map(_children, inside)))


def grow(old: Walk, children: list[Child]) -> bool:
    """Make `old` the walk of `children`, at the cost of a look at each.

    False, and nothing is done, unless they are the very objects of `old`, with nothing changed
    below, and perhaps more of them at the end.
    """
    first = old.levels[0].values
    if len(children) < len(first) or not all(map(is_, first, children)):
        return False
    for above, level in zip(old.levels, old.levels[1:], strict=False):
        if level.kinds:
            if not _is_untouched(above.inside, level, level.kinds):
                return False
            continue
        # The same objects are of the same types, so only what is in them is to be looked at.
        if list(map(len, above.inside)) != level.lengths:
            return False
        keys, values = _below(above.inside, above.types & CONTAINERS)
        if not all(map(is_, values, level.values)) or not all(map(is_, keys, level.keys)):
            return False
    if len(children) > len(first):
        more = walk(children[len(first) :])
        if more is None or not more.ids.isdisjoint(old.ids):
            return False
        _join(old, more)
    for above, level in zip(old.levels, old.levels[1:], strict=False):
        if level.kinds is None:
            level.kinds = _kinds(above, level)
    return True


def _kinds(above: Level, level: Level) -> list[type]:
    """The types of the values of `level`, when they are leaves of dicts that can be compared all
    at once; else none."""
    if list in above.types or not level.types <= _EQUAL_OF_A_TYPE:
        return []
    held = get_referents(*above.inside)
    # Only what the interpreter shows in that way now can be looked at in that way again.
    if len(held) != len(level.values) or not all(map(is_, held, level.values)):
        return []
    kinds = list(map(type, held))
    # 0.0 and -0.0 are equal.
    if float in level.types and 0.0 in compress(held, map(is_, kinds, repeat(float))):
        return []
    return kinds


def _is_untouched(dicts: list[Any], level: Level, kinds: list[type]) -> bool:
    """True when nothing was done to `dicts`, which hold the values of `level`.

    Types come first: of these types, what is equal is the same, and comparing calls no other
    code. A key that is no plain text would stand among the values.
    """
    held = get_referents(*dicts)
    return (
        list(map(type, held)) == kinds
        and held == level.values
        and list(map(len, dicts)) == level.lengths
        and list(chain.from_iterable(dicts)) == level.keys
    )


def _join(first: Walk, more: Walk) -> None:
    """Add the levels of the children that follow."""
    first.ids |= more.ids
    above: Level | None = None
    for level, added in zip(first.levels, more.levels, strict=False):
        if level.kinds and above is not None:
            kinds = _kinds(above, added)
            level.kinds = [] if not kinds else level.kinds
            level.kinds += kinds
        above = added
        level.values += added.values
        level.lengths += added.lengths
        level.keys += added.keys
        level.types |= added.types
        level.inside += added.inside
    first.levels += more.levels[len(first.levels) :]


def _inside(values: list[Child]) -> list[Any]:
    return [value for value in values if type(value) in CONTAINERS]


def _is_dict(container: Any) -> bool:
    return type(container) is dict


def _children(container: Any) -> Iterable[Child]:
    return container.values() if _is_dict(container) else container


def _same(old: list[Child], new: list[Child], types: set[type]) -> bool:
    """Type-strict: plain equality where it cannot hide a change, else the same objects."""
    if types <= _EQUAL_IS_SAME or types <= _NUMBERS[0] or types <= _NUMBERS[1]:
        try:
            return old == new
        except Exception:
            # Too deep for C, or a time zone class of the user's that raises.
            return False
    return len(old) == len(new) and all(map(is_, old, new))


def is_same(old: Walk, new: Walk) -> bool:
    """True when nothing differs between two walks."""
    return len(old.levels) == len(new.levels) and starts_with(new, old, whole=True)


def starts_with(new: Walk, old: Walk, *, whole: bool = False) -> bool:
    """True when the first children of `new` are those of `old`, all the way down."""
    if len(old.levels) > len(new.levels):
        return False
    for depth, (before, now) in enumerate(zip(old.levels, new.levels, strict=False)):
        count = len(before.values)
        types = before.types | now.types
        values = now.values if whole else now.values[:count]
        if not _same(before.values, values, types):
            return False
        if depth:
            lengths = now.lengths if whole else now.lengths[: len(before.lengths)]
            keys = now.keys if whole else now.keys[: len(before.keys)]
            if before.lengths != lengths or before.keys != keys:
                return False
    return True


@dataclass(slots=True)
class _Bounds:
    """For one level of a walk: where the containers, keys and values of child i begin."""

    containers: list[int]
    keys: list[int]
    values: list[int]


def _bounds(of: Walk) -> list[_Bounds]:
    begin = list(range(len(of.levels[0].values) + 1))
    bounds = [_Bounds([], [], begin)]
    for above, level in zip(of.levels, of.levels[1:], strict=False):
        are = [type(value) in CONTAINERS for value in above.values]
        before = [0, *accumulate(are)]
        inside = _inside(above.values)
        pairs = zip(inside, level.lengths, strict=True)
        key_starts = [0, *accumulate(n if _is_dict(value) else 0 for value, n in pairs)]
        value_starts = [0, *accumulate(level.lengths)]
        containers = [before[at] for at in begin]
        begin = [value_starts[at] for at in containers]
        bounds.append(_Bounds(containers, [key_starts[at] for at in containers], begin))
    return bounds


class Alignment:
    """Finds the children of a container that were there before, perhaps at another place."""

    def __init__(self, old: Walk, new: Walk, old_keys: list[str], new_keys: list[str]) -> None:
        self._old, self._new = old, new
        self._old_keys, self._new_keys = old_keys, new_keys
        self._old_bounds, self._new_bounds = _bounds(old), _bounds(new)

    def runs(self) -> Iterable[tuple[int, int, int, bool]]:
        """(first new child, first old child, how many, unchanged) in order over all new ones.

        A changed child comes alone, with the old child that stood there (-1: none did).
        """
        old, new = self._old.levels[0].values, self._new.levels[0].values
        where = {id(value): index for index, value in enumerate(old)}
        index, expected = 0, 0
        while index < len(new):
            found = expected
            count = self._longest(expected, index)
            if not count:
                found = where.get(id(new[index]), expected)
                count = self._longest(found, index) if found != expected else 0
            if count:
                yield index, found, count, True
                index, expected = index + count, found + count
            else:
                yield index, found if found < len(old) else -1, 1, False
                index, expected = index + 1, found + 1

    def _longest(self, first_old: int, first_new: int) -> int:
        """How many children from these two on are unchanged."""
        most = min(
            len(self._old.levels[0].values) - first_old, len(self._new.levels[0].values) - first_new
        )
        good, step = 0, 1
        while good < most:
            step = min(step, most - good)
            if self._equal(first_old + good, first_new + good, step):
                good += step
                step *= 2
            else:
                most = good + step - 1
                step = max(1, step // 2)
        return good

    def _equal(self, old: int, new: int, count: int) -> bool:
        if self._old_keys[old : old + count] != self._new_keys[new : new + count]:
            return False
        for depth in range(max(len(self._old_bounds), len(self._new_bounds))):
            before = _cut(self._old, self._old_bounds, depth, old, count)
            now = _cut(self._new, self._new_bounds, depth, new, count)
            if before is None or now is None:
                rest = before or now
                return rest is None or not rest[1]
            if before[1:] != now[1:] or not _same(before[0], now[0], self._types(depth)):
                return False
        return True

    def _types(self, depth: int) -> set[type]:
        return self._old.levels[depth].types | self._new.levels[depth].types


def _cut(
    of: Walk, bounds: list[_Bounds], depth: int, first: int, count: int
) -> tuple[list[Child], list[int], list[str]] | None:
    """(values, lengths, keys) that one level holds of a run of children."""
    if depth >= len(bounds):
        return None
    at, level, end = bounds[depth], of.levels[depth], first + count
    values = level.values[at.values[first] : at.values[end]]
    if not depth:
        return values, [], []
    lengths = level.lengths[at.containers[first] : at.containers[end]]
    return values, lengths, level.keys[at.keys[first] : at.keys[end]]
