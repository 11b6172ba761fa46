"""Commands to choose from: what each is called, its keys, what it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.panes._paint import fit, one_line
from lar_debug.panes._signs import Signs
from lar_debug.panes.pick_list import PickList
from lar_debug.text import cells, elide

_LABEL_MOST, _LABEL_LONGEST = 36, 200
_DOES_LEAST = 20


class CommandRow(NamedTuple):
    """One command; `found` are the characters of the label that were typed."""

    label: str
    keys: str
    does: str
    found: tuple[int, ...] = ()


class CommandList(PickList, can_focus=False):
    """Under a rule; what is typed is for the line below it, so it takes no focus."""

    def __init__(self, signs: Signs, title: str) -> None:
        super().__init__(signs, id="command-list")
        self.head = 1
        self._title = title
        self._rows: Sequence[CommandRow] = ()
        self._label = self._keys = 0

    def show(self, rows: Sequence[CommandRow]) -> None:
        """Show other rows, the cursor on the first."""
        self._rows = rows
        labels = (cells(one_line(row.label[:_LABEL_LONGEST], self.signs)) for row in rows)
        self._label = min(_LABEL_MOST, max(labels, default=0))
        self._keys = max((cells(row.keys) for row in rows), default=0)
        self.set_lines(len(rows), 0)
        self.repaint_head()

    def build_head(self, width: int) -> Strip:
        """What is listed, and what one can do."""
        told = "Enter runs it, Esc closes" if self._rows else "nothing is called that | Esc closes"
        return self.rule(self._title, (told, "Esc closes"), width, focused=True)

    def spans(self, line: int, width: int) -> Iterator[Span]:
        """`Re-run step  r  Run this step again, alone, from the state before it`"""
        row = self._rows[line]
        rest = width - 2 - self._label - 2 - self._keys - 2
        alone = rest < _DOES_LEAST
        label = elide(one_line(row.label, self.signs), width - 4 - self._keys)
        yield from _marked(label, row.found)
        yield Span(" " * max(0, self._label + 2 - cells(label)))
        yield Span(fit(row.keys, self._keys), "key")
        if not alone:
            yield Span(f"  {row.does}", "dim")


def _marked(label: str, found: Sequence[int]) -> Iterator[Span]:
    at = 0
    for index in found:
        if index < len(label):
            yield Span(label[at:index])
            yield Span(label[index], "strong")
            at = index + 1
    yield Span(label[at:])
