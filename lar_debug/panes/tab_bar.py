"""The tabs of the detail, by number and name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.panes._bar import Bar
from lar_debug.panes._signs import Signs


class Tab(NamedTuple):
    """One tab: the number that opens it, its name, and the id of the pane it shows."""

    number: int
    name: str
    pane: str


class TabBar(Bar):
    """` [1 Diff]  2 State`; where it is narrow the others are numbers only."""

    class TabChosen(Message):
        """A person pointed at a tab."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, signs: Signs, tabs: Sequence[Tab]) -> None:
        super().__init__(signs, id="tab-bar")
        self.tabs = tuple(tabs)
        self._shown = self.tabs[0].number

    def show(self, number: int) -> None:
        """Mark the tab that is open."""
        if number != self._shown:
            self._shown = number
            self.repaint()

    def build(self, width: int) -> Strip:
        """The roomiest form that fits."""
        forms = (self._form("  ", named=True), self._form(" ", named=True))
        for form in forms:
            if sum(len(span.text) for span in form) <= width:
                return self._aimed(form, width)
        return self._aimed(self._form(" ", named=False), width)

    def on_click(self, event: events.Click) -> None:
        """A click on a tab opens it."""
        number = self.hit(event.x)
        if number is not None:
            self.post_message(self.TabChosen(number))

    def _form(self, gap: str, *, named: bool) -> list[Span]:
        spans: list[Span] = []
        for tab in self.tabs:
            spans.append(Span(gap if spans else " "))
            if tab.number == self._shown:
                spans.append(Span(f"[{tab.number} {tab.name}]", "strong"))
            else:
                spans.append(Span(f"{tab.number} {tab.name}" if named else str(tab.number)))
        return spans

    def _aimed(self, spans: Sequence[Span], width: int) -> Strip:
        self.targets = []
        column = 0
        for index, span in enumerate(spans):
            if index % 2:
                number = self.tabs[index // 2].number
                self.targets.append((column, column + len(span.text), number))
            column += len(span.text)
        return self.strip(spans, width)


def tab_bar_width(tabs: Sequence[Tab], width: int) -> int:
    """The columns of a row of `width` that the tabs take; the attempts have the others.

    It depends on nothing but the width, so that a new attempt moves no tab.
    """
    named = [len(f"{tab.number} {tab.name}") for tab in tabs]
    widest = max(len(tab.name) + 1 for tab in tabs)
    forms = (
        1 + sum(named) + 2 * len(tabs),
        1 + sum(named) + len(tabs) + 1,
        1 + 2 * len(tabs) + widest + 1,
    )
    for form, least in zip(forms, (44, 30, 0), strict=True):
        if width - form >= least:
            return min(form, width)
    return width
