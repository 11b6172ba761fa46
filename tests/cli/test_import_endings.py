"""How a run in a log ended, as the log tells it: failed, finished, left open, refused to go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import Desk
from tests.formats.logs import engine_log

PIPELINE = """
import sys
from pathlib import Path
from lar import GraphExecutor, ToolNode, FunctionalNode, node

@node(output_key="c")
def failing(state):
    if Path("mended").exists():
        return state.get("a") + state.get("b")
    raise LookupError("no order A-1")

@node(output_key="b")
def second(state):
    return 2

@node(output_key="a", next_node=second)
def first(state):
    return 1

second.next_node = failing
again = FunctionalNode(lambda state: 1, "a")
again.next_node = again

if __name__ == "__main__":
    how = sys.argv[1]
    executor = GraphExecutor(log_dir=how)
    for entry in executor.run_step_by_step(again if how == "tired" else first, {"x": 1}):
        if how == "left" and entry["step"] == 1:
            break
"""

USES_A_THREAD = """
from lar_debug import DurableExecutor
from pipeline import second

if __name__ == "__main__":
    second.next_node = None
    for entry in DurableExecutor().run_step_by_step(second, {"x": 1}, thread_id="job-1"):
        print("ran", entry["node"])
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.new(tmp_path_factory.mktemp("endings"))
    desk.write("pyproject.toml", "")
    desk.write("pipeline.py", PIPELINE)
    for how in ("failed", "left", "tired"):
        ended = desk.python("pipeline.py", how)
        assert ended.code == 0, ended.err
    return desk


def _taken_in(desk: Desk, at: Here, how: str, *arguments: str) -> Any:
    (log,) = (desk.folder / how).glob("*.json")
    said = at(desk, "import", str(log), "--json", *arguments)
    assert said.code == 0, said.err
    (run,) = said.json["runs"]
    return run, at(desk, "show", run["run"], "--json").json["steps"]


def test_a_step_that_raised_is_where_the_run_failed(desk: Desk, at: Here) -> None:
    run, steps = _taken_in(desk, at, "failed", "--graph", "pipeline.py:first")
    assert run["status"] == "failed"
    assert [(step["node"], step["outcome"]) for step in steps] == [
        ("first", "success"),
        ("second", "success"),
        ("failing", "error"),
    ]
    assert steps[2]["error"] == "no order A-1"
    again = at(desk, "rerun", run["run"], "--step", "2", "--json").json["attempts"][0]
    assert again["before"] == {"x": 1, "a": 1, "b": 2}
    assert again["error"] == "LookupError: no order A-1"


def test_a_run_that_was_left_open_says_where_it_goes_on(desk: Desk, at: Here) -> None:
    run, steps = _taken_in(desk, at, "left", "--graph", "pipeline.py:first")
    assert run["status"] == "stopped"
    assert len(steps) == 2
    assert run["next"] == steps[1]["next"] == ["failing"]


def test_a_run_that_nobody_recorded_goes_on_from_the_step_that_failed(
    desk: Desk, at: Here, tmp_path: Path
) -> None:
    store = ("--store", str(tmp_path / "own.db"))
    (log,) = (desk.folder / "failed").glob("*.json")
    assert at(desk, "import", str(log), "--graph", "pipeline.py:first", *store).code == 0
    thread = log.stem.removeprefix("run_")
    mended = desk.write("mended", "")
    try:
        said = desk.lar_debug("resume", thread, *store)
    finally:
        mended.unlink()
    assert said.code == 0, said.err
    told = at(desk, "show", f"thread={thread}", "--json", *store).json
    assert told["run"]["status"] == "finished"
    assert [(step["node"], step["outcome"]) for step in told["steps"]] == [
        ("first", "success"),
        ("second", "success"),
        ("failing", "error"),
        ("failing", "success"),
    ]
    left = at(desk, "show", "last", "--step", "3", "--json", *store).json["after"]
    assert (left["a"], left["b"], left["c"]) == (1, 2, 3)


def test_a_run_that_the_engine_stopped_says_why(desk: Desk, at: Here) -> None:
    # The last entry of the log is no step: the engine only says why it will not go on.
    run, steps = _taken_in(desk, at, "tired", "--graph", "pipeline.py:again")
    assert run["status"] == "failed"
    assert len(steps) == 20
    assert {step["outcome"] for step in steps} == {"success"}
    (log,) = (desk.folder / "tired").glob("*.json")
    assert len(json.loads(log.read_text())["steps"]) == 21
    assert "Maximum visits (20) exceeded" in at(desk, "list").out


def test_a_foreign_thread_is_never_gone_on_with_by_a_program(desk: Desk, at: Here) -> None:
    checkpoint = {
        "id": "c1",
        "node_name": "step_1",
        "state": {"steps": ["Start"]},
        "metadata": {"thread_id": "job-1"},
        "timestamp": "2100-01-01T00:00:00Z",
        "version": 1,
    }
    desk.write("checkpoints.json", json.dumps({"c1": checkpoint}))
    assert at(desk, "import", "checkpoints.json").code == 0
    desk.write("uses_a_thread.py", USES_A_THREAD)
    ended = desk.python("uses_a_thread.py")
    assert ended.code == 0, ended.err
    assert "ran FunctionalNode" in ended.out
    engines = {run["engine"] for run in at(desk, "list", "--json").json if run["thread"] == "job-1"}
    assert engines == {"lar", "langgraphgo"}


@pytest.mark.parametrize("errors", [1, 2])
def test_the_same_error_twice_is_two_errors(
    tmp_path: Path, sample: Desk, at: Here, errors: int
) -> None:
    from lar import ToolNode

    def failing(state: Any) -> None:
        del state
        raise LookupError("nothing there")

    def well(state: Any) -> str:
        return f"{len(state.get_all())} keys"

    def tool(function: Callable[[Any], Any], following: Any) -> Any:
        return ToolNode(function, ["__state__"], "result", following, error_node=following)

    graph: Any = tool(well, None)
    for _ in range(errors):
        graph = tool(failing, graph)
    log = engine_log(tmp_path, graph, {"x": 1})
    store = ("--store", str(tmp_path / "own.db"))
    assert at(sample, "import", str(log), *store).code == 0
    steps = at(sample, "show", "last", "--json", *store).json["steps"]
    assert [step["outcome"] for step in steps] == ["error"] * errors + ["success"]
