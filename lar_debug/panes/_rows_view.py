"""A line view of rows (sign, gutter, bar, text) that are already laid out to its width."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from lar_debug.model.changes import Row, Span, Tone
from lar_debug.panes._line_view import LineView
from lar_debug.panes._paint import spans_width
from lar_debug.panes._signs import Signs

_SIGN_TONES: dict[str, Tone] = {"+": "in", "-": "out", "!": "error", "?": "note", "~": "strong"}


class RowsView(LineView):
    """Paints rows; a subclass says which, for the width it has."""

    def __init__(self, signs: Signs, *, id: str) -> None:
        super().__init__(signs, id=id)
        self._rows: Sequence[Row] = ()
        self._gutter = 0
        self._place = -1
        self._wanted: dict[int, int] = {}
        self._settling = False

    def on_resize(self) -> None:
        """Wrapping, folding and columns depend on the size."""
        self.lay_out()
        self.keep_in_sight()

    def keep_in_sight(self) -> None:
        """Scroll to where the cursor is; these rows have none."""

    def lay_out(self) -> None:
        """Make the rows for the size there is; those that fit every size stay."""

    def set_rows(self, place: int, rows: Sequence[Row]) -> None:
        """Show rows that belong to a place (a step), at the offset that was chosen there.

        Two attempts of a step share their place, so that they flip under the same eye; the
        offset that a person chose outlives an attempt that is too short for it.
        """
        old_rows, old_gutter, old_first = self._rows, self._gutter, self.first_line
        self._place = place
        self._rows = rows
        self._gutter = max((len(row.gutter) for row in rows), default=0)
        self._settling = True
        self.set_line_count(len(rows))
        self.scroll_lines_to(self._wanted.get(place, 0))
        self._settling = False
        if (old_gutter, old_first) != (self._gutter, self.first_line):
            self.forget_lines()
        else:
            self._forget_changed(old_rows)

    @property
    def text(self) -> str:
        """What is shown, whole, as plain text."""
        return "\n".join(row.text for row in self._rows)

    def before_text(self, line: int) -> int:
        row = self._rows[line]
        if not row.bar or row.beside is not None:
            return 0
        ours = row_spans(row._replace(spans=()), self._gutter, self.signs)
        return sum(len(span.text) for span in ours)

    def _forget_changed(self, old_rows: Sequence[Row]) -> None:
        """Repaint only the lines that read otherwise: a flip costs its difference."""
        self.forget_kept_lines()
        if self._thumb_shown(len(old_rows)) or self._thumb_shown(len(self._rows)):
            self.refresh(layout=False)
            return
        for line in range(max(len(old_rows), len(self._rows))):
            if old_rows[line : line + 1] != self._rows[line : line + 1]:
                self.refresh_lines(line + self.head)

    def _thumb_shown(self, count: int) -> bool:
        return self.THUMB and count > self.page

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A scroll by a person is remembered for the place."""
        super().watch_scroll_y(old_value, new_value)
        if not self._settling:
            self._wanted[self._place] = round(new_value)

    def build_line(self, line: int, width: int) -> Strip:
        """The row as cells: its sign first, then its gutter, the bar, its text untouched."""
        row = self._rows[line]
        spans = row_spans(row, self._gutter, self.signs)
        if row.beside is None:
            return self.strip(spans, width, row.tint)
        left = self.strip(spans, spans_width(spans, self.signs), row.tint)
        right = row_spans(row.beside, 0, self.signs)
        rest = self.strip(right, width - left.cell_length, row.beside.tint)
        return Strip.join([left, rest])


def row_spans(row: Row, gutter_width: int, signs: Signs) -> list[Span]:
    """A row as spans of one line; `gutter_width` is the widest gutter around it."""
    sign = "↕" if row.sign == "M" else row.sign
    spans = [Span(f" {sign} ", _SIGN_TONES.get(row.sign, ""))]
    if row.bar:
        gutter = f"{row.gutter:>{gutter_width}}  " if gutter_width else ""
        spans.append(Span(f"{gutter}{signs.bar}", "dim"))
    return [*spans, *row.spans]
