"""Pairs the items of two lists, so that an insert in the middle is one change.

By an id-like key that is unique on both sides, else by equal content, else by likeness. Pure.
The work grows with the length of the lists, never with its square.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from lar_debug.diff.equality import content_key, kind_of, same
from lar_debug.diff.sequence import Pairs, counted, longest_rising, match
from lar_debug.model.values import Tagged, Unread, Value

_ID_KEYS: Final = ("id", "tool_call_id", "key", "name")
_LIKE: Final = 0.5
# A partner this like is taken without looking at the others near it.
_VERY_LIKE: Final = 0.8
_NEAR: Final = 5
# How many old and new items to step over, nearest first, where two lists fall out of step.
_STEPS: Final = sorted(
    ((a, b) for a in range(_NEAR) for b in range(_NEAR) if a or b), key=lambda step: sum(step)
)
# Longest stretch of a text that its likeness is judged by.
_JUDGED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which items belong together. `pairs` rise in their new index.

    `certain` holds the new indexes of pairs known to be the same; `moved` the new indexes of
    pairs that are out of order. Items in no pair were removed or added.
    """

    pairs: tuple[tuple[int, int], ...]
    certain: frozenset[int]
    moved: frozenset[int]


def align(old: list[Value], new: list[Value], doubtful: frozenset[int]) -> Alignment:
    """The pairs between two lists."""
    head, tail = _common_ends(old, new, doubtful)
    pairs: Pairs = [(i, i) for i in range(head)]
    pairs += [(len(old) - k, len(new) - k) for k in range(tail, 0, -1)]
    certain = {j for _, j in pairs}
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    moved: set[int] = set()
    if left and right:
        middle = _align_rest(left, right, old, new, doubtful)
        pairs += [(i + head, j + head) for i, j in middle.pairs]
        moved = {j + head for j in middle.moved}
        certain |= {j + head for j in middle.certain}
    pairs.sort(key=lambda pair: pair[1])
    return Alignment(tuple(pairs), frozenset(certain), frozenset(moved))


def _common_ends(old: list[Value], new: list[Value], doubtful: frozenset[int]) -> tuple[int, int]:
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and same(old[head], new[head], doubtful):
        head += 1
    tail = 0
    while tail < shorter - head and same(old[-1 - tail], new[-1 - tail], doubtful):
        tail += 1
    return head, tail


def _align_rest(
    left: list[Value],
    right: list[Value],
    old: list[Value],
    new: list[Value],
    doubtful: frozenset[int],
) -> Alignment:
    """The pairs between what two lists do not begin or end alike with."""
    names = [name for name in _ID_KEYS if _ids(left, name) and _ids(right, name)]
    by_content: Alignment | None = None
    if names and _is_partly_unread(old) and 2 * len(left) < len(old):
        # Many items are read for their ids only where the ids matter.
        by_content = _by_content(left, right, doubtful)
        if all(_pairs_as(by_content, _by_id(left, right, name)) for name in names):
            return by_content
    for name in names:
        ids_old, ids_new = _ids(old, name), _ids(new, name)
        if ids_old and ids_new and not ids_old.isdisjoint(ids_new):
            return _by_id(left, right, name)
    return by_content or _by_content(left, right, doubtful)


def _is_partly_unread(items: list[Value]) -> bool:
    """True for a list that begins or ends with items that were not read."""
    return kind_of(items[0]) is Unread or kind_of(items[-1]) is Unread


def _pairs_as(one: Alignment, other: Alignment) -> bool:
    return one.moved == other.moved and sorted(one.pairs) == sorted(other.pairs)


def _ids(items: list[Value], name: str) -> set[Value]:
    """The ids of all items, nothing if one has none or two have the same."""
    found: set[Value] = set()
    for item in _read(items):
        value: Any = _fields(item).get(name)
        if kind_of(value) not in (str, int) or value in found:
            return set()
        found.add(value)
    return found


def _read(items: list[Value]) -> Iterator[Value]:
    """The items, with what those that were not read stand for."""
    unread: Value = None
    for item in items:
        if kind_of(item) is not Unread:
            yield item
        elif item is not unread:
            unread = item
            yield from item.read()


def _fields(item: Value) -> dict[str, Value]:
    inner: Any = item.content if kind_of(item) is Tagged else item
    return inner if kind_of(inner) is dict else {}


def _by_id(old: list[Value], new: list[Value], id_key: str) -> Alignment:
    where = {_fields(item)[id_key]: index for index, item in enumerate(new)}
    ids = [_fields(item)[id_key] for item in old]
    pairs = [(i, where[one]) for i, one in enumerate(ids) if one in where]
    in_order = {j for _, j in longest_rising(pairs)}
    return Alignment(tuple(pairs), frozenset(), frozenset(j for _, j in pairs) - in_order)


def _by_content(old: list[Value], new: list[Value], doubtful: frozenset[int]) -> Alignment:
    pairs = _in_step(old, new, doubtful)
    i, j = (pairs[-1][0] + 1, pairs[-1][1] + 1) if pairs else (0, 0)
    keys_old = [content_key(item) for item in old[i:]]
    keys_new = [content_key(item) for item in new[j:]]
    pairs += [(i + a, j + b) for a, b in match(keys_old, keys_new)]
    moved = _moved(pairs, _Keys(old, i, keys_old), _Keys(new, j, keys_new))
    # Equal content is all there is to see, unless a value could not be kept.
    certain = frozenset(b for _, b in [*pairs, *moved]) if not doubtful else frozenset[int]()
    taken_old, taken_new = {a for a, _ in moved}, {b for _, b in moved}
    judge = _Judge(4 * (len(old) + len(new)) + 200)
    edges = [(-1, -1), *pairs, (len(old), len(new))]
    for (i, j), (i_next, j_next) in itertools.pairwise(edges):
        left = [k for k in range(i + 1, i_next) if k not in taken_old]
        right = [k for k in range(j + 1, j_next) if k not in taken_new]
        if left and right:
            pairs += _by_likeness(old, new, left, right, judge)
    return Alignment(tuple(pairs + moved), certain, frozenset(taken_new))


def _in_step(old: list[Value], new: list[Value], doubtful: frozenset[int]) -> Pairs:
    """Pairs of equal items as far as a few items come and go at a time.

    A few inserts in a long list of large items are found without a key for every item. Stops
    at the first place where more than a few differ.
    """
    pairs: Pairs = []
    i = j = 0

    def equal(a: int, b: int) -> bool:
        return same(old[a], new[b], doubtful)

    while i < len(old) and j < len(new) and _holds_others(old[i]):
        if equal(i, j):
            pairs.append((i, j))
            i, j = i + 1, j + 1
            continue
        for a, b in _STEPS:
            inside = i + a + 1 < len(old) and j + b + 1 < len(new)
            # One equal item may be chance; two in a row are a place to go on from.
            if inside and equal(i + a, j + b) and equal(i + a + 1, j + b + 1):
                i, j = i + a, j + b
                break
        else:
            return pairs
    return pairs


class _Keys:
    """The content keys of items; those from `start` on are `known`."""

    def __init__(self, items: list[Value], start: int, known: list[Hashable]) -> None:
        self._items = items
        self._start = start
        self._known = known

    def without(self, paired: set[int]) -> dict[int, Hashable]:
        """By their indexes, those that are in no pair."""
        start, known = self._start, self._known
        return {
            k: known[k - start] if k >= start else content_key(item)
            for k, item in enumerate(self._items)
            if k not in paired
        }


def _moved(pairs: Pairs, old: _Keys, new: _Keys) -> Pairs:
    """Items with a content that is left over exactly once on both sides: they changed places."""
    left = old.without({i for i, _ in pairs})
    right = new.without({j for _, j in pairs})
    count_old, count_new = counted([*left.values()]), counted([*right.values()])
    where = {key: j for j, key in right.items() if count_new[key] == 1}
    return [(i, where[key]) for i, key in left.items() if count_old[key] == 1 and key in where]


def _by_likeness(
    old: list[Value], new: list[Value], left: list[int], right: list[int], judge: _Judge
) -> Pairs:
    """Pairs in order among the items of one gap: each with the likest of the next few.

    Equally many numbers, texts and the like that find no partner are paired by their place:
    one value in the place of another is a change of it.
    """
    if len(left) == len(right) and not any(_holds_others(old[i]) for i in left):
        return [pair for pair in zip(left, right, strict=True) if not _holds_others(new[pair[1]])]
    pairs: Pairs = []
    start = 0
    for i in left:
        best, best_at = 0.0, -1
        for at in range(start, min(start + _NEAR, len(right))):
            likeness = judge.likeness(old[i], new[right[at]])
            if likeness > best:
                best, best_at = likeness, at
            if best >= _VERY_LIKE:
                break
        if best >= _LIKE:
            pairs.append((i, right[best_at]))
            start = best_at + 1
    return pairs


def _holds_others(value: Value) -> bool:
    kind = kind_of(value)
    return kind is dict or kind is list or kind is Tagged


class _Judge:
    """Says how like two items are, for so many comparisons as it was given."""

    def __init__(self, comparisons: int) -> None:
        self._left = comparisons

    def likeness(self, old: Value, new: Value) -> float:
        """From 0 (nothing in common) to 1 (all); 0 when no comparison is left."""
        if self._left <= 0 or kind_of(old) is not kind_of(new):
            return 0.0
        self._left -= 1
        return _likeness(old, new, 0)


def _likeness(old: Value, new: Value, level: int) -> float:
    kind = kind_of(old)
    if kind is not kind_of(new):
        return 0.0
    if kind is str:
        return 1.0 if old == new else _likeness_of_texts(old[:_JUDGED], new[:_JUDGED])
    if kind is Tagged:
        if old.type != new.type or old.name != new.name:
            return 0.0
        return _likeness(old.content, new.content, level)
    if kind is dict and level < 2:
        return _likeness_of_dicts(old, new, level)
    if kind is list and level < 2:
        common = min(len(old), len(new))
        equal = sum(same(old[k], new[k]) for k in range(min(common, _NEAR * 4)))
        longest = min(max(len(old), len(new)), _NEAR * 4)
        return equal / longest if longest else 1.0
    return 1.0 if same(old, new) else 0.0


def _likeness_of_dicts(old: dict[str, Value], new: dict[str, Value], level: int) -> float:
    """The share that is the same, the longer texts weighing more."""
    if not old and not new:
        return 1.0
    weights = found = 0.0
    for key in old.keys() | new.keys():
        one, other = old.get(key), new.get(key)
        weight = max(_weight(one), _weight(other))
        weights += weight
        if key in old and key in new:
            found += weight * _likeness(one, other, level + 1)
    return found / weights


def _weight(value: Value) -> float:
    return 4.0 + min(len(value), 400) if kind_of(value) is str else 4.0


def _likeness_of_texts(old: str, new: str) -> float:
    left, right = set(old.split()), set(new.split())
    if not left or not right:
        return 0.0
    return 2 * len(left & right) / (len(left) + len(right))
