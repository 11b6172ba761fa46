"""`lar-debug fork`: when an attempt is right, the run continues from there as a new one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lar_debug.session.forks import fork_point
from lar_debug.session.recording import Recording
from lar_debug.store.database import Store
from tests.cli.conftest import Here
from tests.cli.desk import Desk


@pytest.fixture
def store(sample: Desk, tmp_path: Path) -> Path:
    """The recordings of the sample, to be written to."""
    return sample.copy_of_store(tmp_path / "recordings.db")


def rows_of(store: Path, run: str) -> list[Any]:
    """All that is recorded of a run."""
    with closing(sqlite3.connect(store)) as sql:
        tables = ("run", "segment", "node", "step", "execution", "call", "file", "console")
        return [
            sql.execute(f"SELECT * FROM {one} WHERE run=?", (run,)).fetchall() for one in tables
        ]


def test_the_newest_good_attempt_is_continued_and_its_run_stays_as_it_is(
    sample: Desk, store: Path, at: Here
) -> None:
    (parent,) = at(sample, "list", "--json").json
    before = rows_of(store, parent["run"])
    here = ("--store", str(store))
    said = sample.started("fork", "last", "--step", "5", "--json", *here)
    assert said.code == 0, said.err
    assert said.json["exit_code"] == 0
    (row,) = said.json["runs"]
    short, name = parent["run"][:4], f"{parent['run'][:4]}-fork-1"
    assert row["parent"] == {"run": parent["run"], "step": 5, "attempt": 2}
    assert (row["thread"], row["status"], row["steps"]) == (name, "finished", 1)
    assert f"a new run continues from {short}:5@2 with check_reply, for real" in said.err
    # Its steps go on behind the one that it continues, with the state that the attempt left.
    told = at(sample, "show", name, "--json", *here).json
    assert [(step["step"], step["node"]) for step in told["steps"]] == [(6, "check_reply")]
    assert told["run"] == row
    last = at(sample, "show", name, "--step", "6", "--json", *here).json
    assert last["after"]["mood"] == "calm"
    assert last["changes"]["added"] == ["problems"]
    assert not at(sample, "diff", f"{name}:6.before", f"{short}:5@2.after", "--json", *here).json
    assert f"from {short}:5@2  thread {name}" in at(sample, "list", *here).out
    assert rows_of(store, parent["run"]) == before
    check_as_any_run(sample, name, here, at)


def check_as_any_run(sample: Desk, name: str, here: tuple[str, str], at: Here) -> None:
    said = at(sample, "show", name, "--step", "0", *here)
    assert "its steps are 6 to 6" in said.err
    said = at(sample, "fork", name, "--step", "6", *here)
    assert said.complaint.startswith("lar-debug: 6@0 leads to no node: continue from a step before")
    said = at(sample, "resume", name, *here)
    assert (
        said.complaint == f"lar-debug: thread {name} is at its end: there is nothing to go on with"
    )
    log = at(sample, "export", name, "--format", "lar-audit-log", *here).json
    assert [step["node"] for step in log["steps"]] == ["FunctionalNode"]
    assert at(sample, "verify", "--store", *here).code == 0


WRONG = {
    "no step": (("last",), "from which step? lar-debug fork last --step N"),
    "a step out of range": (("last", "--step", "9"), "its steps are 0 to 6"),
    "the last step": (
        ("last", "--step", "6"),
        "6@0 leads to no node: continue from a step before it",
    ),
    "an attempt that is not there": (("last:5", "--attempt", "7"), "they are 0 to 2"),
    "an attempt that is no number": (("last:5", "--attempt", "x"), "a number or last"),
    "an attempt said twice": (("last:5@1", "--attempt", "2"), "Say it once"),
    "a script as a graph": (("last:5", "--graph", "agent.py"), "agent.py:NAME"),
    "a python without lar-engine": (("last:5", "--python", "/bin/true"), "/bin/true"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_asked_wrong_begins_nothing(sample: Desk, store: Path, at: Here, case: str) -> None:
    arguments, line = WRONG[case]
    said = at(sample, "fork", *arguments, "--store", str(store))
    assert said.code == 2
    assert line in said.complaint
    assert len(at(sample, "list", "--json", "--store", str(store)).json) == 1


def test_the_accepted_attempt_comes_before_the_newest(store: Path) -> None:
    with closing(Store.open(store)) as opened:
        recording = Recording(opened, opened.runs()[0])
        assert fork_point(recording, 5).attempt == 2
        opened.set_accepted(recording.run, 5, 1)
        assert fork_point(recording, 5).attempt == 1
        assert fork_point(recording, 4).attempt == 0


def test_a_recording_from_elsewhere_runs_nothing_without_a_yes(
    sample: Desk, store: Path, at: Here
) -> None:
    with closing(sqlite3.connect(store)) as sql:
        sql.execute("UPDATE run SET machine='another'")
        sql.commit()
    said = at(sample, "fork", "last", "--step", "5", "--store", str(store))
    assert said.code == 2
    assert "was not recorded by this machine and would start" in said.complaint


IN_MAIN = """
import os
from pathlib import Path
from lar import GraphExecutor, node

def graph(case):
    @node(output_key="first")
    def first(state):
        return case + " first"

    @node(output_key="second")
    def second(state):
        if os.environ.get("CRASH") == case:
            os._exit(7)
        return state["first"] + " second"

    first.next_node = second
    return first

def main():
    Path("begun.txt").open("a").write("begun\\n")
    for case in ("a", "b", "c"):
        state = {"case": case}
        for entry in GraphExecutor(log_dir="logs").run_step_by_step(graph(case), state):
            print("entry", case, entry["step"])
        print("result", state["second"])

if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def in_main(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A script that makes three runs of a graph of its own."""
    desk = Desk.new(tmp_path_factory.mktemp("in_main"))
    desk.write("agent.py", IN_MAIN)
    assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
    return desk


def test_a_graph_that_only_main_makes_is_continued_in_its_own_loop(in_main: Desk, at: Here) -> None:
    _, middle, _ = at(in_main, "list", "--json").json
    before = rows_of(in_main.store, middle["run"])
    fork = ("fork", middle["run"], "--step", "0")
    said = at(in_main, *fork)
    assert (said.code, said.complaint) == (
        2,
        "lar-debug: to continue from 0@0 agent.py has to be started again, and main() wrote "
        "begun.txt on the way to it when it was recorded; lar-debug fork --live does that again",
    )
    assert (in_main.folder / "begun.txt").read_text() == "begun\n"
    said = in_main.lar_debug(*fork, "--live")
    assert said.code == 0, said.err
    told = [line for line in said.out.splitlines() if line.startswith(("entry b", "result"))]
    result = "result {} first second".format
    assert told == [result("a"), "entry b 1", result("b"), result("c")]
    # What the script ran behind it is a run of its own, and neither wrote to the one in the middle.
    rows = at(in_main, "list", "--json").json[:2]
    assert [(row["steps"], row["thread"] == f"{middle['run'][:4]}-fork-1") for row in rows] == [
        *((2, False), (1, True)),
    ]
    assert rows_of(in_main.store, middle["run"]) == before


def test_such_a_fork_is_resumed_and_run_again_step_by_step(in_main: Desk, at: Here) -> None:
    middle = at(in_main, "list", "--json").json[-2]["run"]
    fork = ("fork", middle, "--step", "0", "--live", "--json")
    said = in_main.lar_debug(*fork, environ={"CRASH": "b"})
    assert said.code == 7, said.err
    (row,) = said.json["runs"]
    assert (row["status"], row["steps"]) == ("crashed", 1)
    said = in_main.lar_debug("resume", row["thread"], "--live", "--json")
    assert said.code == 0, said.err
    assert said.json["runs"][0]["run"] == row["run"], "the script's next run has no part in it"
    for step, run in (("2", row["run"]), ("1", "last")):
        again = in_main.lar_debug("rerun", run, "--step", step, "--json")
        assert again.code == 0, again.err
        assert again.json["attempts"][0]["diff_to_recorded"] == []
