"""What became of one key: a row for each step that wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.strip import Strip

from lar_debug.model.changes import Span, Tone
from lar_debug.model.views import KeyChange
from lar_debug.panes._paint import fit, one_line
from lar_debug.panes._signs import Signs
from lar_debug.panes.pick_list import PickList
from lar_debug.text import cells

_LABEL_MOST = 28
_SIGNS: dict[str, Tone] = {"+": "in", "-": "out", "~": "strong"}


class HistoryList(PickList):
    """Rows are added while they are found."""

    def __init__(self, signs: Signs, key: str) -> None:
        super().__init__(signs, id="history-list")
        self.head = 1
        self._key = key
        self._changes: list[KeyChange] = []
        self._label = 0
        self._told = "looking"

    def add(self, changes: Sequence[KeyChange]) -> None:
        """More rows at the end; the cursor stays where it is."""
        if not changes:
            return
        self._changes += changes
        labels = (cells(one_line(change.label, self.signs)) for change in changes)
        self._label = min(_LABEL_MOST, max(self._label, *labels))
        self.set_lines(len(self._changes), self.cursor)

    def end(self, problem: str = "") -> None:
        """There are no more rows; `problem` says why."""
        self._told = problem
        self.repaint_head()

    def change(self, line: int) -> KeyChange | None:
        """What stands in a line."""
        return self._changes[line] if line < len(self._changes) else None

    def build_head(self, width: int) -> Strip:
        """Whose history it is, and how long."""
        count = len(self._changes)
        told = f"{count:,} change{'' if count == 1 else 's'}" if count else "no step wrote it"
        if self._told:
            told = f"{count:,} so far, {self._told}"
        rights = (f"{told} | Enter goes to the step, q closes", told)
        return self.rule(f"history of {self._key}", rights, width, focused=True)

    def spans(self, line: int, width: int) -> Iterator[Span]:
        """`step 5 write_reply  ~ old → new`"""
        change = self._changes[line]
        number = max(3, len(f"{self._changes[-1].step}"))
        label = min(self._label, max(0, width // 3))
        yield Span(f"step {change.step:>{number}} ")
        yield Span(fit(one_line(change.label, self.signs), label) + "  ", "strong")
        yield Span(f"{change.sign} ", _SIGNS[change.sign])
        yield from change.spans
