"""What a node printed, and its traceback. It is not the step's output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lar_debug.model.changes import Row, Span
from lar_debug.model.views import StepView
from lar_debug.panes._paint import one_line
from lar_debug.panes._rows_view import RowsView, row_spans
from lar_debug.panes._signs import Signs
from lar_debug.text import cells, wrap_at

STREAMS = ("", "out", "err")
"""Both streams, standard output, standard error; a row names its own in its gutter."""


class Console(RowsView):
    """Wraps the rows to its width; `s` goes through the streams."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="console")
        self._printed: tuple[Row, ...] = ()
        self._step = -1
        self._stream = ""

    def show(self, view: StepView) -> None:
        """Show what another execution printed; the scroll offset of the step stays."""
        if view.step == self._step and view.console is self._printed:
            return
        self._step, self._printed = view.step, view.console
        self.lay_out()

    def change_stream(self) -> str:
        """Show the next stream, and say which it is ("" for both)."""
        self._stream = STREAMS[(STREAMS.index(self._stream) + 1) % len(STREAMS)]
        self.lay_out()
        return self._stream

    def lay_out(self) -> None:
        width = self.size.width
        if width <= 1:
            return
        shown = [row._replace(bar=bool(row.gutter)) for row in self._seen]
        self.set_rows(self._step, wrapped(shown, width - 1, self.signs) or [_NOTHING])

    @property
    def text(self) -> str:
        """What was printed to the streams that are shown, its lines as they were."""
        return "\n".join(row.text for row in self._seen)

    @property
    def _seen(self) -> list[Row]:
        return [row for row in self._printed if not self._stream or row.gutter == self._stream]


_NOTHING = Row(spans=(Span("nothing printed", "dim"),))


def wrapped(rows: Sequence[Row], width: int, signs: Signs) -> list[Row]:
    """Rows cut into as many as their texts need at `width` cells; a gutter stands once."""
    gutter = max((len(row.gutter) for row in rows), default=0)
    return [part for row in rows for part in _parts(row, gutter, width, signs)]


def _parts(row: Row, gutter: int, width: int, signs: Signs) -> Iterator[Row]:
    before = row_spans(row._replace(spans=()), gutter, signs)
    room = max(1, width - sum(cells(span.text) for span in before))
    spans = tuple(Span(one_line(span.text, signs), span.tone) for span in row.spans)
    text = "".join(span.text for span in spans)
    for number, (start, end) in enumerate(wrap_at(text, room)):
        gutter_text = "" if number else row.gutter
        yield row._replace(spans=_between(spans, start, end), gutter=gutter_text)


def _between(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    found: list[Span] = []
    at = 0
    for span in spans:
        text = span.text[max(0, start - at) : max(0, end - at)]
        if text:
            found.append(Span(text, span.tone))
        at += len(span.text)
    return tuple(found)
