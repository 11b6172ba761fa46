"""Recorded text in any pane stays text: no terminal obeys it, no click runs it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.segment import Segment

from lar_debug.diff.build import build, whole
from lar_debug.model.changes import Row, Span
from lar_debug.model.document import CauseBlock, CauseDocument, TreeRow
from lar_debug.model.records import Outcome
from lar_debug.model.views import EventLine, TimelineRow
from lar_debug.shell.app import LarDebugApp
from tests.hostile import HOSTILE, obeyed
from tests.shell.fake_session import HEADER, FakeSession, Rows, step_view
from tests.shell.screen_text import screen_segments

SIZES = [(160, 45), (60, 20)]


def hostile_session(text: str) -> FakeSession:
    """A session that says `text` wherever recorded text can stand."""
    session = FakeSession()
    session.head = replace(HEADER, target=text, run=text, status=text, environment=text)
    session.rows = Rows(
        [TimelineRow(n, text, Outcome.SUCCESS, "", f"+{text}", 1, 1, 1) for n in range(9)]
    )
    view = step_view()
    label = replace(view.strip.chips[3], label=text)
    rows = (Row("~", (Span(text, "key"), Span(text)), gutter="out"),)
    session.view = replace(
        view,
        label=text,
        type=text,
        where=text,
        reads=(text, text),
        note=text,
        strip=replace(view.strip, chips=(*view.strip.chips[:3], label), loading=text),
        verdict=(Span(text), Span(f" | {text}", "error")),
        diff=build({"a": "kept", "b": text, text: 1}, {"a": text, "b": "kept " + text[:50]}),
        cause=CauseDocument(text, text, text, text, (CauseBlock(text, (Span(text),)),)),
        console=rows,
        state=rows,
        state_title=text,
        state_size=text,
    )
    session.shown_event = EventLine(text, text, "error")
    return session


def assert_only_text(segments: list[list[Segment]], width: int, name: str = "") -> None:
    for line in segments:
        assert sum(segment.cell_length for segment in line) == width, name
        for segment in line:
            assert not obeyed(segment.text), (name, segment.text)
            assert "\n" not in segment.text
            assert "\t" not in segment.text
            assert segment.style is None or "@click" not in str(segment.style.meta)
            assert segment.style is None or segment.style.link is None


@pytest.mark.parametrize("size", SIZES)
async def test_no_pane_lets_recorded_text_through_to_the_terminal(size: tuple[int, int]) -> None:
    session = FakeSession()
    app = LarDebugApp(session, environ={})
    async with app.run_test(size=size) as pilot:
        for name, text in HOSTILE.items():
            told = hostile_session(text)
            session.head, session.rows, session.view = told.head, told.rows, told.view
            session.shown_event = told.shown_event
            session.tell("all")
            for number in (1, 5):
                app.screen.call_later(app.screen.run_action, f"tab({number})")
                await pilot.pause()
                assert_only_text(screen_segments(app), size[0], name)


async def test_recorded_text_cannot_be_clicked() -> None:
    session = hostile_session(HOSTILE["clickable markup"])
    app = LarDebugApp(session, environ={})
    async with app.run_test(size=(100, 30)) as pilot:
        lines = ["".join(segment.text for segment in line) for line in screen_segments(app)]
        places = [
            (line.index("press me") + 2, row)
            for row, line in enumerate(lines)
            if "press me" in line
        ]
        assert len(places) > 8
        for place in places:
            await pilot.click(offset=place)
        await pilot.pause()
        assert app.is_running
        assert set(session.asked) <= {"toggle_on_save", "show_attempt 3"}


async def test_markup_is_shown_as_it_was_written() -> None:
    session = FakeSession()
    text = HOSTILE["markup"]
    session.view = replace(step_view(), diff=whole({"reply": text}))
    app = LarDebugApp(session, environ={})
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        shown = "\n".join(
            "".join(segment.text for segment in line) for line in screen_segments(app)
        )
        assert text in shown


async def test_a_row_of_a_tree_is_text_too() -> None:
    session = FakeSession()
    row = TreeRow("~", (Span("[@click=app.quit]key[/]", "key"), Span("\x1b[2J → \x9b31m")))
    session.view = replace(step_view(), diff=replace(whole({}), blocks=(row,)))
    app = LarDebugApp(session, environ={})
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert_only_text(screen_segments(app), 100)
