"""Which runs go on by themselves, and what of an attempt is asked or refused before a new one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import pytest

from lar_debug.model.problem import Problem
from lar_debug.model.records import NodeRef, Outcome, RunStatus
from lar_debug.store.database import Store
from tests.session.person import Person, session_on
from tests.session.states_run import add_states_run, new_store

Opened = Callable[..., AbstractAsyncContextManager[Person]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A person at the first step of a run, whose newest attempt came out as a test says."""

    @asynccontextmanager
    async def open_one(
        status: RunStatus, outcome: Outcome, *, ends: bool = False
    ) -> AsyncGenerator[Person]:
        with closing(new_store(tmp_path)) as store:
            recording = add_states_run(store, "7f3a", [{"a": 1}, {"a": 2}], status=status)
            add_attempt(store, recording.run, outcome, ends=ends)
        person = Person(session_on(tmp_path, step=0), tmp_path)
        await person.session.open()
        await person.until(lambda: person.session.step_view() is not None)
        yield person
        await person.session.close()

    return open_one


def add_attempt(store: Store, run: str, outcome: Outcome, *, ends: bool) -> None:
    recorded = store.execution(run, 0, 0)
    attempt = store.begin_attempt(run, 0, before=recorded.before, edits={}, started=1.0)
    following = () if ends else (NodeRef("start.next_node", "check_reply"),)
    ended = recorded._replace(attempt=attempt, outcome=outcome, next=following, error="")
    store.end_execution(ended)


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.STOPPED, RunStatus.WAITING])
async def test_a_run_that_stopped_goes_on_itself_unless_an_attempt_is_shown(
    opened: Opened, status: RunStatus
) -> None:
    async with opened(status, Outcome.SUCCESS) as person:
        assert not person.session.continuing.goes_on_itself
        person.session.show_attempt(0)
        await person.session.settled()
        assert person.session.continuing.goes_on_itself


async def test_it_is_asked_with_the_node_that_comes_and_that_it_is_for_real(opened: Opened) -> None:
    async with opened(RunStatus.FINISHED, Outcome.SUCCESS) as person:
        assert not person.session.continuing.goes_on_itself
        whole, *shorter = person.session.continuing.questions()
    keys = "n next step, c to the end, q no"
    assert whole == f"Continue from #1 as a new run with check_reply, models for real: {keys}"
    assert shorter[0] == f"Continue from #1 as a new run, for real: {keys}"
    assert all(map(len, shorter))


@pytest.mark.parametrize(
    ("outcome", "ends", "why"),
    [
        (Outcome.SUCCESS, True, "0@1 leads to no node: continue from a step before it"),
        (
            Outcome.ERROR,
            True,
            "0@1 failed: continue from an attempt that succeeded; lar-debug rerun",
        ),
        (Outcome.TIMEOUT, True, "0@1 did not come to its end: continue from an attempt that succ"),
        (Outcome.WAITING, True, "0@1 waits for a person: a fork from the step before it asks anew"),
    ],
)
async def test_what_cannot_be_continued_from_says_what_to_do(
    opened: Opened, outcome: Outcome, ends: bool, why: str
) -> None:
    async with opened(RunStatus.FINISHED, outcome, ends=ends) as person:
        with pytest.raises(Problem) as refused:
            person.session.continuing.questions()
    assert str(refused.value).startswith(why)
