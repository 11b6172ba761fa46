"""The one place for messages, above the keys."""

from __future__ import annotations

from textual.strip import Strip

from lar_debug.model import views
from lar_debug.model.changes import Span
from lar_debug.panes._bar import Bar
from lar_debug.panes._paint import first_fitting, one_line
from lar_debug.panes._signs import Signs
from lar_debug.text import cells


class EventLine(Bar):
    """The newest message with its time."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="event-line")
        self._event: views.EventLine | None = None

    def show(self, event: views.EventLine) -> None:
        """Paint another message, if it is another."""
        if event != self._event:
            self._event = event
            self.repaint()

    def build(self, width: int) -> Strip:
        """The time, then as much of the message as fits."""
        if self._event is None:
            return self.strip((), width)
        time = f" {one_line(self._event.time, self.signs)}  " if self._event.time else " "
        texts = [one_line(text, self.signs) for text in (self._event.text, *self._event.shorter)]
        text = first_fitting(texts, width - cells(time) - 1)
        return self.strip((Span(time, "dim"), Span(text, self._event.tone)), width)
