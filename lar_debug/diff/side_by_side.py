"""Old lines in the left half of a row, new ones in the right. Pure.

The halves are cleaned and wrapped like all rows; which text is laid out so is layout.py's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TypeAlias

from lar_debug.diff.line_rows import BAR_CELLS, line_rows
from lar_debug.model.changes import Row, Span
from lar_debug.model.document import Line, Swapped
from lar_debug.text import cells

_Pair: TypeAlias = tuple[Line | None, Line | None]
_EMPTY = Row(bar=True)
_MOST_MATCHED = 16 * 1024
"""Characters of a side; in longer changes lines stand beside each other by their order alone."""


def half_of(width: int) -> int:
    """The cells of a half, its sign and its bar included."""
    return width // 2


def both_halves(left: Row, right: Row, width: int) -> Row:
    """One row of two: the left one is filled up to where the right one begins."""
    missing = half_of(width) - BAR_CELLS - sum(cells(span.text) for span in left.spans)
    blanks = (Span(" " * missing),) if missing > 0 else ()
    return left._replace(spans=(*left.spans, *blanks), beside=right)


def swapped_halves(piece: Swapped, width: int, opens: str) -> Iterator[Row]:
    """Lines that went out beside those that came in their place."""
    text_width = half_of(width) - BAR_CELLS
    for old, new in _paired(piece):
        left = line_rows("-", old, text_width, "none", opens) if old else ()
        right = line_rows("+", new, text_width, "none", opens) if new else ()
        for one, other in zip_longest(left, right, fillvalue=_EMPTY):
            yield both_halves(one, other, width)


def _paired(piece: Swapped) -> Iterator[_Pair]:
    """All lines in order; those that have kept words in common stand in one row."""
    i = j = 0
    for old, new in [*_together(piece), (len(piece.removed), len(piece.added))]:
        yield from zip_longest(piece.removed[i:old], piece.added[j:new])
        if old < len(piece.removed):
            yield piece.removed[old], piece.added[new]
        i, j = old + 1, new + 1


def _together(piece: Swapped) -> list[tuple[int, int]]:
    """(old line, new line) of those with words in common, each line once, both ascending."""
    if any(sum(map(_length, side)) > _MOST_MATCHED for side in (piece.removed, piece.added)):
        return []
    kept_old, lines_old = _kept_letters(piece.removed)
    kept_new, lines_new = _kept_letters(piece.added)
    if kept_old != kept_new:
        # Without marks between the words nothing says what was kept.
        return []
    shared = Counter(zip(lines_old, lines_new, strict=True))
    found: list[tuple[int, int]] = []
    # Kept words have one order: no pair goes back behind the one before it.
    for (old, new), count in shared.items():
        if found and (old == found[-1][0] or new == found[-1][1]):
            if count > shared[found[-1]]:
                found[-1] = (old, new)
        else:
            found.append((old, new))
    return found


def _length(line: Line) -> int:
    return sum(len(span.text) for span in line.spans)


def _kept_letters(lines: Sequence[Line]) -> tuple[str, list[int]]:
    """The letters of the words that were kept, and for each the line it stands in."""
    kept: list[str] = []
    places: list[int] = []
    for number, line in enumerate(lines):
        for span in line.spans:
            if not span.tone:
                letters = "".join(span.text.split())
                kept.append(letters)
                places += [number] * len(letters)
    return "".join(kept), places
