"""A program that a person starts again and again: where it keeps its threads, what a debugger
makes of them, and what a program under `lar-debug run` does."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from lar_debug.store.database import Store
from tests.durable.desk import Desk
from tests.forks import ENVIRON, ROOT, ForkServer
from tests.runtime.recording import Forks, runs_of
from tests.runtime.recording import store_of as recorded_in

AGENT = """
import os, sys
from pathlib import Path

from lar import HumanJuryNode, node

import lar_debug

HERE = Path(__file__).parent


@lar_debug.task
def fetch(number):
    with open(HERE / "fetched", "a") as file:
        file.write(f"{number}\\n")
    return {"page": number}


@node(output_key="pages")
def collect(state):
    return [fetch(number) for number in (1, 2)]


@node(output_key="count")
def count(state):
    if os.environ.get("CRASH"):
        os._exit(7)
    return len(state.get("pages"))


collect.next_node = count

if __name__ == "__main__":
    executor = lar_debug.DurableExecutor()
    for entry in executor.run_step_by_step(collect, {}, thread_id="case-42"):
        print("entry", entry["step"], entry["outcome"])
    print("finished")
"""


def start(folder: Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Start the program as a person does, by itself."""
    everything = {**ENVIRON, "PYTHONPATH": ROOT}
    everything.pop("LAR_DEBUG_STORE", None)
    return subprocess.run(
        [sys.executable, str(folder / "agent.py")],
        cwd=cwd,
        env=everything,
        capture_output=True,
        text=True,
        check=False,
    )


def written(folder: Path) -> Path:
    folder.mkdir()
    (folder / "agent.py").write_text(AGENT)
    return folder


def test_the_same_program_started_again_elsewhere_finishes_what_it_began(desk: Desk, tmp_path):
    agent, elsewhere = written(tmp_path / "agent"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert desk.do(agent, "program", path=str(agent / "agent.py"), environ={"CRASH": "1"}) == 7
    again = start(agent, elsewhere)
    assert again.stdout.splitlines()[-2:] == ["entry 1 success", "finished"]
    assert os.listdir(elsewhere) == []
    assert (agent / "fetched").read_text() == "1\n2\n"
    # What ran is there to be debugged, as if it had been recorded by the debugger.
    path = agent / ".lar-debug" / "recordings.db"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    run = check_recording(path)
    rerun_with_recorded_tasks(desk, agent, path, run)


def check_recording(path: Path) -> str:
    with closing(Store.open(path)) as store:
        (info,) = store.runs()
        labels = [step.node.label for step, _ in store.steps(info.run)]
        reads = store.execution(info.run, 2, 0).reads
        assert "write" in store.execution(info.run, 0, 0).effects
    assert (labels, reads) == (["collect", "count", "count"], ("pages",))
    assert (info.target, info.status.value) == ("agent.py", "finished")
    return info.run


def rerun_with_recorded_tasks(desk: Desk, agent: Path, path: Path, run: str) -> None:
    before = (agent / "fetched").read_text()
    assert desk.do(agent, "attempt", store=str(path), run=run, step=0) == 0
    assert (agent / "fetched").read_text() == before
    with closing(Store.open(path)) as store:
        calls = [call for call in store.calls(run, 0, 1) if call.kind == "task"]
        assert [call.finish for call in calls] == ["stored", "stored"]
        after = store.execution(run, 0, 1).after
        assert store.reader.value(after)["pages"] == [{"page": 1}, {"page": 2}]
    assert desk.do(agent, "attempt", store=str(path), run=run, step=0, tasks="live") == 0
    assert (agent / "fetched").read_text() == before * 2


def test_a_thread_in_a_program_that_is_recorded_is_there_once(
    fork_server: ForkServer, tmp_path: Path
):
    agent = written(tmp_path / "agent")
    done = Forks(fork_server).record(tmp_path, agent / "agent.py", roots=[str(agent)])
    assert done.returncode == 0, done.stderr.decode()
    with recorded_in(tmp_path) as store:
        (info,) = runs_of(store)
    assert (info.thread, info.status.value) == ("case-42", "finished")
    assert not (agent / ".lar-debug").exists()
