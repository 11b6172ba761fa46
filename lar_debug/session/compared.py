"""What a person sees beside another step, another attempt or another run, by its name.

Reads off the event loop. What is named is the base, what is looked at came after it.
"""

from __future__ import annotations

import asyncio
import re

from lar_debug.diff.build import build
from lar_debug.model.document import Document
from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution
from lar_debug.session.recording import Recording
from lar_debug.session.references import find

_OF_THIS_RUN = re.compile(r"[0-9]{1,9}(@([0-9]{1,9}|last))?")


async def compare_with(
    recording: Recording, step: int, attempt: int, name: str
) -> tuple[str, Document]:
    """A title and the difference from what `name` names (`3`, `3@2`, `7f3a:5`, or a run: its step
    of the same node) to an attempt. Raises Problem."""
    return await asyncio.to_thread(_compare, recording, step, attempt, name.strip())


def _compare(recording: Recording, step: int, attempt: int, name: str) -> tuple[str, Document]:
    shown = recording.execution(step, attempt)
    whole = f"{recording.run}:{name}" if _OF_THIS_RUN.fullmatch(name) else name
    info, reference = find(whole, recording.store.runs())
    if reference.facet:
        raise Problem(f"{name}: .{reference.facet} is for lar-debug diff")
    other = Recording(recording.store, info)
    if reference.step is None:
        base = _same_node(recording, step, other)
    else:
        base = other.execution(reference.step, reference.attempt or 0)
    left = base.after or base.before, shown.after or shown.before
    document = build(*recording.beside(*left), hidden=recording.quiet_after(*left))
    where = f"{base.step}@{base.attempt}"
    where = where if info.run == recording.run else f"{info.run[:4]}:{where}"
    return f"state after {where} → {step}@{attempt}", document


def _same_node(recording: Recording, step: int, other: Recording) -> Execution:
    """What the node of a step did in another run: in the step of that number, else first of all."""
    node = recording.step(step).node
    steps = other.store.steps_at(other.run, node.address)
    if not steps:
        raise Problem(f"run {other.run[:8]} has no step of {node.label}; name one: RUN:STEP")
    return other.execution(step if step in steps else steps[0], 0)
