"""The attempts of a step, one row each, named by their edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.changes import Row, Span
from lar_debug.model.tabs import AttemptRow, AttemptsView
from lar_debug.model.views import StepView
from lar_debug.panes._items_view import ItemsView
from lar_debug.panes._paint import fit, one_line, spans_width
from lar_debug.panes._signs import Signs, failed
from lar_debug.text import cells

_TOKENS_FROM, _NEXT_FROM, _MS_FROM, _TIME_FROM, _TITLE_FROM = 56, 72, 88, 44, 72
_NEXT_MOST = 24
_TIME = 8
_NOTE_INDENT = 6

Act = Literal["show", "hold", "accept", "repeat", "note", "put_back", "undo", "killed"]


class Columns(NamedTuple):
    """Widths in cells; 0 where a column is left out."""

    number: int
    time: int
    edit: int
    tokens: int
    ms: int
    next: int


def columns(width: int, rows: Sequence[AttemptRow], signs: Signs) -> Columns:
    """The columns for a width: ms goes first, then the next node, tokens, the time."""
    number = max((len(_number(row)) for row in rows), default=0)
    time = _TIME + 2 if width >= _TIME_FROM else 0
    tokens = max(map(len, map(_tokens, rows)), default=0) if width >= _TOKENS_FROM else 0
    ms = max(map(len, map(_ms, rows)), default=0) if width >= _MS_FROM else 0
    labels = max((cells(one_line(_next(row), signs)) for row in rows), default=0)
    following = min(_NEXT_MOST, labels) + 3 if width >= _NEXT_FROM and labels else 0
    rest = width - 2 - number - 2 - time - 3 - tokens - ms - following
    return Columns(number, time, max(0, rest), tokens, ms, following)


class AttemptsPane(ItemsView):
    """A list with a cursor of its own; what its keys ask for is posted with the attempt."""

    class Asked(Message):
        """A person wants something with the attempt under the cursor."""

        def __init__(self, act: Act, row: AttemptRow) -> None:
            super().__init__()
            self.act: Act = act
            self.row = row

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="attempts-pane")
        self._view: AttemptsView | None = None
        self._step = -1
        self._columns = columns(0, (), signs)

    def show(self, view: StepView) -> None:
        """Show the attempts of another step. The cursor goes with the shown attempt while it is
        on that one; on another it stays: a key must not mean what came a moment ago."""
        found = view.attempts
        if found is None or (view.step, found) == (self._step, self._view):
            return
        here = self.here if view.step == self._step else None
        self._step, self._view = view.step, found
        wanted = _shown(found) if here is None or here.shown else here.attempt
        at = [row.attempt for row in found.rows]
        self.item = at.index(wanted) if wanted in at else 0
        self.lay_out()

    @property
    def here(self) -> AttemptRow | None:
        """The attempt under the cursor."""
        rows = self._view.rows if self._view is not None else ()
        return rows[self.item] if self.item < len(rows) else None

    def action_ask(self, act: Act) -> None:
        """What the keys of this pane ask for."""
        if self.here is not None:
            self.post_message(self.Asked(act, self.here))

    def click_again(self, event: events.Click) -> None:
        """A double click shows the attempt."""
        if event.chain > 1:
            self.action_ask("show")

    def lay_out(self) -> None:
        width = self.size.width - 1
        if self._view is None or width < 1:
            return
        # It stays blank until there is something to say: rows must not jump with the first attempt.
        head = Row(spans=(Span(self._view.title, "dim"),))
        rows = [head] if width >= _TITLE_FROM else []
        starts: list[int] = []
        self._columns = columns(width, self._view.rows, self.signs)
        for row in self._view.rows:
            starts.append(len(rows))
            rows.append(Row(spans=tuple(self._spans(row))))
            if row.note:
                note = Span(" " * _NOTE_INDENT + row.note, "note")
                rows.append(Row(spans=(note,)))
        self.set_items(self._step, rows, starts)
        self.keep_in_sight()

    def build_line(self, line: int, width: int) -> Strip:
        """Without the column of signs that other rows have."""
        row = self._rows[line]
        if line == self._marked:
            return self.strip((Span("> ", "strong"), *row.spans), width, "cursor")
        return self.strip((Span("  "), *row.spans), width)

    def _spans(self, row: AttemptRow) -> Iterator[Span]:
        c = self._columns
        yield Span(_number(row).ljust(c.number), "strong" if row.shown else "key")
        if c.time:
            yield Span(f"  {row.time}", "dim")
        sign = self.signs.outcome(row.outcome)
        yield Span("  ")
        yield Span(sign, "error" if failed(row.outcome) else "")
        yield Span("  ")
        yield from _fitted((*_marks(row), *row.edit), c.edit, self.signs)
        if c.tokens:
            yield Span(_tokens(row).rjust(c.tokens))
        if c.ms:
            yield Span(_ms(row).rjust(c.ms), "dim")
        if c.next:
            following = one_line(_next(row), self.signs)
            yield Span("   " + fit(following, c.next - 3), "dim")


def _shown(view: AttemptsView) -> int:
    return next((row.attempt for row in view.rows if row.shown), 0)


def _number(row: AttemptRow) -> str:
    return f"[#{row.attempt}]" if row.shown else f" #{row.attempt}"


def _tokens(row: AttemptRow) -> str:
    return f"  {row.tokens:,} tok" if row.tokens else ""


def _ms(row: AttemptRow) -> str:
    return f"  {row.ms:,} ms"


def _next(row: AttemptRow) -> str:
    return f"→ {row.next}" if row.next else ""


def _marks(row: AttemptRow) -> Iterator[Span]:
    if row.accepted:
        yield Span("accepted  ", "strong")
    if row.held or row.base:
        yield Span("base!  " if row.held else "base  ", "key")


def _fitted(spans: Sequence[Span], width: int, signs: Signs) -> Iterator[Span]:
    """Spans in exactly `width` cells, cut with an ellipsis or filled with blanks."""
    if spans_width(spans, signs) <= width:
        yield from spans
        yield Span(" " * (width - spans_width(spans, signs)))
        return
    room = width
    for span in spans:
        text = one_line(span.text, signs)
        if cells(text) >= room:
            yield Span(fit(text + signs.more, room), span.tone)
            return
        yield span
        room -= cells(text)
