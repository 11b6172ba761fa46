"""The editor that a person has, at the line, wherever it belongs. The editors here are real
programs: small scripts that write down what they were given."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lar_debug.model.problem import Problem
from lar_debug.model.views import Place
from lar_debug.settings import Settings
from lar_debug.shell.app import LarDebugApp
from lar_debug.shell.editor import editor_command
from tests.shell.conftest import OpenDesk
from tests.shell.fake_session import FakeSession

FILE = "/shop/my prompts/reply {line}.md"
PLACE = Place(FILE, 9, "my prompts/reply.md")
PATIENCE = 60
END = "all told"


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Path]:
    """Makes a program of some name that tells its words, one a line, then ends."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(name: str, code: int = 0) -> Path:
        file, told = folder / name, tmp_path / name
        os.mkfifo(told)
        words = f"{{ for word; do echo \"$word\"; done; echo {END}; }} > '{told}'"
        file.write_text(f"#!/bin/sh\n{words}\nexit {code}\n")
        file.chmod(0o755)
        return file

    return make


def words(environ: dict[str, str], setting: str = "") -> tuple[str, ...]:
    command = editor_command(setting, environ, PLACE)
    return (Path(command.words[0]).name, *command.words[1:])


@pytest.mark.parametrize(
    ("editor", "expected"),
    [
        ("vim", ("vim", "+9", FILE)),
        ("nvim -p", ("nvim", "-p", "+9", FILE)),
        ("nano", ("nano", "+9", FILE)),
        ("emacsclient -t", ("emacsclient", "-t", "+9", FILE)),
        ("hx", ("hx", f"{FILE}:9")),
        ("code --wait", ("code", "--wait", "--goto", f"{FILE}:9")),
        ("subl", ("subl", f"{FILE}:9")),
        ("kate", ("kate", "--line", "9", FILE)),
        ("ours", ("ours", FILE)),
    ],
)
def test_known_editors_get_the_line_and_others_the_file(
    program: Callable[..., Path], editor: str, expected: tuple[str, ...]
) -> None:
    path = str(program(editor.split()[0]).parent)
    assert words({"PATH": path, "EDITOR": editor}) == expected
    assert words({"PATH": path, "VISUAL": editor, "EDITOR": "gone"}) == expected
    assert words({"PATH": path, "VISUAL": "gone"}, editor) == expected


def test_the_setting_says_where_file_and_line_belong(program: Callable[..., Path]) -> None:
    path = str(program("nvr").parent)
    setting = "nvr --remote-silent '+{line} ' {file}"
    # A name of a file is a name, whatever it looks like.
    assert words({"PATH": path}, setting) == ("nvr", "--remote-silent", "+9 ", FILE)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "no editor is known: set $EDITOR"),
        ({"EDITOR": "  "}, "no editor is known"),
        ({"EDITOR": "gone -x"}, "$EDITOR is 'gone -x': no such program"),
        ({"VISUAL": "vim 'x"}, '$VISUAL is "vim \'x": No closing quotation'),
    ],
)
def test_without_an_editor_it_is_said_what_to_do(environ: dict[str, str], said: str) -> None:
    with pytest.raises(Problem) as refused:
        editor_command("", {"PATH": "/nowhere", **environ}, PLACE)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("editor", "beside"),
    [
        ("code", True),
        ("gvim", True),
        ("nvr --remote-silent", True),
        ("emacsclient -n", True),
        ("vim", False),
        ("emacsclient", False),
        ("ours", False),
    ],
)
def test_editors_with_a_window_of_their_own_leave_the_terminal_alone(
    program: Callable[..., Path], editor: str, beside: bool
) -> None:
    path = str(program(editor.split()[0]).parent)
    assert editor_command(editor, {"PATH": path}, PLACE).own_window is beside


async def told(pipe: Path) -> list[str]:
    """What a program tells, as soon as it does."""
    loop, text = asyncio.get_running_loop(), asyncio.StreamReader()
    # Opened for both, so that neither waits for the other; the last line ends it.
    with pipe.open("r+b", buffering=0) as file:
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(text), file
        )
        async with asyncio.timeout(PATIENCE):
            said = await text.readuntil(f"{END}\n".encode())
        transport.close()
    return said.decode().splitlines()[:-1]


async def until_said(session: FakeSession, part: str) -> None:
    heard = asyncio.Event()
    session.subscribe(lambda _: heard.set())
    async with asyncio.timeout(PATIENCE):
        while part not in session.shown_event.text:
            heard.clear()
            await heard.wait()


def app_with(session: FakeSession, program: Path, editor: str, **more: str) -> LarDebugApp:
    path = f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"
    environ = {"PATH": path, "EDITOR": editor, **more}
    return LarDebugApp(session, settings=Settings(), environ=environ)


async def test_e_opens_the_prompt_and_shift_e_the_node(
    program: Callable[..., Path], tmp_path: Path
) -> None:
    session = FakeSession()
    app = app_with(session, program("code"), "code")
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("e")
        assert await told(tmp_path / "code") == ["--goto", "/shop/prompts/reply.md:9"]
        await until_said(session, "prompts/reply.md:9 is opened in code")
        await pilot.press("E")
        await told(tmp_path / "code")
        assert session.handing.asked == ["prompt", "source"]


async def test_a_click_on_the_place_of_the_step_is_e(
    program: Callable[..., Path], tmp_path: Path, open_desk: OpenDesk
) -> None:
    async with open_desk() as desk:
        desk.app.environ = {"PATH": str(program("code").parent), "EDITOR": "code"}
        row = desk.row_of("answering.py:31")
        await desk.pilot.click(offset=(desk.lines[row].index("answering.py:31") + 1, row))
        assert await told(tmp_path / "code") == ["--goto", "/shop/prompts/reply.md:9"]
        assert desk.session.handing.asked == ["prompt"]


async def test_an_editor_that_fails_is_one_line(
    program: Callable[..., Path], tmp_path: Path
) -> None:
    session = FakeSession()
    app = app_with(session, program("code", 3), "code")
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("e")
        await told(tmp_path / "code")
        await until_said(session, "code ended with exit code 3")


async def test_no_editor_is_one_line(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.app.environ = {"PATH": "/nowhere"}
        await desk.press("e")
        await desk.found()
        assert "no editor is known: set $EDITOR" in desk.text


async def test_a_terminal_that_cannot_be_given_away_is_one_line(
    program: Callable[..., Path],
) -> None:
    session = FakeSession()
    app = app_with(session, program("vim"), "vim")
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("e")
        await until_said(session, "the screen cannot step back for another program here")


async def test_in_a_wide_tmux_it_opens_in_a_split_beside_us(
    program: Callable[..., Path], tmp_path: Path
) -> None:
    session = FakeSession()
    vim = program("vim")
    program("tmux")
    more = {"TMUX": "/tmp/tmux-0/default,1,0", "TMUX_PANE": "%7"}
    app = app_with(session, vim, "vim", **more)
    async with app.run_test(size=(160, 40)) as pilot:
        await pilot.press("e")
        asked = await told(tmp_path / "tmux")
        await until_said(session, "is opened beside, in vim")
    assert asked[:4] == ["split-window", "-h", "-t", "%7"]
    assert asked[-3:] == [str(vim), "+9", "/shop/prompts/reply.md"]
