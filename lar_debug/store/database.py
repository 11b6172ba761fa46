"""The store of recordings: what the recorder and attempts write. Standard library only.

Each method is one short transaction. Snapshots and long texts are objects named by their
content (chunks.py, texts.py); the rows here name them. Errors are StoreError, one line each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from lar_debug.model.records import (
    Call,
    Execution,
    FileUse,
    Node,
    NodeRef,
    Outcome,
    RunInfo,
    RunStatus,
    Segment,
    Step,
)
from lar_debug.model.threads import TaskRow
from lar_debug.store import queries
from lar_debug.store.connection import Connection, StoreError, StoreInUse
from lar_debug.store.garbage import delete_unreached
from lar_debug.store.rows import (
    call_row,
    execution_row,
    following,
    node_row,
    reference_row,
    row_run,
    run_row,
    segment_row,
    step_row,
    storable,
    text_column,
)
from lar_debug.store.schema import RUN_TABLES
from lar_debug.store.tables import RUN_FILES
from lar_debug.store.texts import TextWriter
from lar_debug.store.threads import Holding, Threads, check_holding, task_row

__all__ = ["EndedStep", "Store", "StoreError", "StoreInUse"]


class EndedStep(NamedTuple):
    """A step with all that is known of it, for who writes it only at the end."""

    step: Step
    execution: Execution
    calls: Sequence[Call] = ()
    files: Sequence[FileUse] = ()
    tasks: Sequence[TaskRow] = ()


class Place(NamedTuple):
    """Where a recorded step stands in a graph that was named for it later."""

    step: int
    node: NodeRef
    next: tuple[NodeRef, ...]
    calls_from: str
    """The address of the node that made its model calls."""


class Store(Threads):
    """A recording database. `texts` writes the long texts that rows name."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.texts = TextWriter(connection)

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Store:
        """Open a store, or make it where `create` says so. Raises StoreError."""
        return cls(Connection(path, create=create))

    @property
    def writable(self) -> bool:
        return self._connection.writable

    @property
    def in_place(self) -> bool:
        """False once the file was deleted or replaced by another: nothing can be written then."""
        return self._connection.in_place

    def check_writable(self) -> None:
        """Raises StoreError when nothing can be written now: locked, read-only or full."""
        with self._connection.transaction():
            pass

    def close(self) -> None:
        self._connection.close()

    # -- runs and nodes ---------------------------------------------------------------------

    def add_run(
        self, info: RunInfo, nodes: Iterable[Node] = (), *, holding: Holding | None = None
    ) -> None:
        """A run and the nodes of its graph: a new one, or one that was announced without them."""
        with self._connection.transaction() as sql:
            check_holding(sql, holding)
            sql.execute(queries.PUT_RUN, run_row(info))
        self.add_nodes(info.run, nodes)

    def add_nodes(self, run: str, nodes: Iterable[Node]) -> None:
        """Nodes of the graph, in the order in which walking it finds them; known ones stay."""
        position = self._connection.rows(queries.NODE_COUNT, (run,))[0][0]
        rows = [
            node_row(run, position + index, node, self.texts.write)
            for index, node in enumerate(nodes)
        ]
        if rows:
            with self._connection.transaction() as sql:
                sql.executemany(queries.ADD_NODE, rows)

    def add_segment(self, segment: Segment, *, safe: bool = False) -> None:
        """A process goes on with a run; `safe`: all that was written so far survives a power
        cut afterwards."""
        with self._connection.transaction(safe=safe) as sql:
            sql.execute(queries.ADD_SEGMENT, segment_row(segment))

    def end_segment(self, run: str, segment: int, ended: float) -> None:
        with self._connection.transaction() as sql:
            sql.execute(queries.END_SEGMENT, (ended, run, segment))

    def set_status(
        self,
        run: str,
        status: RunStatus,
        *,
        error: str = "",
        ended: float | None = None,
        holding: Holding | None = None,
    ) -> None:
        """Where a run stands; under a claim all that was written of it is safe afterwards."""
        with self._connection.transaction(safe=holding is not None) as sql:
            check_holding(sql, holding)
            sql.execute(queries.SET_STATUS, (status.value, storable(error), ended, run))

    def note_packages(
        self, run: str, names: Sequence[str], *, holding: Holding | None = None
    ) -> None:
        """Installed modules that the nodes of a run were the first to import."""
        with self._connection.transaction() as sql:
            check_holding(sql, holding)
            for row in sql.execute(queries.RUN, (run,)).fetchall():
                entry = row_run(row).entry
                known = cast("Sequence[str]", entry.get("packages", ()))
                noted = {**entry, "packages": list(dict.fromkeys([*known, *names]))}
                sql.execute(queries.SET_ENTRY, (json.dumps(noted), run))

    def set_seal(self, run: str, seal: str) -> None:
        """Trust a run from now on: a person confirmed what it would start."""
        with self._connection.transaction() as sql:
            sql.execute(queries.SET_SEAL, (seal, run))

    def name_graph(
        self,
        info: RunInfo,
        nodes: Sequence[Node],
        places: Iterable[Place],
        *,
        files: Iterable[FileUse],
        to_run: Iterable[NodeRef],
    ) -> None:
        """The graph of an imported run: what a re-execution starts from, its nodes instead of
        those that it had, and where its steps stand in it. The nodes `to_run` become steps that
        can be run from the state that its first step left."""
        run = info.run
        node_rows = [node_row(run, at, node, self.texts.write) for at, node in enumerate(nodes)]
        file_rows = self._file_rows((run, RUN_FILES, 0), [*files])
        row = run_row(info)
        unrun = self._unrun(run, to_run)
        with self._connection.transaction() as sql:
            sql.execute(queries.SET_PROGRAM, (*row[4:10], *row[17:19], run))
            sql.execute(queries.DROP_NODES, (run,))
            sql.executemany(queries.ADD_NODE, node_rows)
            sql.execute(queries.DROP_FILES, (run, RUN_FILES))
            sql.executemany(queries.ADD_FILE, file_rows)
            for place in places:
                key = (run, place.step)
                sql.execute(queries.SET_NODE, (*reference_row(place.node), *key))
                sql.execute(queries.SET_NEXT, (following(place.next), *key))
                sql.execute(queries.SET_CALLER, (storable(place.calls_from), *key))
            if unrun:
                for query in queries.DROP_UNRUN:
                    sql.execute(query, (run,))
            for step, execution in unrun:
                sql.execute(queries.ADD_STEP, step_row(step))
                sql.execute(queries.PUT_EXECUTION, execution_row(execution, self.texts.write))

    def _unrun(self, run: str, nodes: Iterable[NodeRef]) -> list[tuple[Step, Execution]]:
        found = list(nodes)
        if not found:
            return []
        state = self.execution(run, 0, 0)
        return [
            (
                Step(run, at, node, engine_step=at),
                Execution(
                    *(run, at, 0, Outcome.NOT_RUN, state.started),
                    before=state.after,
                    marks=state.marks,
                ),
            )
            for at, node in enumerate(found, 1)
        ]

    def delete_run(self, run: str) -> None:
        """Delete the rows of a run; its snapshots go with the next `collect_garbage`."""
        with self._connection.transaction() as sql:
            for table in RUN_TABLES:
                sql.execute(f"DELETE FROM {table} WHERE run=?", (run,))
            sql.execute(queries.FORGET_CLAIMS)

    # -- steps and executions ---------------------------------------------------------------

    def begin_step(
        self, step: Step, execution: Execution, *, holding: Holding | None = None
    ) -> None:
        """A step that starts now: written before its node runs."""
        row = execution_row(execution, self.texts.write)
        with self._connection.transaction() as sql:
            check_holding(sql, holding)
            sql.execute(queries.ADD_STEP, step_row(step))
            sql.execute(queries.PUT_EXECUTION, row)

    def end_execution(
        self,
        execution: Execution,
        *,
        calls: Sequence[Call] = (),
        files: Sequence[FileUse] = (),
        holding: Holding | None = None,
        safe: bool = False,
    ) -> None:
        """How an execution ended, with what it did outside the state.

        `safe` returns only when that survives a power cut. Raises StoreError when its run was
        deleted meanwhile, ClaimLost when it is not `holding` the thread any more.
        """
        key = (execution.run, execution.step, execution.attempt)
        row = execution_row(execution, self.texts.write)
        doings = self._doings(execution, calls, files)
        with self._connection.transaction(safe=safe) as sql:
            check_holding(sql, holding)
            if sql.execute(queries.END_EXECUTION, (*row[3:], *key)).rowcount == 0:
                if sql.execute(queries.STEP_IS_THERE, key[:2]).fetchone() is None:
                    raise StoreError(f"run {execution.run} was deleted while its step ran")
                sql.execute(queries.PUT_EXECUTION, row)
            for query, rows in doings:
                sql.executemany(query, rows)

    def add_ended_steps(self, ended: Sequence[EndedStep], *, holding: Holding | None) -> None:
        """Steps of which nothing was written before, in one transaction."""
        rows: list[tuple[str, list[tuple[Any, ...]]]] = []
        for one in ended:
            rows.append((queries.ADD_STEP, [step_row(one.step)]))
            row = execution_row(one.execution, self.texts.write)
            rows.append((queries.PUT_EXECUTION, [row]))
            rows += self._doings(one.execution, one.calls, one.files)
            rows.append((queries.PUT_TASK, [task_row(task) for task in one.tasks]))
        with self._connection.transaction() as sql:
            check_holding(sql, holding)
            for query, values in rows:
                sql.executemany(query, values)

    def _doings(
        self, execution: Execution, calls: Sequence[Call], files: Sequence[FileUse]
    ) -> list[tuple[str, list[tuple[Any, ...]]]]:
        """What an execution did outside the state, and the keys that it touched, as queries with
        their rows. To be made before the transaction that writes them: it flushes their texts."""
        key = (execution.run, execution.step, execution.attempt)
        touched = [(name, "read") for name in execution.reads]
        touched += [(name, "write") for name in execution.written]
        touches = [
            (*key, storable(name), mode, place) for place, (name, mode) in enumerate(touched)
        ]
        made = [
            (queries.ADD_CALL, [call_row(key, call, self.texts.write) for call in calls]),
            (queries.ADD_TOUCH, touches),
            (queries.ADD_FILE, self._file_rows(key, files)),
        ]
        return [(query, rows) for query, rows in made if rows]

    def begin_attempt(
        self, run: str, step: int, *, before: str, edits: dict[str, Any], started: float
    ) -> int:
        """Take the next attempt number of a step; two processes never get the same one."""
        with self._connection.transaction() as sql:
            (newest,) = sql.execute(queries.NEWEST_ATTEMPT, (run, step)).fetchone()
            if newest is None:
                raise StoreError(f"run {run} has no step {step}")
            attempt = int(newest) + 1
            execution = Execution(
                run, step, attempt, Outcome.RUNNING, started, before=before, edits=edits
            )
            sql.execute(queries.PUT_EXECUTION, execution_row(execution, self.texts.write))
        return attempt

    def end_attempt_as(
        self, run: str, step: int, attempt: int, outcome: Outcome, error: str
    ) -> bool:
        """End an attempt whose process can no longer do so itself. False when it already has."""
        values = (outcome.value, text_column(error, self.texts.write), run, step, attempt)
        with self._connection.transaction() as sql:
            return sql.execute(queries.END_ATTEMPT_AS, values).rowcount > 0

    def set_note(self, run: str, step: int, attempt: int, note: str) -> None:
        with self._connection.transaction() as sql:
            sql.execute(queries.SET_NOTE, (storable(note) or None, run, step, attempt))

    def set_impure(self, run: str, step: int, why: str) -> None:
        """Note that a step depends on more than its state, or (with "") that it does not."""
        with self._connection.transaction() as sql:
            sql.execute(queries.SET_IMPURE, (storable(why) or None, run, step))

    def set_accepted(self, run: str, step: int, attempt: int | None) -> None:
        """Mark the one attempt of a step that a person takes for good; None takes the mark away."""
        with self._connection.transaction() as sql:
            sql.execute(queries.SET_ACCEPTED, (attempt, run, step))

    def delete_attempt(self, run: str, step: int, attempt: int) -> None:
        """Forget an attempt that nobody has seen: one that only checked something."""
        if attempt == 0:
            raise StoreError("what was recorded is not deleted step by step")
        with self._connection.transaction() as sql:
            for table in ("console", "file", "touch", "call", "execution"):
                query = f"DELETE FROM {table} WHERE run=? AND step=? AND attempt=?"
                sql.execute(query, (run, step, attempt))

    # -- what happened in an execution ------------------------------------------------------

    def add_files(
        self, run: str, files: Sequence[FileUse], step: int = RUN_FILES, attempt: int = 0
    ) -> None:
        """Files that belong to a run as a whole, or to one execution."""
        rows = self._file_rows((run, step, attempt), files)
        with self._connection.transaction() as sql:
            sql.executemany(queries.ADD_FILE, rows)

    def _file_rows(
        self, key: tuple[str, int, int], files: Sequence[FileUse]
    ) -> list[tuple[Any, ...]]:
        return [
            (
                *key,
                storable(use.path),
                use.mode,
                use.digest,
                bytes.fromhex(use.text) if use.text else None,
            )
            for use in files
        ]

    def add_console(self, run: str, step: int, attempt: int, stream: str, data: bytes) -> None:
        """A piece of what a step printed, in the order of printing over both streams."""
        text = text_column(data.decode("utf-8", "surrogateescape"), self.texts.write)
        if text is not None:
            with self._connection.transaction() as sql:
                values = (run, step, attempt, run, step, attempt, stream, text)
                sql.execute(queries.ADD_CONSOLE, values)

    # -- housekeeping -----------------------------------------------------------------------

    def collect_garbage(self) -> int:
        """Delete the objects that nothing names any more; returns how many bytes they held.

        Raises StoreInUse while something else writes: it may refer to objects that no row names
        yet. Snapshotters of this very store have to be made anew.
        """
        with self._connection.collection() as (sql, pending):
            freed = delete_unreached(sql, pending)
        self.texts.forget()
        return freed

    def compact(self) -> None:
        """Give the room of deleted objects back to the disk."""
        self._connection.rows("VACUUM")
        # Until then the file keeps its size, and the log holds the smaller one.
        self._connection.rows("PRAGMA wal_checkpoint(TRUNCATE)")
