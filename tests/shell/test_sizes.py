"""The room is the person's: one pane alone, rules that are dragged, views of a diff."""

from __future__ import annotations

import pytest

from tests.shell.conftest import Desk, OpenDesk

TOP, FOOT = 1, 2
LONG = "sorry for the delay"


async def drag(desk: Desk, start: tuple[int, int], *to: tuple[int, int]) -> None:
    await desk.pilot.mouse_down(offset=start)
    for offset in to:
        await desk.pilot.hover(offset=offset)
    await desk.pilot.mouse_up(offset=to[-1])
    await desk.pilot.pause()


@pytest.mark.parametrize("size", [(160, 45), (100, 40), (80, 24), (60, 20)])
async def test_plus_gives_the_detail_the_screen_and_minus_gives_it_back(
    open_desk: OpenDesk, size: tuple[int, int]
) -> None:
    async with open_desk(*size) as desk:
        before = desk.lines
        await desk.press("plus")
        assert "the detail alone: - brings the timeline back" in desk.text
        assert "check_reply" not in desk.text.replace("next check_reply", "")
        assert "you changed prompts/reply.md:9" in desk.text
        assert desk.main.plan.regions["diff-pane"].width == size[0]
        await desk.press("minus")
        assert desk.lines == before
        await desk.press("minus")
        assert "the timeline alone: + brings the detail back" in desk.text
        assert desk.main.plan.regions["timeline"].height == size[1] - TOP - FOOT
        await desk.press("minus", "plus")
        assert desk.lines == before


async def test_steps_are_walked_while_the_detail_is_alone(open_desk: OpenDesk) -> None:
    async with open_desk(160, 45) as desk:
        await desk.press("plus", "k")
        assert desk.session.cursor == 4
        await desk.press("j", "tab", "j")
        assert desk.session.cursor == 5, "with the focus j scrolls the text"
        await desk.press("tab", "tab", "k")
        assert desk.session.cursor == 4, "and behind the last pane the steps have the keys again"
        await desk.press("escape")
        assert "> ✓   4 find_policy" in desk.text, "Esc brings the timeline back"


@pytest.mark.parametrize("key", ["tab", "enter", "3", "escape", "right_square_bracket"])
async def test_asking_for_the_detail_ends_a_timeline_alone(open_desk: OpenDesk, key: str) -> None:
    async with open_desk() as desk:
        await desk.press("minus")
        assert "1 Diff" not in desk.text
        await desk.press(key)
        assert "1 Diff" in desk.text
        assert "> ✓   5 write_reply" in desk.text


async def test_what_is_alone_stays_so_in_another_window(open_desk: OpenDesk) -> None:
    async with open_desk(160, 45) as desk:
        await desk.press("plus")
        await desk.resize(80, 24)
        assert "load_ticket" not in desk.text
        assert "timeline" not in desk.main.plan.regions
        await desk.resize(60, 20)
        assert "timeline-line" not in desk.main.plan.regions
        await desk.press("tab", "minus")
        await desk.resize(120, 40)
        assert "load_ticket" in desk.text
        assert "1 Diff" in desk.text


async def test_the_bar_between_the_sides_can_be_dragged(open_desk: OpenDesk) -> None:
    async with open_desk(160, 45) as desk:
        await drag(desk, (64, 20), (60, 20), (50, 22))
        assert desk.main.plan.regions["divider"].x == 50
        await drag(desk, (50, 20), (2, 20))
        assert desk.main.plan.regions["timeline"].width == 20, "never to nothing"
        await drag(desk, (20, 20), (159, 20))
        assert desk.main.plan.regions["diff-pane"].width == 40
        assert not desk.main.selections


async def test_stacked_the_rule_of_the_step_can_be_dragged(open_desk: OpenDesk) -> None:
    async with open_desk(100, 40) as desk:
        rule = desk.row_of("── 5 write_reply")
        at = desk.lines[rule].index("answering.py:31") + 2
        await drag(desk, (at, rule), (at, rule + 2), (at, rule + 4))
        assert desk.row_of("── 5 write_reply") == rule + 4
        assert desk.session.asked == [], "a drag that began on the place opens no editor"
        await drag(desk, (30, rule + 4), (30, 0))
        assert desk.main.plan.regions["timeline"].height == 2


@pytest.mark.parametrize("size", [(160, 45), (100, 40), (60, 20)])
async def test_the_rule_of_the_cause_can_be_dragged(
    open_desk: OpenDesk, size: tuple[int, int]
) -> None:
    async with open_desk(*size) as desk:
        rule = desk.row_of("you changed prompts/reply.md:9")
        await drag(desk, (3, rule), (3, rule + 1))
        assert desk.row_of("you changed prompts/reply.md:9") == rule + 1
        await drag(desk, (3, rule + 1), (3, size[1] - 1))
        assert desk.main.plan.regions["cause-dock"].bottom == size[1] - FOOT
        assert desk.main.plan.regions["cause-dock"].height == 2
        assert not desk.main.selections, "no text was marked"
        await drag(desk, (3, size[1] - 4), (3, 0))
        assert desk.main.plan.regions["diff-pane"].height > 0


async def test_text_in_the_cause_can_still_be_dragged_over(open_desk: OpenDesk) -> None:
    async with open_desk(100, 40) as desk:
        rule = desk.row_of("you changed prompts/reply.md:9")
        await drag(desk, (8, rule + 1), (20, rule + 2))
        assert desk.main.selections
        assert desk.row_of("you changed prompts/reply.md:9") == rule


async def test_the_diff_is_seen_whole_as_new_text_and_side_by_side(open_desk: OpenDesk) -> None:
    async with open_desk(160, 45) as desk:
        whole = desk.lines
        assert LONG in desk.text
        await desk.press("vertical_line")
        assert "the new text alone" in desk.text
        assert LONG not in desk.text
        await desk.press("vertical_line")
        assert "old and new side by side" in desk.text
        row = next(line for line in desk.lines if "+ │" in line and "- │" in line.partition("│")[2])
        assert row.index("- │") < row.index("+ │")
        await desk.press("vertical_line")
        assert desk.lines == whole


async def test_side_by_side_takes_columns_and_is_there_again_with_them(open_desk: OpenDesk) -> None:
    def is_beside(desk: Desk) -> bool:
        return any("- │" in line and "+ │" in line for line in desk.lines)

    async with open_desk(120, 40) as desk:
        await desk.press("vertical_line", "vertical_line")
        assert "side by side takes 80 columns: + gives it" in desk.text
        assert not is_beside(desk)
        await desk.press("vertical_line", "plus", "vertical_line")
        assert is_beside(desk)
        await desk.press("minus")
        assert not is_beside(desk), "too narrow: one below the other"
        await desk.press("plus")
        assert is_beside(desk)
