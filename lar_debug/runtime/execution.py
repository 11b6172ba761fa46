"""From what was observed while a node ran to the record of its execution. Knows no engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lar_debug.model.records import Changes, Execution, Outcome
from lar_debug.runtime.interrupts import Interrupted
from lar_debug.runtime.observation import Observation, observing
from lar_debug.runtime.tracebacks import describe, place_of, text_of


@dataclass(frozen=True, slots=True)
class Ran:
    """How the code of a node ended."""

    returned: Any
    raised: BaseException | None
    duration_ns: int


def run_observed(observation: Observation, work: Callable[[], Any]) -> Ran:
    """Run the code of a node. What it raises, whatever that is, comes back as data."""
    started = time.perf_counter_ns()
    with observing(observation):
        try:
            returned = work()
        except BaseException as error:
            return Ran(None, error, time.perf_counter_ns() - started)
    return Ran(returned, None, time.perf_counter_ns() - started)


def ended(
    execution: Execution,
    observation: Observation,
    ran: Ran,
    roots: tuple[str, ...],
    **known: Any,
) -> Execution:
    """`execution` with how it ended: outcome, error, tokens, keys and effects, and what else is
    `known` of it (its snapshot, changes, next node).

    An error is what this execution raised or set as `last_error`, not what was left in the state
    by an earlier step. What it changed in place, without setting it, counts as written too.
    """
    outcome, error, cause, note = _judged(observation, ran)
    if cause is not None:
        known["traceback"], known["error_at"] = text_of(cause), place_of(cause, roots)
    changes: Changes = known.get("changes", Changes())
    changed = (*changes.added, *changes.updated, *changes.removed)
    return execution._replace(
        outcome=outcome,
        error=error,
        note=note,
        duration_ns=ran.duration_ns,
        tokens=observation.tokens,
        reads=tuple(observation.reads),
        written=tuple(dict.fromkeys((*observation.written, *changed))),
        effects=tuple(observation.effects),
        **known,
    )


def _judged(observation: Observation, ran: Ran) -> tuple[Outcome, str, BaseException | None, str]:
    """(outcome, error, what caused it, note)"""
    raised = ran.raised
    if isinstance(raised, Interrupted):
        return Outcome.WAITING, "", None, observation.person.note() or raised.note
    if observation.blocked:
        return Outcome.BLOCKED, observation.blocked, raised, ""
    if raised is not None:
        return Outcome.ERROR, describe(raised), raised, ""
    if observation.error_texts:
        text = next(iter(observation.error_texts.values()))
        cause = observation.swallowed or observation.error
        if observation.swallowed is not None and str(observation.swallowed) == text:
            text = describe(observation.swallowed)
        return Outcome.ERROR, text, cause, ""
    return Outcome.SUCCESS, "", None, ""
