"""Every read of the tables of a recording. Standard library only.

Snapshots and long texts are objects named by their content (chunks.py, texts.py); the rows here
name them. Errors are StoreError, one line each.
"""

from __future__ import annotations

import os
from typing import Any

from lar_debug.model.records import (
    Call,
    Execution,
    FileUse,
    Node,
    Outcome,
    RunInfo,
    Segment,
    Step,
    StepSummary,
)
from lar_debug.model.spending import AttemptTokens, StepTokens
from lar_debug.store import queries
from lar_debug.store.chunks import Reader
from lar_debug.store.connection import Connection, StoreError
from lar_debug.store.rows import (
    column_text,
    row_call,
    row_execution,
    row_node,
    row_run,
    row_step,
    storable,
)

RUN_FILES = -1
"""The step under which files stand that belong to the run as a whole (its modules)."""


class Tables:
    """The rows of a recording, to be read. `objects` and `reader` reach the content under them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.path = connection.path
        self.objects = connection
        self.reader = Reader(connection)

    def version(self) -> int:
        """Changes when any other connection has written."""
        return self._connection.version()

    def nodes(self, run: str) -> dict[str, Node]:
        """Nodes by address, in the order of the graph."""
        rows = self._connection.rows(queries.NODES, (run,))
        return {row[1]: row_node(row, self.reader.text) for row in rows}

    def segments(self, run: str) -> list[Segment]:
        return [Segment(*row) for row in self._connection.rows(queries.SEGMENTS, (run,))]

    def runs(self) -> list[RunInfo]:
        """All runs, newest first; a file that is being imported is none until its end."""
        return [row_run(row) for row in self._connection.rows(queries.RUNS)]

    def unfinished_imports(self) -> list[RunInfo]:
        """What was imported of files whose end has not come, or never came."""
        return [row_run(row) for row in self._connection.rows(queries.UNFINISHED_IMPORTS)]

    def run(self, run: str) -> RunInfo:
        """One run. Raises StoreError when there is none of that id."""
        rows = self._connection.rows(queries.RUN, (run,))
        if not rows:
            raise StoreError(f"no run {run} in {self.path}")
        return row_run(rows[0])

    def step_numbers(self, run: str) -> range:
        """The steps of a run: from 0 on, of a fork from the one after its parent's on. Where there
        is none yet the range is empty, and begins where the first will stand."""
        rows = self._connection.rows(queries.STEP_NUMBERS, (run,))
        if not rows:
            return range(0)
        first, end = rows[0]
        return range(int(first), int(first if end is None else end))

    def totals(self, run: str, first: int = 0) -> tuple[int, int]:
        """(steps, tokens) of what was recorded from step `first` on."""
        steps, tokens = self._connection.rows(queries.TOTALS, (run, first))[0]
        return int(steps), int(tokens or 0)

    def last_segment(self, run: str) -> int:
        """The segment of the newest step: above 0 once the run has been resumed."""
        rows = self._connection.rows(queries.LAST_SEGMENT, (run,))
        return int(rows[0][0]) if rows else 0

    def spending(self, run: str) -> list[StepTokens]:
        """What each step took when it was recorded."""
        rows = self._connection.rows(queries.SPENDING, (run,))
        return [StepTokens(*row) for row in rows]

    def attempts_spending(self, run: str, step: int | None = None) -> list[AttemptTokens]:
        """What each attempt took that has ended, of one step or of all."""
        first, last = (0, 1 << 60) if step is None else (step, step)
        rows = self._connection.rows(queries.ATTEMPTS_SPENDING, (run, first, last))
        return [AttemptTokens(at, Outcome(outcome), bool(on), n) for at, outcome, on, n in rows]

    def last_steps(self, run: str) -> tuple[int | None, int | None]:
        """The last step that came to no good end, and the last that called a model."""
        return tuple(self._connection.rows(queries.LAST_STEPS, (run,))[0])

    def failed_steps(self, run: str, *, unended: bool) -> list[int]:
        """Steps that came to no good end; `unended` counts those that came to none at all."""
        return [row[0] for row in self._connection.rows(queries.FAILED_STEPS, (run, unended))]

    def summaries(self, run: str, first: int = 0, last: int | None = None) -> list[StepSummary]:
        """Timeline lines of the steps `first` to `last` (both included)."""
        values = (run, first, 1 << 60 if last is None else last)
        rows = self._connection.rows(queries.SUMMARIES, values)
        return [queries.summary(row, self.reader.text) for row in rows]

    def step(self, run: str, step: int) -> Step:
        """One step. Raises StoreError when it is out of range."""
        rows = self._connection.rows(queries.STEPS, (run, step, step))
        if not rows:
            steps = self.step_numbers(run)
            known = f"its steps are {steps[0]} to {steps[-1]}" if steps else "it has none"
            raise StoreError(f"run {run} has no step {step}: {known}")
        return row_step(rows[0])

    def steps(
        self, run: str, first: int = 0, last: int | None = None
    ) -> list[tuple[Step, Execution]]:
        """Steps `first` to `last` (both included) with what was recorded of each."""
        values = (run, first, 1 << 60 if last is None else last)
        steps = [row_step(row) for row in self._connection.rows(queries.STEPS, values)]
        return [(step, self.execution(run, step.step, 0)) for step in steps]

    def executions(self, run: str, step: int) -> list[Execution]:
        """The recorded execution of a step and its attempts, oldest first."""
        return self._executions(queries.EXECUTIONS, (run, step))

    def attempts(self, run: str, step: int) -> list[tuple[int, Outcome]]:
        """(number, outcome) of the recorded execution of a step and its attempts, oldest first."""
        rows = self._connection.rows(queries.ATTEMPTS, (run, step))
        return [(attempt, Outcome(outcome)) for attempt, outcome in rows]

    def execution_states(self, run: str, step: int) -> list[tuple[int, str, float, str]]:
        """(attempt, outcome, started, note) of the executions of a step, oldest first: while
        these stay, the execution of an attempt that has ended does."""
        rows = self._connection.rows(queries.EXECUTION_STATES, (run, step))
        return [(attempt, outcome, started, note or "") for attempt, outcome, started, note in rows]

    def attempted_steps(self, run: str) -> list[int]:
        """Steps that were re-executed."""
        return [row[0] for row in self._connection.rows(queries.ATTEMPTED_STEPS, (run,))]

    def execution(self, run: str, step: int, attempt: int) -> Execution:
        """One execution. Raises StoreError when there is none of that number."""
        found = self._executions(queries.EXECUTION, (run, step, attempt))
        if not found:
            raise StoreError(f"step {step} of run {run} has no attempt {attempt}")
        return found[0]

    def _executions(self, query: str, values: tuple[Any, ...]) -> list[Execution]:
        found: list[Execution] = []
        for row in self._connection.rows(query, values):
            touched = self._connection.rows(queries.TOUCHES, row[:3])
            reads = tuple(key for key, mode in touched if mode == "read")
            written = tuple(key for key, mode in touched if mode == "write")
            found.append(row_execution(row, reads, written, self.reader.text))
        return found

    def calls(self, run: str, step: int, attempt: int) -> list[Call]:
        rows = self._connection.rows(queries.CALLS, (run, step, attempt))
        return [row_call(row, self.reader.text) for row in rows]

    def files(self, run: str, step: int = RUN_FILES, attempt: int = 0) -> list[FileUse]:
        rows = self._connection.rows(queries.FILES, (run, step, attempt))
        return [
            FileUse(path, mode, digest, text.hex() if text else "")
            for path, mode, digest, text in rows
        ]

    def paths(self, run: str) -> list[str]:
        """Every file that a run or one of its attempts read, or would have read."""
        return [row[0] for row in self._connection.rows(queries.PATHS, (run,))]

    def steps_reading(self, use: FileUse, run: str) -> list[int]:
        """Steps whose node, when it was recorded, found a file as `use` says."""
        values = (run, storable(use.path), use.mode, use.digest)
        return [row[0] for row in self._connection.rows(queries.STEPS_READING, values)]

    def files_read(self, run: str) -> list[FileUse]:
        """Every file that a recorded step read or looked for, once for each content."""
        rows = self._connection.rows(queries.FILES_READ, (run,))
        return [FileUse(path, mode, digest) for path, mode, digest in rows]

    def steps_at(self, run: str, address: str) -> list[int]:
        """Steps of the node at an address."""
        return [row[0] for row in self._connection.rows(queries.STEPS_AT, (run, address))]

    def steps_with_prompts(self, run: str) -> list[tuple[str, int]]:
        """(address, its first step) of the nodes that called a model when they were recorded."""
        rows = self._connection.rows(queries.STEPS_WITH_PROMPTS, (run,))
        return [(address, int(step)) for address, step in rows]

    def console(self, run: str, step: int, attempt: int) -> list[tuple[str, bytes]]:
        """(stream, bytes) pieces in the order of printing."""
        rows = self._connection.rows(queries.CONSOLE, (run, step, attempt))
        return [
            (stream, column_text(text, self.reader.text).encode("utf-8", "surrogateescape"))
            for stream, text in rows
        ]

    def console_pieces(self, run: str, step: int, attempt: int) -> int:
        """How many pieces there are by now: what an attempt printed may come after its end."""
        return int(self._connection.rows(queries.CONSOLE_PIECES, (run, step, attempt))[0][0])

    def size(self) -> int:
        """Bytes on disk, the write-ahead log included."""
        paths = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(os.path.getsize(path) for path in paths if path.exists())
