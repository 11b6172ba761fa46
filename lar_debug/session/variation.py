"""Whether a step depends on more than its state: run again with all the same, it came out
otherwise."""

from __future__ import annotations

from contextlib import closing

from lar_debug.model.records import Execution, Outcome
from lar_debug.session.recording import Recording
from lar_debug.session.tasks_told import task_results
from lar_debug.store.database import Store


def note_variation(recording: Recording, done: Execution) -> bool:
    """Keep it when nothing that went in differed from the attempt before, and the output did.

    Raises Problem when the store cannot be read or written.
    """
    # Loaded with the first view; an open session begins without it.
    from lar_debug.session.comparison import Comparison

    base = recording.base_of(done.step, done.attempt)
    if base is None or base.outcome is not Outcome.SUCCESS or base.after == done.after:
        return False
    if done.outcome is not Outcome.SUCCESS or _went_in(recording, base) != _went_in(
        recording, done
    ):
        return False
    if not Comparison(recording, base, done).differs:
        return False
    why = f"run unedited it came out otherwise (#{base.attempt}, #{done.attempt})"
    with closing(Store.open(recording.store.path)) as store:
        store.set_impure(done.run, done.step, why)
    return True


def _went_in(recording: Recording, execution: Execution) -> tuple[object, ...]:
    uses = recording.store.files(execution.run, execution.step, execution.attempt)
    read = {use.path: use.digest for use in uses if use.mode == "r"}
    tasks = task_results(recording.calls(execution))
    return execution.edits, execution.fingerprint, execution.before, read, tasks
