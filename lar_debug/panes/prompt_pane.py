"""What the model was sent, and the texts it came from."""

from __future__ import annotations

from typing import Literal

from textual.message import Message

from lar_debug.model.changes import Row, Span
from lar_debug.model.tabs import PromptSection, PromptView
from lar_debug.model.views import StepView
from lar_debug.panes._items_view import ItemsView
from lar_debug.panes._signs import Signs
from lar_debug.panes.console import wrapped

MOST_LINES = 5_000
"""Lines of one text; what the model was sent in full is in the recording."""

_STANDING = {"differs": "the file differs now", "gone": "the file is gone"}


class PromptPane(ItemsView):
    """Sections of text, one under the other; the cursor walks from section to section."""

    class Asked(Message):
        """A person wants something about the file of a section ("" where it has none)."""

        def __init__(self, act: Literal["put_back", "undo"], attempt: int, file: str) -> None:
            super().__init__()
            self.act = act
            self.attempt = attempt
            self.file = file

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="prompt-pane")
        self._view: PromptView | None = None
        self._step = -1

    def show(self, view: StepView) -> None:
        """Show the prompt of another step or attempt."""
        if view.prompt is None or (view.step, view.prompt) == (self._step, self._view):
            return
        self.item = self.item if view.step == self._step else 0
        self._step, self._view = view.step, view.prompt
        self.lay_out()

    @property
    def section(self) -> PromptSection | None:
        """The section under the cursor."""
        sections = self._view.sections if self._view is not None else ()
        return sections[self.item] if self.item < len(sections) else None

    def action_ask(self, act: Literal["put_back", "undo"]) -> None:
        """What the keys of this pane ask for."""
        section = self.section
        if self._view is not None:
            file = section.file if section is not None else ""
            self.post_message(self.Asked(act, self._view.attempt, file))

    def lay_out(self) -> None:
        width = self.size.width - 1
        if self._view is None or width < 1:
            return
        rows = wrapped([Row(spans=(Span(self._view.title, "dim"),))], width, self.signs)
        starts: list[int] = []
        for section in self._view.sections:
            rows.append(Row())
            starts.append(len(rows))
            rows += wrapped(_section_rows(section), width, self.signs)
        if not starts:
            rows.append(_NOTHING)
        self.set_items(self._step, rows, starts)


_NOTHING = Row(spans=(Span("it called no model, and its source is not known", "dim"),))


def _section_rows(section: PromptSection) -> list[Row]:
    head = [Span(section.title, "strong")]
    if section.now in _STANDING:
        head.append(Span(f"  {_STANDING[section.now]}", "note"))
    if section.can_put_back:
        head.append(Span("  p puts it back", "dim"))
    rows = [Row(spans=tuple(head))]
    rows += [Row(spans=(Span(f"! {note}", "note"),)) for note in section.notes]
    lines = section.text.splitlines()
    rows += [Row(bar=True, spans=(Span(line),)) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        more = f"… {len(lines) - MOST_LINES:,} more lines"
        rows.append(Row(bar=True, spans=(Span(more, "dim"),)))
    return rows
