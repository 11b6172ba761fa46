"""What went in differently: the second half of what the screen is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.strip import Strip

from lar_debug.panes._handle import Handle
from lar_debug.panes._rows_view import RowsView
from lar_debug.panes._signs import Signs

if TYPE_CHECKING:
    from lar_debug.model.document import CauseDocument


class CauseDock(Handle, RowsView, can_focus=True):
    """A rule with what changed and what did not, then the changes, laid out to the dock."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="cause-dock")
        self.head = 1
        self._cause: CauseDocument | None = None
        self._step = -1
        self._numbers = True

    def is_held_at(self, row: int) -> bool:
        """Its rule can be dragged."""
        return row < self.head

    def show(self, step: int, cause: CauseDocument, *, numbers: bool) -> None:
        """Show why another attempt differs, with or without line numbers."""
        if cause is self._cause and (step, numbers) == (self._step, self._numbers):
            return
        self._step, self._cause, self._numbers = step, cause, numbers
        self.repaint_head()
        self.lay_out()

    def on_focus(self) -> None:
        """The rule of the focused pane is drawn double."""
        self.repaint_head()

    def on_blur(self) -> None:
        """And single again."""
        self.repaint_head()

    def build_head(self, width: int) -> Strip:
        """The rule: what was changed, and whether it is all that differs."""
        cause = self._cause
        title = cause.title if cause else ""
        extents = (cause.extent_in_full, cause.extent) if cause else ()
        return self.rule(title, extents, width, focused=self.has_focus)

    def lay_out(self) -> None:
        width, height = self.size
        if self._cause is None or width <= 1 or height <= 1:
            return
        # Loaded with the first view, not for the first paint.
        from lar_debug.diff.layout import lay_out_cause

        rows = lay_out_cause(
            self._cause,
            width - 1,
            height - 1,
            numbers=self._numbers,
            ascii=self.signs.ascii,
        )
        self.set_rows(self._step, rows)
