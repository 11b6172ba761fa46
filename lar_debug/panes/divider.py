"""The line between the two sides of a wide screen, which can be dragged."""

from __future__ import annotations

from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.panes._handle import Handle
from lar_debug.panes._signs import Signs


class Divider(Handle):
    """A bar, one cell wide."""

    ALLOW_SELECT = False

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="divider")

    def render_line(self, y: int) -> Strip:  # noqa: ARG002
        """The line API of Textual."""
        self.built += 1
        return self.strip((Span(self.signs.bar, "dim"),), self.size.width)
