"""When recording stops midway the program goes on, and it is told what stopped and why."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Here
from tests.cli.desk import Desk

SCRIPT = """\
import random, resource, shutil, sys
from lar import FunctionalNode, GraphExecutor

NO_LIMIT = resource.RLIM_INFINITY

def breaks(state):
    if sys.argv[1] == "full":
        # What is written from now on finds no room, as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, NO_LIMIT))
    else:
        shutil.rmtree(".lar-debug")
    return random.Random(0).randbytes(1 << 20).hex()

def measures(state):
    resource.setrlimit(resource.RLIMIT_FSIZE, (NO_LIMIT, NO_LIMIT))
    return len(state.get("large"))

last = FunctionalNode(measures, "size")
node = FunctionalNode(breaks, "large", last)
first = FunctionalNode(lambda state: "fine", "begun", node)

if __name__ == "__main__":
    *_, end = GraphExecutor(log_dir="logs").run_step_by_step(first, {})
    print("size", end["state_after"]["size"])
    sys.exit(3)
"""


def test_a_store_without_room_is_told_as_what_it_is(tmp_path: Path, at: Here) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", SCRIPT)
    said = desk.lar_debug("run", "--no-ui", "agent.py", "full")
    assert said.code == 3, "the program's own"
    assert "size 2097152" in said.out
    assert "\x1b_lar-debug" not in said.out + said.err
    (row,) = at(desk, "list", "--json").json
    assert (row["status"], row["steps"]) == ("stopped", 2)
    assert "recording stopped: " in at(desk, "list").out
    steps = at(desk, "show", "last", "--json").json["steps"]
    assert [step["outcome"] for step in steps] == ["success", "crashed"]
    assert steps[1]["error"].startswith("recording stopped: ")
    assert "recordings.db" in steps[1]["error"]
    rows = at(desk, "show", "last").out
    assert "recording stopped: " in rows
    assert "died" not in rows
    assert "exit code" not in rows + at(desk, "list").out


def test_a_store_that_is_deleted_costs_the_recording_and_nothing_else(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", SCRIPT)
    said = desk.lar_debug("run", "--no-ui", "agent.py", "delete")
    assert said.code == 3
    assert "size 2097152" in said.out
    assert "lar-debug: cannot open " in said.err.splitlines()[-1]
