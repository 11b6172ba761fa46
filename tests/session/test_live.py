"""A run is looked at while it goes on, until it ends or its process dies."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from lar_debug.model.records import Outcome
from lar_debug.runtime import bootstrap
from lar_debug.store.database import Store
from tests.forks import ENVIRON
from tests.runtime.recording import options_for
from tests.session.person import Person, free_gates, make_gates

GATED = Path(__file__).parent / "gated"

pytestmark = pytest.mark.asyncio(loop_scope="module")

Open = Callable[..., Coroutine[None, None, Person]]


class Program:
    """The gated graph under the recorder, as a process that goes on."""

    def __init__(self, folder: Path, *argv: str) -> None:
        shutil.copytree(GATED, folder, ignore=shutil.ignore_patterns("__pycache__"))
        make_gates(folder, "one", "two", "three")
        Store.open(folder / "recordings.db", create=True).close()
        self.folder = folder
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(options_for(folder, folder / "gated.py", *argv)).encode())
        self.process = subprocess.Popen(
            [sys.executable, bootstrap.__file__, "lar_debug.runtime.record:main", str(reading)],
            cwd=folder,
            env=ENVIRON,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(reading,),
        )
        os.close(reading)

    async def let_on(self, gate: str) -> None:
        """Open a gate, as soon as its step waits there."""
        await asyncio.to_thread(
            lambda: os.close(os.open(self.folder / f"{gate}.gate", os.O_WRONLY))
        )

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        free_gates(self.folder)


@pytest.fixture
def program(tmp_path: Path):
    started: list[Program] = []

    def start(*argv: str) -> Program:
        started.append(Program(tmp_path / "gated", *argv))
        return started[0]

    yield start
    for one in started:
        one.end()


async def looking_at(program: Program, opened: Open) -> Person:
    """A person who opens the run while its second step waits at the gate."""
    await program.let_on("one")
    person = await opened(program.folder)
    await person.told("following the run: k looks back, G follows again")
    await person.until(lambda: outcomes(person) == ["success", "running"])
    await person.until(lambda: person.session.cursor == 1)
    return person


def outcomes(person: Person) -> list[str]:
    rows = person.session.timeline()
    return [rows.row(index).outcome.value for index in range(len(rows))]


async def test_a_run_is_followed_left_and_followed_again_until_it_ends(
    program: Callable[..., Program], opened: Open
):
    running = program()
    person = await looking_at(running, opened)
    header = person.session.header()
    assert header.status.startswith("running 00:")
    assert header.status.endswith("tail on")
    assert header.on_save == ""
    now = person.session.running()
    assert now is not None
    assert (now.step, now.attempt) == (1, 0)
    person.session.rerun()
    await person.told("step 1 is running; r runs it again when it has ended")
    person.session.move(-1)
    await person.until(lambda: person.session.step_view() is not None and person.view.step == 0)
    assert person.session.header().status.endswith("tail off (G follows)")
    await running.let_on("two")
    await person.until(lambda: outcomes(person) == ["success", "success", "running"])
    assert person.session.cursor == 0, "who looks back is not moved"
    person.session.go(2)
    assert person.session.header().status.endswith("tail on")
    await running.let_on("three")
    await person.told("the run has finished")
    assert person.session.header().status == "finished"
    assert person.session.running() is None
    await person.until(lambda: person.session.header().on_save.startswith("re-run 2 third"))


async def test_a_process_that_is_killed_leaves_the_state_before_its_step(
    program: Callable[..., Program], opened: Open
):
    running = program()
    person = await looking_at(running, opened)
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    await person.told("the run has crashed: its process is gone")
    assert person.session.header().status == "crashed"
    await person.until(lambda: outcomes(person) == ["success", "crashed"])
    safe = "state before step 1 is safe | r runs step 1 alone, here"
    on = "c resumes the run from step 1"
    await person.until(lambda: person.document == [safe, on])
    assert person.verdict == "#0 recorded  died here"
    recording = person.session.recording
    writer = Store.open(recording.store.path)
    writer.end_attempt_as(
        recording.run, 1, 0, Outcome.CRASHED, "the process ended inside the run (killed by SIGKILL)"
    )
    started = recording.store.execution(recording.run, 1, 0).started
    writer.set_status(recording.run, recording.info.status, ended=started + 2.2)
    writer.close()
    await person.until(lambda: person.verdict.endswith(", 2 s into the step: killed by SIGKILL"))
    told = person.verdict.removeprefix("#0 recorded  ")
    await person.until(lambda: person.session.timeline().row(1).changed == told)


async def test_a_graph_that_asks_a_person_shows_the_question_and_the_choices(
    program: Callable[..., Program], opened: Open
):
    running = program("ask")
    for gate in ("one", "two", "three"):
        await running.let_on(gate)
    await asyncio.to_thread(running.process.wait)
    person = await opened(running.folder, step=3)
    session = person.session
    assert session.header().status == "waiting"
    assert session.timeline().row(3).changed.startswith("waiting for a person since ")
    assert person.verdict == "#0 recorded  waits for a person: Refund 89 EUR?"
    assert person.document == [
        "ask asks: Refund 89 EUR?",
        "order {id 'A-1042' total 89.0}",
        "> approve    reject",
        "c answers and goes on | q leaves it waiting (any day)",
    ]
