"""What a task gave is not asked for again, unless a person says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.desk import Desk
from tests.cli.test_watch import next_line

AGENT = """
from pathlib import Path

import lar_debug
from lar import GraphExecutor, node

HERE = Path(__file__).parent


@lar_debug.task
def fetch(number):
    with open(HERE / "fetched", "a") as file:
        file.write(f"{number}\\n")
    return len((HERE / "fetched").read_text())


@node(output_key="pages")
def collect(state):
    return [fetch(number) for number in (1, 2)]


if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(collect, {}))
"""


def tasks_of(attempt: dict[str, Any]) -> list[bool]:
    """Of each task whether its result came from the record."""
    return [call["stored"] for call in attempt["calls"] if call["kind"] == "task"]


def test_tasks_give_what_they_gave_and_live_does_them_again(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", AGENT)
    assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
    rerun = ("rerun", "last", "--step", "0")
    (attempt,) = desk.lar_debug(*rerun, "--json").json["attempts"]
    assert (attempt["after"]["pages"], tasks_of(attempt)) == ([2, 4], [True, True])
    said = desk.lar_debug(*rerun)
    assert said.err.rstrip().endswith(" ms  tasks from the record")
    said = desk.lar_debug(*rerun, "--live")
    assert said.err.rstrip().endswith(" ms  tasks live")
    assert said.out.endswith(": same code, input  (its tasks gave other results)\n")
    assert (desk.folder / "fetched").read_text() == "1\n2\n" * 2
    # They reached the outside, so that saves need the word too; with it they do them again.
    assert "--live lets saves run it" in desk.lar_debug(*rerun, "--watch").complaint
    with desk.begin(*rerun, "--watch", "--live", "--json", stdout=-1, bufsize=0) as watching:
        first = json.loads(next_line(watching.stdout))
        watching.kill()
    assert tasks_of(first) == [False, False]
    assert (desk.folder / "fetched").read_text() == "1\n2\n" * 3
