"""Recorded text in any pane stays text: no terminal obeys it, no click runs it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from rich.segment import Segment
from textual.events import Paste

from lar_debug.diff.build import build, whole
from lar_debug.diff.text_diff import compare_texts
from lar_debug.model.changes import Row, Span
from lar_debug.model.document import CauseBlock, CauseDocument, Document, TreeRow
from lar_debug.model.records import Outcome, RunStatus
from lar_debug.model.runs import RunRow, RunsView
from lar_debug.model.tabs import (
    AttemptRow,
    AttemptsView,
    PromptSection,
    PromptView,
    PutBackView,
    StateRow,
    StateView,
    StateWish,
)
from lar_debug.model.views import EventLine, KeyChange, TimelineRow
from lar_debug.panes._signs import UNICODE_SIGNS
from lar_debug.shell.app import LarDebugApp
from lar_debug.shell.clipboard import cleaned, osc52
from lar_debug.shell.confirm_screen import ConfirmScreen
from lar_debug.shell.main_screen import MainScreen
from lar_debug.shell.title import title_of
from tests.hostile import HOSTILE, obeyed
from tests.shell.fake_session import HEADER, FakeSession, Rows, step_view
from tests.shell.screen_text import screen_segments
from tests.shell.test_picker import FakeRuns, open_picker

SMALL = (60, 20)
SIZES = [(160, 45), SMALL]


def hostile_session(text: str) -> FakeSession:
    """A session that says `text` wherever recorded text can stand."""
    session = FakeSession()
    session.head = HEADER._replace(target=text, run=text, status=text, environment=text)
    session.rows = Rows(
        [TimelineRow(n, text, Outcome.SUCCESS, "", f"+{text}", 1, 1, 1) for n in range(9)]
    )
    view = step_view()
    label = view.strip.chips[3]._replace(label=text)
    rows = (Row("~", (Span(text, "key"), Span(text)), gutter="out"),)
    session.view = view._replace(
        label=text,
        type=text,
        where=text,
        reads=(text, text),
        note=text,
        strip=view.strip._replace(chips=(*view.strip.chips[:3], label), loading=text),
        verdict=(Span(text), Span(f" | {text}", "error")),
        diff=build({"a": "kept", "b": text, text: 1}, {"a": text, "b": "kept " + text[:50]}),
        cause=CauseDocument(text, text, text, text, (CauseBlock(text, (Span(text),)),)),
        console=rows,
        state=rows,
        state_title=text,
        state_size=text,
        **hostile_tabs(text),
    )
    session.shown_event = EventLine(text, text, "error")
    return session


def hostile_tabs(text: str) -> dict[str, Any]:
    """What State, Prompt and Attempts show, made of `text`."""
    value = StateRow(text, 0, text, (Span(text), Span(text, "in")), "~", "open", note=text)
    inside = value._replace(depth=1, fold="closed")
    values = (value, inside, StateRow(text, 1, text, more=9))
    section = PromptSection(
        text, text, text, 1, "differs", can_put_back=True, notes=(text,), place=text
    )
    row = AttemptRow(
        3, Outcome.ERROR, text, (Span(text, "word in"),), 1, 1, text, shown=True, note=text
    )
    return {
        "state_view": StateView(StateWish(), text, values),
        "prompt": PromptView(3, text, (section, section)),
        "attempts": AttemptsView((row, row._replace(attempt=4, shown=False, accepted=True))),
    }


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
            for number in range(1, 6):
                app.screen.call_later(app.screen.run_action, f"tab({number})")
                await pilot.pause()
                assert_only_text(screen_segments(app), size[0], name)


async def test_a_value_alone_is_text() -> None:
    session = FakeSession()
    app = LarDebugApp(session, environ={})
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("2")
        for name, text in HOSTILE.items():
            rows = tuple(Row(bar=True, spans=(Span(line),)) for line in text.split("\n")[:99])
            view = StateView(StateWish(alone=text), text, text=rows, size=text)
            session.view = step_view()._replace(state_view=view)
            session.tell("step")
            await pilot.pause()
            assert_only_text(screen_segments(app), SMALL[0], name)


async def test_a_question_and_old_messages_are_text() -> None:
    session = FakeSession()
    app = LarDebugApp(session, environ={})
    async with app.run_test(size=SMALL) as pilot:
        for name, text in HOSTILE.items():
            session.put_back.prepared = PutBackView(
                text, Document((compare_texts(text, "old", text), *build({}, {"a": text}).blocks))
            )
            session.put_back.ask(3)
            session.tell("question")
            await pilot.pause()
            assert isinstance(app.screen, ConfirmScreen)
            assert_only_text(screen_segments(app), SMALL[0], name)
            await pilot.press("q")
            session.shown_event = EventLine(text, text, shorter=(text, text[:9]))
            app.action_show_events()
            await pilot.pause()
            assert_only_text(screen_segments(app), SMALL[0], name)
            await pilot.press("q")


async def test_the_history_of_a_key_and_the_field_are_text() -> None:
    session = FakeSession()
    app = LarDebugApp(session, environ={})
    async with app.run_test(size=SMALL) as pilot:
        main = app.screen
        assert isinstance(main, MainScreen)
        for name, text in HOSTILE.items():
            session.walking.history.keys = {text: (KeyChange(5, text, "+", (Span(text, "in"),)),)}
            main.action_history(text)
            await pilot.pause()
            assert_only_text(screen_segments(app), SMALL[0], name)
            await pilot.press("q")
            main.ask(text, lambda _: True, text)
            await pilot.pause()
            assert_only_text(screen_segments(app), SMALL[0], name)
            await pilot.press("home")
            assert_only_text(screen_segments(app), SMALL[0], name)
            await pilot.press("escape")


async def test_a_key_in_the_palette_is_text() -> None:
    session = FakeSession()
    for name, text in HOSTILE.items():
        session.walking.history.keys = {f"key {text}": ()}
        app = LarDebugApp(session, environ={})
        async with app.run_test(size=SMALL) as pilot:
            await pilot.press("colon", *"key")
            await cast("Any", app.workers).wait_for_complete()
            app.post_message(Paste(text))
            await pilot.press("home", "delete", "k")
            shown = "".join(part.text for line in screen_segments(app) for part in line)
            assert_only_text(screen_segments(app), SMALL[0], name)
            assert ":" in shown, name
            await pilot.press("home", "ctrl+k", *"key")
            await cast("Any", app.workers).wait_for_complete()
            await pilot.pause()
            shown = "".join(part.text for line in screen_segments(app) for part in line)
            assert_only_text(screen_segments(app), SMALL[0], name)
            assert "History of key" in shown, name


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_of_runs_is_text(size: tuple[int, int]) -> None:
    runs = FakeRuns()
    async with open_picker(runs, size) as desk:
        for name, text in HOSTILE.items():
            first = RunRow(
                "7f", text[:99] or "7f", text, 0, RunStatus.FAILED, 1.0, text, 1, 9, 9, text
            )
            runs.view = RunsView(text, (first, first._replace(run="8c", depth=9)), 9, read=True)
            runs.on_change()
            await desk.press("d")
            assert_only_text(screen_segments(desk.app), size[0], name)
            runs.on_problem(text)
            await desk.pilot.pause()
            assert_only_text(screen_segments(desk.app), size[0], name)
            runs.view = RunsView(text, (), 0, read=True)
            runs.on_change()
            await desk.pilot.pause()
            assert_only_text(screen_segments(desk.app), size[0], name)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_the_terminal_is_told_beside_the_screen_is_text(name: str) -> None:
    view = step_view()._replace(label=HOSTILE[name])
    told = [title_of(view, UNICODE_SIGNS), cleaned(HOSTILE[name]).decode()]
    assert not any(map(obeyed, told))
    assert "\n" not in told[0]
    # The text itself is told as base64, which ends no sequence.
    assert osc52(cleaned(HOSTILE[name]), {}).count("\x1b") == 1


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
    session.view = step_view()._replace(diff=whole({"reply": text}))
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
    session.view = step_view()._replace(diff=replace(whole({}), blocks=(row,)))
    app = LarDebugApp(session, environ={})
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert_only_text(screen_segments(app), 100)
