"""The rule over the detail: which step it is, what it is made of, and what is doubtful about it."""

from __future__ import annotations

import re

from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.views import StepView
from lar_debug.panes._bar import Bar
from lar_debug.panes._handle import Handle
from lar_debug.panes._paint import one_line
from lar_debug.panes._signs import Signs
from lar_debug.text import cells

_WHERE = 1


_ASIDE = re.compile(r" \(| \| ")


class StepRule(Bar, Handle):
    """`── 5 write_reply ── LLMNode | answering.py:31 | reads ticket ──`; a note comes first."""

    class WhereClicked(Message):
        """A person pointed at the file and line of the step."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="step-rule")
        self._title = ""
        self._candidates: tuple[str, ...] = ()
        self._where: str = ""
        self._focused = False

    def show(self, view: StepView) -> None:
        """Paint another step."""
        shown = (f"{view.step} {view.label}", candidates(view), view.where)
        if shown != (self._title, self._candidates, self._where):
            self._title, self._candidates, self._where = shown
            self.repaint()

    def set_focused(self, focused: bool) -> None:
        """Drawn double while the detail below has the focus."""
        if focused != self._focused:
            self._focused = focused
            self.repaint()

    def build(self, width: int) -> Strip:
        """The rule with what fits."""
        strip = self.rule(self._title, self._candidates, width, focused=self._focused)
        where = one_line(self._where, self.signs)
        at = strip.text.rfind(where) if where else -1
        column = cells(strip.text[:at]) if at >= 0 else 0
        self.targets = [(column, column + cells(where), _WHERE)] if at >= 0 else []
        return strip

    def on_click(self, event: events.Click) -> None:
        """A click on the place asks to edit there."""
        if self.hit(event.x) == _WHERE and not self.was_dragged:
            self.post_message(self.WhereClicked())


def candidates(view: StepView) -> tuple[str, ...]:
    """What may stand on the right of the rule, the longest first."""
    reads = "reads " + " ".join(view.reads) if view.reads else ""
    facts = [fact for fact in (view.type, view.where, reads) if fact]
    if view.note:
        # What to do about it is in the help too; what it is must not be cut.
        return (" | ".join([view.note, *facts[:2]]), view.note, _ASIDE.split(view.note)[0])
    return tuple(" | ".join(facts[:count]) for count in range(len(facts), 0, -1))
