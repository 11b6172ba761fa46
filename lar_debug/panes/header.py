"""The first line: which run this is, and what a save will do."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.model.views import HeaderView
from lar_debug.panes._bar import Bar
from lar_debug.panes._paint import one_line
from lar_debug.panes._signs import Signs
from lar_debug.text import cells, elide

_GAP = 4
_ON_SAVE = 1


class Header(Bar):
    """Target, run, status, steps and tokens; on the right what a save runs."""

    class OnSaveClicked(Message):
        """A person clicked what a save will do."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="header")
        self._view: HeaderView | None = None

    def show(self, view: HeaderView) -> None:
        """Paint another view, if it is another."""
        if view != self._view:
            self._view = view
            self.repaint()

    def build(self, width: int) -> Strip:
        """The most that fits; what a save does goes last."""
        self.targets = []
        if self._view is None:
            return self.strip((), width)
        left, right = fitting(self._view, width, self.signs)
        gap = " " * max(0, width - cells(left) - cells(right) - 1)
        if right and self._view.on_save:
            first = cells(left) + len(gap)
            self.targets = [(first, first + cells(right), _ON_SAVE)]
        name, _, rest = left.partition("  ")
        return self.strip(
            (Span(name, "strong"), Span("  " + rest if rest else ""), Span(gap), Span(right)),
            width,
        )

    def on_click(self, event: events.Click) -> None:
        """A click on `on save` asks to switch it."""
        if self.hit(event.x) == _ON_SAVE:
            self.post_message(self.OnSaveClicked())


def fitting(view: HeaderView, width: int, signs: Signs) -> tuple[str, str]:
    """Left and right part of the line, with the least dropped that makes them fit."""
    pair = ("", "")
    for left_parts, right in _candidates(view):
        left = " " + "  ".join(one_line(part, signs) for part in left_parts if part)
        pair = (left, one_line(right, signs))
        if cells(left) + cells(pair[1]) + _GAP <= width:
            return pair
    return elide(pair[0], max(0, width - 1)), ""


def _candidates(view: HeaderView) -> list[tuple[list[str], str]]:
    spent = f"+{view.spent:,} tok here" if view.spent else ""
    recorded = f"recorded {view.recorded}" if view.recorded else ""
    steps = f"{view.steps:,} step{'' if view.steps == 1 else 's'}" if view.steps else ""
    tokens = f"{view.tokens:,} tok" if view.tokens else ""
    saves = f"on save: {view.on_save}" if view.on_save else ""
    action = saves.partition(", ")[0]
    first_words = " ".join(action.split(" ")[:4])
    saved = f"{view.saved:,} saved by resuming" if view.saved else ""
    whole = [view.target, view.run, view.origin, recorded, view.status, steps, tokens, saved, spent]
    unspent = whole[:-1]
    unsaved = whole[:-2]
    undated = [view.target, view.run, view.origin, view.status, steps, tokens]
    origin = view.origin.partition(" of ")[0]
    uncounted = [view.target, view.run, origin, view.status, steps, tokens]
    return [
        (whole, " | ".join(filter(None, (saves, view.environment)))),
        (whole, saves),
        (whole, action),
        (unspent, action),
        (unsaved, action),
        (undated, action),
        (uncounted, action),
        (uncounted[:-1], action),
        (uncounted[:-2], action),
        (uncounted[:-2], first_words),
        ([view.target, view.run, view.status], first_words),
        ([view.target, view.status], first_words),
        ([view.status], first_words),
        ([view.target, view.status], ""),
    ]
