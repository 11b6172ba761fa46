"""What stands alone on a terminal with no room for the panes."""

from __future__ import annotations

from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.panes._paint import Painted
from lar_debug.panes._signs import Signs

LEAST_WIDTH, LEAST_HEIGHT = 40, 10


class TooSmall(Painted):
    """One line with the size there is and the size that is needed; nothing is lost."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="too-small")

    def render_line(self, y: int) -> Strip:
        """The line API of Textual."""
        width, height = self.size
        if y > 0 or width <= 0:
            return Strip.blank(width, self.rich_style)
        text = f"{width}x{height} is too small, {LEAST_WIDTH}x{LEAST_HEIGHT} needed"
        return self.strip((Span(text),), width)
