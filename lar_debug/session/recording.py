"""Reading one run: what was recorded, as it really stands now. Runs no user code, writes nothing.

The command line and the screen both read through this, so they cannot disagree.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import cast

from lar_debug.model.engines import bookkeeping, conflict_key, quiet_keys, route_key
from lar_debug.model.foreign import file_of
from lar_debug.model.problem import Problem
from lar_debug.model.records import (
    RECORDING_STOPPED,
    Call,
    Execution,
    FileUse,
    Node,
    Outcome,
    RunInfo,
    RunStatus,
    Step,
    StepSummary,
)
from lar_debug.model.spending import StepTokens
from lar_debug.model.values import Mark, Value
from lar_debug.model.values import Path as ValuePath
from lar_debug.session.costs import AttemptsCost, Resume, cost_of_attempts, resumes_in
from lar_debug.session.references import LAST
from lar_debug.session.way import EFFECTS, reached_on_the_way, script_part
from lar_debug.store.beside import read_beside
from lar_debug.store.database import Store
from lar_debug.store.glimpses import glimpse
from lar_debug.store.liveness import is_alive

EXECUTIONS_KEPT = 1_000
"""Executions that are not read again."""


class Recording:
    """One run in a store."""

    def __init__(self, store: Store, info: RunInfo) -> None:
        self.store = store
        self._run = info.run
        self._file = _file_id(store.path)
        self._engine = info.engine
        self.hidden = bookkeeping(info.engine)
        self.route_key = route_key(info.engine)
        self._executions: dict[tuple[int, int], tuple[object, Execution]] = {}
        self._spent: tuple[object, list[StepTokens]] = (None, [])

    @property
    def run(self) -> str:
        return self._run

    @property
    def info(self) -> RunInfo:
        """The run as it stands: one whose process is gone without an end has crashed."""
        return as_it_stands(self.store, self.store.run(self._run))

    @cached_property
    def project(self) -> Path:
        """The folder that paths are shown relative to: that of the script."""
        return Path(self.store.run(self._run).script).parent

    def shown_path(self, path: str) -> str:
        """A path for people: relative to the project when it lies in it."""
        try:
            return str(Path(path).relative_to(self.project))
        except ValueError:
            return path

    def check_store(self) -> None:
        """Raises Problem where the file of the store is another one by now, or none."""
        if _file_id(self.store.path) != self._file:
            raise Problem(
                f"{self.store.path} was deleted or replaced: what has been read stays "
                "on the screen, nothing more can be kept"
            )

    def nodes(self) -> dict[str, Node]:
        return self.store.nodes(self._run)

    def step_numbers(self) -> range:
        """As the store has them."""
        return self.store.step_numbers(self._run)

    def step(self, step: int) -> Step:
        return self.store.step(self._run, step)

    def summaries(self, first: int = 0, last: int | None = None) -> list[StepSummary]:
        """Timeline lines; a step that was running when its process died has crashed."""
        found = [self._with_way(line) for line in self.store.summaries(self._run, first, last)]
        if any(line.outcome is Outcome.RUNNING for line in found):
            ended = self._ended_outcome()
            found = [
                line._replace(outcome=ended) if line.outcome is Outcome.RUNNING else line
                for line in found
            ]
        return found

    def _with_way(self, line: StepSummary) -> StepSummary:
        way = reached_on_the_way(self._begun, line.node.address)
        if not way:
            return line
        effects = (*line.effects, *(EFFECTS[kind] for kind, _ in way))
        return line._replace(effects=tuple(dict.fromkeys(effects)))

    @cached_property
    def _begun(self) -> RunInfo:
        """The run as it was when it began: how it is reached does not change after that."""
        return self.store.run(self._run)

    def on_the_way(self, address: str) -> tuple[tuple[str, str], ...]:
        """(kind, where) of what the script does to the outside before it comes to a node."""
        return reached_on_the_way(self._begun, address)

    @property
    def imported(self) -> bool:
        """Whether the run came from a file of another program."""
        return bool(file_of(self._begun))

    @property
    def script_part(self) -> str:
        """What of the script runs again where only that can make a node: "main()"."""
        return script_part(self._begun)

    def _ended_outcome(self) -> Outcome:
        status = self.info.status
        return Outcome.RUNNING if status is RunStatus.RUNNING else Outcome.CRASHED

    def executions(self, step: int) -> list[Execution]:
        """The recorded execution and the attempts of a step, oldest first.

        A person who tries a prompt fifty times looks at fifty of them after each save: those that
        have ended are read once.
        """
        states = self.store.execution_states(self._run, step)
        found = [self._known(step, *state) for state in states]
        if not found:
            self.store.step(self._run, step)
        if found and found[0].outcome is Outcome.RUNNING:
            found[0] = found[0]._replace(outcome=self._ended_outcome())
        return found

    def _known(self, step: int, attempt: int, *state: object) -> Execution:
        known = self._executions.get((step, attempt))
        if known is not None and known[0] == state:
            return known[1]
        execution = self.store.execution(self._run, step, attempt)
        if execution.outcome is not Outcome.RUNNING:
            if len(self._executions) >= EXECUTIONS_KEPT:
                self._executions.clear()
            self._executions[step, attempt] = state, execution
        return execution

    def _spending(self) -> list[StepTokens]:
        """What the steps took; of steps that have ended nothing is read again."""
        last = self.step_numbers().stop - 1
        state = self.store.execution_states(self._run, last)[:1]
        if self._spent[0] != (last, state):
            self._spent = (last, state), self.store.spending(self._run)
        return self._spent[1]

    def attempts_cost(self, step: int | None = None) -> AttemptsCost:
        """What the attempts at a step took, without one those at all steps."""
        attempts = self.store.attempts_spending(self._run, step)
        return cost_of_attempts(self._spending(), attempts) if attempts else AttemptsCost()

    def resumes(self) -> tuple[Resume, ...]:
        """The times that the run was gone on with, oldest first."""
        return resumes_in(self._spending()) if self.store.last_segment(self._run) else ()

    def failed_steps(self) -> list[int]:
        """Steps that came to no good end when they were recorded."""
        unended = self._ended_outcome() is not Outcome.RUNNING
        return self.store.failed_steps(self._run, unended=unended)

    def execution(self, step: int, attempt: int) -> Execution:
        """One execution; `LAST` is the newest. Raises Problem when there is no such attempt."""
        found = self.executions(step)
        if attempt == LAST:
            return next(one for one in reversed(found) if one.outcome is not Outcome.SUPERSEDED)
        for one in found:
            if one.attempt == attempt:
                return one
        raise Problem(
            f"step {step} of run {self._run} has no attempt {attempt}: "
            f"they are 0 to {found[-1].attempt}"
        )

    def last_finished(self, step: int) -> Execution:
        """The newest execution of a step that came to an end of its own, else the recorded one."""
        found = self.executions(step)
        return next((one for one in reversed(found) if one.outcome.finished), found[0])

    def base_of(self, step: int, attempt: int) -> Execution | None:
        """What an attempt is compared with: the last one before it that finished."""
        before = [one for one in self.executions(step) if one.attempt < attempt]
        return next((one for one in reversed(before) if one.outcome.finished), None)

    def value(self, reference: str, path: ValuePath = ()) -> Value:
        """A snapshot, or what stands at a path in it; {} where there is none."""
        return self.store.reader.value(reference, path) if reference else {}

    def beside(self, old: str, new: str, marks: Iterable[Mark] = ()) -> tuple[Value, Value]:
        """Two snapshots; what both hold in the same place is an Unread, but for keys with a
        mark: a value that could not be kept is shown wherever it stands."""
        whole: set[str] = {mark.path[0] for mark in marks if mark.path}
        if not old or not new:
            return self.value(old), self.value(new)
        return read_beside(self.store.reader, old, new, whole)

    def glimpse(self, reference: str, keys: Collection[str] | None = None) -> dict[str, Value]:
        """A state (of it the `keys`, if given) as far as a row for each key can show it."""
        return glimpse(self.store.reader, reference, keys) if reference else {}

    def quiet(self, *states: Value) -> frozenset[str]:
        """Keys that a view of these states leaves out."""
        whole = (cast("dict[str, Value]", one) for one in states if isinstance(one, dict))
        found = [quiet_keys(self._engine, state) for state in whole]
        return frozenset[str]().union(*found) if found else self.hidden

    def quiet_after(self, *references: str) -> frozenset[str]:
        """Keys that a view of snapshots leaves out; reads no more of them than that takes."""
        key = conflict_key(self._engine)
        found: list[Value] = []
        for reference in references:
            try:
                found.append({key: self.value(reference, (key,))})
            except KeyError:
                found.append({})
        return self.quiet(*found)

    def death(self, started: float, error: str) -> str:
        """How a step whose process died came to its end, for people; `error` as it was kept."""
        if error.startswith(RECORDING_STOPPED):
            return error.replace("stopped", "stopped here", 1)
        ended = self._end_of_process(started)
        words = "died here"
        if ended is not None:
            seconds = max(0.0, ended - started)
            into = f"{seconds:.0f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
            words += f" {time.strftime('%H:%M:%S', time.localtime(ended))}, {into} into the step"
        # What ended the process stands in brackets behind what that meant for the run.
        why = error.rstrip(")").rpartition("(")[2]
        return f"{words}: {why}" if why else words

    def _end_of_process(self, moment: float) -> float | None:
        """When the process ended that was at work at a moment, as far as that is known."""
        segments = self.store.segments(self._run)
        its = [segment for segment in segments if segment.started <= moment]
        if its and its[-1] is not segments[-1]:
            return its[-1].ended
        return self.store.run(self._run).ended

    def calls(self, execution: Execution) -> list[Call]:
        return self.store.calls(self._run, execution.step, execution.attempt)

    def console(self, execution: Execution) -> list[tuple[str, bytes]]:
        return self.store.console(self._run, execution.step, execution.attempt)

    def files(self, execution: Execution) -> dict[str, FileUse]:
        """Files that stood behind an execution, by path: what it opened, and the modules."""
        of_run = self.store.files(self._run)
        if execution.attempt:
            # Of the modules an attempt has those alone that are not as they were recorded.
            of_run = [use for use in of_run if use.mode == "module"]
        own = self.store.files(self._run, execution.step, execution.attempt)
        found = {use.path: use for use in (*of_run, *own)}
        return {path: use for path, use in found.items() if use.mode != "gone"}

    def default_step(self) -> int | None:
        """The step to look at first: the failed one, where nobody went on from there, else the last
        that called a model."""
        steps = self.step_numbers()
        if not steps:
            return None
        last = steps[-1]
        newest = self.summaries(last)[0]
        if newest.outcome is Outcome.CRASHED:
            return last
        failed, asked = self.store.last_steps(self._run)
        if failed is not None and self.summaries(failed, failed)[0].segment < newest.segment:
            failed = None
        return next((step for step in (failed, asked) if step is not None), last)


def _file_id(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def as_it_stands(store: Store, info: RunInfo) -> RunInfo:
    """A run that says it is running while its process is gone has crashed."""
    if info.status is not RunStatus.RUNNING:
        return info
    segments = store.segments(info.run)
    if segments and not is_alive(segments[-1].process):
        return info._replace(status=RunStatus.CRASHED)
    return info
