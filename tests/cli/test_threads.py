"""Threads at the command line: what stopped goes on at its node, asked or not, in any process."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import SAMPLES, Desk

SECONDS_ASLEEP = """
import time
from lar import node, GraphExecutor

@node(output_key="slept")
def sleeper(state):
    print("asleep", flush=True)
    time.sleep(600)

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(sleeper, {}))
"""


@pytest.fixture
def review(tmp_path: Path) -> Desk:
    """The contract review, whose process died in step 2."""
    desk = Desk.new(tmp_path, SAMPLES / "contract_review")
    said = desk.lar_debug(
        *("run", "--no-ui", "--thread", "review-1", "agent.py"), environ={"CRASH": "true"}
    )
    assert said.code == 1
    assert "lar-debug resume review-1" in said.err
    return desk


def steps_of(desk: Desk, run: str = "last") -> list[dict[str, Any]]:
    return desk.lar_debug("show", run, "--json").json["steps"]


def test_a_crashed_review_goes_on_and_pays_for_the_summary_alone(review: Desk) -> None:
    said = review.started("resume", "review-1")
    assert said.code == 0, said.err
    (row,) = review.lar_debug("list", "--json").json
    assert (row["thread"], row["status"], row["steps"]) == ("review-1", "finished", 5)
    assert "  thread review-1  474 tok saved" in review.lar_debug("list").out
    assert row["thread_total"] == {"runs": 1, "tokens": 776, "saved": 474}
    assert "going on cost 302 tok, starting over 776: 474 saved" in said.err
    steps = steps_of(review)
    assert [(step["node"], step["outcome"], step["segment"]) for step in steps] == [
        ("list_clauses", "success", 0),
        ("find_risks", "success", 0),
        ("rate_risks", "crashed", 0),
        ("rate_risks", "success", 1),
        ("summarise", "success", 1),
    ]
    assert [step["engine_step"] for step in steps] == [0, 1, 2, 2, 3]
    paid = [step["tokens"]["total"] for step in steps if step["segment"] == 1]
    assert (sum(paid), row["tokens"]) == (302, 776)
    lines = review.lar_debug("show", "last").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [
        *("success", "success", "crashed", "---", "success", "success")
    ]
    assert lines[4].startswith("--- resumed ")
    assert lines[4].endswith("  302 tok, starting over 776: 474 saved")
    # It can be run again like any step.
    again = review.lar_debug("rerun", "last", "--step", "4", "--json")
    assert again.code == 0, again.err
    assert again.json["attempts"][0]["diff_to_recorded"] == []
    # What that costs is the summary; the whole review costs what it cost without a crash.
    assert review.lar_debug("rerun", "last", "--step", "4", "--repeat", "2").code == 0
    told = review.lar_debug("show", "last", "--json").json
    (resume,) = told["resumes"]
    assert (resume["segment"], resume["step"]) == (1, 3)
    assert (resume["spent"], resume["saved"]) == (302, 474)
    assert told["attempts"] == {"made": 3, "tokens": 906, "whole_runs": 2328}
    said = review.lar_debug("show", "last")
    assert said.out.splitlines()[-1] == "3 attempts: 906 tokens, whole runs 2,328"
    # The same result as without a crash.
    whole = review.lar_debug("run", "--no-ui", "--thread", "review-2", "agent.py")
    assert whole.code == 0
    assert not review.lar_debug("diff", "thread=review-1:4", "thread=review-2:3", "--json").json


def test_a_thread_goes_on_from_another_folder(review: Desk, tmp_path: Path) -> None:
    elsewhere = Desk(tmp_path, review.environ)
    said = elsewhere.lar_debug("resume", "review-1", "--store", str(review.store), "--json")
    assert said.code == 0, said.err
    assert said.json["runs"][0]["status"] == "finished"


def test_a_node_that_is_gone_is_asked_for(review: Desk) -> None:
    agent = (review.folder / "agent.py").read_text()
    review.write("agent.py", agent.replace("rate_risks", "grade_risks"))
    said = review.lar_debug("resume", "review-1")
    assert said.code == 2
    assert "grade_risks" in said.err, "the candidates are named"
    assert len(steps_of(review)) == 3, "nothing was run"
    said = review.lar_debug("resume", "review-1", "--at", "grade_risks", "--json")
    assert said.code == 0, said.err
    assert said.json["runs"][0]["status"] == "finished"


def waiting_refund(base: Path) -> Desk:
    desk = Desk.new(base, SAMPLES / "approval")
    said = desk.lar_debug("run", "--no-ui", "--thread", "refund-7", "agent.py")
    assert said.code == 0, said.err
    assert "--answer approve|reject" in said.err
    return desk


@pytest.fixture
def refund(tmp_path: Path) -> Desk:
    """A refund that waits for a person."""
    return waiting_refund(tmp_path)


@pytest.fixture(scope="module")
def left_waiting(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One that goes on waiting, whatever is asked of it."""
    return waiting_refund(tmp_path_factory.mktemp("refund"))


def test_a_person_answers_in_another_process(refund: Desk) -> None:
    (row,) = refund.lar_debug("list", "--json").json
    assert (row["status"], row["interrupts"][0]["question"]) == ("waiting", "Pay this refund?")
    said = refund.lar_debug("resume", "refund-7", "--answer", "approve", "--json")
    assert said.code == 0, said.err
    assert said.json["runs"][0]["status"] == "finished"
    last = refund.lar_debug("show", "last", "--step", "4", "--json").json
    assert last["after"]["letter"] == "Your refund of 240 EUR is on its way."
    assert [step["node"] for step in steps_of(refund)] == [
        "work_out",
        "ask",
        "ask",
        "decide",
        "pay",
    ]


def test_an_answer_may_name_its_question(refund: Desk) -> None:
    said = refund.lar_debug("resume", "refund-7", "--answer", "verdict=reject")
    assert said.code == 0, said.err
    last = refund.lar_debug("show", "last", "--step", "4", "--json").json
    assert last["after"]["letter"] == "We cannot refund 240 EUR."


def test_without_an_answer_it_waits_on_and_says_for_what(left_waiting: Desk, at: Here) -> None:
    said = at(left_waiting, "resume", "refund-7")
    assert said.code == 0
    assert "Pay this refund? (approve/reject)" in said.err
    assert "lar-debug resume refund-7 --answer approve" in said.err
    assert at(left_waiting, "show", "last", "--json").json["steps"][-1]["outcome"] == "waiting"


WRONG = {
    "a choice that is not offered": (
        ["resume", "refund-7", "--answer", "maybe"],
        "lar-debug: --answer maybe: it is none of approve, reject",
    ),
    "the answer to another question": (
        ["resume", "refund-7", "--answer", "0=reject"],
        "lar-debug: --answer 0=reject: thread refund-7 asks one question (verdict)",
    ),
    "two answers": (
        ["resume", "refund-7", "--answer", "approve", "--answer", "reject"],
        "lar-debug: --answer reject: thread refund-7 asks one question (verdict), "
        "and has an answer to verdict already",
    ),
    "a thread that is not there": (["resume", "refund-8"], "refund-8"),
    "a thread that is": (
        ["run", "--thread", "refund-7", "--new", "agent.py"],
        "lar-debug: --thread refund-7 is there already (waiting); name another one",
    ),
    "a script cannot go on": (
        ["run", "--thread", "refund-7", "agent.py"],
        "lar-debug: --thread refund-7 is there already (waiting); "
        "lar-debug resume refund-7 goes on with it",
    ),
    "no node": (
        ["resume", "refund-7", "--answer", "approve", "--graph", "agent.py"],
        "lar-debug: --graph agent.py: name the start node too, agent.py:NAME",
    ),
    "no thread to refuse": (
        ["run", "--new", "agent.py"],
        "lar-debug: --new refuses a thread that is there already: name one with --thread ID",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_asked_wrong_is_refused_and_changes_nothing(
    left_waiting: Desk, at: Here, case: str
) -> None:
    arguments, line = WRONG[case]
    said = at(left_waiting, *arguments)
    assert said.code == 2
    assert line in said.complaint
    (row,) = at(left_waiting, "list", "--json").json
    assert (row["status"], row["steps"]) == ("waiting", 2)


GRAPH = """
from lar import node
import os

@node(output_key="total")
def last(state):
    return state["first"] + state.get("more", 0)

@node(output_key="first", next_node=last)
def first(state):
    return state["given"]
"""


def test_any_node_can_be_waited_before(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("graph.py", GRAPH)
    said = desk.lar_debug(
        *("run", "--json", "--thread", "sum", "--pause-before", "last", "--input", '{"given": 4}'),
        "graph.py:first",
    )
    assert said.code == 0, said.err
    (row,) = said.json["runs"]
    assert (row["status"], row["next"], row["interrupts"]) == ("waiting", ["last"], [])
    said = desk.lar_debug("resume", "sum", "--json")
    assert said.code == 0, said.err
    assert said.json["runs"][0]["steps"] == 2
    assert desk.lar_debug("show", "last", "--step", "1", "--json").json["after"]["total"] == 4


def test_a_finished_thread_begins_its_next_run_with_what_it_had(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("graph.py", GRAPH)
    run = ("run", "--json", "--thread", "sum", "--input")
    assert desk.lar_debug(*run, '{"given": 4, "more": 3}', "graph.py:first").code == 0
    said = desk.lar_debug(*run, '{"given": 10}', "graph.py:first")
    assert said.code == 0, said.err
    assert desk.lar_debug("show", "last", "--step", "1", "--json").json["after"]["total"] == 13
    assert len(desk.lar_debug("list", "--json").json) == 2


def test_a_thread_whose_program_did_not_load_is_started_by_resuming_it(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("graph.py", GRAPH.replace("import os", "import os; os._exit(9)"))
    run = ("run", "--json", "--thread", "sum", "--input", '{"given": 4}', "graph.py:first")
    said = desk.lar_debug(*run)
    assert said.code == 9
    (row,) = desk.lar_debug("list", "--json").json
    assert (row["thread"], row["status"], row["steps"]) == ("sum", "crashed", 0)
    desk.write("graph.py", GRAPH)
    said = desk.lar_debug("resume", "sum", "--json")
    assert said.code == 0, said.err
    (row,) = said.json["runs"]
    assert (row["status"], row["steps"]) == ("finished", 2)
    assert desk.lar_debug("show", "last", "--step", "1", "--json").json["after"]["total"] == 4
    assert [step["segment"] for step in steps_of(desk)] == [1, 1]


def test_a_script_that_did_not_load_is_started_by_resuming_its_thread(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path, SAMPLES / "approval")
    agent = (desk.folder / "agent.py").read_text()
    desk.write("agent.py", "import nothing_of_the_kind\n" + agent)
    assert desk.lar_debug("run", "--no-ui", "--thread", "refund-7", "agent.py").code == 1
    desk.write("agent.py", agent)
    said = desk.lar_debug("resume", "refund-7", "--json")
    assert said.code == 0, said.err
    (row,) = said.json["runs"]
    assert (row["status"], row["steps"]) == ("waiting", 2)


def test_a_thread_that_is_at_work_is_left_alone(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("asleep.py", SECONDS_ASLEEP)
    program = desk.begin("run", "--no-ui", "--thread", "night", "asleep.py", stdout=-1, stderr=-1)
    assert program.stdout is not None
    try:
        while b"asleep" not in program.stdout.readline():
            pass
        said = desk.lar_debug("resume", "night")
        assert said.code == 2
        assert "still running" in said.complaint
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate()
