"""Parallel branches that each ask a person: all is listed, each is answered by its id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.conftest import Here
from tests.cli.desk import Desk

AGENT = """
from lar import BatchNode, GraphExecutor, HumanJuryNode, node

@node(output_key="told")
def tell(state):
    return state["legal"] + " and " + state["finance"]

legal = HumanJuryNode("May we?", ["approve", "reject"], "legal")
finance = HumanJuryNode("Pay?", ["yes", "no"], "finance", context_keys=["cents"])
both = BatchNode([legal, finance], next_node=tell)

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(both, {"cents": 89}))
"""


def row_of(desk: Desk, at: Here) -> dict[str, Any]:
    return at(desk, "list", "--json").json[0]


def test_several_questions_are_answered_by_their_ids(tmp_path: Path, at: Here) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", AGENT)
    said = desk.lar_debug("run", "--no-ui", "--thread", "case-7", "agent.py")
    assert said.code == 0, said.err
    assert "it asks: May we? lar-debug resume case-7 --answer legal=approve|reject" in said.err
    asked = row_of(desk, at)["interrupts"]
    assert [(one["id"], one["question"], one["context"]) for one in asked] == [
        ("legal", "May we?", {}),
        ("finance", "Pay?", {"cents": 89}),
    ]
    said = at(desk, "resume", "case-7")
    both = "lar-debug resume case-7 --answer legal=approve --answer finance=yes"
    assert (said.code, said.err.splitlines()[-1]) == (0, f"answer: {both}")
    two = "thread case-7 asks 2 questions (legal, finance)"
    for answers, why in (
        (["approve"], f"--answer approve: {two}; write --answer legal=approve"),
        (["law=approve"], f"--answer law=approve: {two}"),
        (["finance=approve"], "--answer finance=approve: it is none of yes, no"),
        (["legal=approve", "legal=reject"], f"--answer legal=reject: {two}, and has an answer"),
    ):
        said = at(desk, "resume", "case-7", *(f"--answer={answer}" for answer in answers))
        assert (said.code, said.complaint.startswith(f"lar-debug: {why}")) == (2, True), said.err
    assert row_of(desk, at)["steps"] == 1
    # One now, the other another time.
    said = desk.lar_debug("resume", "case-7", "--answer", "finance=no", "--json")
    assert [one["id"] for one in said.json["runs"][0]["interrupts"]] == ["legal"]
    said = desk.lar_debug("resume", "case-7", "--answer", "approve", "--json")
    assert said.json["runs"][0]["status"] == "finished", said.err
    after = at(desk, "show", "last", "--step", "3", "--json").json["after"]
    assert after["told"] == "approve and no"


def test_all_of_them_at_once(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", AGENT)
    assert desk.lar_debug("run", "--no-ui", "--thread", "case-7", "agent.py").code == 0
    answers = ("--answer", "legal=reject", "--answer", "finance=yes")
    said = desk.lar_debug("resume", "case-7", *answers, "--json")
    assert said.code == 0, said.err
    assert said.json["runs"][0]["status"] == "finished"
    steps = desk.lar_debug("show", "last", "--json").json["steps"]
    assert [step["outcome"] for step in steps] == ["waiting", "success", "success"]
