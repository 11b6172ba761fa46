"""Runs from elsewhere, other sessions on the same store, stores that go away."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from lar_debug.model.problem import Problem
from lar_debug.model.records import Outcome
from lar_debug.session.timeline import Timeline
from lar_debug.session.watched import CLOCK_STEP
from lar_debug.store.database import Store
from lar_debug.store.trust import is_ours
from tests.runtime.recording import forks
from tests.session.person import PATIENCE, Person, session_on
from tests.session.states_run import add_states_run, new_store

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTS, READS, ASKS = range(3)


Open = Callable[..., Coroutine[None, None, Person]]


async def test_a_save_in_the_first_moment_is_answered_when_the_interpreter_is_ready(
    workshop: Path,
):
    person = Person(session_on(workshop, step=ASKS), workshop)
    try:
        await person.session.open()
        # Nothing that this session has begun came to run yet.
        person.edit("prompt.md", "kindly", "at once")
        await person.told("saved prompt.md: step 2 ran again as #1, on screen in ")
        assert "at once" in str(person.view.diff)
    finally:
        await person.session.close()


async def test_two_sessions_on_one_store_see_each_others_attempts(person: Person, opened: Open):
    other = await opened(person.folder, step=COUNTS, trusted=False)
    await person.look_at(COUNTS)
    person.session.rerun()
    await person.told("step 0 ran again as #1")
    await other.until(lambda: other.chips(other.view) == [0, 1])
    assert other.shown(other.view) == 1
    assert other.session.timeline().row(COUNTS).attempt == 1
    other.session.show_older()
    await other.until(lambda: other.shown(other.view) == 0)
    person.session.rerun()
    await person.told("step 0 ran again as #2")
    await other.until(lambda: other.view.strip.new == 1)
    assert other.shown(other.view) == 0


async def test_a_run_from_elsewhere_marks_nothing_and_runs_nothing_until_r_was_pressed_twice(
    person: Person, opened: Open
):
    run = person.session.recording.run
    with_seal = Store.open(person.folder / "recordings.db")
    with_seal.set_seal(run, "made elsewhere")
    other = await opened(person.folder, step=READS, trusted=is_ours(with_seal.run(run)))
    foreign = other.session
    note = person.text("note.txt")
    assert foreign.header().on_save == "nothing, recorded elsewhere (r asks)"
    person.save("note.txt", "changed while nobody answered for the run\n")
    await person.told("saved note.txt")
    assert not [line.text for line in foreign.events()]
    assert [foreign.timeline().row(step).flags for step in range(8)] == [""] * 8
    foreign.rerun()
    line = await other.told("recorded elsewhere: r again runs ")
    assert f"{person.folder / 'workshop.py'} in {person.folder}" in line
    assert len(with_seal.attempts(run, READS)) == 1
    foreign.rerun()
    await other.told("step 1 ran again as #1")
    assert is_ours(with_seal.run(run)), "the answer is remembered"
    assert foreign.header().on_save.startswith("re-run 1 reads")
    with_seal.close()
    person.save("note.txt", note)
    await person.told("saved note.txt")


async def test_a_store_that_is_deleted_is_told_once_and_nothing_breaks(
    workshop: Path, tmp_path: Path, opened: Open
):
    shutil.copytree(workshop, tmp_path / "copy", ignore=shutil.ignore_patterns("*.gate"))
    person = await opened(tmp_path / "copy", step=ASKS)
    session = person.session
    os.unlink(tmp_path / "copy" / "recordings.db")
    await person.told("recordings.db was deleted or replaced")
    session.go(COUNTS)
    await person.until(lambda: person.view.step == COUNTS)
    session.rerun()
    await person.told("cannot")
    session.show_older()
    session.hold_base()
    session.toggle_pin()
    assert session.header().steps == 8
    told = [line.text for line in person.heard if "was deleted" in line.text]
    assert len(told) == 2
    assert told[1].startswith("step 0 cannot run: "), "once, and when one asks for more"


async def test_a_run_that_is_deleted_by_another_program_is_told(
    workshop: Path, tmp_path: Path, opened: Open
):
    shutil.copytree(workshop, tmp_path / "copy", ignore=shutil.ignore_patterns("*.gate"))
    person = await opened(tmp_path / "copy", step=ASKS, trusted=False)
    session = person.session
    other = Store.open(tmp_path / "copy" / "recordings.db")
    other.delete_run(session.recording.run)
    other.collect_garbage()
    other.close()
    await person.told(f"no run {session.recording.run}")
    session.go(COUNTS)
    session.cycle_base()
    session.show_newer()
    assert session.timeline().row(ASKS) is not None


async def test_rows_that_were_read_stay_when_their_run_is_deleted(tmp_path: Path):
    recording = add_states_run(new_store(tmp_path), "r", [{}, {"a": 1}, {"a": 2}])
    timeline = Timeline(recording, lambda _: "", lambda _: None)
    rows = [timeline.row(step) for step in range(2)]
    recording.store.delete_run("r")
    for read_again in (timeline.forget, timeline.grow):
        with pytest.raises(Problem, match="no run r"):
            read_again()
    assert [timeline.row(step) for step in range(len(timeline))] == rows


async def test_a_store_that_another_program_locks_stays_readable(
    workshop: Path, tmp_path: Path, opened: Open
):
    shutil.copytree(workshop, tmp_path / "copy", ignore=shutil.ignore_patterns("*.gate"))
    person = await opened(tmp_path / "copy", step=ASKS, trusted=False)
    session = person.session
    lock = sqlite3.connect(tmp_path / "copy" / "recordings.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    session.go(COUNTS)
    await person.until(lambda: person.view.step == COUNTS)
    assert session.timeline().row(READS).outcome is Outcome.SUCCESS
    lock.execute("ROLLBACK")
    lock.close()


LAZY = """
from lar import GraphExecutor, node

@node(output_key="text")
def answers(state):
    import wording
    return wording.TEXT

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(answers, {"topic": "tents"}))
"""


def lazy_project(folder: Path) -> Path:
    """One node, which imports a module of its own only when it runs; recorded."""
    folder.mkdir()
    (folder / "lazy.py").write_text(LAZY)
    (folder / "wording.py").write_text('TEXT = "a tent"\n')
    done = forks.record(folder, folder / "lazy.py")
    assert done.returncode == 0, done.stderr.decode()
    return folder


async def test_opening_runs_no_code_before_a_person_asks_for_it(opened, tmp_path: Path):
    folder = lazy_project(tmp_path / "endless")
    script = folder / "lazy.py"
    code = script.read_text()
    # Whoever imports it now does not come back.
    script.write_text(f"while True:\n    pass\n{code}")
    # Later than the clock of the file tells, else it counts as saved while it was opened.
    while time.time() - script.stat().st_ctime <= CLOCK_STEP:
        await asyncio.sleep(0)
    person = await opened(folder)
    await person.told("ready")
    # A process waits for the step all the same: it has not come to the script.
    spare = person.session._rerunning._reexecution._spare
    await person.until(lambda: spare.process is not None)
    await asyncio.wait_for(spare.process.waits.wait(), PATIENCE)
    person.save("lazy.py", code.replace('"text"', '"words"'))
    await person.told("saved lazy.py: step 0 ran again as #1")


async def test_a_save_of_a_module_that_only_the_node_imports_runs_it(opened, tmp_path: Path):
    person = await opened(lazy_project(tmp_path / "lazy"))
    await person.told("ready")
    person.session.rerun()
    await person.told("step 0 ran again as #1")
    person.save("wording.py", 'TEXT = "a tent"  # one\n')
    await person.told("saved wording.py: nothing that step 0 runs has changed")
    person.save("wording.py", 'TEXT = "two tents"\n')
    await person.told("step 0 ran again as #2")
    await person.until(lambda: person.shown(person.view) == 2)
    assert "wording.py" in person.view.cause.title
