"""Where the panes stand: nothing overlaps, nothing sticks out, the sizes of the design hold."""

from __future__ import annotations

import pytest
from textual.geometry import Region, Size

from lar_debug.shell.plan import TABS, Sizes, Wants, plan

WIDTHS = (*range(1, 240, 7), 40, 72, 120)
HEIGHTS = (1, 9, 10, 15, 21, 22, 29, 30, 40, 45, 80)
SIZES = [(width, height) for width in WIDTHS for height in HEIGHTS]

CHOSEN = [
    Sizes(),
    Sizes("timeline"),
    Sizes("detail"),
    Sizes(left=1, rows=1, dock=1),
    Sizes(left=500, rows=500, dock=500),
    Sizes("detail", left=70, rows=9, dock=9),
]


@pytest.mark.parametrize("tab", [tab.pane for tab in TABS])
@pytest.mark.parametrize("sizes", CHOSEN)
def test_panes_fill_the_screen_without_overlap(tab: str, sizes: Sizes) -> None:
    for size in SIZES:
        for steps in (0, 1, 7, 100_000):
            regions = plan(Size(*size), Wants(steps, tab, sizes)).regions
            screen = Region(0, 0, *size)
            placed = [region for region in regions.values() if region.area]
            assert all(screen.contains_region(region) for region in placed), (size, regions)
            for number, region in enumerate(placed):
                assert not any(region.overlaps(other) for other in placed[number + 1 :]), size


def test_from_120_columns_the_cause_stands_under_the_timeline() -> None:
    regions = plan(Size(160, 45), Wants(7, "diff-pane")).regions
    assert regions["timeline"] == Region(0, 1, 64, 8)
    assert regions["cause-dock"].x == 0
    assert regions["cause-dock"].y == regions["timeline"].bottom
    assert regions["step-rule"].x == 65
    assert "state-peek" in regions
    assert "state-peek" not in plan(Size(160, 39), Wants(7, "diff-pane")).regions
    assert plan(Size(120, 30), Wants(7, "diff-pane")).regions["timeline"].width == 48
    assert plan(Size(300, 30), Wants(7, "diff-pane")).regions["timeline"].width == 72


@pytest.mark.parametrize(("height", "dock"), [(22, 4), (24, 4), (40, 5), (56, 7), (90, 7)])
def test_stacked_the_dock_takes_an_eighth_of_four_to_seven_rows(height: int, dock: int) -> None:
    regions = plan(Size(100, height), Wants(50, "diff-pane")).regions
    assert regions["cause-dock"].height == dock
    assert regions["cause-dock"].width == 100


def test_stacked_the_timeline_takes_what_it_needs_up_to_a_quarter() -> None:
    assert plan(Size(100, 40), Wants(3, "diff-pane")).regions["timeline"].height == 4
    assert plan(Size(100, 40), Wants(500, "diff-pane")).regions["timeline"].height == 10
    under_30 = plan(Size(100, 29), Wants(500, "diff-pane"))
    assert under_30.regions["timeline"].height == 3
    assert not under_30.head


def test_the_dock_goes_with_the_diff_where_it_shares_its_room() -> None:
    assert "cause-dock" not in plan(Size(100, 40), Wants(7, "console")).regions
    assert "cause-dock" in plan(Size(160, 40), Wants(7, "console")).regions


@pytest.mark.parametrize("size", [(71, 40), (100, 21), (40, 10)])
def test_a_small_terminal_has_the_timeline_in_one_line(size: tuple[int, int]) -> None:
    planned = plan(Size(*size), Wants(7, "diff-pane"))
    assert planned.one_line
    assert planned.regions["timeline-line"].height == 1
    assert "timeline" not in planned.regions


@pytest.mark.parametrize("size", [(39, 10), (40, 9), (4, 2), (1, 1)])
def test_under_40x10_one_line_says_so(size: tuple[int, int]) -> None:
    assert list(plan(Size(*size), Wants(7, "diff-pane")).regions) == ["too-small"]
