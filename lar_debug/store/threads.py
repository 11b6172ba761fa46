"""The rows of threads: which run is the newest, who holds a claim, which tasks have ended.

Each method is one short transaction. Errors are StoreError, one line each. Standard library only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.model.threads import ClaimRow, TaskRow
from lar_debug.store import queries
from lar_debug.store.connection import StoreError
from lar_debug.store.rows import (
    column_reference,
    dump,
    load,
    readable,
    reference,
    row_run,
    storable,
)
from lar_debug.store.tables import Tables


class Holding(NamedTuple):
    """A claim as whoever writes under it names it."""

    thread: str
    token: str


class ClaimLost(StoreError):
    """Another process goes on with the thread: nothing more may be written for it here."""


def check_holding(sql: sqlite3.Connection, holding: Holding | None) -> None:
    """Inside a transaction: raises ClaimLost when somebody else has taken the thread over."""
    if holding is None:
        return
    row = sql.execute(queries.TOKEN, (storable(holding.thread),)).fetchone()
    if row is None or row[0] != holding.token:
        raise ClaimLost(
            f"thread {holding.thread} was taken over by another process; this one stops here"
        )


class Threads(Tables):
    """What of a store is about threads."""

    def newest_run(self, thread: str) -> RunInfo | None:
        """The run that a thread came to last here, None for a thread that there is not."""
        rows = self._connection.rows(queries.NEWEST_OF_THREAD, (storable(thread),))
        return row_run(rows[0]) if rows else None

    def runs_of_thread(self, thread: str) -> list[str]:
        """The runs of a thread; none that only a file of another program names so."""
        rows = self._connection.rows(queries.RUNS_OF_THREAD, (storable(thread),))
        return [row[0] for row in rows]

    def tries(self, run: str, engine_step: int, begun_at: int = 0) -> list[int]:
        """The steps that are tries of one and the same step of the engine, oldest first; those
        from the step `begun_at` on, where the run began anew."""
        rows = self._connection.rows(queries.TRIES, (run, engine_step, begun_at))
        return [int(row[0]) for row in rows]

    def reopen(self, run: str, entry: dict[str, Any], holding: Holding) -> None:
        """A run goes on: what was known of its end is not true any more."""
        with self._connection.transaction() as sql:
            check_holding(sql, holding)
            sql.execute(queries.REOPEN, (RunStatus.RUNNING.value, run))
            sql.execute(queries.SET_ENTRY, (json.dumps(entry), run))

    # -- tasks ------------------------------------------------------------------------------

    def put_task(
        self, task: TaskRow, *, holding: Holding | None = None, safe: bool = False
    ) -> None:
        """A task has ended; `safe` returns only when that survives a power cut."""
        with self._connection.transaction(safe=safe) as sql:
            check_holding(sql, holding)
            sql.execute(queries.PUT_TASK, task_row(task))

    def tasks(self, run: str, step: int) -> list[TaskRow]:
        """The tasks of a step that have ended, in the order of their beginning."""
        return [row_task(row) for row in self._connection.rows(queries.TASKS, (run, step))]

    # -- claims -----------------------------------------------------------------------------

    def claim(self, thread: str) -> ClaimRow | None:
        """Who holds a thread by the store's word, None when nobody does."""
        rows = self._connection.rows(queries.CLAIM, (storable(thread),))
        return ClaimRow(*rows[0]) if rows else None

    def take_claim(self, row: ClaimRow, may_take: Callable[[ClaimRow | None], str]) -> str:
        """Write a claim unless `may_take` gives a reason against the one that stands; that reason.

        Two that try at the same moment come one after the other.
        """
        with self._connection.transaction() as sql:
            found = sql.execute(queries.CLAIM, (storable(row.thread),)).fetchone()
            why_not = may_take(ClaimRow(*found) if found else None)
            if not why_not:
                values = (storable(row.thread), row.token, row.process, row.beat, row.beat_on_boot)
                sql.execute(queries.PUT_CLAIM, values)
        return why_not

    def beat(self, holding: Holding, now: float, on_boot: float) -> bool:
        """A sign of life; False when the claim is somebody else's by now."""
        with self._connection.transaction() as sql:
            values = (now, on_boot, storable(holding.thread), holding.token)
            return sql.execute(queries.BEAT, values).rowcount > 0

    def end_claim(self, holding: Holding) -> None:
        with self._connection.transaction() as sql:
            sql.execute(queries.END_CLAIM, (storable(holding.thread), holding.token))


def task_row(task: TaskRow) -> tuple[Any, ...]:
    return (
        task.run,
        task.step,
        storable(task.key),
        storable(task.name),
        reference(task.result),
        dump([storable(line) for line in task.errors]),
        task.started,
        task.duration_ns,
    )


@readable
def row_task(row: tuple[Any, ...]) -> TaskRow:
    return TaskRow(
        run=row[0],
        step=row[1],
        key=row[2],
        name=row[3],
        result=column_reference(row[4]),
        errors=tuple(load(row[5], ())),
        started=row[6],
        duration_ns=row[7],
    )
