"""Aligns two sequences of hashable keys in order: lines, words, items of lists.

Pure functions over keys that compare with `==`. Bounded: never quadratic in long inputs.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher

Pairs = list[tuple[int, int]]

# Elements that one call hashes: no other thread runs meanwhile, the screen neither.
_AT_ONCE = 20_000
# Comparisons that difflib may make in one gap, and elements looked at over all gaps per
# element of the input: beyond them the first fit in order is taken.
_MOST_COMPARISONS = 200_000
_MOST_PASSES = 30


def match(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Pairs `(index in old, index in new)` of equal elements, rising on both sides.

    Common ends first, then elements that stand once on both sides hold the rest in place, then
    difflib decides in small gaps.
    """
    pairs: Pairs = []
    budget = _MOST_PASSES * (len(old) + len(new) + 1)
    work = [(0, len(old), 0, len(new))]
    while work:
        a, a_end, b, b_end = work.pop()
        while a < a_end and b < b_end and old[a] == new[b]:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        while a < a_end and b < b_end and old[a_end - 1] == new[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
            pairs.append((a_end, b_end))
        if a == a_end or b == b_end:
            continue
        budget -= a_end - a + b_end - b
        left, right = old[a:a_end], new[b:b_end]
        anchors = _anchors(left, right) if budget > 0 else []
        if not anchors:
            pairs += [(a + i, b + j) for i, j in _match_gap(left, right)]
            continue
        for i, j in anchors:
            pairs.append((a + i, b + j))
        edges = [(-1, -1), *anchors, (len(left), len(right))]
        for (i, j), (i_next, j_next) in itertools.pairwise(edges):
            if i_next > i + 1 and j_next > j + 1:
                work.append((a + i + 1, a + i_next, b + j + 1, b + j_next))
    pairs.sort()
    return pairs


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Elements that stand exactly once on both sides, the longest run of them in order."""
    count_old, count_new = counted(old), counted(new)
    where = {key: index for index, key in enumerate(new) if count_new[key] == 1}
    unique = [
        (index, where[key]) for index, key in enumerate(old) if count_old[key] == 1 and key in where
    ]
    return longest_rising(unique)


def counted(keys: Sequence[Hashable]) -> Counter[Hashable]:
    """How often each key stands there."""
    count: Counter[Hashable] = Counter()
    for start in range(0, len(keys), _AT_ONCE):
        count.update(keys[start : start + _AT_ONCE])
    return count


def longest_rising(pairs: Pairs) -> Pairs:
    """The longest part of `pairs`, rising in the first member, that rises in the second too."""
    tails: list[int] = []
    tail_at: list[int] = []
    before: list[int] = []
    for index, (_, value) in enumerate(pairs):
        place = bisect_left(tails, value)
        before.append(tail_at[place - 1] if place else -1)
        if place == len(tails):
            tails.append(value)
            tail_at.append(index)
        else:
            tails[place] = value
            tail_at[place] = index
    chosen: Pairs = []
    index = tail_at[-1] if tail_at else -1
    while index >= 0:
        chosen.append(pairs[index])
        index = before[index]
    chosen.reverse()
    return chosen


def match_closely(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """As `match`, but short sequences keep their longest common stretches: meant for words."""
    if comparisons(old, new) <= _MOST_COMPARISONS:
        return _by_difflib(old, new)
    return match(old, new)


def comparisons(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    """How many equal pairs there are between the two sides: what difflib would look at."""
    count_new = counted(new)
    return sum(count_new[key] * number for key, number in counted(old).items())


def _match_gap(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    if comparisons(old, new) <= _MOST_COMPARISONS:
        return _by_difflib(old, new)
    places: dict[Hashable, list[int]] = {}
    for index, key in enumerate(new):
        places.setdefault(key, []).append(index)
    pairs: Pairs = []
    following = 0
    for index, key in enumerate(old):
        options = places.get(key, ())
        place = bisect_left(options, following)
        # A partner far away would keep everything between from finding its own.
        if place < len(options) and options[place] - following <= max(8, index - following + 8):
            pairs.append((index, options[place]))
            following = options[place] + 1
    return pairs


def _by_difflib(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return [(i + k, j + k) for i, j, size in blocks for k in range(size)]
