"""The steps of a run, one line each: only those in sight are read and built."""

from __future__ import annotations

from typing import NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.changes import Span, Tone
from lar_debug.model.records import Outcome
from lar_debug.model.views import TimelineRow, TimelineRows
from lar_debug.panes._line_view import LineView
from lar_debug.panes._paint import fit, one_line
from lar_debug.panes._signs import Signs, failed
from lar_debug.text import cells

_SIGN_COLUMN = 2
_LABEL_SAMPLE = 200
_LABEL_WIDTHS = (8, 28)
_CHANGED_LEAST = 12
_TOKENS, _MS, _ATTEMPT = 6, 6, 5


class Columns(NamedTuple):
    """Widths in cells; 0 where a column is left out."""

    number: int
    label: int
    changed: int
    tokens: int
    ms: int
    attempt: int


def columns(width: int, last: int, label: int) -> Columns:
    """The columns for a width and the number of the last step: ms goes first, then tok, then
    `changed` is cut."""
    number = max(4, len(str(max(0, last))) + 3)
    label = min(label, max(6, width // 3))
    rest = width - 3 - number - 1 - (label + 2) - _ATTEMPT
    ms = _MS if rest - _MS - _TOKENS >= _CHANGED_LEAST else 0
    tokens = _TOKENS if rest - ms - _TOKENS >= _CHANGED_LEAST else 0
    return Columns(number, label, max(0, rest - ms - tokens), tokens, ms, _ATTEMPT)


class Timeline(LineView):
    """The steps, with a cursor; a click posts which step was meant."""

    THUMB = False

    class StepChosen(Message):
        """A person pointed at a step."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="timeline")
        self._cursor = 0
        """The line of the step that is looked at."""
        self._first = 0
        """The step of the first line."""
        self._steps: TimelineRows | None = None
        self._label = _LABEL_WIDTHS[0]
        self._sampled = 0
        self._seen: dict[int, TimelineRow] = {}
        self._running_step = -1

    def show(self, rows: TimelineRows, cursor: int) -> None:
        """Show rows that may be new or changed; only lines in sight that changed are built."""
        self._steps, self._first = rows, rows.steps.start
        if self._widen(rows):
            self.forget_lines()
        if len(rows) != self.line_count:
            self.set_line_count(len(rows))
            self.refresh(layout=False)
        self._forget_changed(rows)
        self.move_to(cursor)
        self._keep_in_sight()

    def _widen(self, rows: TimelineRows) -> bool:
        """Whether the first steps have a longer name than the column was made for."""
        first, self._sampled = self._sampled, min(len(rows), _LABEL_SAMPLE)
        steps = rows.steps[first : self._sampled]
        labels = (one_line(rows.row(step).label, self.signs) for step in steps)
        needed = min(_LABEL_WIDTHS[1], max(map(cells, labels), default=0))
        if needed <= self._label:
            return False
        self._label = needed
        return True

    def _forget_changed(self, rows: TimelineRows) -> None:
        seen, self._seen = self._seen, {}
        last = min(self.first_line + self.page, len(rows))
        for line in range(self.first_line, last):
            self._seen[line] = rows.row(self._first + line)
        for line in seen.keys() | self._seen.keys():
            if seen.get(line) != self._seen.get(line):
                self.forget_line(line)

    def move_to(self, cursor: int) -> None:
        """Put the cursor on another step: two lines are built."""
        line = cursor - self._first
        if line == self._cursor:
            return
        old, self._cursor = self._cursor, line
        self.forget_line(old)
        self.forget_line(line)
        self._keep_in_sight()

    def set_head(self, head: bool) -> None:
        """With or without the names of the columns."""
        if self.head != int(head):
            self.head = int(head)
            self.set_line_count(self.line_count)
            self.forget_lines()

    def show_running(self, step: int) -> None:
        """Which step runs, -1 for none."""
        stopped, self._running_step = self._running_step, step
        if stopped != step:
            for one in {stopped, step} - {-1}:
                self.forget_line(one - self._first)

    @property
    def running_place(self) -> tuple[int, int] | None:
        """Column and row, in this pane, of the sign of the step that runs, when in sight."""
        row = self._running_step - self._first - self.first_line + self.head
        in_sight = self._running_step >= 0 and self.head <= row < self.size.height
        return (_SIGN_COLUMN, row) if in_sight else None

    def on_resize(self) -> None:
        """The cursor stays in sight at every size."""
        self._keep_in_sight()

    def on_click(self, event: events.Click) -> None:
        """A click on a line means its step."""
        line = self.first_line + event.y - self.head
        if event.y >= self.head and line < self.line_count:
            self.post_message(self.StepChosen(self._first + line))

    def build_head(self, width: int) -> Strip:
        """The names of the columns."""
        c = columns(width, self._last, self._label)
        text = (
            f"   {'#':>{c.number}} {fit('node', c.label)}  {fit('changed', c.changed)}"
            f"{fit('tok', c.tokens, right=True)}{fit('ms', c.ms, right=True)}"
            f"{fit('att', c.attempt, right=True)}"
        )
        return self.strip((Span(text, "dim"),), width)

    def build_line(self, line: int, width: int) -> Strip:
        """One step; the cursor's line is on its own ground."""
        if self._steps is None:
            return Strip.blank(width, self.rich_style)
        row = self._seen[line] = self._steps.row(self._first + line)
        c = columns(width, self._last, self._label)
        here = line == self._cursor
        spans = [
            Span("> " if here else "  ", "strong"),
            self._sign(row),
            Span(self._gutter(row, c.number)),
            Span(self.signs.seam if row.seam else " ", "key"),
            Span(fit(one_line(row.label, self.signs), c.label) + "  ", "strong" if here else ""),
            Span(fit(one_line(row.changed, self.signs), c.changed)),
            *figures(row, c),
        ]
        return self.strip(spans, width, "cursor" if here else "")

    @property
    def _last(self) -> int:
        """The number of the last step."""
        return self._first + self.line_count - 1

    def _sign(self, row: TimelineRow) -> Span:
        outcome = Outcome.RUNNING if row.step == self._running_step else row.outcome
        tone: Tone = "error" if failed(outcome) else ""
        return Span(self.signs.outcome(outcome), tone)

    def _gutter(self, row: TimelineRow, width: int) -> str:
        flags = self.signs.flags(row.flags)
        number = str(row.step)
        return flags[: width - len(number)].ljust(width - len(number)) + number

    def _keep_in_sight(self) -> None:
        rows = self.page
        margin = 1 if rows >= 3 else 0
        top = min(self.first_line, self._cursor - margin)
        top = max(top, self._cursor + margin - rows + 1)
        top = max(0, min(top, self.line_count - rows))
        if top != self.first_line:
            self.scroll_lines_to(top)


def figures(row: TimelineRow, c: Columns) -> list[Span]:
    """Tokens, milliseconds and the newest attempt, as far as there are columns for them."""
    tokens = f"{row.tokens:,}" if row.tokens else ""
    attempt = f"#{row.attempt}" if row.attempt else ""
    return [
        Span(fit(tokens, c.tokens, right=True), "dim"),
        Span(fit("" if row.outcome is Outcome.RUNNING else f"{row.ms:,}", c.ms, right=True), "dim"),
        Span(fit(attempt, c.attempt, right=True), "key"),
    ]
