"""The list of runs on the screen: what it shows, opening a run and coming back, deleting one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunStatus
from lar_debug.model.runs import RunRow, RunsView
from lar_debug.shell.app import LarDebugApp
from tests.shell.conftest import Desk
from tests.shell.fake_session import FakeSession

TODAY = time.mktime((*time.localtime()[:3], 14, 1, 0, 0, 0, -1))
FINISHED, FAILED = RunStatus.FINISHED, RunStatus.FAILED

ROWS = (
    RunRow("7f3a00", "7f3a", "support_reply", 0, FINISHED, TODAY, "agent.py", None, 7, 579,
           "3 attempts at 5"),
    RunRow("8c4100", "8c41", "from 7f3a:5@3", 1, FINISHED, TODAY, "agent.py", None, 2, 61),
    RunRow("6c0200", "6c02", "support_reply", 0, FAILED, TODAY, "agent.py", 5, 6, 188,
           "KeyError: 'oder'"),
)  # fmt: skip


class FakeRuns:
    """A list that changes when a test says so."""

    def __init__(self, rows: tuple[RunRow, ...] = ROWS) -> None:
        self.view = RunsView("~/src/shop", rows, 1_200_000, read=True)
        self.on_change: Callable[[], None] = lambda: None
        self.on_problem: Callable[[str], None] = lambda _: None
        self.following = 0
        self.opened: list[str] = []
        self.deleted: list[str] = []
        self.sessions: list[FakeSession] = []

    def show(self, *rows: RunRow) -> None:
        self.view = RunsView("~/src/shop", rows, 1_200_000, read=True)
        self.on_change()

    async def follow(self) -> None:
        self.following += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.following -= 1

    async def open(self, run: str) -> FakeSession:
        if run == "6c0200":
            raise Problem("6c02 cannot be read: it is damaged")
        self.opened.append(run)
        self.sessions.append(FakeSession())
        return self.sessions[-1]

    async def delete(self, run: str) -> None:
        if run == "8c4100":
            raise Problem("run 8c4100 is running; stop it first")
        self.deleted.append(run)
        self.show(*(row for row in self.view.rows if row.run != run))


@asynccontextmanager
async def open_picker(
    runs: FakeRuns, size: tuple[int, int] = (110, 12), *, ascii: bool = False
) -> AsyncGenerator[Desk]:
    app = LarDebugApp(None, runs=runs, ascii=ascii, environ={})
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Desk(app, FakeSession(), pilot)


async def test_runs_stand_newest_first_and_forks_under_their_parent():
    async with open_picker(FakeRuns()) as desk:
        head = "/ filter  Enter open  d delete  ? help  q quit"
        assert desk.lines[0].startswith(" lar-debug  ~/src/shop   3 runs, 1.2 MB   ")
        assert desk.lines[0].endswith(head)
        assert [" ".join(line.split()) for line in desk.lines[1:4]] == [
            "> 7f3a support_reply finished 7 steps 579 tok today 14:01 3 attempts at 5",
            "8c41 └ from 7f3a:5@3 finished 2 steps 61 tok today 14:01",
            "6c02 support_reply failed at 5 6 steps 188 tok today 14:01 KeyError: 'oder'",
        ]


async def test_a_project_without_runs_says_what_to_do():
    async with open_picker(FakeRuns(())) as desk:
        assert desk.lines[1:4] == [
            " No runs in ~/src/shop yet.   lar-debug run agent.py         "
            "your script, as it is, recorded",
            "                              lar-debug run agent.py:entry --input "
            '\'{"ticket": "..."}\'',
            "                              lar-debug demo                 "
            "a sample to play with           q quit",
        ]
        await desk.press("enter", "d", "y", "j", "slash", "x", "enter", "q", "q")
        assert not desk.app.is_running


async def test_enter_opens_a_run_and_q_comes_back_to_it():
    runs = FakeRuns()
    async with open_picker(runs) as desk:
        await desk.press("j", "enter")
        assert runs.opened == ["8c4100"]
        assert "[1 Diff]" in desk.text
        assert runs.following == 0
        assert runs.sessions[0].opened
        await desk.press("q")
        assert runs.sessions[0].closed
        assert desk.lines[2].startswith("> 8c41")
        assert runs.following == 1
        await desk.press("enter")
        assert runs.opened == ["8c4100", "8c4100"]
        await desk.press("q", "q")
        assert not desk.app.is_running


async def test_a_run_that_cannot_be_opened_is_one_line():
    runs = FakeRuns()
    async with open_picker(runs) as desk:
        await desk.press("G", "enter")
        assert "6c02 cannot be read: it is damaged" in desk.lines[-1]
        await desk.press("g", "enter")
        assert runs.opened == ["7f3a00"]


async def test_another_run_is_opened_from_a_run_that_was_opened_directly():
    runs, session = FakeRuns(), FakeSession()
    app = LarDebugApp(session, runs=runs, environ={})
    async with app.run_test(size=(110, 30)) as pilot:
        desk = Desk(app, session, pilot)
        await desk.press("colon", *"open another")
        await desk.found()
        await desk.press("enter")
        await desk.pilot.pause()
        assert session.closed
        assert "3 runs" in desk.lines[0]
        await desk.press("enter")
        assert runs.opened == ["7f3a00"]
        await desk.press("q")
        assert "3 runs" in desk.lines[0]


async def test_a_run_is_deleted_after_a_question():
    runs = FakeRuns()
    async with open_picker(runs) as desk:
        await desk.press("d")
        assert "delete 7f3a support_reply, 7 steps?  y deletes it" in desk.lines[-1]
        await desk.press("j", "y")
        assert runs.deleted == []
        assert "not deleted" in desk.lines[-1]
        await desk.press("d", "n")
        assert "not deleted" in desk.lines[-1]
        await desk.press("y")
        assert runs.deleted == []
        await desk.press("d", "y")
        assert "run 8c4100 is running; stop it first" in desk.lines[-1]
        await desk.press("k", "d", "escape", "y")
        assert runs.deleted == []
        await desk.press("d", "y", "y")
        assert runs.deleted == ["7f3a00"]
        assert "deleted 7f3a support_reply" in desk.lines[-1]
        assert desk.lines[1].startswith("> 8c41")


async def test_new_runs_come_by_themselves_and_the_cursor_stays_on_its_run():
    runs = FakeRuns(ROWS[1:])
    async with open_picker(runs) as desk:
        await desk.press("j")
        runs.show(*ROWS)
        await desk.pilot.pause()
        assert desk.lines[3].startswith("> 6c02")


async def test_a_filter_works_while_it_is_typed_and_esc_shows_all():
    async with open_picker(FakeRuns()) as desk:
        await desk.press("slash", *"KEYerr")
        assert desk.lines[1].startswith("> 6c02")
        assert desk.lines[-1] == " / KEYerr"
        assert desk.lines[2] == ""
        await desk.press("enter", "j")
        assert "/KEYerr" in desk.lines[0]
        await desk.press("escape")
        assert desk.lines[3].startswith("> 6c02")
        await desk.press("slash", *"7f3a", "escape")
        assert "6c02" in desk.text


async def test_what_is_wrong_with_the_store_is_told_and_the_list_stays():
    runs = FakeRuns()
    async with open_picker(runs) as desk:
        runs.on_problem("recordings.db is locked by another program; try again when it is done")
        await desk.pilot.pause()
        assert "is locked by another program" in desk.lines[-1]
        assert "7f3a" in desk.text


async def test_a_narrow_terminal_keeps_what_tells_runs_apart():
    async with open_picker(FakeRuns(), (44, 8)) as desk:
        assert desk.lines[1].startswith("> 7f3a  support_reply    finished")
        assert all(len(line) <= 44 for line in desk.lines)


async def test_hostile_texts_are_only_shown():
    hostile = RunRow("7f", "7f", "\x1b]0;evil\x07[b]\nx", 0, FAILED, TODAY, "", 1, 1, 0, "\x1b[2J")
    async with open_picker(FakeRuns((hostile,))) as desk:
        assert "␛]0;evil␇[b]⏎x" in desk.text
        assert "\x1b" not in desk.text


async def test_a_list_in_ascii_has_ascii_signs():
    async with open_picker(FakeRuns(), ascii=True) as desk:
        assert desk.text.isascii()
