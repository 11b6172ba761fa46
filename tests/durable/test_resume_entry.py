"""`lar-debug resume` in the user's interpreter: the graph is built again and the thread goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

from lar_debug.runtime import bootstrap
from tests.durable.desk import Desk, nodes_ran
from tests.runtime.recording import ENVIRON, GRAPHS, record, runs_of, store_of


def resume(folder: Path, thread: str, **options) -> "subprocess.CompletedProcess[bytes]":
    chosen = {
        "store": str(folder / "recordings.db"),
        "thread": thread,
        "roots": [str(GRAPHS), str(folder)],
        **options,
    }
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(json.dumps(chosen).encode())
    try:
        return subprocess.run(
            [sys.executable, bootstrap.__file__, "lar_debug.runtime.resume:main", str(reading)],
            cwd=folder,
            env=ENVIRON,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=(reading,),
            check=False,
        )
    finally:
        os.close(reading)


def test_a_script_that_waits_is_answered_without_being_started_again(tmp_path: Path):
    done = record(tmp_path, "jury.py")
    assert done.returncode == 0, done.stderr.decode()
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
    refused = resume(tmp_path, run.thread, answer="perhaps")
    assert (refused.returncode, refused.stderr.decode().splitlines()[-1]) == (
        2,
        f"'perhaps' is none of the choices of thread {run.thread}: approve, reject",
    )
    assert resume(tmp_path, run.thread).returncode == 0
    answered = resume(tmp_path, run.thread, answer="approve")
    assert answered.returncode == 0, answered.stderr.decode()
    assert b"after" not in answered.stdout
    with store_of(tmp_path) as store:
        after = store.run(run.run)
        steps = store.steps(run.run)
        state = store.reader.value(steps[-1][1].after)
    assert (after.status.value, state["decision"], state["done"]) == ("finished", "approve", True)
    assert [step.segment for step, _ in steps] == [0, 0, 1, 1]


def test_a_thread_that_is_not_there_is_one_line(tmp_path: Path):
    record(tmp_path, "jury.py")
    told = resume(tmp_path, "nobody")
    assert told.returncode == 2
    line = told.stderr.decode().splitlines()[-1]
    assert line == f"there is no thread nobody in {tmp_path / 'recordings.db'}"


def test_a_graph_that_only_a_function_makes_has_to_be_named(desk: Desk, tmp_path: Path):
    desk.run(tmp_path, "three", stop_after=1)
    store = str(tmp_path / "threads.db")
    told = resume(tmp_path, "case-42", store=store)
    assert told.returncode == 2
    assert told.stderr.decode().splitlines()[-1].endswith("--graph FILE.py:NAME")
    graph = {"script": "tests.durable.graphs.threads", "name": "three"}
    folder = str(Path(__file__).parents[2])
    done = resume(tmp_path, "case-42", store=store, graph=graph, roots=[folder])
    assert done.returncode == 0, done.stderr.decode()
    assert nodes_ran(tmp_path) == ["one", "two", "three"]
