"""All attempts of a step, each named by its edit. Runs off the event loop."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from lar_debug.model.records import Execution, Outcome
from lar_debug.model.tabs import AttemptRow, AttemptsView
from lar_debug.session.costs import AttemptsCost
from lar_debug.session.edit_names import EditNames

MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Listed:
    """What is known of the attempts as they are listed: which of them is shown, which one it is
    compared with, which one stays the base, which one a person took for good; `killed` lists
    those too that a newer save ended; `cost` is what all of them took."""

    shown: int
    base: Execution | None
    held: int | None
    accepted: int | None
    killed: bool
    cost: AttemptsCost


def attempts_view(
    names: EditNames, executions: Iterable[Execution], listed: Listed
) -> AttemptsView:
    """One row for each of `executions` that has ended. Raises Problem."""
    base = listed.base
    unseen = {Outcome.RUNNING} if listed.killed else {Outcome.RUNNING, Outcome.SUPERSEDED}
    rows = tuple(
        AttemptRow(
            attempt=one.attempt,
            outcome=one.outcome,
            time=time.strftime("%H:%M:%S", time.localtime(one.started)),
            edit=names.name(one),
            tokens=one.tokens.total,
            ms=one.duration_ns // MS,
            next=", ".join(node.label for node in one.next),
            shown=one.attempt == listed.shown,
            base=base is not None and one.attempt == base.attempt,
            held=one.attempt == listed.held,
            accepted=one.attempt == listed.accepted,
            note=note_of(one),
        )
        for one in executions
        if one.attempt == 0 or one.outcome not in unseen
    )
    return AttemptsView(rows, listed.killed, listed.cost.words)


def note_of(execution: Execution) -> str:
    """What a person wrote beside an execution; one that waits keeps there what it asks."""
    return "" if execution.outcome is Outcome.WAITING else execution.note
