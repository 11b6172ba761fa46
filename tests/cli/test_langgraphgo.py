"""Threads of LangGraphGo's file store as timelines: states, diffs, and where they would go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.new(tmp_path)


def _taken_in(desk: Desk, at: Here, file: str) -> Any:
    said = at(desk, "import", "--json", file)
    assert said.code == 0, said.err
    return said.json["runs"]


def _checkpoint(node: str, thread: str, at: str, run: str = "exec_1", **more: Any) -> Any:
    return {
        "id": f"checkpoint_{node}_{at}",
        "node_name": node,
        "state": {"steps": ["Start", f"{node} done"]},
        "metadata": {"thread_id": thread, "execution_id": run, "event": "step", **more},
        "timestamp": at,
        "version": 1,
    }


def _go_store(desk: Desk, *checkpoints: Any) -> str:
    content = {one["id"]: one for one in checkpoints}
    return str(desk.write("checkpoints.json", json.dumps(content, indent=2)))


def test_threads_of_langgraphgo_are_timelines(desk: Desk, at: Here) -> None:
    file = _go_store(
        desk,
        # Nine digits of a second and a zone, as Go writes them; in no order.
        _checkpoint("step_2", "job-1", "2025-12-01T10:00:00.000000002Z"),
        _checkpoint("step_1", "job-1", "2025-12-01T18:00:00.000000001+08:00"),
        _checkpoint("step_3", "job-1", "2025-12-01T10:00:01Z"),
        _checkpoint("step_1", "job-2", "2025-12-01T11:00:00Z", run="exec_2"),
    )
    done, crashed = _taken_in(desk, at, file)
    assert (done["thread"], crashed["thread"]) == ("job-1", "job-2")
    assert done["engine"] == "langgraphgo"
    told = at(desk, "show", "thread=job-1", "--json").json["steps"]
    assert [step["node"] for step in told] == ["step_1", "step_2", "step_3"]
    one = at(desk, "show", "thread=job-1", "--step", "1", "--json").json
    assert one["before"] == {"steps": ["Start", "step_1 done"]}
    assert [change["path"] for change in one["diff"]] == ["steps[1]"]
    # Every other execution went on to step_2 from there.
    assert crashed["next"] == ["step_2"]
    assert done["next"] == []


def test_where_a_thread_goes_on_is_told_only_where_the_file_says_it(desk: Desk, at: Here) -> None:
    file = _go_store(
        desk,
        _checkpoint("a", "1", "2025-12-01T10:00:00Z"),
        _checkpoint("b", "1", "2025-12-01T10:00:01Z"),
        _checkpoint("a", "2", "2025-12-01T10:00:02Z", run="exec_2"),
        _checkpoint("c", "2", "2025-12-01T10:00:03Z", run="exec_2"),
        _checkpoint("a", "3", "2025-12-01T10:00:04Z", run="exec_3"),
        _checkpoint("a", "4", "2025-12-01T10:00:05Z", run="exec_4", next=["c"]),
    )
    runs = {run["thread"]: run["next"] for run in _taken_in(desk, at, file)}
    assert runs == {"1": [], "2": [], "3": [], "4": ["c"]}


def test_the_nodes_of_a_go_program_are_not_run(desk: Desk, at: Here) -> None:
    file = _go_store(desk, _checkpoint("step_1", "job-1", "2025-12-01T10:00:00Z"))
    _taken_in(desk, at, file)
    for arguments in (("rerun", "last", "--step", "0"), ("import", file, "--graph", "x.py:y")):
        said = at(desk, *arguments)
        assert said.code == 2
    said = at(desk, "rerun", "last", "--step", "0")
    assert "Go code, which is not here" in said.complaint
