"""The output and its difference to the base."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from lar_debug.model.changes import Row
from lar_debug.model.views import StepView
from lar_debug.panes._rows_view import RowsView
from lar_debug.panes._signs import Signs

if TYPE_CHECKING:
    from lar_debug.diff.layout import DiffView
    from lar_debug.model.document import Document

_CONTEXT, _MOST_CONTEXT = 3, 50
_CHANGED = frozenset("+-~M?")
_VIEWS: tuple[DiffView, ...] = ("whole", "new", "beside")
_BESIDE_FROM = 80
"""Columns of the pane: a half has to hold some words of prose."""
_TOLD: dict[DiffView, str] = {
    "whole": "",
    "new": "the new text alone",
    "beside": "old and new side by side",
}
_ROWS_AT_ONCE = 200
"""A millisecond or two of the event loop."""


class DiffPane(RowsView):
    """Lays a document out to its own size; `|` and `{ }` change how."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="diff-pane")
        self._document: Document | None = None
        self._step = -1
        self._lines_around = _CONTEXT
        self._view: DiffView = "whole"
        self._unfinished: Iterator[Row] = iter(())

    def show(self, view: StepView) -> None:
        """Show another document; the scroll offset of the step stays."""
        if view.step == self._step and view.diff is self._document:
            return
        self._step, self._document = view.step, view.diff
        self.lay_out()

    def change_view(self) -> str:
        """Show all of the diff, the new text alone, or both sides beside each other: what comes
        after the present view. Words that say which it is where it is not the usual one."""
        self._view = _VIEWS[(_VIEWS.index(self._view) + 1) % len(_VIEWS)]
        if self._seen != self._view:
            self._view = "whole"
            self.lay_out()
            return f"side by side takes {_BESIDE_FROM} columns: + gives it those of the timeline"
        self.lay_out()
        return _TOLD[self._view]

    @property
    def _seen(self) -> DiffView:
        """The view that there is room for."""
        narrow = self.size.width < _BESIDE_FROM
        return "whole" if self._view == "beside" and narrow else self._view

    def change_context(self, by: int) -> int:
        """More or fewer unchanged lines around a change; how many there are at most now."""
        self._lines_around = max(0, min(_MOST_CONTEXT, self._lines_around + by))
        self.lay_out()
        return self._lines_around

    def go_to_change(self, by: int) -> bool:
        """Bring the next change (1), or the one before (-1), to the top; False without one."""
        starts = [line for line in range(len(self._rows)) if self._begins_change(line)]
        here = self.first_line
        beside = [line for line in starts if (line > here if by > 0 else line < here)]
        if not beside or (by > 0 and here >= self.max_scroll_y):
            return False
        self.scroll_lines_to(beside[0] if by > 0 else beside[-1])
        return True

    def _begins_change(self, line: int) -> bool:
        """Whether a row is the first of those that came, went or changed together."""
        return _is_changed(self._rows[line]) and not (line and _is_changed(self._rows[line - 1]))

    def lay_out(self) -> None:
        width, height = self.size
        if self._document is None or width <= 1 or height <= 0:
            return
        # Loaded with the first view, not for the first paint.
        from lar_debug.diff.layout import laid_out

        rows = laid_out(
            self._document,
            width - 1,
            height,
            context=self._lines_around,
            ascii=self.signs.ascii,
            view=self._seen,
        )
        seen = self._wanted.get(self._step, 0) + height
        shown = list(islice(rows, seen + _ROWS_AT_ONCE))
        self.set_rows(self._step, shown)
        self._unfinished = rows
        self._go_on(rows, shown)

    def _go_on(self, rows: Iterator[Row], shown: list[Row]) -> None:
        """Lay out what is further down, a little at a time: keys come first."""
        if rows is not self._unfinished:
            # Something else is shown by now.
            return
        more = list(islice(rows, _ROWS_AT_ONCE))
        if more:
            shown = [*shown, *more]
            self.call_later(self._go_on, rows, shown)
        elif len(shown) > self.line_count:
            self.set_rows(self._step, shown)


def _is_changed(row: Row) -> bool:
    right = row.beside
    return row.sign in _CHANGED or (right is not None and right.sign in _CHANGED)
