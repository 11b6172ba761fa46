"""A fork: a new run on a thread of its own that continues from what one execution of a step left.

What a fork needs to go on stands in its own rows: it stays whole when its parent is deleted. Only
nodes that steps of the parent made while they ran are made again from there. Knows no engine.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final, NamedTuple, cast

from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution, NodeRef, Outcome, RunInfo, Step
from lar_debug.runtime.threads import FORK, Position, ended_well
from lar_debug.store.database import Store, StoreError

_OF_PARENT: Final = ("label", "call_site", "function", "names", "reached")
"""What the entry of a fork has as its parent's: how its start node is reached."""

_NUMBERED = re.compile(r"-fork-[0-9]+\Z")


class ForkPoint(NamedTuple):
    """The execution that a fork continues from."""

    run: str
    step: int
    attempt: int = 0

    @property
    def place(self) -> str:
        """ "5@3", as people name it within its run."""
        return f"{self.step}@{self.attempt}"


def check_leads_on(info: RunInfo, execution: Execution, *, at: str = "") -> None:
    """Raises Problem, one line that says what to do, for an execution with nothing behind it. With
    `at`, a node to begin with, it need not lead to one."""
    place = f"{execution.step}@{execution.attempt}"
    again = f"lar-debug rerun {info.run} --step {execution.step}"
    if ended_well(execution):
        if not execution.next and not at:
            raise Problem(
                f"{place} leads to no node: continue from a step before it, or say with which "
                "node (lar-debug fork --at NODE)"
            )
        if not execution.after:
            raise Problem(f"the state that {place} left was not kept: {again} makes it anew")
        return
    if execution.outcome is Outcome.WAITING:
        answers = ""
        if execution.attempt == 0:
            answers = f"lar-debug resume {info.thread} --answer VALUE answers it, "
        raise Problem(
            f"{place} waits for a person: {answers}a fork from the step before it asks anew"
        )
    if execution.outcome is Outcome.NOT_RUN:
        raise Problem(f"{place} was not run yet: {again} runs it")
    if execution.outcome is Outcome.RUNNING:
        raise Problem(f"{place} still runs: wait for its end, or continue from a step before it")
    how = "failed" if execution.outcome is Outcome.ERROR else "did not come to its end"
    error = execution.error.split("\n", 1)[0]
    raise Problem(
        f"{place} {how}{f' ({error})' if error else ''}: continue from an attempt that succeeded; "
        f"{again} makes one"
    )


def fork_position(store: Store, point: ForkPoint, *, at: str) -> Position:
    """Where a fork begins: with the node that the execution led to (or one that is named `at`), and
    the state it left.

    Raises Problem.
    """
    info = store.run(point.run)
    step = store.step(point.run, point.step)
    execution = store.execution(point.run, point.step, point.attempt)
    check_leads_on(info, execution, at=at)
    return Position(
        info,
        execution.after,
        step.engine_step + 1,
        execution.next[0] if execution.next else None,
        execution.marks,
        parent=(point.run, point.step, point.attempt),
    )


def fork_threads(parent: RunInfo) -> Iterator[str]:
    """Names for the thread of a fork that people can type: "case-42-fork-1", "7f3a-fork-1"."""
    name = parent.run[:4] if parent.thread == parent.run else _NUMBERED.sub("", parent.thread)
    return (f"{name}-fork-{number}" for number in count(1))


def fork_entry(position: Position, node: NodeRef, session: str) -> dict[str, Any]:
    """What a fork notes that its process does not know by itself. `session` is that of the process,
    where that is one of the parent's program already."""
    parent = position.run
    entry: dict[str, Any] = {
        name: parent.entry[name] for name in _OF_PARENT if name in parent.entry
    }
    if not session.startswith(f"{_session(parent)}/"):
        session = forked_session(parent)
    begins = {
        "node": list(node),
        "engine_step": position.engine_step,
        "thread": program_thread(parent),
    }
    return {**entry, "session": session, "ordinal": _ordinal(parent), FORK: begins}


def program_thread(info: RunInfo) -> str:
    """The thread as the program itself names it: that of the run a fork goes back to."""
    return str(_begins(info).get("thread") or info.thread)


def _begins(info: RunInfo) -> Mapping[str, Any]:
    found: Any = info.entry.get(FORK)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


# -- the program whose run is forked ----------------------------------------------------------


def _session(info: RunInfo) -> str:
    return str(info.entry.get("session", ""))


def _ordinal(info: RunInfo) -> int:
    return int(cast("int", info.entry.get("ordinal", 0)))


def forked_session(parent: RunInfo) -> str:
    """A name for the program that goes another way from the parent's run on: the runs before that
    one are those of the parent's program."""
    return f"{_session(parent)}/{_ordinal(parent)}.{secrets.token_hex(8)}"


def session_of(session: str, ordinal: int) -> str:
    """The session in which the run of that number was recorded."""
    while "/" in session:
        before, _, branch = session.rpartition("/")
        first = branch.partition(".")[0]
        if not first.isdecimal() or ordinal >= int(first):
            return session
        session = before
    return session


# -- the steps before a fork's own ------------------------------------------------------------


def point_of(store: Store, run: str, step: int) -> ForkPoint:
    """The execution that stands for a step of a run: of a fork, a step before its own is one of
    its parent's. Raises StoreError where that was deleted."""
    attempt, seen = 0, set[str]()
    while (parent := store.run(run).parent) is not None and step <= parent[1]:
        if run in seen:
            raise StoreError(f"run {run} is its own parent")
        seen.add(run)
        attempt = parent[2] if step == parent[1] else 0
        run = parent[0]
    return ForkPoint(run, step, attempt)


def whole_way(store: Store, info: RunInfo) -> Iterator[tuple[Step, Execution]]:
    """The steps of a run with what was recorded of each; of a fork first those that led there, as
    far as its parent is still there. Raises StoreError."""
    first = store.step_numbers(info.run).start
    if info.parent is not None:
        for number in range(first):
            try:
                run, step, attempt = point_of(store, info.run, number)
                yield store.step(run, step), store.execution(run, step, attempt)
            except StoreError:
                break
    yield from store.steps(info.run)
