"""The list of runs of a real store: what it tells of each, what comes, what is deleted."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import pytest_asyncio

from lar_debug.model.problem import Problem
from lar_debug.model.records import Outcome, RunInfo, RunStatus, Segment
from lar_debug.model.runs import RunRow
from lar_debug.session.recording import Recording
from lar_debug.session.rerunning import Rerunning
from lar_debug.session.runs import Runs
from lar_debug.session.session import Session
from lar_debug.store.database import Store
from tests.session.states_run import State, add_states_run, new_store
from tests.unit.store_process import add_run, info

STATES: list[State] = [{}, {"a": 1}, {"a": 2}]
PATIENCE = 60


def session_on(store: Store, run: RunInfo) -> Session:
    recording = Recording(store, run)
    return Session(recording, Rerunning(recording, Path(sys.executable), trusted=False), step=0)


class Reader:
    """Somebody who looks at the list, and hears of what is wrong."""

    def __init__(self, path: Path) -> None:
        self.runs = Runs(path, session_on)
        self.problems: list[str] = []
        self._changed = asyncio.Event()
        self.runs.on_change = self._changed.set
        self.runs.on_problem = self._hear
        self.task = asyncio.create_task(self.runs.follow())

    def _hear(self, problem: str) -> None:
        self.problems.append(problem)
        self._changed.set()

    @property
    def rows(self) -> tuple[RunRow, ...]:
        return self.runs.view.rows

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def looked_into(self) -> None:
        await self.until(lambda: bool(self.rows) and all(row.steps >= 0 for row in self.rows))


@pytest_asyncio.fixture
async def reader(tmp_path: Path):
    reader = Reader(tmp_path / "recordings.db")
    yield reader
    reader.task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reader.task


async def test_where_nothing_was_recorded_the_list_waits_for_the_first_run(
    reader: Reader, tmp_path: Path
):
    await reader.until(lambda: reader.runs.view.read)
    assert reader.rows == ()
    assert reader.runs.view.place == str(tmp_path)
    store = new_store(tmp_path)
    add_states_run(store, "aa11", STATES)
    await reader.until(lambda: [(row.short, row.steps) for row in reader.rows] == [("aa11", 2)])


async def test_each_run_says_how_it_ended_and_forks_follow_their_parent(
    reader: Reader, tmp_path: Path
):
    store = new_store(tmp_path)
    add_states_run(store, "aaaa11", STATES)
    add_states_run(store, "bbbb22", STATES, parent=("aaaa11", 1, 3))
    add_states_run(
        store,
        "cccc33",
        STATES,
        outcomes=lambda step: Outcome.ERROR if step else Outcome.SUCCESS,
        status=RunStatus.FAILED,
    )
    store.set_status("cccc33", RunStatus.FAILED, error="KeyError: 'oder'\nat 3", ended=time.time())
    store.begin_attempt("aaaa11", 1, before="", edits={}, started=0.0)
    await reader.until(lambda: [row.short for row in reader.rows] == ["cccc", "aaaa", "bbbb"])
    await reader.until(lambda: [row.steps for row in reader.rows] == [2, 2, 2])
    failed, parent, fork = reader.rows
    assert (failed.short, failed.failed_at, failed.note) == ("cccc", 1, "KeyError: 'oder'")
    assert (parent.short, parent.depth, parent.steps) == ("aaaa", 0, 2)
    assert (fork.name, fork.depth) == ("from aaaa:1@3", 1)


async def test_runs_that_are_each_others_parents_do_not_hang_the_list(
    reader: Reader, tmp_path: Path
):
    store = new_store(tmp_path)
    add_states_run(store, "aaaa11", STATES, parent=("bbbb22", 0, 0))
    add_states_run(store, "bbbb22", STATES, parent=("aaaa11", 0, 0))
    add_states_run(store, "cccc33", STATES, parent=("gone", 0, 0))
    await reader.until(lambda: any(row.short == "cccc" for row in reader.rows))
    assert reader.rows[0].name == "from gone:0@0"
    assert {row.short for row in reader.rows} == {"aaaa", "bbbb", "cccc"}


async def test_a_run_that_says_it_runs_while_its_process_is_gone_has_crashed(
    reader: Reader, tmp_path: Path
):
    store = new_store(tmp_path)
    store.add_run(info("aaaa11"))
    store.add_segment(Segment("aaaa11", 0, "boot:1:1", time.time()))
    await reader.until(lambda: [row.status for row in reader.rows] == [RunStatus.CRASHED])


async def test_a_run_is_opened_and_deleted_with_all_that_only_it_held(
    reader: Reader, tmp_path: Path
):
    store = new_store(tmp_path)
    add_states_run(store, "aaaa11", [{}, {"text": "only here " * 5000}])
    add_states_run(store, "bbbb22", STATES)
    await reader.until(lambda: len(reader.rows) == 2)
    session = await reader.runs.open("bbbb22")
    assert session.recording.run == "bbbb22"
    store.close()
    await reader.runs.delete("aaaa11")
    await reader.until(lambda: [row.short for row in reader.rows] == ["bbbb"])
    with pytest.raises(Problem, match="no run aaaa11"):
        await reader.runs.open("aaaa11")


async def test_a_run_that_goes_on_is_not_deleted(reader: Reader, tmp_path: Path):
    store = new_store(tmp_path)
    add_run(store, "aaaa11")
    await reader.looked_into()
    with pytest.raises(Problem, match="aaaa11 is running; stop it first"):
        await reader.runs.delete("aaaa11")


async def test_a_store_that_is_damaged_deleted_or_made_anew_is_told_and_followed(
    reader: Reader, tmp_path: Path
):
    store = new_store(tmp_path)
    add_states_run(store, "aaaa11", STATES)
    store.close()
    await reader.looked_into()
    for file in tmp_path.glob("recordings.db*"):
        file.unlink()
    await reader.until(lambda: reader.rows == ())
    (tmp_path / "no.db").write_bytes(b"no database at all" * 100)
    (tmp_path / "no.db").replace(tmp_path / "recordings.db")
    await reader.until(lambda: any("damaged" in problem for problem in reader.problems))
    (tmp_path / "recordings.db").unlink()
    add_states_run(new_store(tmp_path), "bbbb22", STATES)
    await reader.until(lambda: [row.short for row in reader.rows] == ["bbbb"])
    (tmp_path / "other").mkdir()
    other = new_store(tmp_path / "other")
    add_states_run(other, "cccc33", STATES)
    other.close()
    for log in ("recordings.db-wal", "recordings.db-shm"):
        (tmp_path / log).unlink(missing_ok=True)
    os.replace(other.path, tmp_path / "recordings.db")
    await reader.until(lambda: [row.short for row in reader.rows] == ["cccc"])
