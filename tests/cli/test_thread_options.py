"""What lets a refused thread go on: the refusal names it, and it does what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import PATIENCE, Desk, Said
from tests.cli.test_watch import next_line
from tests.session.person import free_gates, make_gates

GRAPH = """
import os
from lar import node

@node(output_key="total")
def last(state):
    print("last", flush=True)
    if os.environ.get("CRASH"):
        os._exit(9)
    if os.environ.get("HELD"):
        open("last.gate").read()
    return state["first"] + 1

@node(output_key="first", next_node=last)
def first(state):
    print("first", flush=True)
    return state["given"]
"""

RUN = ("run", "--json", "--thread", "sum", "--input", '{"given": 4}')


def nodes_run(said: Said) -> list[str]:
    """The nodes that ran, as they printed it."""
    return [line for line in said.err.splitlines() if line in ("first", "last", "total")]


def row_of(said: Said) -> dict[str, Any]:
    (row,) = said.json["runs"]
    return row


def after(desk: Desk, step: int) -> dict[str, Any]:
    return desk.lar_debug("show", "last", "--step", str(step), "--json").json["after"]


def test_from_the_start_in_another_file_and_at_a_node_of_another_name(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("graph.py", GRAPH)
    said = desk.lar_debug(*RUN, "--durability", "exit", "graph.py:first", environ={"CRASH": "1"})
    assert said.code == 9
    # Nothing of it was kept, so it is not guessed where it stood.
    said = desk.lar_debug("resume", "sum")
    assert (said.code, nodes_run(said)) == (2, [])
    assert "from_start=True (--from-start) runs them all again" in said.err
    said = desk.lar_debug("resume", "sum", "--from-start", "--json", environ={"CRASH": "1"})
    assert nodes_run(said) == ["first", "last"]
    said = desk.lar_debug("resume", "sum", "--from-start", "--pause-before", "last", "--json")
    assert (nodes_run(said), row_of(said)["status"]) == (["first"], "waiting")
    # Its file has another name now, and so has the node to come.
    (desk.folder / "graph.py").unlink()
    desk.write("moved.py", GRAPH.replace("last", "total"))
    said = desk.lar_debug("resume", "sum")
    assert (said.code, "graph.py" in said.err) == (2, True)
    moved = ("resume", "sum", "--graph", "moved.py:first", "--json")
    said = desk.lar_debug(*moved)
    assert (said.code, "at= one of first, total" in said.err) == (2, True)
    said = desk.lar_debug(*moved, "--at", "total")
    assert said.code == 0, said.err
    assert (nodes_run(said), row_of(said)["status"]) == (["total"], "finished")
    assert after(desk, row_of(said)["steps"] - 1)["total"] == 5


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Desk]:
    """A graph that waits in its last node until its gate is opened."""
    desk = Desk.new(tmp_path)
    desk.write("graph.py", GRAPH)
    make_gates(desk.folder, "last")
    yield desk
    free_gates(desk.folder)


def test_a_thread_is_taken_from_a_process_that_will_not_end(held: Desk) -> None:
    begun = Desk(held.folder, {**held.environ, "HELD": "1"})
    holder = begun.begin(*RUN, "graph.py:first", stdout=-1, stderr=-1, bufsize=0)
    while next_line(holder.stderr) != b"last\n":
        pass
    said = held.lar_debug("resume", "sum")
    assert (said.code, "or take it over with --force" in said.complaint) == (2, True)
    said = held.lar_debug("resume", "sum", "--force", "--json")
    assert said.code == 0, said.err
    assert (nodes_run(said), row_of(said)["status"]) == (["last"], "finished")
    # What the former holder does from now on changes nothing any more.
    free_gates(held.folder)
    out, err = holder.communicate(timeout=PATIENCE)
    assert holder.returncode == 2
    assert b"thread sum was taken over by another process; this one stops here\n" in err
    assert json.loads(out)["runs"][0]["status"] == "finished"
    steps = held.lar_debug("show", "last", "--json").json["steps"]
    assert [(step["node"], step["segment"]) for step in steps] == [
        ("first", 0),
        ("last", 0),
        ("last", 1),
    ]
    assert after(held, 2)["total"] == 5


ODD = """
import threading
from lar import node

class Odd:
    def __init__(self):
        self.lock = threading.Lock()

    def __deepcopy__(self, memo):
        # The engine copies the state at each step.
        return self

@node(output_key="after")
def after(state):
    return "came"

@node(output_key="held", next_node=after)
def hold(state):
    return Odd()
"""


def test_a_value_that_cannot_be_kept_may_be_left_behind(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("graph.py", ODD)
    strict = ("run", "--json", "--durability", "sync", "graph.py:hold", "--thread")
    said = desk.lar_debug(*strict, "odd")
    assert (said.code, row_of(said)["status"]) == (2, "stopped")
    assert "held cannot be kept as it is" in said.err
    assert "allow_lossy=True (--allow-lossy) goes on without" in said.err
    said = desk.lar_debug("resume", "odd", "--allow-lossy", "--json")
    assert said.code == 0, said.err
    assert (row_of(said)["status"], after(desk, 1)["after"]) == ("finished", "came")
    said = desk.lar_debug(*strict, "even", "--allow-lossy")
    assert (said.code, row_of(said)["status"]) == (0, "finished")
