"""The recorded runs, one line each; a fork stands indented under the run it came from."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from textual.strip import Strip

from lar_debug.model.changes import Span, Tone
from lar_debug.model.records import RunStatus
from lar_debug.model.runs import RunRow
from lar_debug.panes._paint import fit, one_line
from lar_debug.panes._signs import Signs
from lar_debug.panes.pick_list import PickList
from lar_debug.text import cells, clean_line

_NAME_LEAST, _NAME_MOST = 8, 28
_STATUS, _STEPS, _TOKENS, _WHEN = 13, 13, 12, 13
_NOTE_LEAST = 8
_INDENT_MOST = 8
_FAILED = (RunStatus.FAILED, RunStatus.CRASHED)
_EMPTY = (
    ("lar-debug run agent.py", "your script, as it is, recorded"),
    ('lar-debug run agent.py:entry --input \'{"ticket": "..."}\'', ""),
    ("lar-debug demo", "a sample to play with"),
)
_COMMAND_CELLS = 31


class RunList(PickList):
    """Shows rows; the cursor stays on its run when others come or go."""

    THUMB = False

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="run-list")
        self._rows: Sequence[RunRow] = ()
        self._name_cells = _NAME_LEAST
        self._short = 4
        self._empty_place: str | None = None

    @property
    def row(self) -> RunRow | None:
        """The run under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    def show(self, rows: Sequence[RunRow], cursor: str = "") -> None:
        """Show other rows; the cursor goes to the run `cursor`, else stays on its own."""
        here = self.row
        wanted = cursor or (here.run if here is not None else "")
        self._rows, self._empty_place = rows, None
        names = (cells(_name(row, self.signs)) for row in rows)
        self._name_cells = min(_NAME_MOST, max(_NAME_LEAST, max(names, default=0)))
        self._short = max((len(row.short) for row in rows), default=4)
        at = next((i for i, row in enumerate(rows) if row.run == wanted), self.cursor)
        self.set_lines(len(rows), at)

    def show_empty(self, place: str) -> None:
        """Say that there is nothing yet, and what to do about it."""
        self._rows, self._empty_place = (), place
        self.set_lines(0, 0)

    def render_line(self, y: int) -> Strip:
        """The line API of Textual; without runs, what to do about it."""
        width = self.size.width
        if self._empty_place is None or width <= 0:
            return super().render_line(y)
        lines = _empty_lines(self._empty_place, width - 1)
        return self.strip((Span(" " + lines[y]),) if y < len(lines) else (), width)

    def spans(self, line: int, width: int) -> Iterator[Span]:
        """`7f3a  support_reply  finished  7 steps  579 tok  today 14:01  3 attempts at 5`"""
        row = self._rows[line]
        rest = max(0, width - 2 - self._short - 2 - self._name_cells - 2 - _STATUS)
        yield Span(fit(row.short, self._short) + "  ", "key")
        yield Span(
            fit(_name(row, self.signs), self._name_cells) + "  ", "strong" if not row.depth else ""
        )
        yield Span(fit(_status(row), _STATUS), _tone(row))
        steps = f"{row.steps:,} step{' ' if row.steps == 1 else 's'}" if row.steps >= 0 else ""
        tokens = f"{row.tokens:,} tok" if row.tokens else ""
        when = f"  {told_when(row.started)}"
        for text, wide in ((steps, _STEPS), (tokens, _TOKENS)):
            if rest >= wide + len(when):
                yield Span(fit(text, wide, right=True))
                rest -= wide
        if rest >= len(when):
            yield Span(when, "dim")
            rest -= len(when)
        if rest >= _NOTE_LEAST:
            tone: Tone = "error" if row.status in _FAILED else "dim"
            yield Span(fit("   " + one_line(row.note, self.signs), rest), tone)


def _name(row: RunRow, signs: Signs) -> str:
    mark = "└ " if not signs.ascii else "+ "
    indent = " " * min(_INDENT_MOST, 2 * (row.depth - 1)) + mark if row.depth else ""
    return indent + one_line(row.name, signs)


def _status(row: RunRow) -> str:
    if row.failed_at is None:
        return row.status.value
    return f"{row.status.value} at {row.failed_at}"


def _tone(row: RunRow) -> Tone:
    if row.status in _FAILED:
        return "error"
    return "note" if row.status in (RunStatus.RUNNING, RunStatus.WAITING) else ""


def told_when(seconds: float) -> str:
    """ "today 14:01", "12 Nov 14:01", "12 Nov 2024" """
    then, now = time.localtime(seconds), time.localtime()
    if then[:3] == now[:3]:
        return time.strftime("today %H:%M", then)
    if then[0] == now[0]:
        return time.strftime("%d %b %H:%M", then)
    return time.strftime("%d %b %Y", then)


def _empty_lines(place: str, width: int) -> list[str]:
    """Beside each other where that fits, else below each other."""
    said = f"No runs in {clean_line(place)} yet."
    told = [f"{command:<{_COMMAND_CELLS}}{what}".rstrip() for command, what in _EMPTY]
    indent = " " * (cells(said) + 3)
    beside = [f"{said}   {told[0]}", *(indent + line for line in told[1:])]
    beside[-1] += "           q quit"
    if max(map(cells, beside)) <= width:
        return beside
    below = told if max(map(cells, told)) <= width else [command for command, _ in _EMPTY]
    return [said, "", *below, "", "q quit"]
