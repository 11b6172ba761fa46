"""Rows in groups, with a cursor that walks from group to group."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.strip import Strip

from lar_debug.model.changes import Row, Span
from lar_debug.panes._rows_view import RowsView, row_spans
from lar_debug.panes._signs import Signs


class ItemsView(RowsView):
    """An item is one row or more; a `>` stands before the first row of the one under the cursor."""

    def __init__(self, signs: Signs, *, id: str) -> None:
        super().__init__(signs, id=id)
        self.item = 0
        """The item under the cursor."""
        self._starts: Sequence[int] = ()
        self._painted = -1

    def set_items(self, place: int, rows: Sequence[Row], starts: Sequence[int]) -> None:
        """Show rows that belong to a place, with the row that each item begins at; rows before
        the first item belong to none."""
        self._starts = starts
        self.item = max(0, min(self.item, len(starts) - 1))
        before, self._painted = self._painted, self._marked
        self.set_rows(place, rows)
        if before != self._marked:
            self._mark_moved(before)

    def walk(self, by: int) -> None:
        """Move the cursor by items."""
        self.move_to(self.item + by)

    def walk_to(self, line: int) -> None:
        """The first item, or the last."""
        self.move_to(0 if line == 0 else len(self._starts) - 1)

    def move_to(self, item: int) -> None:
        """Put the cursor on an item, and as much of it as fits in sight."""
        if not self._starts:
            self.scroll_lines_to(0)
            return
        self.item = max(0, min(item, len(self._starts) - 1))
        before, self._painted = self._painted, self._marked
        self._mark_moved(before)
        self.keep_in_sight()

    @property
    def _marked(self) -> int:
        """The row that the cursor's mark stands before, -1 where there is none."""
        return self._starts[self.item] if self.item < len(self._starts) else -1

    def _mark_moved(self, before: int) -> None:
        for line in (before, self._marked):
            if line >= 0:
                self.forget_line(line)

    def keep_in_sight(self) -> None:
        """Scroll no further than it takes to see the item under the cursor."""
        if not self._starts:
            return
        first = self._marked if self.item else 0
        after = self._starts[self.item + 1] if self.item + 1 < len(self._starts) else None
        last = (self.line_count if after is None else after) - 1
        top = max(self.first_line, last - self.page + 1)
        # What is longer than the page is shown from its beginning.
        top = min(top, first)
        if top != self.first_line:
            self.scroll_lines_to(top)

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on an item."""
        item = self.item_at(event.y)
        if item is None:
            return
        if item == self.item:
            self.click_again(event)
        self.move_to(item)

    def click_again(self, event: events.Click) -> None:
        """The item that has the cursor was clicked; nothing unless a subclass says."""

    def item_at(self, row: int) -> int | None:
        """The item that a row of the screen belongs to."""
        line = self.first_line + row - self.head
        if row < self.head:
            return None
        within = [item for item, start in enumerate(self._starts) if start <= line]
        return within[-1] if within and line < self.line_count else None

    def build_line(self, line: int, width: int) -> Strip:
        """The row, marked where the cursor is."""
        row = self._rows[line]
        spans = row_spans(row, self._gutter, self.signs)
        if line != self._marked:
            return self.strip(spans, width, row.tint)
        return self.strip([Span(">", "strong"), *_after_first_cell(spans)], width, "cursor")


def _after_first_cell(spans: list[Span]) -> list[Span]:
    """A row begins with a blank cell before its sign."""
    return [Span(spans[0].text[1:], spans[0].tone), *spans[1:]]
