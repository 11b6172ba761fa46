"""Keys typed faster than the screen paints act one after the other, as if there were time between.

What is typed behind a key that opens a line to type into is text for it, and never a command.
"""

from __future__ import annotations

import pytest

from lar_debug.panes.text_field import TextField
from lar_debug.shell.palette_screen import PaletteScreen
from tests.shell.attempt_stories import attempted
from tests.shell.conftest import OpenDesk
from tests.shell.fake_session import FakeSession
from tests.shell.state_story import order_changed
from tests.shell.test_picker import FakeRuns, open_picker

COMMANDS = "rxwcbjkq"
"""Letters that would do something, were they taken for keys of the screen."""


async def test_letters_behind_the_search_are_looked_for(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press_at_once("j", "slash", *COMMANDS, "slash", "colon", "enter", "k")
        assert desk.session.asked == [f"find {COMMANDS}/:"]
        assert desk.session.cursor == 5


async def test_letters_behind_a_state_edit_are_of_the_value_under_the_cursor(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(session=order_changed()) as desk:
        await desk.press("2")
        await desk.press_at_once("tab", "j", "j", "i", "backspace", *COMMANDS)
        assert desk.session.asked == ["edit topic"]
        assert f"topic = 89.{COMMANDS}" in desk.text


async def test_letters_behind_a_note_are_the_note(open_desk: OpenDesk) -> None:
    async with open_desk(session=attempted()) as desk:
        await desk.press("4")
        await desk.press_at_once("enter", "k", "k", "m", *COMMANDS, "enter")
        assert desk.session.asked == [f"note 1 {COMMANDS}"]


async def test_letters_behind_the_colon_are_a_search_for_commands(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press_at_once("j", "colon", *COMMANDS)
        assert isinstance(desk.app.screen, PaletteScreen)
        assert desk.app.screen.query_one(TextField).text == COMMANDS
        assert desk.session.asked == []


async def test_letters_behind_the_filter_of_the_runs_are_the_filter() -> None:
    runs = FakeRuns()
    async with open_picker(runs) as desk:
        await desk.press_at_once("slash", *"dyq")
        assert desk.lines[-1] == " / dyq"
        assert runs.deleted == []
        assert desk.app.is_running


@pytest.mark.parametrize("page", ["question_mark", "p"])
async def test_a_page_takes_the_keys_that_were_typed_behind_the_one_that_opened_it(
    open_desk: OpenDesk, page: str
) -> None:
    session = FakeSession() if page == "question_mark" else attempted()
    async with open_desk(session=session) as desk:
        await desk.press("3", "enter", "j", "j")
        session.asked.clear()
        await desk.press_at_once(page, "j", "pagedown", "k", "q", "r")
        assert session.asked[-1] == "rerun"
        assert desk.app.screen is desk.main


async def test_keys_behind_a_tab_wait_for_what_it_shows(open_desk: OpenDesk) -> None:
    session = attempted()
    late = session.view
    assert late is not None
    session.view = late._replace(attempts=None)

    async def settled() -> None:
        session.view = late
        session.tell("step")

    session.settled = settled
    async with open_desk(session=session) as desk:
        await desk.press_at_once("4", "tab", "k", "enter")
        assert session.asked == ["show_attempt 2"]


async def test_keys_behind_a_question_that_is_being_put_are_its_answer(
    open_desk: OpenDesk,
) -> None:
    session = attempted()
    prepared, session.put_back.prepared = session.put_back.prepared, None

    async def answered() -> None:
        if session.asked == ["put_back 3"]:
            session.put_back.question = prepared
            session.asked.append("put")
            session.tell("question")

    session.answered = answered
    async with open_desk(session=session) as desk:
        await desk.press("4", "tab")
        await desk.press_at_once("p", "j", "q", "r")
        assert session.asked == ["put_back 3", "put", "leave", "rerun"]
        assert desk.app.screen is desk.main


async def test_a_key_that_means_nothing_on_a_page_means_nothing_below_it(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.press_at_once("question_mark", "r", "x", "w", "q")
        assert desk.session.asked == []
        assert desk.app.screen is desk.main


async def test_esc_and_the_letter_behind_it_are_two_keys(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press_at_once("slash", "a", "alt+j", "alt+shift+j")
        assert desk.session.asked == []
        assert desk.session.cursor == 6
