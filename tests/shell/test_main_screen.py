"""After a save nothing jumps, a step costs a few lines, and every size holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events

from lar_debug.diff.build import whole
from lar_debug.model.changes import Row, Span
from lar_debug.model.records import Outcome
from lar_debug.model.views import Chip, EventLine, RunningView
from lar_debug.panes._paint import Painted
from tests.shell.conftest import Desk, OpenDesk
from tests.shell.fake_session import FakeSession, ManyRows, long_text, step_view


def built(desk: Desk) -> int:
    return sum(pane.built for pane in desk.main.query(Painted))


async def test_the_session_works_from_the_first_paint_to_the_end(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        assert desk.session.opened
        assert desk.session.subscribed == 1
    assert desk.session.closed
    assert desk.session.subscribed == 0


async def test_one_step_builds_a_few_lines_of_a_long_run(open_desk: OpenDesk) -> None:
    session = FakeSession()
    session.rows = ManyRows(100_000)
    async with open_desk(session=session) as desk:
        await desk.press("G", "k")
        before = built(desk)
        await desk.press("k")
        assert session.cursor == 99_997
        assert built(desk) - before <= 10


async def test_telling_what_is_known_paints_nothing(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        before = built(desk)
        await desk.tell("all")
        await desk.tell("timeline", "header", "event")
        assert built(desk) == before


async def test_one_changed_step_builds_its_line_only(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        rows = desk.session.rows
        assert not isinstance(rows, ManyRows)
        changed = [*rows.rows[:2], rows.rows[2]._replace(flags="*"), *rows.rows[3:]]
        desk.session.rows = replace(rows, rows=changed)
        before = built(desk)
        await desk.tell("timeline")
        assert "✓*  2 read_ticket" in desk.text
        assert built(desk) - before == 1


async def test_a_new_attempt_moves_neither_tab_nor_focus_nor_scroll(open_desk: OpenDesk) -> None:
    async with open_desk(80, 24, long_text()) as desk:
        view = desk.session.view
        assert view is not None
        await desk.press(*["right_curly_bracket"] * 30, "enter", *["j"] * 5)
        top = desk.row_of("#2 → #3") + 1
        assert "line 4 of" in desk.lines[top]
        rows = {words: desk.row_of(words) for words in ("[1 Diff]", "#2 → #3", "you changed")}
        lines = "\n".join(f"line {number} of attempt 4" for number in range(60))
        desk.session.view = step_view(shown=4, newest=4)._replace(diff=whole({"text": lines}))
        await desk.tell("all")
        assert "line 4 of attempt 4" in desk.lines[top]
        assert "══ 5 write_reply" in desk.text
        assert {words: desk.row_of(words) for words in rows} == rows


async def test_flipping_to_a_short_attempt_and_back_keeps_the_place(open_desk: OpenDesk) -> None:
    async with open_desk(80, 24, long_text()) as desk:
        long_view = desk.session.view
        await desk.press(*["right_curly_bracket"] * 30, *["J"] * 7)
        top = desk.row_of("#2 → #3") + 1
        assert "line 6 of" in desk.lines[top]
        desk.session.view = step_view()._replace(diff=whole({"reply": "short"}))
        await desk.tell("step")
        assert "reply" in desk.lines[top]
        desk.session.view = long_view
        await desk.tell("step")
        assert "line 6 of" in desk.lines[top]


async def test_another_step_begins_at_its_own_place(open_desk: OpenDesk) -> None:
    async with open_desk(80, 24, long_text()) as desk:
        long_view = desk.session.view
        await desk.press(*["right_curly_bracket"] * 30, *["J"] * 7, "k")
        top = desk.row_of("#0 recorded  1 ms") + 1
        assert "nothing changed" in desk.lines[top]
        desk.session.cursor, desk.session.view = 5, long_view
        await desk.tell("step")
        assert "line 6 of" in desk.lines[top]


async def test_a_step_that_is_being_read_leaves_the_one_before_under_its_name(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        desk.session.cursor, desk.session.view = 2, None
        await desk.tell("step")
        assert desk.lines[desk.row_of("read_ticket")].startswith("> ")
        assert "── 5 write_reply ──" in desk.text


async def test_clicks_choose_steps_attempts_tabs_and_saves(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:

        async def click(words: str) -> None:
            row = desk.row_of(words)
            await desk.pilot.click(offset=(desk.lines[row].index(words) + 1, row))
            await desk.pilot.pause()

        await click("#2 base")
        await click("on save: re-run")
        assert desk.session.asked == ["show_attempt 2", "toggle_on_save"]
        await click("5 Console")
        assert "[5 Console]" in desk.text
        await click("look_up_order")
        assert desk.session.cursor == 1


async def test_the_wheel_scrolls_what_is_under_it_and_moves_no_focus(open_desk: OpenDesk) -> None:
    async with open_desk(80, 24, long_text()) as desk:
        await desk.press(*["right_curly_bracket"] * 30)
        row = desk.row_of("text, 60 lines") + 2
        wheel = events.MouseScrollDown(None, 10, row, 0, 1, 0, False, False, False, 10, row)
        desk.app.post_message(wheel)
        await desk.pilot.pause()
        await desk.pilot.pause()
        assert "text, 60 lines" not in desk.text
        assert "══" not in desk.text


async def test_the_rules_over_cause_and_state_name_the_attempt_that_is_shown(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(160, 45) as desk:
        view = desk.session.view
        assert view is not None
        desk.session.view = view._replace(
            state_title="state after #9", cause=replace(view.cause, title="you changed b.md")
        )
        await desk.tell("step")
        assert "── state after #9 ──" in desk.text
        assert "── you changed b.md ──" in desk.text


async def test_a_row_that_does_not_fit_says_so(open_desk: OpenDesk) -> None:
    async with open_desk(160, 45) as desk:
        desk.session.view = step_view()._replace(state=(Row(spans=(Span("word " * 99),)),))
        await desk.tell("step")
        assert desk.lines[desk.row_of("state after #3") + 1].endswith("…")


# While something runs


async def test_a_running_attempt_is_told_and_the_old_output_stays(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        view = desk.session.view
        assert view is not None
        chips = (*view.strip.chips, Chip(4, Outcome.RUNNING, "", base=False, shown=False))
        desk.session.view = view._replace(strip=view.strip._replace(chips=chips))
        desk.session.now = RunningView(5, 4, started=0.0)
        await desk.tell("step", "running")
        # No attempt that ends within 150 ms makes the strip flicker.
        assert "#4" not in desk.text
        desk.main.turn(2)
        await desk.pilot.pause()
        assert "[#3 14:03:40]  ⠹#4" in desk.text
        assert "x stops it | still showing #3" in desk.text
        assert "Dear Ms Lindqvist," in desk.text
        desk.session.now = None
        desk.session.view = step_view(shown=4, newest=4)
        await desk.tell("step", "running")
        assert "[#4 14:04:05]" in desk.text
        assert "⠹" not in desk.text
        assert "#2 → #3  reply" in desk.text


async def test_a_turn_of_the_sign_builds_one_line(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.now = RunningView(6, 1, started=desk.main.clock())
        desk.main.turn(1)
        await desk.pilot.pause()
        before = built(desk)
        desk.main.turn(2)
        await desk.pilot.pause()
        assert "⠹   6 check_reply" in desk.text
        assert built(desk) - before == 1


async def test_no_timer_is_left_when_nothing_runs(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        assert not desk.main.spinning
        desk.session.now = RunningView(5, 4, started=0.0)
        await desk.tell("running")
        assert desk.main.spinning
        desk.session.now = None
        await desk.tell("running")
        assert not desk.main.spinning


# Sizes


async def test_a_storm_of_sizes_ends_nothing_and_loses_nothing(open_desk: OpenDesk) -> None:
    sizes = [(4, 2), (1, 1), (39, 10), (40, 9), (40, 10), (160, 45), (3, 40), (200, 3), (71, 22),
             (72, 21), (119, 50), (120, 22), (60, 20)]  # fmt: skip
    async with open_desk(session=long_text()) as desk:
        for keys in ((), ("5",), ("question_mark",), ("q", "colon"), ("escape", "tab")):
            await desk.press(*keys)
            for width, height in sizes if not keys else sizes[:6]:
                await desk.resize(width, height)
        await desk.press("1", "escape")
        await desk.resize(100, 40)
        assert "[1 Diff]" in desk.text
        assert "> ✓   5 write_reply" in desk.text


@pytest.mark.parametrize("width", [40, 59, 72, 119, 120])
async def test_no_line_is_wider_than_the_terminal(open_desk: OpenDesk, width: int) -> None:
    async with open_desk(width, 33) as desk:
        assert all(len(line) <= width for line in desk.lines)
        assert "on save: re-run 5" in desk.text
        assert "#3" in desk.text
        assert "#2 → #3" in desk.text


async def test_on_a_small_terminal_the_whole_timeline_is_a_key_away(open_desk: OpenDesk) -> None:
    async with open_desk(60, 20) as desk:
        assert "load_ticket" not in desk.text
        await desk.press("tab")
        assert "load_ticket" in desk.text
        await desk.press("k", "enter")
        assert desk.session.cursor == 4
        assert "load_ticket" not in desk.text
        assert "[1 Diff]" in desk.text


async def test_the_peek_has_no_room_for_all_keys_but_for_those_that_changed(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(160, 45) as desk:
        assert desk.row_of("ticket   {4}") < desk.row_of("~ reply    202 chars")
        await desk.resize(160, 40)
        assert desk.row_of("~ reply    202 chars") < desk.row_of("ticket   {4}")
        assert "policy   {3}" not in desk.text
        await desk.press("2")
        assert "2 opens it" not in desk.text, "the State tab shows all of it"


async def test_an_event_is_one_line_in_its_place(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.shown_event = EventLine("14:09:12", "could not read\nthe file", "error")
        await desk.tell("event")
        assert desk.lines[38] == " 14:09:12  could not read⏎the file"


async def test_rows_of_the_console_are_wrapped_whole(open_desk: OpenDesk) -> None:
    async with open_desk(80, 24) as desk:
        words = " ".join(f"word{number}" for number in range(40))
        row = Row(gutter="out", spans=(Span(words),))
        desk.session.view = step_view()._replace(console=(row,))
        await desk.press("5")
        assert all(f"word{number}" in desk.text for number in range(40))
