"""Where each pane stands for a size of the terminal: a pure function, and its Textual layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from textual.geometry import NULL_OFFSET, NULL_SPACING, Offset, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from lar_debug.panes.tab_bar import Tab, tab_bar_width
from lar_debug.panes.too_small import LEAST_HEIGHT, LEAST_WIDTH

TABS = (
    Tab(1, "Diff", "diff-pane"),
    Tab(2, "State", "state-pane"),
    Tab(3, "Prompt", "prompt-pane"),
    Tab(4, "Attempts", "attempts-pane"),
    Tab(5, "Console", "console"),
)

_WIDE_FROM, _NUMBERED_FROM, _STACKED_FROM, _STACKED_FROM_ROWS = 120, 100, 72, 22
_HEAD_FROM, _PEEK_FROM, _DOCK_FROM = 30, 40, 16
_LEFT_LEAST, _LEFT_MOST = 44, 72
_FOOT = 2
_TIMELINE_LEAST_WIDTH, _DETAIL_LEAST_WIDTH = 20, LEAST_WIDTH
_DOCK_LEAST, _DETAIL_LEAST = 2, 6


class Sizes(NamedTuple):
    """What a person made of the room; 0 where the plan decides."""

    alone: Literal["", "timeline", "detail"] = ""
    """What has the whole screen."""
    left: int = 0
    """Columns of the timeline beside the detail."""
    rows: int = 0
    """Rows of the timeline over the detail, its head included."""
    dock: int = 0
    """Rows of the cause, its rule included."""


class Wants(NamedTuple):
    """What the plan depends on beside the size."""

    steps: int
    detail: str
    """The id of the pane whose tab is open."""
    sizes: Sizes = Sizes()
    spinner: tuple[int, int] | None = None
    """Column and row of the sign of what runs."""
    asking: bool = False
    """A line to type into stands in the place of the event line."""


class Plan(NamedTuple):
    """Regions by pane id; a pane without one is not on the screen."""

    regions: dict[str, Region]
    one_line: bool = False
    head: bool = False
    """Whether the timeline has room for the names of its columns."""
    numbers: bool = False
    """Whether there is room for line numbers."""


def plan(size: Size, wants: Wants) -> Plan:
    """The panes for `size`: side by side, stacked, with a one-line timeline, or too small."""
    planned = _panes(size, wants)
    if wants.asking and "event-line" in planned.regions:
        planned.regions["text-field"] = planned.regions.pop("event-line")
        # What is wrong with what was typed is told below it; the keys type now.
        planned.regions["event-line"] = planned.regions.pop("key-line")
    if wants.spinner is not None and "header" in planned.regions:
        planned.regions["spinner-cell"] = Region(*wants.spinner, 1, 1)
    return planned


def _panes(size: Size, wants: Wants) -> Plan:
    width, height = size
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return Plan({"too-small": Region(0, 0, width, height)}, one_line=True)
    regions = {
        "header": Region(0, 0, width, 1),
        "event-line": Region(0, height - 2, width, 1),
        "key-line": Region(0, height - 1, width, 1),
    }
    small = width < _STACKED_FROM or height < _STACKED_FROM_ROWS
    if wants.sizes.alone == "timeline":
        regions["timeline"] = Region(0, 1, width, height - 1 - _FOOT)
        return Plan(regions, one_line=small, head=height >= _STACKED_FROM_ROWS)
    if small:
        return _one_line(regions, size, wants)
    if width < _WIDE_FROM or wants.sizes.alone == "detail":
        return _stacked(regions, size, wants)
    return _side_by_side(regions, size, wants)


def _one_line(regions: dict[str, Region], size: Size, wants: Wants) -> Plan:
    width, height = size
    top = 1
    if wants.sizes.alone != "detail":
        regions["timeline-line"] = Region(0, top, width, 1)
        top += 1
    room = Region(0, top, width, height - top - _FOOT)
    dock = _dock_height(size, wants, room.height) if height >= _DOCK_FROM else 0
    _detail(regions, _docked(regions, room, dock), wants, blank=0)
    return Plan(regions, one_line=True, numbers=width >= _NUMBERED_FROM)


def _stacked(regions: dict[str, Region], size: Size, wants: Wants) -> Plan:
    """The timeline over the detail, or the detail alone."""
    width, height = size
    head = height >= _HEAD_FROM
    rows = _timeline_rows(size, wants, head=head) if wants.sizes.alone != "detail" else 0
    if rows:
        regions["timeline"] = Region(0, 1, width, rows)
    room = Region(0, 1 + rows, width, height - 1 - rows - _FOOT)
    room = _docked(regions, room, _dock_height(size, wants, room.height - 1))
    regions["step-rule"] = Region(0, room.y, width, 1)
    room = room.shrink((1, 0, 0, 0))
    _detail(regions, room, wants, blank=int(head))
    return Plan(regions, head=head, numbers=width >= _NUMBERED_FROM)


def _timeline_rows(size: Size, wants: Wants, *, head: bool) -> int:
    height, chosen = size.height, wants.sizes.rows
    if chosen:
        most = height - 1 - _FOOT - 1 - _DOCK_LEAST - _DETAIL_LEAST
        return max(1 + head, min(chosen, most))
    return min(wants.steps + 1, height // 4) if head else min(max(1, wants.steps), 3)


def _side_by_side(regions: dict[str, Region], size: Size, wants: Wants) -> Plan:
    width, height = size
    chosen, dock = wants.sizes.left, wants.sizes.dock
    left = max(_LEFT_LEAST, min(_LEFT_MOST, width * 2 // 5))
    if chosen:
        left = max(_TIMELINE_LEAST_WIDTH, min(chosen, width - 1 - _DETAIL_LEAST_WIDTH))
    body = height - 1 - _FOOT
    rows = min(wants.steps + 1, body - max(8, body * 2 // 5))
    if dock:
        rows = max(2, min(body - dock, body - _DOCK_LEAST))
    regions["timeline"] = Region(0, 1, left, rows)
    regions["cause-dock"] = Region(0, 1 + rows, left, body - rows)
    regions["divider"] = Region(left, 1, 1, body)
    right = Region(left + 1, 1, width - left - 1, body)
    regions["step-rule"] = Region(right.x, right.y, right.width, 1)
    room = right.shrink((1, 0, 0, 0))
    if height >= _PEEK_FROM and wants.detail != "state-pane":
        peek = height // 6
        regions["state-peek"] = Region(right.x, right.bottom - peek, right.width, peek)
        room = room.shrink((0, 0, peek, 0))
    _detail(regions, room, wants, blank=int(height >= _HEAD_FROM))
    return Plan(regions, head=True, numbers=True)


def _dock_height(size: Size, wants: Wants, room: int) -> int:
    """Rows of the cause under the diff, its rule included; it goes with that tab. `room` is what
    it shares with the detail."""
    if wants.detail != "diff-pane":
        return 0
    if wants.sizes.dock:
        return max(_DOCK_LEAST, min(wants.sizes.dock, room - _DETAIL_LEAST))
    return max(4, min(7, size.height // 8))


def _docked(regions: dict[str, Region], room: Region, dock: int) -> Region:
    """What `room` leaves over a dock at its foot."""
    if dock:
        regions["cause-dock"] = Region(room.x, room.bottom - dock, room.width, dock)
    return room.shrink((0, 0, dock, 0))


def _detail(regions: dict[str, Region], room: Region, wants: Wants, *, blank: int) -> None:
    tab_bar = tab_bar_width(TABS, room.width)
    strip = room.width - tab_bar
    regions["tab-bar"] = Region(room.x, room.y, tab_bar, 1)
    if strip:
        regions["attempts-strip"] = Region(room.x + tab_bar, room.y, strip, 1)
    regions["verdict"] = Region(room.x, room.y + 1, room.width, 1)
    regions[wants.detail] = room.shrink((2 + blank, 0, 0, 0))


def dragged(sizes: Sizes, size: Size, rule: str, at: Offset) -> Sizes:
    """The sizes after a rule, named by its pane, was dragged to where it stands at `at`."""
    if rule == "divider":
        return sizes._replace(left=max(1, at.x))
    if rule == "step-rule":
        return sizes._replace(rows=max(1, at.y - 1))
    return sizes._replace(dock=max(1, size.height - _FOOT - at.y))


class PlanLayout(Layout):
    """Places the children of a screen as a plan for its size says."""

    name = "plan"

    def __init__(self, planned: Callable[[Size], Plan]) -> None:
        self._planned = planned

    def arrange(
        self,
        parent: Widget,  # noqa: ARG002
        children: list[Widget],
        size: Size,
        greedy: bool = True,  # noqa: ARG002
    ) -> ArrangeResult:
        """Textual's side of a layout."""
        regions = self._planned(size).regions
        return [
            WidgetPlacement(regions[child.id], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child.id in regions
        ]
