"""The runs of a store, for whoever picks one: what stands in it now, and what comes by itself.

Reads off the event loop, the newest runs first; what is wrong with the store is told, and the
list stays. Opens runs through the function that it was given. No screen in here.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.model.runs import RunRow, RunsView
from lar_debug.session.costs import resumes_of
from lar_debug.session.header import target_name
from lar_debug.session.recording import as_it_stands
from lar_debug.session.references import place_of_parent, short_ids
from lar_debug.session.session import Session
from lar_debug.store.connection import StoreInUse
from lar_debug.store.database import Store

LOOK_SECONDS = 0.5
"""How often the store is looked at."""

LOOKED_INTO_AT_ONCE = 32

_ENDED_BADLY = (RunStatus.FAILED, RunStatus.CRASHED, RunStatus.WAITING)

OpenSession = Callable[[Store, RunInfo], Session]


class Runs:
    """`follow` until it is cancelled; `on_change` hears of every other view, `on_problem` of what
    is wrong with the store, once each."""

    def __init__(self, path: Path, open_session: OpenSession) -> None:
        self._path = path
        self._open_session = open_session
        self._store: Store | None = None
        self._file: tuple[int, int] | None = None
        self._version = -1
        self._looked_into: dict[str, tuple[RunStatus, RunRow]] = {}
        self._wrong = ""
        self.view = RunsView(_home_short(path))
        self.on_change: Callable[[], None] = lambda: None
        self.on_problem: Callable[[str], None] = lambda _: None

    async def follow(self) -> None:
        """Look again and again."""
        self._version = -1
        while True:
            try:
                await self._look()
                self._wrong = ""
            except Problem as error:
                if str(error) != self._wrong:
                    self._wrong = str(error)
                    self.on_problem(self._wrong)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        views = self._views()
        while (view := await asyncio.to_thread(next, views, None)) is not None:
            if view != self.view:
                self.view = view
                self.on_change()

    def _views(self) -> Iterator[RunsView]:
        """What is known, more of it each time; nothing when nothing can have changed."""
        if not self._opened() or self._store is None:
            yield RunsView(_home_short(self._path), read=True)
            return
        version = self._store.version()
        going = any(row.status is RunStatus.RUNNING for row in self.view.rows)
        # A process that dies writes nothing: only asking tells.
        if version == self._version and not going:
            return
        infos = [as_it_stands(self._store, info) for info in self._store.runs()]
        place, size = _home_short(self._path), self._store.size()
        yield RunsView(place, tuple(self._rows(infos)), size, read=True)
        unread = [info for info in infos if self._is_unread(info)]
        for start in range(0, len(unread), LOOKED_INTO_AT_ONCE):
            for info in unread[start : start + LOOKED_INTO_AT_ONCE]:
                self._look_into(self._store, info)
            yield RunsView(place, tuple(self._rows(infos)), size, read=True)
        self._version = version

    def _opened(self) -> bool:
        """Whether there is a store; one that was replaced is opened anew."""
        try:
            status = os.stat(self._path)
        except OSError:
            self._store, self._file = None, None
            return False
        if (status.st_dev, status.st_ino) != self._file:
            self._store = Store.open(self._path)
            self._file, self._version = (status.st_dev, status.st_ino), -1
            self._looked_into.clear()
        return True

    # -- rows -------------------------------------------------------------------------------

    def _is_unread(self, info: RunInfo) -> bool:
        known = self._looked_into.get(info.run)
        return known is None or info.status is RunStatus.RUNNING or known[0] is not info.status

    def _look_into(self, store: Store, info: RunInfo) -> None:
        steps, tokens = store.totals(info.run)
        failed = store.last_steps(info.run)[0] if info.status in _ENDED_BADLY else None
        note = info.error.split("\n", 1)[0] if info.error else _attempts(store, info.run)
        saved = sum(one.saved for one in resumes_of(store, info.run))
        thread = f"thread {info.thread}" if info.thread != info.run else ""
        note = ", ".join(filter(None, (thread, f"{saved:,} tok saved" if saved else "", note)))
        row = RunRow(
            info.run, "", "", 0, info.status, info.started, "", failed, steps, tokens, note
        )
        self._looked_into[info.run] = info.status, row

    def _rows(self, infos: Sequence[RunInfo]) -> Iterator[RunRow]:
        """Newest first; a fork stands under the run it came from, as far as that is here."""
        short = short_ids(infos)
        below: dict[str, list[RunInfo]] = {}
        for info in infos:
            parent = info.parent[0] if info.parent is not None else ""
            below.setdefault(parent if parent in short else "", []).append(info)
        todo = [(info, 0) for info in reversed(below.get("", []))]
        while todo:
            info, depth = todo.pop()
            yield self._row(info, short, depth)
            todo += [(one, depth + 1) for one in reversed(below.pop(info.run, []))]
        # A hostile store may hold runs that are each other's parents.
        for info in infos:
            if info.parent is not None and info in below.get(info.parent[0], ()):
                yield self._row(info, short, 0)

    def _row(self, info: RunInfo, short: dict[str, str], depth: int) -> RunRow:
        known = self._looked_into.get(info.run)
        name = target_name(info)
        if info.parent is not None:
            name = f"from {place_of_parent(info, short)}"
        facts = known[1] if known is not None else None
        return RunRow(
            info.run,
            short[info.run],
            name,
            depth,
            info.status,
            info.started,
            info.target,
            facts.failed_at if facts else None,
            facts.steps if facts else -1,
            facts.tokens if facts else 0,
            facts.note if facts else "",
        )

    # -- what a person does -----------------------------------------------------------------

    async def open(self, run: str) -> Session:
        """A session on a run. Raises Problem."""
        store = self._known_store()
        self._looked_into.pop(run, None)
        return await asyncio.to_thread(lambda: self._open_session(store, store.run(run)))

    async def delete(self, run: str) -> None:
        """Delete a run with all its attempts. Raises Problem for one that still runs."""
        await asyncio.to_thread(self._delete, run)
        self._version = -1

    def _delete(self, run: str) -> None:
        store = self._known_store()
        if as_it_stands(store, store.run(run)).status is RunStatus.RUNNING:
            raise Problem(f"run {run[:8]} is running; stop it first")
        store.delete_run(run)
        try:
            store.collect_garbage()
        except StoreInUse:
            # lar-debug gc gives back the room later.
            return

    def _known_store(self) -> Store:
        if self._store is None:
            raise Problem(f"{self._path} is not there any more")
        return self._store


def _attempts(store: Store, run: str) -> str:
    """ "3 attempts at 5", for the step that was run again most recently in the run's order."""
    steps = store.attempted_steps(run)
    if not steps:
        return ""
    count = len(store.attempts(run, steps[-1])) - 1
    return f"{count:,} attempt{'' if count == 1 else 's'} at {steps[-1]}"


def _home_short(path: Path) -> str:
    """The project's folder as a person writes it."""
    folder = path.parent.parent if path.parent.name == ".lar-debug" else path.parent
    try:
        return f"~/{folder.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(folder)
