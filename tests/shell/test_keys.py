"""Every key does what the help says, and none that belongs to the terminal is taken."""

from __future__ import annotations

import re

import pytest

from lar_debug.model.views import RunningView
from lar_debug.shell.keys import KEYS
from tests.shell.conftest import OpenDesk
from tests.shell.fake_session import FakeSession, ManyRows, long_text


def test_every_key_has_an_id_and_a_sentence_for_the_help() -> None:
    ids = [key.id for key in KEYS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(\.[a-z0-9_]+)?", id) for id in ids)
    assert all(key.tooltip and key.label for key in KEYS)


SHADOWED = {
    "state-pane": {"h", "l", "left", "right", "space", "enter"},
    "attempts-pane": {"space", "enter"},
}
"""Keys of everywhere, and of the timeline, that a pane with the focus takes for itself."""


@pytest.mark.parametrize("focus", sorted({key.focus for key in KEYS} - {"", "timeline"}))
def test_a_pane_takes_no_key_that_is_needed_everywhere(focus: str) -> None:
    own = {name for key in KEYS if key.focus == focus for name in key.keys.split(",")}
    others = {name for key in KEYS if key.focus in ("", "timeline") for name in key.keys.split(",")}
    assert own & others <= SHADOWED.get(focus, set())


@pytest.mark.parametrize("focus", sorted({key.focus for key in KEYS} - {""}))
def test_no_key_is_bound_twice(focus: str) -> None:
    both = ("", focus) if focus == "timeline" else (focus,)
    keys = [name for key in KEYS if key.focus in both for name in key.keys.split(",")]
    assert len(set(keys)) == len(keys)


def test_control_keys_of_tmux_readline_and_flow_control_stay_free() -> None:
    control = {name for key in KEYS for name in key.keys.split(",") if "ctrl+" in name}
    assert control == {"ctrl+c", "ctrl+d", "ctrl+u", "ctrl+p", "ctrl+l", "ctrl+z"}


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("h", "show_older"),
        ("left", "show_older"),
        ("comma", "show_older"),
        ("l", "show_newer"),
        ("right", "show_newer"),
        ("full_stop", "show_newer"),
        ("r", "rerun"),
        ("x", "stop"),
        ("w", "toggle_on_save"),
        ("space", "toggle_pin"),
        ("b", "cycle_base"),
        ("B", "hold_base"),
    ],
)
async def test_a_key_asks_the_session(open_desk: OpenDesk, key: str, asked: str) -> None:
    async with open_desk() as desk:
        await desk.press(key)
        assert desk.session.asked == [asked]


async def test_the_step_keys_walk_the_timeline(open_desk: OpenDesk) -> None:
    session = FakeSession()
    session.rows = ManyRows(100)
    async with open_desk(session=session) as desk:
        for key, step in [
            ("j", 6), ("down", 7), ("k", 6), ("up", 5), ("G", 99), ("g", 0), ("end", 99),
            ("home", 0), ("ctrl+d", 9), ("ctrl+u", 0), ("pagedown", 9), ("pageup", 0),
        ]:  # fmt: skip
            await desk.press(key)
            assert (key, session.cursor) == (key, step)
            assert any(line.startswith("> ") and f" {step} node" in line for line in desk.lines)


async def test_tab_goes_round_the_panes_and_the_focused_rule_is_double(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        assert "══" not in desk.text
        await desk.press("tab")
        assert "══ 5 write_reply ══" in desk.text
        await desk.press("tab")
        assert "══ you changed prompts/reply.md:9 ══" in desk.text
        assert "── 5 write_reply ──" in desk.text
        await desk.press("shift+tab")
        assert "══ 5 write_reply ══" in desk.text
        await desk.press("escape")
        assert "══" not in desk.text


async def test_rows_of_a_focused_text_scroll_and_the_step_stays(open_desk: OpenDesk) -> None:
    async with open_desk(80, 24, long_text()) as desk:
        await desk.press(*["right_curly_bracket"] * 30)
        first = desk.row_of("text, 60 lines")
        await desk.press("J", "J")
        assert "line 1 of" in desk.lines[first]
        await desk.press("K")
        assert "line 0 of" in desk.lines[first]
        await desk.press("enter", "j", "j")
        assert "line 2 of" in desk.lines[first]
        await desk.press("ctrl+d")
        assert "line 13 of" in desk.lines[first]
        await desk.press("G")
        assert "line 59 of" in desk.text
        await desk.press("g")
        assert "text, 60 lines" in desk.lines[first]
        assert desk.session.cursor == 5


async def test_numbers_and_brackets_open_tabs(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("5")
        assert "[5 Console]" in desk.text
        assert "asking offline/echo" in desk.text
        await desk.press("1")
        assert "[1 Diff]" in desk.text
        await desk.press("right_square_bracket")
        assert "[2 State]" in desk.text
        await desk.press("left_square_bracket", "left_square_bracket")
        assert "[5 Console]" in desk.text
        await desk.press("3")
        assert "[3 Prompt]" in desk.text


async def test_the_console_goes_through_its_streams(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("5", "s")
        assert "asking offline/echo" in desk.text
        assert "no key is set" not in desk.text
        await desk.press("s")
        assert "asking offline/echo" not in desk.text
        assert "no key is set" in desk.text
        await desk.press("s")
        assert "asking offline/echo" in desk.text
        assert "no key is set" in desk.text


async def test_more_and_less_around_a_change(open_desk: OpenDesk) -> None:
    async with open_desk(80, 24, long_text()) as desk:
        assert "line 27 of" in desk.text
        assert "line 26 of" not in desk.text
        await desk.press("left_curly_bracket")
        assert "line 27 of" not in desk.text
        assert "at most 2 unchanged lines around a change" in desk.text
        await desk.press("right_curly_bracket", "right_curly_bracket")
        assert "line 26 of" in desk.text


async def test_ctrl_c_stops_only_what_runs(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("ctrl+c")
        assert desk.session.asked == []
        assert "nothing runs and nothing is selected; q quits" in desk.text
        desk.session.now = RunningView(5, 4, 0.0)
        await desk.press("ctrl+c")
        assert desk.session.asked == ["stop"]


async def test_the_key_line_says_what_the_arrows_do_where_the_focus_is(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(160, 45) as desk:
        for keys, row, own in [
            ((), "j/k step", "c continue"),
            (("tab",), "j/k row  h/l attempt", "n/N change  | view  { } lines around"),
            (("tab",), "j/k row  h/l attempt", "r re-run  b base  o pager  Tab pane"),
            (("5", "enter"), "j/k row  h/l attempt", "s stream"),
            (("escape",), "j/k step", "c continue"),
        ]:
            await desk.press(*keys)
            assert row in desk.lines[-1]
            assert own in desk.lines[-1]


async def test_ctrl_q_does_nothing_and_q_quits(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("ctrl+q")
        assert desk.app.is_running
        await desk.press("question_mark")
        assert "Run this step again, alone" in desk.text
        await desk.press("q")
        assert desk.app.is_running
        assert "write_reply" in desk.text
        await desk.press("q")
    assert desk.session.closed


async def test_a_run_that_goes_on_is_not_left_by_one_q(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.now = RunningView(7, 0, 0.0)
        await desk.tell("running")
        await desk.press("q")
        assert "q again stops it and quits" in desk.text
        assert not desk.session.closed
        await desk.press("q")
    assert desk.session.closed


async def test_the_palette_finds_actions_and_steps(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("colon", *"re-run")
        await desk.found()
        await desk.press("enter")
        assert desk.session.asked == ["rerun"]
        await desk.press("ctrl+p", *"tasks live")
        await desk.found()
        await desk.press("enter")
        assert desk.session.asked == ["rerun", "rerun_live"]
        await desk.press("ctrl+p", "2")
        await desk.found()
        await desk.press("enter")
        assert desk.session.cursor == 2


async def test_old_messages_can_be_read_again(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("colon", *"events")
        await desk.found()
        await desk.press("enter")
        assert "══ events ══" in desk.lines[0]
        assert "saved prompts/reply.md: step 5 ran again as #3" in desk.lines[1]
