"""A graph that changed between a crash and the resume: the same node or none, nothing guessed."""

from pathlib import Path

import pytest

from tests.durable.desk import Desk, nodes_ran, timeline


@pytest.fixture
def failed(desk: Desk, tmp_path: Path) -> Path:
    """A thread whose third node failed."""
    (tmp_path / "broken").touch()
    told = desk.run(tmp_path, "changed")
    assert [entry[2] for entry in told["entries"]] == ["success", "success", "error"]
    (tmp_path / "broken").unlink()
    (tmp_path / "ran.log").unlink()
    return tmp_path


@pytest.mark.parametrize(
    ("order", "why", "candidates"),
    [
        ("first second", "start.next_node.next_node is no node any more", "first"),
        ("first third second", "stands elsewhere now; second", "third"),
        ("first second new third", "stands elsewhere now; new", "third"),
        ("first second other", "at start.next_node.next_node is other", "first"),
        ("first second third+", "is a ToolNode now, it was a FunctionalNode", "first"),
    ],
)
def test_what_does_not_agree_is_refused_with_the_nodes_that_may_be_meant(
    desk: Desk, failed: Path, order: str, why: str, candidates: str
):
    before = timeline(failed)
    told = desk.run(failed, "changed", arguments={"order": order})
    assert told["ended"] == "problem"
    assert why in told["why"]
    assert f"at= one of {candidates}" in told["why"]
    assert (nodes_ran(failed), timeline(failed)) == ([], before)


def test_at_decides(desk: Desk, failed: Path):
    done = desk.run(failed, "changed", arguments={"order": "first second new third"}, at="new")
    assert done["ended"] == "finished"
    assert nodes_ran(failed) == ["new", "third"]


def test_a_node_that_at_names_must_be_there_and_be_one(desk: Desk, failed: Path):
    told = desk.run(failed, "changed", at="nobody")
    assert told["why"].startswith("the graph has no node nobody; it has first")
    told = desk.run(failed, "changed", at="FunctionalNode")
    assert told["why"] == (
        "FunctionalNode is more than one node; name it by its place: "
        "start, start.next_node, start.next_node.next_node"
    )
    assert nodes_ran(failed) == []


def test_a_node_behind_the_one_to_come_is_no_matter(desk: Desk, failed: Path):
    done = desk.run(failed, "changed", arguments={"order": "first second third fourth"})
    assert (done["ended"], nodes_ran(failed)) == ("finished", ["third", "fourth"])


def test_a_node_without_a_name_in_a_graph_of_another_shape_is_asked_for(desk, tmp_path):
    desk.run(tmp_path, "asking")
    options = {"how": "resume", "answer": "approve", "arguments": {"longer": True}}
    told = desk.run(tmp_path, "asking", **options)
    assert "the graph has changed; say where: at= one of HumanJuryNode" in told["why"]
    assert desk.run(tmp_path, "asking", at="HumanJuryNode", **options)["ended"] == "finished"


def test_another_text_in_a_node_is_no_change_of_the_graph(desk: Desk, failed: Path):
    done = desk.run(failed, "changed", arguments={"broken": "nothing"}, how="resume")
    assert (done["ended"], nodes_ran(failed)) == ("finished", ["third"])
