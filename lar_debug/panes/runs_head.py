"""The first line over the list of runs: where they are, how many, and the keys."""

from __future__ import annotations

from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.model.runs import RunsView
from lar_debug.panes._bar import Bar
from lar_debug.panes._paint import one_line
from lar_debug.panes._signs import Signs
from lar_debug.text import cells, elide

_KEYS = (
    "/ filter  Enter open  d delete  ? help  q quit",
    "/ filter  Enter open  d delete  q quit",
    "Enter open  q quit",
    "q quit",
)


class RunsHead(Bar):
    """`lar-debug  ~/src/shop   3 runs, 1.2 MB                 / filter  Enter open`"""

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="runs-head")
        self._view: RunsView | None = None
        self._filter = ""

    def show(self, view: RunsView, filter: str) -> None:
        """Paint another view, if it is another."""
        shown = (view.place, view.size, view.read, len(view.rows), filter)
        before = self._view
        if before is None or shown != (
            *(before.place, before.size, before.read, len(before.rows)),
            self._filter,
        ):
            self._view, self._filter = view, filter
            self.repaint()

    def build(self, width: int) -> Strip:
        """The longest keys that fit beside where one is."""
        if self._view is None:
            return self.strip((), width)
        place = one_line(self._view.place, self.signs)
        left = f"  {place}   {_told(self._view)}"
        if self._filter:
            left += f"   /{one_line(self._filter, self.signs)}"
        room = width - cells(" lar-debug") - 2
        left = elide(left, max(0, room))
        keys = next((one for one in _KEYS if cells(left) + cells(one) + 3 <= room), "")
        gap = " " * max(0, room - cells(left) - cells(keys) + 1)
        return self.strip(
            (Span(" lar-debug", "strong"), Span(left), Span(gap), Span(keys, "dim")), width
        )


def _told(view: RunsView) -> str:
    if not view.read:
        return "loading"
    count = len(view.rows)
    size = f", {_size(view.size)}" if view.size else ""
    return f"{count:,} run{'' if count == 1 else 's'}{size}"


def _size(size: int) -> str:
    for unit, bytes_of in (("GB", 1e9), ("MB", 1e6)):
        if size >= bytes_of:
            return f"{size / bytes_of:.1f} {unit}"
    return f"{max(1, size // 1000)} KB"
