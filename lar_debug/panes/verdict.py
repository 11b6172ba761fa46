"""What changed, in one line; it survives every tab and every size."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.panes._bar import Bar
from lar_debug.panes._paint import spans_width
from lar_debug.panes._signs import Signs

_SEPARATOR = " | "


class Verdict(Bar):
    """The verdict of the comparison, or what runs just now."""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="verdict")
        self._spans: tuple[Span, ...] = ()
        self._running_words: str = ""

    def show(self, spans: tuple[Span, ...]) -> None:
        """Paint another verdict, if it is another."""
        if spans != self._spans:
            self._spans = spans
            self.repaint()

    def show_running(self, text: str) -> None:
        """Say what runs in place of the verdict; "" brings the verdict back."""
        if text != self._running_words:
            self._running_words = text
            self.repaint()

    def build(self, width: int) -> Strip:
        """As many parts as fit; the first one is cut at last."""
        spans = (Span(self._running_words, "note"),) if self._running_words else self._spans
        shown = fitting(spans, width - 2, self.signs)
        return self.strip((Span(" "), *shown), width)


def fitting(spans: Sequence[Span], width: int, signs: Signs) -> list[Span]:
    """`spans` without as many parts at the end (parted by ` | `) as do not fit."""
    shown = list(spans)
    while spans_width(shown, signs) > width:
        at = next(
            (i for i in range(len(shown) - 1, -1, -1) if _SEPARATOR in shown[i].text),
            None,
        )
        if at is None:
            break
        kept = shown[at].text.rpartition(_SEPARATOR)[0]
        shown = [*shown[:at], Span(kept, shown[at].tone)]
    return shown
