"""Where the tasks of a step find and keep their results: while it is recorded, and when it is run
again. Knows no engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lar_debug.model.threads import TaskRow
from lar_debug.runtime.lost import LostValue
from lar_debug.runtime.observation import quiet
from lar_debug.runtime.restore import Restorer
from lar_debug.runtime.run_record import RunRecord
from lar_debug.runtime.tasks import StepTasks
from lar_debug.runtime.threads import begun_at
from lar_debug.store.database import Store
from lar_debug.store.key import signing_key

if TYPE_CHECKING:
    from lar_debug.runtime.reexecute import Attempt


def recorded_tasks(record: RunRecord, inner: Callable[[], str]) -> StepTasks:
    """For the step of a run that begins next."""
    store = record.recorder.store
    results = _results(store, record.run, record.tries)
    kept = _Recorded(record, results)
    seed = f"{record.run}|{record.engine_step}"
    return StepTasks(kept, seed=seed, run=record.run, step=record.steps, inner=inner)


def attempt_tasks(attempt: Attempt, inner: Callable[[], str]) -> StepTasks:
    """For a step that is run again: what its tasks gave when it was recorded."""
    run, step = attempt.info.run, attempt.step
    since = begun_at(attempt.info)
    since = since if since <= step.step else 0
    steps = () if attempt.tasks_live else attempt.store.tries(run, step.engine_step, since)
    kept = _Replayed(attempt.store, run, _results(attempt.store, run, steps))
    seed = f"{run}|{step.engine_step}"
    return StepTasks(kept, seed=seed, run=run, step=step.step, inner=inner)


def _results(store: Store, run: str, steps: tuple[int, ...] | list[int]) -> dict[str, TaskRow]:
    """The results of the tasks of some steps, by key; the newest of each."""
    return {task.key: task for step in steps for task in store.tasks(run, step) if task.result}


class _Replayed:
    """Results are given back; what has none runs, and what it gives is kept with the attempt's
    calls alone."""

    def __init__(self, store: Store, run: str, results: dict[str, TaskRow]) -> None:
        self._store, self._run, self._results = store, run, results

    def find(self, key: str) -> TaskRow | None:
        return self._results.get(key)

    def restore(self, row: TaskRow) -> tuple[bool, Any]:
        with quiet():
            restorer = Restorer(self._store.objects, self._run, signing_key(create=False))
            value = restorer.state(row.result).get("result")
        return (False, None) if isinstance(value, LostValue) else (True, value)

    def keep(self, row: TaskRow, value: Any) -> None:
        """Attempts leave no result for others."""

    def keep_failure(self, row: TaskRow) -> None:
        """The attempt's calls have it."""


class _Recorded(_Replayed):
    """What a step of a run gives is kept at once, for the next try of it."""

    def __init__(self, record: RunRecord, results: dict[str, TaskRow]) -> None:
        super().__init__(record.recorder.store, record.run, results)
        self._record = record

    def keep(self, row: TaskRow, value: Any) -> None:
        self._record.put_task(row, value)

    def keep_failure(self, row: TaskRow) -> None:
        self._record.put_failed_task(row)
