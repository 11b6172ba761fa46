"""The state after the shown attempt in a few rows, at the foot of a tall wide screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from lar_debug.model.changes import Row
from lar_debug.model.views import StepView
from lar_debug.panes._rows_view import RowsView
from lar_debug.panes._signs import Signs


class StatePeek(RowsView, can_focus=False):
    """A rule with the title, then one row a key."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="state-peek")
        self.head = 1
        self._title = ""
        self._state_size = ""
        self._step = -1
        self._state: Sequence[Row] = ()

    def show(self, view: StepView) -> None:
        """Show the state of another step or attempt."""
        if (view.state_title, view.state_size) != (self._title, self._state_size):
            self._title, self._state_size = view.state_title, view.state_size
            self.repaint_head()
        self._step, self._state = view.step, view.state
        self.lay_out()

    def lay_out(self) -> None:
        """The keys in their own order; where not all are in sight those that changed come first."""
        rows = self._state
        if len(rows) > self.page:
            rows = sorted(rows, key=lambda row: row.sign == " ")
        self.set_rows(self._step, rows)

    def build_head(self, width: int) -> Strip:
        """The rule over the rows."""
        rights = (f"{self._state_size} | 2 opens it", self._state_size)
        return self.rule(self._title, rights, width, focused=False)
