"""Colours, signs and copying: what the app decides for all panes."""

from __future__ import annotations

import pytest
from rich.segment import Segment

from lar_debug.shell.app import LarDebugApp
from lar_debug.shell.themes import theme_for
from tests.shell.conftest import OpenDesk
from tests.shell.fake_session import FakeSession
from tests.shell.screen_text import screen_lines, screen_segments


def segment_with(segments: list[list[Segment]], words: str) -> Segment:
    return next(one for line in segments for one in line if words in one.text)


@pytest.mark.parametrize(
    ("colours", "theme"),
    [("0;15", "lar-light"), ("0;default;7", "lar-light"), ("15;0", "lar-dark")],
)
def test_the_theme_follows_the_background_that_the_terminal_tells(colours: str, theme: str) -> None:
    assert theme_for("auto", {"COLORFGBG": colours}) == theme
    assert theme_for("auto", {}) == "lar-dark"


async def test_what_came_in_is_blue_and_what_went_out_orange() -> None:
    app = LarDebugApp(FakeSession(), environ={})
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        came = segment_with(screen_segments(app), "by 24 November").style
        went = segment_with(screen_segments(app), "We are sorry").style
        assert came is not None
        assert came.color is not None
        red, green, blue = came.color.get_truecolor()
        assert red < green < blue
        assert (came.bold, came.underline) == (True, True)
        assert went is not None
        assert went.color is not None
        red, green, blue = went.color.get_truecolor()
        assert red > green > blue
        assert went.strike


async def test_no_color_leaves_signs_and_styles_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = LarDebugApp(FakeSession(), environ={"NO_COLOR": "1"})
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        segments = screen_segments(app)
        for style in (one.style for line in segments for one in line if one.style):
            assert style.color is None or style.color.is_default
            assert style.bgcolor is None or style.bgcolor.is_default
        came = segment_with(segments, "by 24 November").style
        assert came is not None
        assert came.underline
        assert segment_with(segments, "[#3 14:03:40]")


async def test_in_ascii_every_sign_of_ours_is_ascii() -> None:
    app = LarDebugApp(FakeSession(), ascii=True, environ={})
    async with app.run_test(size=(160, 45)) as pilot:
        for key in ("tab", "5", "question_mark"):
            await pilot.press(key)
            await pilot.pause()
            assert "".join(screen_lines(app)).isascii()


async def test_text_that_was_dragged_over_can_be_copied(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        row = desk.row_of("Kind regards")
        await desk.pilot.mouse_down(offset=(4, row))
        await desk.pilot.hover(offset=(15, row + 1))
        await desk.pilot.mouse_up(offset=(15, row + 1))
        await desk.press("ctrl+c")
        await desk.found()
        assert desk.app.clipboard == "Kind regards\nNordwind Out", "without what stands before it"


async def test_text_is_dragged_over_in_one_pane_and_copied_from_there_alone(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(160, 45) as desk:
        row = desk.row_of("Kind regards")
        column = desk.lines[row].index("Kind regards")
        # Below the text of the diff, and then over the timeline and the cause on its left.
        below, beside = (column + 3, row + 8), (2, row + 8)
        for way in ((below,), (below, beside)):
            await desk.pilot.mouse_down(offset=(column, row))
            for place in way:
                await desk.pilot.hover(offset=place)
            await desk.pilot.mouse_up(offset=way[-1])
            await desk.press("ctrl+c")
            await desk.found()
            first, second, third = desk.app.clipboard.splitlines()
            assert (first, second, third.split(":")[0]) == (
                "Kind regards",
                "Nordwind Outdoor",
                " = 5 keys untouched",
            )
        await desk.press("escape", "ctrl+c")
        assert "nothing is selected" in desk.text
