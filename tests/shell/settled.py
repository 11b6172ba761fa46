"""What a session tells, without what differs from one recording of the sample to the next.

Ids, clock times and durations are given fixed ones in the views, before anything is laid out, so
that the screen does with them what it does with real ones. All else is as the session has it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from lar_debug.model.runs import RunsView
from lar_debug.model.views import (
    EventLine,
    HeaderView,
    RunningView,
    StepView,
    TimelineRow,
    TimelineRows,
)
from lar_debug.session.runs import Runs
from lar_debug.session.session import Session

RUNS = ("7f3a", "8c41", "6c02", "9b10", "2e57")
"""The ids of the runs of a store, from the oldest to the newest."""

STARTED = time.mktime((2024, 11, 20, 14, 1, 0, 0, 0, -1))
_ENVIRONMENT = "lar 2.1.0, .venv python 3.11"
_MS = 3
_RUNNING_SECONDS = 2.5
"""Told as 2 s, however long the next look at it takes."""

_WORDS = (
    (re.compile(r"\brunning \d\d:\d\d\b"), "running 00:04"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "14:03:40"),
    (re.compile(r"(?<!running )(?<![\d:])\d\d:\d\d\b(?!:)"), "14:03"),
    (re.compile(r"\b[\d,]+ ms\b"), f"{_MS} ms"),
    (re.compile(r"\b[\d.]+ m?s into\b"), "2 s into"),
    (re.compile(r"\bstarting \S+, "), "starting .venv/bin/python, "),
    (re.compile(r"\b\d{18,19}\b"), "1700000000000000000"),
    (re.compile(r"\b(of|from) [0-9a-f]{4}:(?=\d)"), rf"\1 {RUNS[0]}:"),
    (re.compile(r"\b[0-9a-f]{4}(?=-fork-\d)"), RUNS[0]),
)
_Told = TypeVar("_Told")


def settled(told: _Told) -> _Told:
    """The same with fixed times and durations, in every text and every field `ms` of it."""
    return cast("_Told", _settled(told))


def _settled(told: Any) -> Any:
    if type(told) is str:
        for pattern, fixed in _WORDS:
            told = pattern.sub(fixed, told)
        return told
    if hasattr(told, "_fields"):
        changed = {name: _settled(value) for name, value in told._asdict().items()}
        if "ms" in changed:
            changed["ms"] = _MS
        return told._replace(**changed)
    if isinstance(told, tuple):
        return tuple(map(_settled, cast("tuple[Any, ...]", told)))
    if is_dataclass(told) and not isinstance(told, type):
        return replace(
            told, **{one.name: _settled(getattr(told, one.name)) for one in fields(told)}
        )
    return told


class _Rows:
    """The rows of a timeline, each settled when it is asked for."""

    def __init__(self, rows: TimelineRows) -> None:
        self._rows = rows

    @property
    def steps(self) -> range:
        return self._rows.steps

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, step: int) -> TimelineRow:
        return settled(self._rows.row(step))


class SettledSession:
    """A real session as the screen sees it; its run is told as the `number`th of its store."""

    def __init__(self, session: Session, number: int) -> None:
        self._session = session
        self._number = number
        self._seen: tuple[StepView | None, StepView | None] = (None, None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def header(self) -> HeaderView:
        view = settled(self._session.header())
        run = RUNS[self._number]
        return view._replace(run=run, recorded="14:01", environment=_ENVIRONMENT)

    def timeline(self) -> TimelineRows:
        return _Rows(self._session.timeline())

    def step_view(self) -> StepView | None:
        view = self._session.step_view()
        if view is not self._seen[0]:
            self._seen = view, settled(view)
        return self._seen[1]

    def event(self) -> EventLine:
        return settled(self._session.event())

    def events(self) -> Sequence[EventLine]:
        return [settled(event) for event in self._session.events()]

    def running(self) -> RunningView | None:
        running = self._session.running()
        if running is None:
            return None
        return running._replace(started=time.time() - _RUNNING_SECONDS)


class SettledRuns:
    """The list of runs of a store, settled; its folder has the name of a project."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    @property
    def view(self) -> RunsView:
        view = self._runs.view
        oldest_first = sorted(view.rows, key=lambda row: row.started)
        short = {row.run: RUNS[number] for number, row in enumerate(oldest_first)}
        rows = tuple(
            settled(row)._replace(run=row.run, short=short[row.run], started=STARTED)
            for row in view.rows
        )
        return RunsView("~/src/shop", rows, 1_200_000 if rows else 0, read=view.read)

    @property
    def on_change(self) -> Callable[[], None]:
        return self._runs.on_change

    @on_change.setter
    def on_change(self, callback: Callable[[], None]) -> None:
        self._runs.on_change = callback

    @property
    def on_problem(self) -> Callable[[str], None]:
        return self._runs.on_problem

    @on_problem.setter
    def on_problem(self, callback: Callable[[str], None]) -> None:
        self._runs.on_problem = callback

    async def follow(self) -> None:
        await self._runs.follow()

    async def open(self, run: str) -> Session:
        return await self._runs.open(run)

    async def delete(self, run: str) -> None:
        await self._runs.delete(run)
