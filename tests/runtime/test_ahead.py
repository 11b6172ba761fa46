"""A process waits for the next save: what is ready before it is used, what is saved counts.

The project below reads its prompt while it is imported, looks for a file that may not be there,
lists a folder and writes a file: all that a process must not have done too early.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lar_debug.client.attempt import Attempt, AttemptResult
from lar_debug.client.worker import Worker
from lar_debug.runtime.ahead import Ahead
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.runtime.sources import UserFiles
from lar_debug.session.spare import JOB, Asked
from lar_debug.store.texts import TextWriter
from tests.runtime.process_tools import a_worker, run
from tests.runtime.recording import Forks, runs_of, store_of

AGENT = """
from lar import GraphExecutor
from answering import answer

if __name__ == "__main__":
    for _ in GraphExecutor(log_dir="logs").run_step_by_step(answer, {"topic": "tents"}):
        pass
"""

ANSWERING = """
from pathlib import Path
from lar import node
import words

HERE = Path(__file__).parent
PROMPT = (HERE / "prompt.md").read_text()
LOUD = (HERE / "loud").exists()
NOTES = len(list((HERE / "notes").glob("*.txt")))
with open(HERE / "imports.log", "a") as log:
    log.write("imported\\n")

@node(output_key="answer")
def answer(state):
    text = f"{PROMPT.strip()} {state['topic']} {words.END} {NOTES}"
    return text.upper() if LOUD else text
"""


def test_a_process_that_waits_does_its_job_with_what_is_saved_by_then(tmp_path: Path) -> None:
    file = tmp_path / "prompt.md"
    file.write_text("before")
    request = {"file": str(file), "asked": "early"}
    reports: list[dict[str, Any]] = []

    async def save_and_go() -> AttemptResult:
        async with a_worker() as worker:
            waiting = worker.prepare("jobs.waits:job", request)
            # Another one in between: the waiting process holds up nothing.
            first = await worker.run("jobs.waits:job", request)
            assert first.result is not None
            assert first.result["ahead"] is None
            await waiting.waits.wait()
            file.write_text("after")
            later = {"file": str(file), "asked": "late"}
            worker.go(waiting, later, timeout=30, on_report=reports.append)
            return await waiting.finished()

    result = run(save_and_go()).result
    assert result is not None
    assert result["now"] == "after"
    assert result["ahead"]["pid"] == result["pid"]
    assert reports == [{"asked": "late"}]


def test_a_waiting_process_that_is_not_needed_ends_without_a_trace(tmp_path: Path) -> None:
    file = tmp_path / "prompt.md"
    file.write_text("before")

    async def change_of_mind() -> AttemptResult:
        async with a_worker() as worker:
            waiting = worker.prepare("jobs.waits:job", {"file": str(file)})
            waiting.stop()
            return await waiting.finished()

    assert run(change_of_mind()).how == "killed"


def test_the_debugger_may_end_while_a_process_waits(tmp_path: Path) -> None:
    file = tmp_path / "prompt.md"
    file.write_text("before")

    async def leave() -> None:
        async with a_worker() as worker:
            worker.prepare("jobs.waits:job", {"file": str(file)})
            await worker.run("jobs.waits:job", {"file": str(file), "asked": ""})
            await worker.close()

    # The worker's own check at the end: nothing is left of it.
    run(leave())


def test_what_fails_before_it_is_asked_for_says_why() -> None:
    async def begin() -> AttemptResult:
        async with a_worker() as worker:
            return await worker.prepare("jobs.waits:fails", {}).finished()

    result = run(begin())
    assert result.how == "raised"
    assert result.raised is not None
    assert "nothing to begin with" in result.raised.message


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Path:
    folder = tmp_path_factory.mktemp("ahead")
    (folder / "agent.py").write_text(AGENT)
    (folder / "answering.py").write_text(ANSWERING)
    (folder / "words.py").write_text('END = "today"\n')
    (folder / "prompt.md").write_text("Tell about\n")
    (folder / "notes").mkdir()
    (folder / "notes" / "one.txt").write_text("")
    done = forks.record(folder, folder / "agent.py", roots=[str(folder)])
    assert done.returncode == 0, done.stderr.decode()
    return folder


class Prepared:
    """The recorded step, run by a process that has run ahead of being asked."""

    def __init__(self, folder: Path, worker: Worker) -> None:
        self.folder, self.worker = folder, worker
        with store_of(folder) as store:
            (info,) = runs_of(store)
        self.request: dict[str, Any] = {
            "store": str(folder / "recordings.db"),
            "run": info.run,
            "step": 0,
            "roots": [str(folder)],
            "learn": False,
        }

    async def answer(self, edited: str, saved: str, text: str) -> tuple[str, bool]:
        """What the step answers when a file is saved after a process has come as far as it may,
        and whether it was that process that gave the answer."""
        likely = [str(self.folder / edited)]
        waiting = self.worker.prepare(JOB, {**self.request, "edited": likely})
        await waiting.waits.wait()
        (self.folder / saved).write_text(text)
        begin, others = self.worker.begin, 0

        def begin_another(*args: Any, **options: Any) -> Attempt:
            nonlocal others
            others += 1
            return begin(*args, **options)

        self.worker.begin = begin_another  # type: ignore[method-assign]
        begun: list[dict[str, Any]] = []
        asked = Asked(self.worker, self.request, 60, begun.append, waiting)
        result = (await asked.answered()).result
        self.worker.begin = begin  # type: ignore[method-assign]
        assert result is not None
        assert result["ran"], result
        assert [report["event"] for report in begun] == ["loaded", "begun"]
        with store_of(self.folder) as store:
            attempt = store.execution(self.request["run"], 0, result["attempt"])
            state: Any = store.reader.value(attempt.after)
        return state["answer"], others == 0


@asynccontextmanager
async def ahead_in(folder: Path) -> AsyncIterator[Prepared]:
    worker = await Worker.start(sys.executable, cwd=folder)
    try:
        await worker.preload(["lar", "lar.executor", "lar_debug.runtime.engines.lar_execution"])
        yield Prepared(folder, worker)
    finally:
        await worker.close()


def test_whatever_is_saved_the_attempt_is_of_the_files_as_they_are_then(recorded: Path) -> None:
    # The file that is likely to be saved next, the one that is, and what comes of it.
    cases = [
        ("prompt.md", "prompt.md", "Sing about", "Sing about tents today 1", True),
        ("prompt.md", "prompt.md", "Sing about", "Sing about tents today 1", True),
        ("words.py", "words.py", 'END = "tonight"\n', "Sing about tents tonight 1", True),
        ("prompt.md", "words.py", 'END = "now"\n', "Sing about tents now 1", False),
        ("notes", "prompt.md", "Ask about", "Ask about tents now 1", False),
        ("imports.log", "notes/two.txt", "new", "Ask about tents now 2", False),
        ("imports.log", "loud", "", "ASK ABOUT TENTS NOW 2", False),
    ]

    async def save() -> list[tuple[str, bool]]:
        async with ahead_in(recorded) as ahead:
            return [await ahead.answer(*case[:3]) for case in cases]

    assert run(save()) == [case[3:] for case in cases]


def test_nothing_reaches_the_outside_before_it_is_asked_for(recorded: Path) -> None:
    log = recorded / "imports.log"

    async def wait() -> tuple[str, str]:
        async with ahead_in(recorded) as ahead:
            before = log.read_text()
            request = {**ahead.request, "edited": []}
            waiting = ahead.worker.prepare(JOB, request)
            await waiting.waits.wait()
            waiting.stop()
            await waiting.finished()
            return before, log.read_text()

    before, after = run(wait())
    assert before == after


@dataclass
class Order:
    total: float


class Objects(dict[bytes, bytes]):
    def get(self, digest: bytes) -> bytes:  # type: ignore[override]
        return self[digest]

    def put(self, digest: bytes, data: bytes) -> None:
        self[digest] = data


def test_a_state_is_restored_ahead_only_without_the_users_classes() -> None:
    objects: Any = Objects()
    taking = Snapshotter(objects, TextWriter(objects), run="r", key=b"k" * 32)
    plain = {"messages": [{"role": "user", "content": "hello"}], "seen": {1, 2}}
    plain_ref = taking.take(plain).ref
    own_ref = taking.take({"order": Order(89.0)}).ref
    later = Snapshotter(objects, TextWriter(objects), run="r", key=b"k" * 32)
    assert later.restore_plain(plain_ref) == plain
    module = sys.modules.pop(__name__)
    try:
        assert later.restore_plain(own_ref) is None
        # A class that is imported ahead would be the one from before the next save.
        assert __name__ not in sys.modules
    finally:
        sys.modules[__name__] = module
    assert later.restore(own_ref) == {"order": Order(89.0)}


def test_what_a_program_has_put_in_place_of_looking_stays_when_it_is_asked_for() -> None:
    stat, lstat = os.stat, os.lstat
    ahead = Ahead([], UserFiles([]), receive=dict, asked=lambda _: None, give_up=sys.exit)
    ahead.begin()
    try:
        assert os.stat in os.supports_fd
        assert os.stat in os.supports_follow_symlinks

        def own(*args: Any, **options: Any) -> Any:
            return stat(*args, **options)

        os.stat = own  # type: ignore[assignment]
        ahead.wait()
        assert os.stat is own
        assert os.lstat is lstat
    finally:
        os.stat = stat
