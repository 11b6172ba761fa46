"""A person with the sample in a folder of their own, and the real screen before them.

Everything is real: the recorder, the interpreter that runs steps, the files that are saved.
Waiting is always for something to be on the screen, never for a time to pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import cast

from textual.pilot import Pilot

from lar_debug.cli.common import Common
from lar_debug.cli.demo import record, write_sample
from lar_debug.model.records import RunStatus
from lar_debug.session.forks import fork_point
from lar_debug.session.programs import fork_of, forking, settle
from lar_debug.session.recording import Recording
from lar_debug.session.rerunning import Rerunning
from lar_debug.session.runs import Runs
from lar_debug.session.session import Session
from lar_debug.shell.app import LarDebugApp
from lar_debug.shell.picker_screen import RunsPort
from lar_debug.shell.session_port import SessionPort
from lar_debug.store.database import Store
from lar_debug.store.location import FILE, FOLDER
from tests.shell.screen_text import screen_lines
from tests.shell.settled import SettledRuns, SettledSession

PATIENCE = 60
"""Seconds until a person gives up on something that must be seen."""

_LOOK_AGAIN = 0.02
_TIME = re.compile(r"^ \d\d:\d\d:\d\d  ", re.MULTILINE)
_SPINNING = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Screen:
    """The open screen: press keys, make it another size, look."""

    def __init__(self, app: LarDebugApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    @property
    def text(self) -> str:
        """What is painted. The sign of what runs turns, here it stands still; what the screen
        says by itself has the time of day, here always the same."""
        text = "".join(f"{line}\n" for line in screen_lines(self.app))
        text = text.translate(dict.fromkeys(map(ord, _SPINNING), "⠹"))
        return _TIME.sub(" 14:03:40  ", text)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)
        await self._pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        if self.app.size != (width, height):
            await self._pilot.resize_terminal(width, height)
            await self._pilot.pause()

    async def until(self, condition: Callable[[], object], what: object = "") -> None:
        """Look on until something is so."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await asyncio.sleep(_LOOK_AGAIN)
        except TimeoutError:
            raise AssertionError(f"never seen: {what}\n{self.text}") from None

    async def see(self, *parts: str) -> None:
        """Look on until all of `parts` are on the screen at once."""
        await self.until(lambda: all(part in self.text for part in parts), parts)

    async def look_at(self, step: int, name: str) -> None:
        """Walk to a step by keys."""
        await self.press("g", *["j"] * step)
        await self.see(f" {step} {name} ")


class Sample:
    """The sample in a folder."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "support_reply"
        write_sample(self.folder)
        self.store = self.folder / FOLDER / FILE
        self._common = Common(store=str(self.store), python=sys.executable)
        self._programs: list[subprocess.Popen[bytes]] = []

    def record(self) -> Recording:
        """Run it to its end under the recorder."""
        return record(self._common, self.folder)

    def fork(self, recording: Recording, step: int) -> Recording:
        """Continue from the accepted attempt of a step, to the end."""
        point = fork_point(recording, step)
        program = forking(recording, point, Path(sys.executable), {})
        program.keep_to(lambda _printed: None)
        program.start()
        program.wait()
        begun = fork_of(recording.store, point, program)
        assert begun is not None
        (ended,) = settle(recording.store, [begun], program)
        return Recording(recording.store, ended)

    def begin(self) -> subprocess.Popen[bytes]:
        """Run it under the recorder, and go on."""
        options = ("--no-ui", "--store", str(self.store), "--python", sys.executable)
        program = subprocess.Popen(
            [sys.executable, "-m", "lar_debug", "run", *options, "agent.py"],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._programs.append(program)
        return program

    async def running(self, program: subprocess.Popen[bytes], step: int) -> Recording:
        """The run that a program records, once it is in that step."""
        async with asyncio.timeout(PATIENCE):
            while True:
                assert program.poll() is None, "it has ended"
                recording = _newest(self.store)
                if recording.info.status is RunStatus.RUNNING and step in recording.step_numbers():
                    return recording
                await asyncio.sleep(_LOOK_AGAIN)

    def take_back(self) -> None:
        """All files as the sample has them."""
        write_sample(self.folder)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace something in a file and save it as editors do: beside it, then renamed."""
        file = self.folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text, (name, old)
        beside = file.with_name(f".{file.name}.new")
        beside.write_text(text.replace(old, new), encoding="utf-8")
        beside.replace(file)

    def make_gate(self) -> None:
        """Code of answering.py that opens its gate waits there for good."""
        os.mkfifo(self.folder / "answering.py.gate")

    def slow_python(self) -> str:
        """An interpreter that is never ready."""
        file = self.folder / ".venv" / "bin" / "python"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
        file.chmod(0o755)
        return str(file)

    def end(self) -> None:
        """Nothing of it goes on."""
        for program in self._programs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()

    @contextlib.asynccontextmanager
    async def screen(
        self,
        recording: Recording,
        step: int,
        *,
        number: int = 0,
        size: tuple[int, int] = (100, 40),
        ascii: bool = False,
        python: str = sys.executable,
    ) -> AsyncGenerator[Screen]:
        """The screen on a run, the `number`th of the store."""
        rerunning = Rerunning(recording, Path(python))
        session = SettledSession(Session(recording, rerunning, step=step), number)
        app = LarDebugApp(cast("SessionPort", session), ascii=ascii, environ={})
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Screen(app, pilot)

    @contextlib.asynccontextmanager
    async def picker(self, size: tuple[int, int]) -> AsyncGenerator[Screen]:
        """The list of the runs in the store."""

        def refuse(_store: Store, _info: object) -> Session:
            raise AssertionError("no run is opened from here")

        runs = cast("RunsPort", SettledRuns(Runs(self.store, refuse)))
        app = LarDebugApp(None, runs=runs, environ={})
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Screen(app, pilot)


def _newest(path: Path) -> Recording:
    store = Store.open(path)
    return Recording(store, max(store.runs(), key=lambda info: info.started))
