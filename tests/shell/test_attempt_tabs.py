"""The Prompt and Attempts tabs: a cursor of their own, keys that ask, and a question before a
file is written."""

from __future__ import annotations

import pytest

from lar_debug.model.records import Outcome
from lar_debug.model.tabs import AttemptsView
from tests.shell.attempt_stories import ATTEMPTS, attempted
from tests.shell.conftest import Desk, OpenDesk


def marked(desk: Desk) -> str:
    """The line under the cursor of the open tab."""
    head = desk.row_of("5 Console")
    return next(line for line in desk.lines[head:] if line.startswith("> "))


async def test_the_cursor_walks_from_attempt_to_attempt_and_the_step_stays(
    open_desk: OpenDesk,
) -> None:
    async with open_desk(session=attempted()) as desk:
        await desk.press("4", "enter")
        assert "[#3]" in marked(desk)
        for key, attempt in (("j", "#4"), ("j", "#4"), ("k", "#3"), ("g", "#0"), ("G", "#4")):
            await desk.press(key)
            assert (key, attempt in marked(desk)) == (key, True)
        assert desk.session.cursor == 5


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("space", "hold 2"),
        ("a", "accept 2"),
        ("R", "repeat 2"),
        ("p", "put_back 2"),
        ("u", "undo"),
        ("enter", "show_attempt 2"),
    ],
)
async def test_a_key_is_for_the_attempt_under_the_cursor(
    open_desk: OpenDesk, key: str, asked: str
) -> None:
    session = attempted()
    session.put_back.prepared = None
    async with open_desk(session=session) as desk:
        await desk.press("4", "enter", "k", key)
        assert session.asked == [asked]


async def test_enter_shows_the_attempt_in_diff(open_desk: OpenDesk) -> None:
    async with open_desk(session=attempted()) as desk:
        await desk.press("4", "enter", "k", "enter")
        assert "[1 Diff]" in desk.text


async def test_an_attempt_without_an_output_is_not_shown(open_desk: OpenDesk) -> None:
    session = attempted()
    killed = ATTEMPTS[4]._replace(outcome=Outcome.SUPERSEDED)
    assert session.view is not None
    session.view = session.view._replace(attempts=AttemptsView((*ATTEMPTS[:4], killed), True))
    async with open_desk(session=session) as desk:
        await desk.press("4", "enter", "j", "enter")
        assert "#4 was ended before it had an output" in desk.text
        assert session.asked == []
        await desk.press("H")
        assert session.tabs.wish.killed
        assert "attempts that something newer ended are listed too" in desk.text
        await desk.press("H")
        assert "attempts that something newer ended are left out" in desk.text


async def test_a_note_is_written_in_one_line_with_what_it_was(open_desk: OpenDesk) -> None:
    session = attempted()
    async with open_desk(session=session) as desk:
        await desk.press("4", "enter", "k", "m")
        assert "note beside #2: the tone is right here" in desk.text
        await desk.press("ctrl+u", *"good", "enter")
        assert session.asked == ["note 2 good"]
        await desk.press("m", *"never", "escape")
        assert session.asked == ["note 2 good"]


async def test_the_cursor_stays_on_its_attempt_when_another_one_comes(open_desk: OpenDesk) -> None:
    session = attempted()
    async with open_desk(session=session) as desk:
        await desk.press("4", "enter", "k", "k")
        assert "#1" in marked(desk)
        rows = [row._replace(shown=row.attempt == 4) for row in ATTEMPTS]
        assert session.view is not None
        session.view = session.view._replace(attempts=AttemptsView(tuple(rows)))
        await desk.tell("step")
        assert "#1" in marked(desk)


async def test_the_cursor_goes_with_the_shown_attempt(open_desk: OpenDesk) -> None:
    session = attempted()
    async with open_desk(session=session) as desk:
        await desk.press("4")
        rows = [row._replace(shown=row.attempt == 4) for row in ATTEMPTS]
        assert session.view is not None
        session.view = session.view._replace(attempts=AttemptsView(tuple(rows)))
        await desk.tell("step")
        assert "[#4]" in marked(desk)


async def test_of_many_attempts_the_one_under_the_cursor_is_in_sight(open_desk: OpenDesk) -> None:
    session = attempted()
    rows = [ATTEMPTS[1]._replace(attempt=n, shown=n == 199) for n in range(200)]
    assert session.view is not None
    session.view = session.view._replace(attempts=AttemptsView(tuple(rows)))
    async with open_desk(80, 24, session=session) as desk:
        await desk.press("4", "enter")
        assert "[#199]" in marked(desk)
        await desk.press("g")
        assert "#0" in marked(desk)


async def test_put_back_shows_what_it_would_write_and_writes_on_y_alone(
    open_desk: OpenDesk,
) -> None:
    session = attempted()
    async with open_desk(session=session) as desk:
        await desk.press("3", "enter", "j", "j")
        assert "template prompts/reply.md" in marked(desk)
        for key, answer in (("q", "leave"), ("escape", "leave"), ("n", "leave"), ("y", "write")):
            session.asked.clear()
            await desk.press("p")
            assert "══ put back #3: prompts/reply.md" in desk.lines[0]
            assert " - │Write a formal answer. Name" in desk.text
            await desk.press("x", "r", "enter", key)
            assert session.asked == ["put_back 3 /shop/prompts/reply.md", answer]
        await desk.press("u")
        assert session.asked[-1] == "undo"


async def test_what_the_model_was_sent_stands_in_no_file(open_desk: OpenDesk) -> None:
    session = attempted()
    async with open_desk(session=session) as desk:
        await desk.press("3", "enter", "p")
        assert "this text stands in no file" in desk.text
        assert session.asked == []


async def test_the_palette_accepts_and_puts_back_the_shown_attempt(open_desk: OpenDesk) -> None:
    session = attempted()
    session.put_back.prepared = None
    async with open_desk(session=session) as desk:
        for words in ("Accept", "Put texts back"):
            await desk.press("colon", *words.replace(" ", "\t").split("\t")[0])
            await desk.found()
            await desk.press("enter")
        assert session.asked == ["accept 3", "put_back 3"]
