"""A person's editor on one line of a file: which one, how it takes a line, and where it opens.

An editor with a window of its own starts beside us, one for the terminal gets a split of tmux
where that is wide enough, else the terminal itself until it ends; what goes on, goes on
underneath. Knows no session. Nothing passes through a shell.
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NamedTuple

from textual.app import App, SuspendNotSupported

from lar_debug.model.problem import Problem
from lar_debug.model.views import Place
from lar_debug.settings import settings_path

SPLIT_FROM = 160
"""Columns from which a split of tmux leaves both sides wide enough."""

_TMUX_SECONDS = 5

_VI = {"vi", "vim", "nvim", "view", "nvr"}
_TERMINAL_PLUS = _VI | {"nano", "pico", "emacs", "emacsclient", "kak", "micro", "joe", "ne", "mg"}
_WINDOW_PLUS = {"gvim", "mvim", "gedit", "xed", "pluma", "gnome-text-editor", "bbedit"}
_TERMINAL_COLON = {"hx", "helix", "mcedit"}
_WINDOW_COLON = {"subl", "sublime_text", "zed", "zeditor", "atom", "lapce"}
_GOTO = {"code", "code-insiders", "codium", "vscodium", "cursor", "windsurf", "positron"}
_LINE = {"kate", "kwrite", "mate", "idea", "pycharm", "charm", "webstorm"}
_OWN_WINDOW = _WINDOW_PLUS | _WINDOW_COLON | _GOTO | _LINE | {"open", "xdg-open"}

Say = Callable[[str, Literal["", "error", "note"]], None]
"""Takes a message and its tone."""


class Command(NamedTuple):
    """What is started: `words` with the program by its whole path."""

    name: str
    words: tuple[str, ...]
    own_window: bool


def editor_command(setting: str, environ: Mapping[str, str], place: Place) -> Command:
    """The command that opens a place: the setting, else $VISUAL, else $EDITOR. Raises Problem."""
    sources = (
        ("editor", setting),
        ("$VISUAL", environ.get("VISUAL", "")),
        ("$EDITOR", environ.get("EDITOR", "")),
    )
    source, written = next((one for one in sources if one[1].strip()), ("", ""))
    if not source:
        raise Problem(f"no editor is known: set $EDITOR, or editor in {settings_path(environ)}")
    try:
        words = shlex.split(written)
    except ValueError as error:
        raise Problem(f"{source} is {written!r}: {error}") from None
    program = shutil.which(words[0], path=environ.get("PATH")) if words else None
    if program is None:
        raise Problem(f"{source} is {written!r}: no such program")
    name = Path(words[0]).name
    whole = (str(Path(program).absolute()), *_arguments(name, words[1:], place))
    return Command(name, whole, _opens_own(words))


def _arguments(name: str, given: Sequence[str], place: Place) -> list[str]:
    """The words after the program, with the file and, where it is known how, the line."""
    line = str(place.line)
    if any("{file}" in word for word in given):
        return [word.replace("{line}", line).replace("{file}", place.file) for word in given]
    by_line = [
        (_TERMINAL_PLUS | _WINDOW_PLUS, [f"+{line}", place.file]),
        (_TERMINAL_COLON | _WINDOW_COLON, [f"{place.file}:{line}"]),
        (_GOTO, ["--goto", f"{place.file}:{line}"]),
        (_LINE, ["--line", line, place.file]),
    ]
    return [*given, *next((words for names, words in by_line if name in names), [place.file])]


def _opens_own(words: Sequence[str]) -> bool:
    """Whether it leaves this terminal alone: it has a window, or speaks to one that runs."""
    name = Path(words[0]).name
    to_another = any(word.startswith("--remote") or word == "--no-wait" for word in words[1:])
    return name in _OWN_WINDOW or to_another or (name == "emacsclient" and "-n" in words)


async def open_editor(
    app: App[Any], command: Command, place: Place, environ: Mapping[str, str], say: Say
) -> None:
    """Open it where it belongs, and say what became of that. Ends with an editor that has our
    terminal; the others go on. Raises Problem."""
    where = f"{place.shown}:{place.line}"
    if command.own_window:
        _start_beside(command, say)
        say(f"{where} is opened in {command.name}", "")
    elif environ.get("TMUX") and app.size.width >= SPLIT_FROM and await _split(command, environ):
        say(f"{where} is opened beside, in {command.name}", "")
    else:
        code = await in_our_terminal(app, command)
        if code:
            say(_ended(command, code), "error")


def _start_beside(command: Command, say: Say) -> None:
    """Start it as a program of its own, which outlives us."""
    try:
        process = subprocess.Popen(
            command.words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise _not_started(command, error) from None
    loop = asyncio.get_running_loop()

    def told(code: int) -> None:
        if code:
            say(_ended(command, code), "error")

    _when_ended(process, loop, told)


def _ended(command: Command, code: int) -> str:
    how = f"exit code {code}" if code > 0 else f"signal {-code}"
    return f"{command.name} ended with {how}"


def _when_ended(
    process: subprocess.Popen[bytes], loop: asyncio.AbstractEventLoop, told: Callable[[int], None]
) -> None:
    """Call `told` with the exit code; neither the loop nor our end waits for that."""

    def wait() -> None:
        code = process.wait()
        # The screen may have been quit meanwhile.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(told, code)

    threading.Thread(target=wait, name="lar-debug editor", daemon=True).start()


async def _split(command: Command, environ: Mapping[str, str]) -> bool:
    """Whether tmux opened it in a split beside us."""
    pane = environ.get("TMUX_PANE", "")
    target = ("-t", pane) if pane else ()
    words = ("tmux", "split-window", "-h", *target, "-c", str(Path.cwd()), *command.words)

    def run() -> bool:
        with suppress(OSError, subprocess.SubprocessError):
            done = subprocess.run(
                words, env=environ, capture_output=True, timeout=_TMUX_SECONDS, check=False
            )
            return done.returncode == 0
        return False

    return await asyncio.to_thread(run)


async def in_our_terminal(app: App[Any], command: Command) -> int:
    """Give it the terminal until it ends; its exit code."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def told(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    try:
        # What is painted meanwhile would wait for a terminal that is not ours, and block us.
        with app.suspend(), app.batch_update(), _keys_are_the_editors():
            try:
                _when_ended(subprocess.Popen(command.words), loop, told)
            except OSError as error:
                # The screen only comes back where nothing is raised in here.
                ended.set_exception(_not_started(command, error))
            await asyncio.wait([ended])
    except SuspendNotSupported:
        raise Problem("the screen cannot step back for another program here") from None
    return ended.result()


def _not_started(command: Command, error: OSError) -> Problem:
    return Problem(f"{command.name} cannot be started: {error.strerror}")


@contextmanager
def _keys_are_the_editors() -> Generator[None]:
    """Ctrl-C and Ctrl-\\ reach every program of the terminal; here they are not meant for us.

    They are taken and dropped: what is ignored would be ignored by the editor too.
    """

    def drop(number: int, frame: FrameType | None) -> None:
        del number, frame

    before = {number: signal.signal(number, drop) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
