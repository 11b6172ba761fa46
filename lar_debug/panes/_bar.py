"""The base of the panes that are one line high: they repaint without a new layout."""

from __future__ import annotations

from textual.strip import Strip

from lar_debug.panes._paint import Painted
from lar_debug.panes._signs import Signs


class Bar(Painted):
    """One line. `build` makes it; `repaint` asks for it again."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Bar { height: 1; }"

    def __init__(self, signs: Signs, *, id: str) -> None:
        super().__init__(signs, id=id)
        self.targets: list[tuple[int, int, int]] = []
        """What a click hits: (first column, column after the last, number)."""

    def build(self, width: int) -> Strip:
        """The line in `width` cells."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Paint the line again; the layout stays."""
        self.refresh(layout=False)

    def hit(self, column: int) -> int | None:
        """The number of the target under `column`."""
        for first, after, number in self.targets:
            if first <= column < after:
                return number
        return None

    def render_line(self, y: int) -> Strip:
        """The line API of Textual."""
        width = self.size.width
        if y > 0 or width <= 0:
            return Strip.blank(width, self.rich_style)
        self.built += 1
        return self.build(width)
