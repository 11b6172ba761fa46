"""A person at an open session, without a screen: saves, presses keys, waits for what is told."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from lar_debug.model.document import TreeRow
from lar_debug.model.records import Outcome
from lar_debug.model.views import EventLine, StepView
from lar_debug.session.recording import Recording
from lar_debug.session.rerunning import Rerunning
from lar_debug.session.session import Session
from lar_debug.store.database import Store

PATIENCE = 60
"""Seconds after which a test that waits for something is given up."""


class Person:
    """Holds a session and hears all it tells."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self.folder = folder
        self.heard: list[EventLine] = []
        self.views: list[StepView] = []
        self.mark = 0
        self._changed = asyncio.Event()
        session.subscribe(self._hear)

    def _hear(self, topics: frozenset[str]) -> None:
        if "event" in topics:
            self.heard.append(self.session.event())
        view = self.session.step_view()
        if "step" in topics and view is not None:
            self.views.append(view)
        self._changed.set()

    # -- waiting ----------------------------------------------------------------------------

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; the session tells of every change."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            lines = "\n".join(line.text for line in self.heard[-12:])
            raise AssertionError(f"it did not come to that; told were:\n{lines}") from None

    async def told(self, *parts: str) -> str:
        """The next event line that has all of `parts`; the ones before it count no more."""

        def found() -> int | None:
            lines = range(self.mark, len(self.heard))
            return next((i for i in lines if all(p in self.heard[i].text for p in parts)), None)

        await self.until(lambda: found() is not None)
        place = found()
        assert place is not None
        self.mark = place + 1
        return self.heard[place].text

    def forget(self) -> None:
        """What was told until now is not waited for."""
        self.mark = len(self.heard)

    async def look_at(self, step: int) -> StepView:
        """Go to a step, follow its newest attempt, and see it."""
        self.session.go(step)
        self.session.show_newest()
        await self.until(lambda: self._settled(step))
        self.forget()
        return self.view

    def _settled(self, step: int) -> bool:
        view = self.session.step_view()
        if view is None or view.step != step:
            return False
        run = self.session.recording.run
        seen = [
            n for n, outcome in self.session.recording.store.attempts(run, step) if outcome.finished
        ]
        return self.chips(view)[-1] == seen[-1] and self.shown(view) == seen[-1]

    # -- seeing -----------------------------------------------------------------------------

    @property
    def view(self) -> StepView:
        view = self.session.step_view()
        assert view is not None
        return view

    @staticmethod
    def chips(view: StepView) -> list[int]:
        return [chip.attempt for chip in view.strip.chips]

    @staticmethod
    def shown(view: StepView) -> int:
        return next(chip.attempt for chip in view.strip.chips if chip.shown)

    @staticmethod
    def base(view: StepView) -> int | None:
        return next((chip.attempt for chip in view.strip.chips if chip.base), None)

    @property
    def verdict(self) -> str:
        return "".join(span.text for span in self.view.verdict)

    @property
    def document(self) -> list[str]:
        """The rows of the document that are rows by themselves."""
        return [
            "".join(span.text for span in block.spans)
            for block in self.view.diff.blocks
            if isinstance(block, TreeRow)
        ]

    def flags(self, step: int) -> str:
        return self.session.timeline().row(step).flags

    # -- doing ------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()

    def save(self, name: str, text: str) -> None:
        """As editors save: beside it, then renamed onto it. Nobody ever sees half of it."""
        self.save_bytes(name, text.encode())

    def save_bytes(self, name: str, data: bytes) -> None:
        beside = self.folder / f".{name}.new"
        beside.write_bytes(data)
        beside.replace(self.folder / name)

    def link(self, name: str, target: Path) -> None:
        """Put a link in the place of a file, which is never away."""
        beside = self.folder / f".{name}.new"
        beside.symlink_to(target)
        beside.replace(self.folder / name)

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.text(name)
        assert old in text, (name, old)
        self.save(name, text.replace(old, new))

    async def running(self, step: int, attempt: int) -> None:
        """Wait until an attempt runs, and those that were killed before it are gone."""

        def alone() -> bool:
            running = self.session.running()
            if running is None or (running.step, running.attempt) != (step, attempt):
                return False
            recording = self.session.recording
            known = dict(recording.store.attempts(recording.run, step))
            return all(known[one] is not Outcome.RUNNING for one in range(1, attempt))

        await self.until(alone)

    async def let_on(self, name: str) -> None:
        """Let what is held at a gate go on."""
        await asyncio.to_thread(_open, self.folder / f"{name}.gate")


def _open(gate: Path) -> None:
    # Opening a pipe waits until somebody is at its other end.
    os.close(os.open(gate, os.O_WRONLY))


def free_gates(folder: Path) -> None:
    """Whoever still waits at a gate goes on."""
    for gate in folder.glob("*.gate"):
        os.close(os.open(gate, os.O_RDWR | os.O_NONBLOCK))


def make_gates(folder: Path, *names: str) -> None:
    for name in names:
        os.mkfifo(folder / f"{name}.gate")


def session_on(folder: Path, *, step: int | None = None, trusted: bool = True) -> Session:
    """A session on the newest run of a folder, as `lar-debug open` makes it."""
    store = Store.open(folder / "recordings.db")
    recording = Recording(store, store.runs()[0])
    rerunning = Rerunning(recording, Path(sys.executable), trusted=trusted)
    return Session(recording, rerunning, step=step)
