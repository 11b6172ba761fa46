"""Re-executing every step once, unedited, to see which depend on more than their state.

Model calls are answered from the recording and the outside is blocked; nothing of it stays but
the mark on a step whose result differed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from lar_debug.diff.equality import cannot_be_told
from lar_debug.diff.paths import path_text
from lar_debug.diff.structural import compare
from lar_debug.model.changes import Change
from lar_debug.model.checks import Check
from lar_debug.model.records import Execution, Outcome, StepSummary
from lar_debug.session.attempted import Attempted
from lar_debug.session.comparison import Comparison
from lar_debug.session.recording import Recording
from lar_debug.session.reexecution import Conditions, Reexecution

NAMED_PATHS = 3

BY_ITSELF = ": the step depends on more than its state"

_BRANCHES = "BatchNode"


async def check_steps(
    recording: Recording, reexecution: Reexecution
) -> AsyncGenerator[Check, None]:
    """Check every step of a run, in order."""
    for line in recording.summaries():
        name = f"step {line.step} {line.node.label}"
        if why := _why_left_out(recording, line):
            yield Check(name, True, line.step, why)
            continue
        conditions = Conditions(answers="recorded", blocked=True)
        attempted = await reexecution.run(line.step, conditions)
        recorded = recording.execution(line.step, 0)
        why = _difference(recording, recorded, attempted)
        unknown, done = "", attempted.execution
        if done is not None:
            unknown = "" if why else _unknown(recording, recorded, done)
            edited = _edited(recording, recorded, done) if why else ""
            recording.store.delete_attempt(done.run, done.step, done.attempt)
            if edited:
                # Whether it depends on more than its state is not known of other code.
                why = f"{why.removesuffix(BY_ITSELF)}: {edited} was changed since the recording"
            else:
                recording.store.set_impure(done.run, done.step, why)
        yield Check(name, not why, line.step, why or unknown)


def _why_left_out(recording: Recording, line: StepSummary) -> str:
    """Why there is nothing to compare a step with, "" when there is."""
    if line.outcome is Outcome.CRASHED:
        return "died here when it was recorded, not run again"
    if line.outcome is Outcome.NOT_RUN:
        return "was not run when the state was saved, not run now"
    node = recording.nodes().get(line.node.address)
    if recording.imported and line.tokens.total and node is not None and node.type == _BRANCHES:
        return "its file has the answer of one branch alone, not run again"
    return ""


def _difference(recording: Recording, recorded: Execution, attempted: Attempted) -> str:
    """Why a step did not come out as it was recorded; "" when it did."""
    done = attempted.execution
    if done is None:
        error = attempted.load_error
        return f"not run: {error.message if error else attempted.problem}"
    if done.outcome is not recorded.outcome:
        if done.outcome is Outcome.BLOCKED:
            return f"reaches the outside: {done.error}"
        error = f" ({done.error.splitlines()[0]})" if done.error else ""
        return f"was {recorded.outcome.value}, is {done.outcome.value}{error}"
    if [node.label for node in recorded.next] != [node.label for node in done.next]:
        names = [" ".join(node.label for node in one.next) or "end" for one in (recorded, done)]
        return f"goes to {names[1]}, went to {names[0]}"
    if recorded.after != done.after:
        return _changed(recording, recorded, done)
    return ""


def _changes(recording: Recording, recorded: Execution, done: Execution) -> list[Change]:
    marks = recorded.marks + done.marks
    return compare(*recording.beside(recorded.after, done.after, marks))


def _unknown(recording: Recording, recorded: Execution, done: Execution) -> str:
    """Which values of a step that came out as it was recorded could not be compared."""
    if recorded.after == done.after:
        return ""
    changes = _changes(recording, recorded, done)
    return f"{_named(changes)} could not be kept, not compared" if changes else ""


def _changed(recording: Recording, recorded: Execution, done: Execution) -> str:
    changes = [one for one in _changes(recording, recorded, done) if not cannot_be_told(one)]
    return f"{_named(changes)} differs{BY_ITSELF}" if changes else ""


def _edited(recording: Recording, recorded: Execution, done: Execution) -> str:
    """What a person changed of what the step runs since it was recorded; "" for nothing."""
    causes = Comparison(recording, recorded, done).causes()
    edited = [cause.where for cause in causes if cause.kind in ("prompt", "source", "setting")]
    return edited[0] if edited else ""


def _named(changes: Sequence[Change]) -> str:
    paths = [path_text(change.at_new or change.at_old or ()) for change in changes]
    more = f" and {len(paths) - NAMED_PATHS} more" if len(paths) > NAMED_PATHS else ""
    return f"{', '.join(paths[:NAMED_PATHS])}{more}"
