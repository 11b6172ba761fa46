"""Whether the routers of a run are what a resume counts on: the same state, the same way.

Every router is run again on its recorded state, several times, the outside blocked; nothing of
it stays.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from lar_debug.diff.brief import brief
from lar_debug.model.checks import Check
from lar_debug.model.records import Execution, Node, Outcome, StepSummary
from lar_debug.model.values import Value
from lar_debug.session.attempted import Attempted
from lar_debug.session.recording import Recording
from lar_debug.session.reexecution import Conditions, Reexecution

TIMES = 5
"""How often each router is run: one that depends on chance or time may agree once."""

_TYPE = "RouterNode"
_PART = "decision_function"
"""What a router of a class of the user's own has in its fingerprint."""


def router_steps(recording: Recording) -> list[StepSummary]:
    """The steps of a run in which a router came to a decision."""
    nodes = recording.nodes()
    routers = {address for address, node in nodes.items() if _is_router(node)}
    return [
        line
        for line in recording.summaries()
        if line.node.address in routers and line.outcome is Outcome.SUCCESS
    ]


def _is_router(node: Node) -> bool:
    return node.type == _TYPE or any(part.startswith(_PART) for part in node.fingerprint)


async def check_routers(
    recording: Recording, reexecution: Reexecution
) -> AsyncGenerator[Check, None]:
    """Check every router of a run, in order. Raises Problem when nothing can be run."""
    for line in router_steps(recording):
        recorded = recording.execution(line.step, 0)
        why = ""
        for _ in range(TIMES):
            attempted = await reexecution.run(
                line.step, Conditions(answers="recorded", blocked=True)
            )
            why = _other_way(recording, recorded, attempted)
            done = attempted.execution
            if done is not None:
                recording.store.delete_attempt(done.run, done.step, done.attempt)
            if why:
                break
        yield Check(f"step {line.step} {line.node.label}", not why, line.step, why)


def _other_way(recording: Recording, recorded: Execution, attempted: Attempted) -> str:
    """How a router went another way than it was recorded; "" when it did not."""
    done = attempted.execution
    if done is None:
        error = attempted.load_error
        return f"not run: {error.message if error else attempted.problem}"
    if done.outcome is not Outcome.SUCCESS:
        return f"ended with {done.outcome.value}: {done.error}"
    ways = [" ".join(node.label for node in one.next) or "the end" for one in (recorded, done)]
    if ways[0] == ways[1]:
        return ""
    then, now = (_decision(recording, one) for one in (recorded, done))
    return f"answered {then} and went to {ways[0]}; on the same state {now}, to {ways[1]}"


def _decision(recording: Recording, execution: Execution) -> str:
    try:
        found: Value = recording.value(execution.after, (recording.route_key,))
    except KeyError:
        return "nothing"
    return brief(found)
