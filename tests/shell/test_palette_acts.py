"""What only the palette offers, done from any tab and without a pane in focus."""

from __future__ import annotations

from pathlib import Path

import pytest

from lar_debug.shell.commands import commands_of, fitting
from lar_debug.shell.keys import KEYS
from tests.shell.attempt_stories import attempted
from tests.shell.conftest import Desk, OpenDesk
from tests.shell.fake_session import NEW_REPLY
from tests.shell.state_story import order_changed


async def choose(desk: Desk, name: str) -> None:
    await desk.press("colon", *name)
    await desk.found()
    await desk.press("enter")
    await desk.found()


async def test_a_note_is_written_beside_the_shown_attempt(open_desk: OpenDesk) -> None:
    async with open_desk(session=attempted()) as desk:
        await choose(desk, "note")
        assert "note beside #3:" in desk.text
        await desk.press(*"good", "enter")
        assert desk.session.asked == ["note 3 good"]


async def test_the_note_that_is_there_is_offered_and_not_lost(open_desk: OpenDesk) -> None:
    session = attempted()
    view = session.view
    assert view is not None
    assert view.attempts is not None
    rows = tuple(row._replace(shown=row.attempt == 2) for row in view.attempts.rows)
    session.view = view._replace(attempts=view.attempts._replace(rows=rows))
    async with open_desk(session=session) as desk:
        await choose(desk, "note")
        assert "note beside #2: the tone is right here" in desk.text


async def test_the_engines_own_keys_are_asked_for(open_desk: OpenDesk) -> None:
    async with open_desk(session=order_changed()) as desk:
        await choose(desk, "hidden keys")
        assert "[2 State]" in desk.text
        assert desk.session.tabs.wish.state.hidden
        await choose(desk, "hidden keys")
        assert not desk.session.tabs.wish.state.hidden


async def test_the_path_that_e_would_open_is_copied(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await choose(desk, "copy path")
        assert desk.app.clipboard == "/shop/prompts/reply.md:9"
        assert "copied: /shop/prompts/reply.md:9" in desk.text


async def test_the_output_is_saved_to_a_new_file_and_no_other(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_desk() as desk:
        await choose(desk, "save output")
        await desk.press(*"reply", "enter")
        await desk.found()
        assert Path("reply").read_text(encoding="utf-8") == NEW_REPLY
        assert "saved to reply" in desk.text
        Path("reply").write_text("mine", encoding="utf-8")
        for name, told in (("reply", "File exists"), ("no/such", "No such file")):
            await choose(desk, "save output")
            await desk.press(*name, "enter")
            await desk.found()
            assert f"{name} cannot be written: {told}" in desk.text
        assert Path("reply").read_text(encoding="utf-8") == "mine"


async def test_nothing_to_save_leaves_no_file(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_desk() as desk:
        # The Prompt tab of a step that called no model.
        await desk.press("3")
        await choose(desk, "save output")
        await desk.press(*"reply", "enter")
        await desk.found()
        assert "there is nothing to save" in desk.text
        assert not list(tmp_path.iterdir())


def test_a_name_that_begins_with_what_was_typed_comes_first() -> None:
    commands = commands_of(KEYS)
    assert fitting("save", commands)[0].command.label == "Save output to file…"
    assert fitting("re-run", commands)[0].command.label == "Re-run step"
    assert "On save: re-run or only mark" in [
        one.command.label for one in fitting("save", commands)
    ]
