"""The attempts of a step on one axis: the recording, the base, the one that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.model.records import Outcome
from lar_debug.model.views import Chip, StripView
from lar_debug.panes._bar import Bar
from lar_debug.panes._signs import Signs, failed
from lar_debug.text import cells


class AttemptsStrip(Bar):
    """`#0 recorded  #1✓  #2 base  [#3 14:03:40]`, at the right end of its row; `✓` is accepted."""

    class AttemptChosen(Message):
        """A person pointed at an attempt."""

        def __init__(self, attempt: int) -> None:
            super().__init__()
            self.attempt = attempt

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="attempts-strip")
        self._view: StripView | None = None
        self._running_shown = False

    def show(self, view: StripView) -> None:
        """Paint another strip, if it is another."""
        if view != self._view:
            self._view = view
            self.repaint()

    def show_running(self, running: bool) -> None:
        """Whether an attempt that runs stands in the strip: not while it is very young."""
        if running != self._running_shown:
            self._running_shown = running
            self.repaint()

    @property
    def running_column(self) -> int | None:
        """The column of the sign of the attempt that runs."""
        if self._view is None or not self._running_shown:
            return None
        items = self._fitting(self._view, self.size.width - 1)
        column = max(0, self.size.width - 1 - _width(items))
        numbers = {chip.attempt for chip in self._view.chips if chip.outcome is Outcome.RUNNING}
        for attempt, separator, item in items:
            column += len(separator)
            if attempt in numbers:
                return column
            column += sum(cells(span.text) for span in item)
        return None

    def build(self, width: int) -> Strip:
        """The form with the most words that fits, at the right."""
        self.targets = []
        if self._view is None:
            return self.strip((), width)
        items = self._fitting(self._view, width - 2)
        wide = _width(items)
        column = max(0, width - 1 - wide)
        spans = [Span(" " * column)]
        for attempt, separator, item in items:
            column += len(separator)
            after = column + sum(cells(span.text) for span in item)
            self.targets.append((column, after, attempt))
            spans += [Span(separator), *item]
            column = after
        return self.strip(spans, width)

    def on_click(self, event: events.Click) -> None:
        """A click on an attempt shows it."""
        attempt = self.hit(event.x)
        if attempt is not None and attempt >= 0:
            self.post_message(self.AttemptChosen(attempt))

    def _fitting(self, view: StripView, width: int) -> list[_Item]:
        chips = [
            chip
            for chip in view.chips
            if chip.outcome is not Outcome.RUNNING or self._running_shown
        ]
        every: Callable[[Chip], bool] = lambda chip: chip.shown or chip.attempt == 0  # noqa: E731
        for gap, labelled in (("  ", every), (" ", _is_shown), (" ", _no_chip)):
            items = self._items(view, chips, gap, labelled)
            if _width(items) <= width:
                return items
        needed = [chip for chip in chips if _is_needed(chip)]
        items = self._items(view, needed, " ", _no_chip, gaps=len(needed) < len(chips))
        return items if _width(items) <= width else items[-2:] if view.new else items[-1:]

    def _items(
        self,
        view: StripView,
        chips: Sequence[Chip],
        gap: str,
        labelled: Callable[[Chip], bool],
        *,
        gaps: bool = False,
    ) -> list[_Item]:
        items: list[_Item] = []
        previous = -1
        for chip in chips:
            if gaps and chip.attempt > previous + 1:
                items.append((-1, gap if items else "", [Span(self.signs.more, "dim")]))
            separator = gap if items else ""
            items.append((chip.attempt, separator, self._chip(chip, labelled(chip))))
            previous = chip.attempt
        if view.loading:
            items.append((-1, gap, [Span(view.loading, "error")]))
        if view.new:
            items.append((-1, gap, [Span(f"+{view.new} new", "note")]))
        return items

    def _chip(self, chip: Chip, labelled: bool) -> list[Span]:
        words = f"#{chip.attempt}"
        if labelled and chip.label:
            words += f" {chip.label}"
        if chip.accepted:
            words += " accepted" if labelled else self.signs.success
        if chip.held or chip.base:
            words += " base!" if chip.held else " base"
        if chip.outcome is Outcome.RUNNING:
            return [Span(self.signs.outcome(chip.outcome)), Span(words)]
        sign = self.signs.outcome(chip.outcome) if failed(chip.outcome) else ""
        if chip.shown:
            return [Span("[", "strong"), Span(sign, "error"), Span(f"{words}]", "strong")]
        return [Span(sign, "error"), Span(words)]


_Item = tuple[int, str, list[Span]]
"""The attempt (-1 for none), what stands before, and the spans."""


def _width(items: Sequence[_Item]) -> int:
    return sum(
        len(separator) + sum(cells(span.text) for span in item) for _, separator, item in items
    )


def _is_shown(chip: Chip) -> bool:
    return chip.shown


def _no_chip(_chip: Chip) -> bool:
    return False


def _is_needed(chip: Chip) -> bool:
    return chip.shown or chip.base or chip.held or chip.outcome is Outcome.RUNNING
