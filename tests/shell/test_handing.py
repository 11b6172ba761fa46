"""What leaves the screen: copied text, the title of the terminal, its bell."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from lar_debug.model.problem import Problem
from lar_debug.model.records import Outcome
from lar_debug.model.views import Chip, RunningView
from lar_debug.panes._signs import ASCII_SIGNS, UNICODE_SIGNS
from lar_debug.shell.clipboard import MOST_BYTES, cleaned, osc52, terminal_takes
from lar_debug.shell.title import Bell, Title, title_of
from tests.hostile import HOSTILE, obeyed
from tests.shell.conftest import OpenDesk
from tests.shell.fake_session import NEW_REPLY, step_view


async def test_y_copies_what_the_open_tab_shows(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("y")
        await desk.found()
        assert desk.app.clipboard == NEW_REPLY
        assert "copied: the output" in desk.text
        await desk.press("5", "y")
        await desk.found()
        assert desk.app.clipboard == (
            "asking offline/echo\nno key is set, the offline model answers"
        )
        await desk.press("s", "y")
        await desk.found()
        assert desk.app.clipboard == "asking offline/echo"


async def test_y_copies_the_cause_where_that_has_the_focus(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("tab", "tab", "y")
        await desk.found()
        assert "Write a formal answer in two bullets." in desk.app.clipboard


async def test_shift_y_copies_the_command_that_shows_it(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("Y")
        await desk.found()
        assert desk.app.clipboard == "lar-debug show 7f3a --step 5"
        assert "copied: lar-debug show 7f3a --step 5" in desk.text


async def test_what_is_too_large_for_a_terminal_goes_into_a_file_for_this_user_alone(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with open_desk(160, 45) as desk:
        desk.session.handing.written = "x" * (MOST_BYTES + 1)
        await desk.press("y")
        await desk.found()
        (file,) = tmp_path.iterdir()
        assert str(file) in desk.text
        assert file.read_text() == desk.session.handing.written
        assert file.stat().st_mode & 0o777 == 0o600
        assert desk.app.clipboard == ""


async def test_a_terminal_without_a_clipboard_gets_a_file_too(
    open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with open_desk(160, 45) as desk:
        desk.app.environ = {"TERM": "dumb"}
        await desk.press("y")
        await desk.found()
        (file,) = tmp_path.iterdir()
        assert file.read_text() == NEW_REPLY


async def test_nothing_to_copy_is_one_line(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:

        async def none() -> str:
            raise Problem("step 5 wrote nothing")

        monkeypatch.setattr(desk.session.handing, "output", none)
        await desk.press("y")
        await desk.found()
        assert "step 5 wrote nothing" in desk.text


@pytest.mark.parametrize("name", HOSTILE)
def test_copied_text_has_nothing_that_a_terminal_obeys(name: str) -> None:
    assert not obeyed(cleaned(HOSTILE[name]).decode())


def test_newlines_and_tabs_are_copied_as_they_are() -> None:
    assert cleaned("a\n\tb\x1b[31m") == "a\n\tb␛[31m".encode()


def test_the_terminal_gets_it_in_one_sequence_and_the_one_around_tmux_too() -> None:
    plain = osc52("ä\n".encode(), {"TERM": "xterm"})
    match = re.fullmatch("\x1b]52;c;([A-Za-z0-9+/=]+)\x07", plain)
    assert match is not None
    assert base64.b64decode(match[1]).decode() == "ä\n"
    inside = osc52("ä\n".encode(), {"TMUX": "/tmp/x,1,0"})
    assert inside == plain + "\x1bPtmux;\x1b" + plain + "\x1b\\"


@pytest.mark.parametrize(
    ("environ", "takes"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "screen", "TMUX": "/tmp/x,1,0"}, True),
    ],
)
def test_terminals_that_have_no_clipboard_are_known(environ: dict[str, str], takes: bool) -> None:
    assert terminal_takes(environ) is takes


async def test_the_palette_says_which_python(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("colon", *"which python")
        await desk.found()
        await desk.press("enter")
        await desk.found()
        assert "/shop/.venv/bin/python" in desk.text


# The title


def test_the_title_names_the_attempt_and_how_it_ended() -> None:
    view = step_view()
    assert title_of(view, UNICODE_SIGNS) == "✓ #3 write_reply"
    chips = (Chip(4, Outcome.ERROR, "", base=False, shown=True),)
    failed = view._replace(strip=view.strip._replace(chips=chips))
    assert title_of(failed, UNICODE_SIGNS) == "✗ #4 write_reply"
    assert title_of(failed, ASCII_SIGNS) == "x #4 write_reply"
    assert title_of(step_view(2), UNICODE_SIGNS) == "✓ 2 read_ticket"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_leaves_the_title_a_title(name: str) -> None:
    title = title_of(step_view()._replace(label=HOSTILE[name]), UNICODE_SIGNS)
    assert not obeyed(title)
    assert "\n" not in title
    assert len(title) < 2_000


def test_the_title_is_told_once_and_given_back() -> None:
    told: list[str] = []
    title = Title(told.append)
    for words in ("✓ #1 a", "✓ #1 a", "", "✗ #2 a"):
        title.show(words)
    assert told == ["\x1b[22;2t\x1b]2;✓ #1 a\x07", "\x1b]2;✗ #2 a\x07"]
    title.give_back()
    title.give_back()
    assert told[2:] == ["\x1b[23;2t"]


# The bell


def test_only_an_attempt_that_took_long_is_worth_a_bell() -> None:
    now = 100.0
    bell = Bell(lambda: now)
    running = RunningView(5, 4, started=89.0)
    assert not bell.told(running, 10)
    assert not bell.told(running, 10)
    assert bell.told(None, 10)
    assert not bell.told(None, 10)
    bell.told(RunningView(5, 5, started=91.0), 10)
    assert not bell.told(None, 10)
    # A newer save has taken its place.
    bell.told(running, 10)
    assert bell.told(RunningView(5, 6, started=99.0), 10)


def test_a_recorded_run_that_ends_rings_no_bell() -> None:
    bell = Bell(lambda: 1_000.0)
    bell.told(RunningView(5, 0, started=0.0), 10)
    assert not bell.told(None, 10)


async def test_the_bell_rings_only_where_nobody_looks(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as desk:
        rung: list[bool] = []
        monkeypatch.setattr(desk.app, "bell", lambda: rung.append(True))
        for looks in (True, False):
            desk.app.app_focus = looks
            desk.session.now = RunningView(5, 4, started=0.0)
            await desk.tell("running")
            desk.session.now = None
            await desk.tell("running")
        assert rung == [True]
