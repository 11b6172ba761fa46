"""The sign of what runs: a pane of one cell, so that a turn of it paints one cell.

Textual repaints whole lines of a pane; inside the strip or the timeline the sign would cost a
line five times a second.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip

from lar_debug.model.records import Outcome
from lar_debug.panes._paint import Painted
from lar_debug.panes._signs import Signs


class SpinnerCell(Painted):
    """Stands over the place that another pane keeps free for it."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="spinner-cell")
        self._frame = 0

    def turn(self, frame: int) -> None:
        """Paint another frame."""
        self._frame = frame
        self.refresh(layout=False)

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        """The line API of Textual."""
        self.built += 1
        # In the terminal's own two colours: legible on any ground, and a turn costs a third.
        return Strip([Segment(self.signs.outcome(Outcome.RUNNING, self._frame))])
