"""A person at a terminal: starts a program in it, looks, types, points, changes its size.

Waiting is always for something to be seen, never for a time to pass.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from tests.cli.desk import COMMAND, Desk
from tests.forks import server
from tests.terminal.emulator import Emulator, Place

PATIENCE = 60.0
"""Seconds until a person gives up on something that must be seen."""

TICK = 0.05
"""Seconds after which a condition that may come true without any output is looked at again."""

SIZE = (160, 45)
EDITOR = Path(__file__).with_name("editor_saves.py")


class Terminal:
    """lar-debug in a terminal of its own. Leaving it ends what is still there.

    Every process below it carries a mark in its environment, by which none is overlooked. With
    `forked` its interpreters are forked from one that has imported the engine: tests/forked.py;
    these carry none.
    """

    def __init__(
        self, desk: Desk, *arguments: str, size: tuple[int, int] = SIZE, forked: bool = False
    ) -> None:
        self.desk = desk
        self.shown = Emulator(*size)
        self._mark = uuid.uuid4().hex
        self._outer, self._inner = pty.openpty()
        os.set_blocking(self._outer, False)
        self._set_size(*size)
        self._before = self._settings()
        environ = {
            **desk.environ,
            "LAR_DEBUG_TEST": self._mark,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
        }
        # Who runs the tests has a terminal of another kind and size.
        for name in ("NO_COLOR", "COLORFGBG", "TMUX", "COLUMNS", "LINES"):
            environ.pop(name, None)
        with ExitStack() as ways:
            way = [ways.enter_context(server.way()).fileno()] if forked else []
            program = [sys.executable, "-m", "tests.forked", str(way[0])] if way else COMMAND
            self.process = subprocess.Popen(
                [*program, *arguments],
                cwd=desk.folder,
                env=environ,
                stdin=self._inner,
                stdout=self._inner,
                stderr=self._inner,
                start_new_session=True,
                preexec_fn=_take_terminal,
                pass_fds=way,
            )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pid in (self.process.pid, *self.processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for descriptor in (self._outer, self._inner):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    # -- seeing -----------------------------------------------------------------------------

    @property
    def text(self) -> str:
        return "\n".join(self.shown.lines)

    def row(self, part: str) -> str:
        """The row of the screen that has `part` in it."""
        found = [line for line in self.shown.lines if part in line]
        assert found, f"no row with {part!r}:\n{self.text}"
        return found[0]

    def until(self, condition: Callable[[], object], what: object = "") -> None:
        """Look on until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            left = deadline - time.monotonic()
            gone = self.process.poll() is not None
            more = self._more(0 if gone else max(0, min(left, TICK)))
            if left <= 0 or (gone and not more and not condition()):
                ended = self.process.poll()
                state = "still running" if ended is None else f"ended with {ended}"
                words = self.text if self.shown.is_full_screen else self.shown.scrollback[-40:]
                raise AssertionError(f"never seen: {what} ({state})\n{words}")

    def see(self, *parts: str) -> None:
        """Look on until all of `parts` are on the screen at once."""
        self.until(lambda: all(part in self.text for part in parts), parts)

    def see_gone(self, part: str) -> None:
        """Look on until `part` is no longer on the screen."""
        self.until(lambda: part not in self.text, f"{part!r} gone")

    def _more(self, seconds: float) -> bool:
        """Take what the program writes within some time; False when that was nothing."""
        if not select.select([self._outer], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._outer, 1 << 16)
        except BlockingIOError:
            return False
        self.shown.feed(data)
        return bool(data)

    # -- doing ------------------------------------------------------------------------------

    def type(self, keys: str) -> None:
        """Press keys, one after the other."""
        os.write(self._outer, keys.encode())

    def click(self, place: Place) -> None:
        """Point at a cell and press the mouse's button there, as a terminal tells it."""
        where = f"{place.column + 1};{place.row + 1}"
        self.type(f"\x1b[<35;{where}M\x1b[<0;{where}M\x1b[<0;{where}m")

    def answers(self, times: int = 1) -> None:
        """See that the screen is alive: `?` opens the keys, `q` closes them."""
        for _ in range(times):
            self.type("?")
            self.see("q closes")
            self.type("q")
            # The last line of the page below: then all of it has been painted again.
            self.until(
                lambda: "q closes" not in self.text and "? help" in self.shown.lines[-1], "the page"
            )

    def go_to(self, step: int, name: str = "") -> None:
        """Walk to a step by keys."""
        self.type("g" + "j" * step)
        # The rule of a pane that has the focus is drawn double.
        self.until(
            lambda: any(f"{rule} {step} {name}" in self.text for rule in ("──", "══")),
            f"step {step} {name}",
        )

    def resize(self, columns: int, rows: int) -> None:
        """Pull the window to another size."""
        self._set_size(columns, rows)
        self.shown.resize(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._outer, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def save(self, name: str, text: str, method: str = "rename") -> None:
        """Save a file of the desk from an editor, which is a process of its own."""
        command = [sys.executable, str(EDITOR), str(self.desk.folder / name), method]
        subprocess.run(command, input=text.encode(), check=True)

    def edit(self, name: str, old: str, new: str, method: str = "rename") -> None:
        """Replace something in a file, and save it."""
        text = (self.desk.folder / name).read_text(encoding="utf-8")
        assert old in text, (name, old)
        self.save(name, text.replace(old, new), method)

    # -- the end ----------------------------------------------------------------------------

    def ended(self) -> int:
        """See the program to its end: its exit code. All that it wrote has been read then."""
        self.until(lambda: self.process.poll() is not None, "its end")
        while self._more(0):
            pass
        return self.process.wait()

    def close_window(self) -> None:
        """Close the window under the program, which gets the hang-up of its terminal."""
        os.close(self._inner)
        os.close(self._outer)

    @property
    def is_as_before(self) -> bool:
        """Whether the terminal is left as the program found it."""
        return self.shown.is_as_before and self._settings() == self._before

    def _settings(self) -> Sequence[object]:
        return termios.tcgetattr(self._inner)

    def processes(self, part: str = "") -> list[int]:
        """The living processes that were started in this terminal, wherever they went; only
        those with `part` in their command."""
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    mine = self._mark.encode() in (entry / "environ").read_bytes()
                    if mine and part in _command(int(entry.name)):
                        found.append(int(entry.name))
        return found

    def left_behind(self) -> list[str]:
        """What goes on though the program has ended; those that are about to end are awaited."""
        deadline = time.monotonic() + PATIENCE
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                descriptor = os.pidfd_open(pid)
                select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
                os.close(descriptor)
        return [_command(pid) for pid in self.processes()]


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        words = []
    return f"{pid} {b' '.join(words).decode(errors='replace')}"
