"""Runs made of states alone, kept by the real snapshotter: for looking through many steps."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from lar_debug.model.records import Execution, NodeRef, Outcome, RunStatus, Step
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.session.recording import Recording
from lar_debug.store.database import Store
from tests.unit.store_process import info

State = dict[str, Any]


def add_states_run(
    store: Store,
    run: str,
    states: Sequence[State],
    *,
    labels: Sequence[str] = (),
    outcomes: Callable[[int], Outcome] = lambda _: Outcome.SUCCESS,
    status: RunStatus = RunStatus.FINISHED,
    **more: Any,
) -> Recording:
    """A run that began with the first state; each of the others is what a step left."""
    store.add_run(info(run, **more))
    keeper = Snapshotter(store.objects, store.texts, run=run, key=None)
    before = keeper.take(copy.deepcopy(states[0])).ref
    for step, state in enumerate(states[1:]):
        label = labels[step] if labels else f"node{step % 3}"
        began = Execution(run, step, 0, Outcome.RUNNING, time.time(), before=before)
        store.begin_step(Step(run, step, NodeRef(label, label), engine_step=step), began)
        after = keeper.take(copy.deepcopy(state)).ref
        ended = Execution(
            run,
            step,
            0,
            outcomes(step),
            began.started,
            before=before,
            after=after,
            changes=keeper.changes(before, after),
        )
        store.end_execution(ended)
        before = after
    # As a real one: whoever looks meanwhile sees it grow, and then end.
    store.set_status(run, status, ended=time.time())
    return Recording(store, store.run(run))


def new_store(folder: Path) -> Store:
    return Store.open(folder / "recordings.db", create=True)


def holds(value: Any, text: str) -> bool:
    """Whether a text stands anywhere in a value, keys of dicts included."""
    if isinstance(value, dict):
        return any(text in key or holds(inner, text) for key, inner in value.items())
    if isinstance(value, list):
        return any(holds(inner, text) for inner in value)
    return text in value if isinstance(value, str) else text in json.dumps(value)


def edited(state: State, edit: Callable[[State], object]) -> State:
    """A copy of a state with an edit."""
    new = copy.deepcopy(state)
    edit(new)
    return new


def found_steps(slices: Iterable[tuple[int, list[int]]]) -> list[int]:
    """The steps that a search brought, in the order in which it did."""
    return [step for _, steps in slices for step in steps]
