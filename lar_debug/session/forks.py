"""Which attempt of a step a person continues from, and with which node. Reads."""

from __future__ import annotations

from lar_debug.model.records import Execution, Outcome
from lar_debug.runtime.forking import ForkPoint, check_leads_on
from lar_debug.runtime.threads import ended_well
from lar_debug.session.recording import Recording


def fork_point(
    recording: Recording, step: int, attempt: int | None = None, *, at: str = ""
) -> ForkPoint:
    """The execution to continue from: the one of that number (`LAST`: the newest); without one the
    accepted one, else the newest that succeeded. Raises Problem where nothing comes behind it, and
    no node is named to begin `at`."""
    found = _chosen(recording, step) if attempt is None else recording.execution(step, attempt)
    check_leads_on(recording.info, found, at=at)
    return ForkPoint(recording.run, step, found.attempt)


def _chosen(recording: Recording, step: int) -> Execution:
    made = recording.executions(step)
    accepted = recording.summaries(step, step)[0].accepted
    for one in made:
        if one.attempt == accepted:
            return one
    good = [one for one in made if ended_well(one)]
    # Of those where none is good the newest says why.
    told = [one for one in made if one.outcome is not Outcome.SUPERSEDED]
    return (good or told)[-1]


def next_node(recording: Recording, point: ForkPoint) -> str:
    """The name of the node that a fork begins with."""
    return recording.execution(point.step, point.attempt).next[0].label
