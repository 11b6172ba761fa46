"""The key that continues from an attempt: what it asks, and the new run in the place of the old."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from lar_debug.model.problem import Problem
from lar_debug.model.views import RunningView
from lar_debug.shell.app import LarDebugApp
from lar_debug.shell.main_screen import MainScreen
from tests.shell.conftest import Desk, OpenDesk
from tests.shell.fake_session import FakeSession
from tests.shell.test_picker import FakeRuns


def at_an_attempt() -> FakeSession:
    """A finished run: there is nothing that it could go on with by itself."""
    session = FakeSession()
    session.continuing.goes_on_itself = False
    return session


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("c", ["fork to the end"]),
        ("n", ["fork for one step"]),
        ("q", []),
        ("escape", []),
        ("enter", []),
    ],
)
async def test_one_key_says_how_far_the_new_run_is_to_go(
    open_desk: OpenDesk, key: str, asked: list[str]
) -> None:
    async with open_desk(session=at_an_attempt()) as desk:
        await desk.press("c")
        question = "Continue from #3 as a new run with check_reply, models for real: n next step"
        assert question in desk.text
        await desk.press("x", "j")
        assert question in desk.text, "keys without a meaning are dropped"
        await desk.press(key)
        assert desk.session.asked == asked
        assert (question in desk.text) == (key == "enter")
        assert isinstance(desk.app.screen, MainScreen), "q was the answer, not the end"


async def test_both_keys_may_be_typed_at_once(open_desk: OpenDesk) -> None:
    async with open_desk(session=at_an_attempt()) as desk:
        await desk.press_at_once("c", "c")
        assert desk.session.asked == ["fork to the end"]


async def test_where_there_is_less_room_it_is_asked_in_fewer_words(open_desk: OpenDesk) -> None:
    async with open_desk(60, 20, at_an_attempt()) as desk:
        await desk.press("c")
        assert " #3 as a new run: n next, c all, q no" in desk.text


async def test_what_cannot_be_continued_says_why(open_desk: OpenDesk) -> None:
    async with open_desk(session=at_an_attempt()) as desk:
        desk.session.continuing.asks = Problem("6@0 leads to no node: continue from a step before")
        await desk.press("c")
        assert "6@0 leads to no node" in desk.text


async def test_a_run_that_waits_is_answered_and_the_palette_continues_it_all_the_same(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:
        await desk.press("c", "y", "enter")
        assert desk.session.asked == ["go_on"]
        await desk.press("colon", *"continue from")
        await desk.found()
        await desk.press("enter", "n")
        assert desk.session.asked == ["go_on", "fork for one step"]


def a_fork() -> FakeSession:
    session = FakeSession()
    session.head = session.head._replace(run="8c41", origin="continued from #3 of 7f3a:5")
    session.came_from = "7f3a"
    session.continuing.begun = FakeSession()
    return session


@asynccontextmanager
async def app_on(session: FakeSession) -> AsyncGenerator[Desk]:
    app = LarDebugApp(session, runs=FakeRuns(), environ={})
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        yield Desk(app, session, pilot)


async def begin(desk: Desk) -> FakeSession:
    """The new run has begun."""
    desk.session.continuing.begun = fork = a_fork()
    await desk.tell("fork")
    await desk.pilot.pause()
    return fork


async def test_the_new_run_takes_the_place_of_the_one_that_it_continues() -> None:
    async with app_on(at_an_attempt()) as desk:
        fork = await begin(desk)
        assert "8c41  continued from #3 of 7f3a:5  " in desk.lines[0]
        assert (desk.session.closed, fork.opened) == (True, True)
        await desk.press("q")
        assert " 7f3a  recorded" in desk.lines[0], "q goes back to where it was left"
        assert fork.closed
        await desk.press("q")
        assert desk.app.return_code == 0


async def test_of_little_room_the_header_says_which_attempt_it_was() -> None:
    async with app_on(at_an_attempt()) as desk:
        await begin(desk)
        await desk.resize(80, 24)
        assert "8c41  continued from #3  finished" in desk.lines[0]


async def test_while_it_goes_on_leaving_it_is_asked_once_more() -> None:
    async with app_on(at_an_attempt()) as desk:
        fork = await begin(desk)
        fork.now = RunningView(6, 0, 0.0)
        await desk.press("q")
        assert "q again stops it and goes back" in desk.text
        assert not fork.closed
        await desk.press("q")
        assert (" 7f3a  recorded" in desk.lines[0], fork.closed) == (True, True)


async def test_what_is_being_typed_is_not_lost_to_it() -> None:
    async with app_on(at_an_attempt()) as desk:
        await desk.press("slash", *"tent")
        await begin(desk)
        assert "/ tent" in desk.text
        assert " 7f3a  recorded" in desk.lines[0]
        await desk.press("enter")
        await desk.pilot.pause()
        assert "8c41  continued from #3" in desk.lines[0]


async def test_help_that_is_open_meanwhile_gives_way_and_the_list_is_one_key_away() -> None:
    async with app_on(at_an_attempt()) as desk:
        await desk.press("question_mark")
        await begin(desk)
        assert "8c41  continued from #3" in desk.lines[0]
        await desk.press("colon", *"open another")
        await desk.found()
        await desk.press("enter")
        assert "3 runs, 1.2 MB" in desk.lines[0]


async def test_a_run_that_was_deleted_meanwhile_is_not_gone_back_to() -> None:
    async with app_on(at_an_attempt()) as desk:
        fork = await begin(desk)

        async def gone() -> FakeSession:
            raise Problem("no run 7f3a")

        fork.continuing.back = gone
        await desk.press("q")
        assert desk.app.return_code == 0
