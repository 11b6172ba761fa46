"""The last line: the keys that do something now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.panes._bar import Bar
from lar_debug.panes._signs import Signs


class KeyHint(NamedTuple):
    """A key and what it does; hints with a higher `rank` give way first."""

    keys: str
    does: str
    rank: int
    right: bool = False
    """At the right end of the line."""


class KeyLine(Bar):
    """The hints that fit, in their order."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="key-line")
        self._hints: tuple[KeyHint, ...] = ()

    def show(self, hints: Sequence[KeyHint]) -> None:
        """Paint other hints, if they are others."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.repaint()

    def build(self, width: int) -> Strip:
        """The least important hints are left out until the line fits."""
        hints = fitting(self._hints, width - 2)
        left = _spans([hint for hint in hints if not hint.right])
        right = _spans([hint for hint in hints if hint.right])
        gap = max(0, width - 2 - _width(left) - _width(right))
        return self.strip((Span(" "), *left, Span(" " * gap), *right), width)


def fitting(hints: Sequence[KeyHint], width: int) -> list[KeyHint]:
    """The hints that fit `width` cells, the highest ranks dropped."""
    kept = list(hints)
    while kept and _width(_spans(kept)) > width:
        kept.remove(max(kept, key=lambda hint: hint.rank))
    return kept


def _spans(hints: Sequence[KeyHint]) -> list[Span]:
    spans: list[Span] = []
    for hint in hints:
        spans += [Span("  " if spans else ""), Span(hint.keys, "key"), Span(f" {hint.does}")]
    return spans


def _width(spans: Sequence[Span]) -> int:
    return sum(len(span.text) for span in spans)
