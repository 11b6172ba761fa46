"""A page over the main screen: rows under a rule, and the keys that scroll them.

What stands on it and which keys answer is the subclass's; knows no session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen, ScreenResultType
from textual.strip import Strip

from lar_debug.diff.layout import lay_out
from lar_debug.model.changes import Row
from lar_debug.model.document import Document
from lar_debug.panes._rows_view import RowsView
from lar_debug.panes._signs import Signs

RowsFor = Callable[[int, int], Sequence[Row]]
"""The rows for a width and a height in cells."""


class Page(RowsView):
    """Rows that are laid out anew for every size; `rights` are words for the end of the rule, the
    longest that fits is taken."""

    def __init__(self, signs: Signs, title: str, rights: Sequence[str], rows: RowsFor) -> None:
        super().__init__(signs, id="page")
        self.head = 1
        self._title = title
        self._rights = rights
        self._rows_for = rows

    def lay_out(self) -> None:
        """The rows for another size."""
        width, height = self.size.width - 1, self.size.height - self.head
        if width > 0 and height > 0:
            self.set_rows(0, self._rows_for(width, height))

    def build_head(self, width: int) -> Strip:
        """The rule over the rows."""
        return self.rule(self._title, self._rights, width, focused=True)


class PageScreen(Screen[ScreenResultType], inherit_bindings=False):
    """The page fills the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_rows(1)", "Down"),
        Binding("k,up", "scroll_rows(-1)", "Up"),
        Binding("ctrl+d,pagedown,space", "scroll_pages(1)", "Page down"),
        Binding("ctrl+u,pageup", "scroll_pages(-1)", "Page up"),
        Binding("g,home", "scroll_to_end(False)", "Top"),
        Binding("G,end", "scroll_to_end(True)", "End"),
    ]

    def __init__(self, signs: Signs, title: str, rights: Sequence[str], rows: RowsFor) -> None:
        super().__init__()
        self._page = Page(signs, title, rights, rows)

    def compose(self) -> ComposeResult:
        """Nothing but the page."""
        yield self._page

    def action_scroll_rows(self, by: int) -> None:
        """Scroll by rows."""
        self._page.walk(by)

    def action_scroll_pages(self, by: int) -> None:
        """Scroll by pages."""
        self._page.walk_pages(by)

    def action_scroll_to_end(self, last: bool) -> None:
        """Scroll to the first row, or to the last."""
        self._page.walk_to(self._page.line_count if last else 0)


def diff_rows(document: Document, signs: Signs, *, folded: bool) -> RowsFor:
    """The rows of a diff; `folded` to a height leaves out what is unchanged."""

    def rows(width: int, height: int) -> Sequence[Row]:
        return lay_out(document, width, height if folded else None, ascii=signs.ascii)

    return rows
