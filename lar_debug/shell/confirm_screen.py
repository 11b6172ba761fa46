"""What would be written, shown as a diff, and one question: y writes it, anything else does not."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from lar_debug.model.document import Document
from lar_debug.panes._signs import Signs
from lar_debug.shell.page_screen import PageScreen, diff_rows

_ANSWERS = ("y writes it, q leaves the file as it is", "y writes, q leaves it", "y, q")


class ConfirmScreen(PageScreen[bool]):
    """Asks; the answer is whether it may be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Write"),
        Binding("q,n,escape,ctrl+c", "answer(False)", "Leave"),
    ]

    def __init__(self, signs: Signs, title: str, document: Document) -> None:
        super().__init__(signs, title, _ANSWERS, diff_rows(document, signs, folded=True))

    def action_answer(self, answer: bool) -> None:
        """Back to the screen below."""
        self.dismiss(answer)
