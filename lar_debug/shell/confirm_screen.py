"""What would be written, shown as a diff, and one question: y writes it, anything else does not."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip

from lar_debug.diff.layout import lay_out
from lar_debug.model.document import Document
from lar_debug.panes._rows_view import RowsView
from lar_debug.panes._signs import Signs


class ConfirmPage(RowsView):
    """The rows of a diff under a rule that says what they are and which keys answer."""

    def __init__(self, signs: Signs, title: str, document: Document) -> None:
        super().__init__(signs, id="confirm-page")
        self.head = 1
        self._title = title
        self._document = document

    def on_resize(self) -> None:
        """Wrapping and folding depend on the size."""
        width, height = self.size
        if width > 1 and height > 1:
            signs = self.signs
            self.set_rows(0, lay_out(self._document, width - 1, height - 1, ascii=signs.ascii))

    def build_head(self, width: int) -> Strip:
        """The rule over the rows."""
        answers = ("y writes it, q leaves the file as it is", "y writes, q leaves it", "y, q")
        return self.rule(self._title, answers, width, focused=True)


class ConfirmScreen(Screen[bool], inherit_bindings=False):
    """Asks; the answer is whether it may be done."""

    CSS = "ConfirmScreen ConfirmPage { width: 100%; height: 100%; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Write"),
        Binding("q,n,escape,ctrl+c", "answer(False)", "Leave"),
        Binding("j,down", "scroll_rows(1)", "Down"),
        Binding("k,up", "scroll_rows(-1)", "Up"),
        Binding("ctrl+d,pagedown,space", "scroll_rows(10)", "Page down"),
        Binding("ctrl+u,pageup", "scroll_rows(-10)", "Page up"),
    ]

    def __init__(self, signs: Signs, title: str, document: Document) -> None:
        super().__init__()
        self._page = ConfirmPage(signs, title, document)

    def compose(self) -> ComposeResult:
        """The page fills the screen."""
        yield self._page

    def action_scroll_rows(self, by: int) -> None:
        """Scroll the page."""
        self._page.scroll_lines_by(by)

    def action_answer(self, answer: bool) -> None:
        """Back to the screen below."""
        self.dismiss(answer)
