"""The State tab under a person's hands: fold, walk, see more, edit, read in the pager."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from lar_debug.model.problem import Problem
from lar_debug.shell import state_screen
from lar_debug.shell.editor import Command
from lar_debug.shell.pager import pager_command
from tests.hostile import SHORT
from tests.panes.test_hostile_text import assert_only_text
from tests.shell.conftest import Desk, OpenDesk
from tests.shell.screen_text import screen_segments
from tests.shell.state_story import StateSession, order_changed


def cursor(desk: Desk) -> str:
    """The row with the cursor, below the head of the tab."""
    head = desk.row_of("[after]" if "[after]" in desk.text else "[b")
    return next(line for line in desk.lines[head:] if line.startswith(">"))


async def test_h_and_l_fold_and_unfold_and_walk_in_and_out(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "j")
        assert "▸ order" in cursor(desk)
        await desk.press("l")
        assert "▾ order" in cursor(desk)
        assert "    id" in desk.text
        await desk.press("l", "j", "j", "j")
        assert "total" in cursor(desk)
        await desk.press("h")
        assert "▾ order" in cursor(desk)
        await desk.press("space")
        assert "▸ order" in cursor(desk)
        assert "show_older" not in desk.session.asked


async def test_comma_and_full_stop_walk_the_attempts_and_j_no_step(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "comma", "full_stop", "j")
        assert desk.session.asked == ["show_older", "show_newer"]
        assert desk.session.cursor == 5


async def test_what_is_opened_and_the_cursor_stay_on_another_step(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "j", "l", "j", "j")
        at = cursor(desk)
        assert "item" in at
        desk.session.go(4)
        await desk.tell("timeline")
        assert cursor(desk) == at


async def test_the_cursor_knows_an_item_from_the_one_that_it_replaced(open_desk: OpenDesk) -> None:
    session = StateSession({"items": [{"old": 1}]}, {"items": [{"new": 2}]})
    async with open_desk(session=session) as desk:
        await desk.press("2", "tab", "m", "m", "l", "j")
        assert cursor(desk).startswith(">+")
        await desk.press("H")
        assert cursor(desk).startswith(">+")
        await desk.press("j", "H")
        assert cursor(desk).startswith(">-")


async def test_a_click_chooses_a_row_and_on_that_one_again_opens_it(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2")
        row = desk.row_of("▸ order")
        await desk.pilot.click(offset=(20, row))
        assert "▸ order" in cursor(desk)
        await desk.pilot.click(offset=(20, row))
        await desk.pilot.pause()
        assert "▾ order" in cursor(desk)
        await desk.pilot.click(offset=(3, row - 2))
        assert "▾ order" in cursor(desk), "the head is no row"


async def test_the_tab_survives_every_size(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "j", "l", "j", "j")
        at = cursor(desk)
        for size in [(40, 10), (4, 2), (41, 30), (160, 45), (60, 20), (100, 40)]:
            await desk.resize(*size)
            assert len(desk.lines) == size[1]
        assert cursor(desk) == at


async def test_the_rest_of_a_long_list_comes_in_hundreds(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "G", "l", "G")
        assert "… 150 more" in cursor(desk)
        await desk.press("enter")
        assert "[100]" in cursor(desk)
        await desk.press("G")
        assert "… 50 more" in cursor(desk)


async def test_m_shows_the_other_side_and_then_both(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "m")
        assert "[before]" in desk.text
        assert " -   mood" in desk.text
        await desk.press("m", "j", "l")
        assert " ~     total    89.0 → 79.0  (-10.0)" in desk.text


async def test_one_value_alone_scrolls_and_esc_returns_to_its_row(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "j", "j", "j", "j")
        assert "reply" in cursor(desk)
        await desk.press("enter")
        assert "│Dear Ms Lindqvist," in desk.text
        assert "▸ order" not in desk.text
        await desk.press("escape")
        assert "reply" in cursor(desk)
        assert "══ 5 write_reply" in desk.text, "the focus stays"
        await desk.press("escape")
        assert "── 5 write_reply" in desk.text


async def test_a_value_is_edited_in_a_line_that_stays_until_it_fits(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "j", "l", "j", "j", "j", "j", "i")
        field = desk.row_of("set for step 5, beside mood = 'calm':")
        assert "order.total = 89.0" in desk.lines[field]
        await desk.press("backspace", "enter")
        assert "order.total = 89." in desk.lines[field]
        assert "the value is no JSON" in desk.lines[field + 1]
        await desk.press("5", "enter")
        assert desk.session.asked[-1] == "run 5 #3 order.total = 89.5"
        assert "set for step 5" not in desk.text
        assert "total" in cursor(desk)


async def test_esc_leaves_the_edit_and_nothing_runs(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "i", "x", "escape")
        assert desk.session.asked == ["edit ticket"]
        assert "set for step 5" not in desk.text


async def test_what_the_step_took_out_is_edited_in_the_state_before(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2", "tab", "m", "m", "G", "i")
        assert desk.session.asked == ["edit mood before"]


async def test_without_a_pager_one_line_says_what_to_do(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(session=order_changed()) as desk:
        monkeypatch.setattr(desk.app, "environ", {"PATH": "/nowhere"})
        await desk.press("2", "tab", "o")
        await desk.found()
        assert "no pager is known: set $PAGER" in desk.text


@pytest.mark.parametrize("size", [(100, 24), (60, 20)])
async def test_hostile_keys_and_values_stay_text(
    open_desk: OpenDesk, size: tuple[int, int]
) -> None:
    after = {name + text[:100]: {"in": text, text[:50]: 1} for name, text in SHORT.items()}
    async with open_desk(*size, StateSession({}, after)) as desk:
        await desk.press("2", "enter")
        for _ in range(len(SHORT)):
            await desk.press("l", "l")
            assert_only_text(screen_segments(desk.app), size[0])
            await desk.press("enter")
            assert_only_text(screen_segments(desk.app), size[0])
            await desk.press("escape", "h", "h", "j")


async def test_a_small_screen_has_the_keys_of_the_tab_too(open_desk: OpenDesk) -> None:
    async with open_desk(60, 20, order_changed()) as desk:
        await desk.press("2", "enter", "j", "l")
        assert "▾ order" in cursor(desk)
        await desk.press("escape", "j")
        assert desk.session.cursor == 6


async def test_o_opens_what_any_tab_shows(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    async def seen(_app: object, command: Command) -> int:
        given.append(Path(command.words[-1]).read_text())
        return 0

    monkeypatch.setattr(state_screen, "in_our_terminal", seen)
    async with open_desk(session=order_changed()) as desk:
        monkeypatch.setattr(desk.app, "environ", {"PAGER": "cat -v", "PATH": os.environ["PATH"]})
        await desk.press("5", "o")
        await desk.found()
        await desk.press("2", "o")
        await desk.found()
        assert given == [
            "asking offline/echo\nno key is set, the offline model answers",
            "all of it\n",
        ]
        assert desk.session.asked == ["write ticket"]


@pytest.mark.parametrize(
    ("setting", "environ", "words"),
    [
        ("sh -x", {"PAGER": "cat"}, ["sh", "-x"]),
        ("", {"PAGER": "cat -v"}, ["cat", "-v"]),
        ("nowhere-at-all", {}, "pager is 'nowhere-at-all': no such program"),
        ("", {"PAGER": "'cat"}, '$PAGER is "\'cat": No closing quotation'),
    ],
)
def test_the_pager_is_the_setting_else_the_environments(
    setting: str, environ: dict[str, str], words: list[str] | str
) -> None:
    environ = {**environ, "PATH": os.environ["PATH"]}
    if isinstance(words, str):
        with pytest.raises(Problem, match=re.escape(words)):
            pager_command(setting, environ, Path("value"))
        return
    command = pager_command(setting, environ, Path("value"))
    assert [Path(command.words[0]).name, *command.words[1:]] == [*words, "value"]
