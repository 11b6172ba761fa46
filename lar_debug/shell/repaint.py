"""What stands on the terminal already is not written to it again.

Textual paints every cell of what it calls dirty; over a slow line that is most of what a key
costs. Knows cells and rows, and no pane.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

_ONE_CELL = re.compile("[ -~¡-¬®-˿‐-‧←-⇿─-◿⠀-⣿✓✗]*")
"""Latin letters, signs of punctuation, arrows, lines, what a spinner is made of."""


class Painted:
    """What was written last, row by row. `forget` when somebody else may have written."""

    def __init__(self) -> None:
        self._rows: list[Strip | None] = []
        self.ever = False
        """Whether anything was written."""

    def forget(self) -> None:
        """Write the next update whole, wherever it is."""
        self._rows = []

    def changed(self, update: CompositorUpdate) -> CompositorUpdate:
        """What writes of an update the cells alone that read otherwise."""
        return _Changed(self, update)

    def take_whole(self, update: LayoutUpdate) -> list[Strip]:
        """All rows are written: they, each in one strip."""
        lines = [Strip.join(line).discard_meta() for line in update.strips]
        self._rows = [*lines]
        return lines

    def take(self, at: int, row: int, new: Strip) -> Iterator[tuple[int, Strip]]:
        """What has to be written for a row to read `new` from column `at` on: (column, strip)."""
        if row >= len(self._rows):
            self._rows += [None] * (row + 1 - len(self._rows))
        old, end = self._rows[row], at + new.cell_length
        if old is None or old.cell_length < end:
            # Nothing is known of the cells before and after it.
            yield at, new
            return
        before = old.crop(at, end)
        if before != new:
            self._rows[row] = Strip.join([old.crop(0, at), new, old.crop(end)])
            first, last = _same_ends(list(before), list(new))
            if first < new.cell_length:
                yield at + first, new.crop(first, new.cell_length - last)


class _Changed(CompositorUpdate):
    def __init__(self, painted: Painted, update: CompositorUpdate) -> None:
        self._painted = painted
        self._update = update

    def render_segments(self, console: Console) -> str:
        """Called at the moment it is written, and only then."""
        update, self._painted.ever = self._update, True
        if isinstance(update, ChopsUpdate):
            return "".join(self._sequences(update, console))
        self._painted.forget()
        if isinstance(update, LayoutUpdate):
            # Its lines may be gone through once: they are written from what was taken.
            lines = self._painted.take_whole(update)
            update = LayoutUpdate([[line] for line in lines], update.region)
        return update.render_segments(console)

    def _sequences(self, update: ChopsUpdate, console: Console) -> Iterator[str]:
        for row, first, last in update.spans:
            for at, strip in _pieces(update, row, first, last):
                for column, changed in self._painted.take(at, row, strip.discard_meta()):
                    yield Control.move_to(column, row).segment.text + changed.render(console)


def _pieces(update: ChopsUpdate, row: int, first: int, last: int) -> Iterator[tuple[int, Strip]]:
    """The strips of one dirty span, as Textual itself cuts them: (column, strip)."""
    ends = update.chop_ends[row]
    for end, (at, strip) in zip(ends, update.chops[row].items(), strict=False):
        if strip is not None and at <= last and end > first:
            inside = first <= at < last and end <= last
            yield at, strip if inside else strip.crop(0, min(end, last) - at)


def _same_ends(old: list[Segment], new: list[Segment]) -> tuple[int, int]:
    """How many cells read the same at the beginning and at the end of two lines as wide as each
    other; 0 for lines with signs that a terminal may take to be wider than we do."""
    if not (_is_plain(old) and _is_plain(new)):
        return 0, 0
    before, after = list(_cells(old)), list(_cells(new))
    first = _same(zip(before, after, strict=True))
    last = _same(zip(reversed(before), reversed(after), strict=True))
    return first, min(last, len(after) - first)


def _same(pairs: Iterable[tuple[object, object]]) -> int:
    count = 0
    for old, new in pairs:
        if old != new:
            break
        count += 1
    return count


def _cells(segments: list[Segment]) -> Iterator[tuple[str, object]]:
    return ((character, one.style) for one in segments for character in one.text)


def _is_plain(segments: list[Segment]) -> bool:
    """Whether each character takes one cell in every terminal."""
    return all(one.text.isascii() or _ONE_CELL.fullmatch(one.text) for one in segments)
