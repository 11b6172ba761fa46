"""The timeline in one line, for small terminals: the step one is at and those around it."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.model.views import TimelineRow, TimelineRows
from lar_debug.panes._bar import Bar
from lar_debug.panes._paint import one_line
from lar_debug.panes._signs import Signs, failed
from lar_debug.text import cells, elide

_GAP = 2
_LONGEST_LABEL = 24


class TimelineLine(Bar):
    """As many steps around the cursor as fit."""

    class StepChosen(Message):
        """A person pointed at a step."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="timeline-line")
        self._steps: TimelineRows | None = None
        self._cursor = 0

    def show(self, rows: TimelineRows, cursor: int) -> None:
        """Paint the surroundings of the cursor."""
        self._steps, self._cursor = rows, cursor
        self.repaint()

    def move_to(self, cursor: int) -> None:
        """Put the cursor on another step."""
        if cursor != self._cursor:
            self._cursor = cursor
            self.repaint()

    def build(self, width: int) -> Strip:
        """The step of the cursor first of all, then one before, one after, and so on."""
        self.targets = []
        if self._steps is None or self._cursor not in self._steps.steps:
            return self.strip((), width)
        spans: list[Span] = []
        column = 0
        for step in self._fitting(self._steps, width):
            row = self._steps.row(step)
            item = self._item(row)
            if spans:
                spans.append(Span(" " * _GAP))
                column += _GAP
            wide = sum(cells(span.text) for span in item)
            self.targets.append((column, column + wide, step))
            spans.extend(item)
            column += wide
        return self.strip(spans, width)

    def on_click(self, event: events.Click) -> None:
        """A click on a step means it."""
        step = self.hit(event.x)
        if step is not None:
            self.post_message(self.StepChosen(step))

    def _fitting(self, steps: TimelineRows, width: int) -> range:
        first, after = self._cursor, self._cursor + 1
        used = self._width(steps.row(self._cursor))
        open_ends = {-1, 1}
        while open_ends:
            for end in sorted(open_ends):
                step = first - 1 if end < 0 else after
                wide = self._width(steps.row(step)) + _GAP if step in steps.steps else width
                if used + wide > width:
                    open_ends.discard(end)
                    continue
                used += wide
                first, after = min(first, step), max(after, step + 1)
        return range(first, after)

    def _width(self, row: TimelineRow) -> int:
        return sum(cells(span.text) for span in self._item(row))

    def _item(self, row: TimelineRow) -> tuple[Span, ...]:
        here = row.step == self._cursor
        sign = self.signs.outcome(row.outcome)
        label = elide(one_line(row.label, self.signs), _LONGEST_LABEL)
        attempt = f" #{row.attempt}" if row.attempt else ""
        return (
            Span("> " if here else "  "),
            Span(sign, "error" if failed(row.outcome) else ""),
            Span(f"{self.signs.flags(row.flags)} {row.step} {label}", "strong" if here else ""),
            Span(attempt, "key"),
        )
