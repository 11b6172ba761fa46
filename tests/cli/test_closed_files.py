"""A node closes every file, as daemons do, and opens its own: both sides keep what they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import Desk

SCRIPT = """\
import os
from lar import FunctionalNode, GraphExecutor

def closes(state):
    os.closerange(3, 4096)
    for number in range(12):
        file = os.open(f"mine{number}.txt", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.write(file, b"mine")
    return "closed"

node = FunctionalNode(closes, "closed", FunctionalNode(lambda state: "went on", "after"))

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(node, {}))
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Recorded once: its first step closes everything that is open in the process."""
    desk = Desk.new(tmp_path_factory.mktemp("closes"))
    desk.write("agent.py", SCRIPT)
    said = desk.lar_debug("run", "--no-ui", "agent.py")
    assert said.code == 0
    assert "recording stopped" not in said.err
    return desk


def files_of_the_node(desk: Desk) -> set[bytes]:
    return {file.read_bytes() for file in Path(desk.folder).glob("mine*.txt")}


def test_recording_goes_on_and_writes_into_no_file_of_the_program(desk: Desk, at: Here) -> None:
    steps = at(desk, "show", "last", "--json").json["steps"]
    assert [step["outcome"] for step in steps] == ["success", "success"]
    assert at(desk, "show", "last:1", "--json").json["after"]["after"] == "went on"
    assert files_of_the_node(desk) == {b"mine"}


def test_an_attempt_ends_as_the_node_did(desk: Desk) -> None:
    (attempt,) = desk.lar_debug("rerun", "last", "--step", "0", "--json").json["attempts"]
    assert (attempt["outcome"], attempt["after"]["closed"]) == ("success", "closed")
    assert files_of_the_node(desk) == {b"mine"}
