"""A value that cannot be kept is never dropped in silence."""

from pathlib import Path

from tests.durable.desk import Desk, nodes_ran, status


def test_sync_stops_before_a_node_that_would_begin_with_a_value_that_was_not_kept(
    desk: Desk, tmp_path: Path
):
    told = desk.run(tmp_path, "odd", durability="sync")
    assert told["ended"] == "problem"
    assert told["why"].startswith("thread case-42: held cannot be kept as it is (")
    assert told["why"].endswith("or allow_lossy=True (--allow-lossy) goes on without")
    assert (nodes_ran(tmp_path), status(tmp_path)) == (["hold"], "stopped")


def test_sync_goes_on_with_it_where_that_is_allowed(desk, tmp_path):
    done = desk.run(tmp_path, "odd", executor={"durability": "sync", "allow_lossy": True})
    assert done["ended"] == "finished"


def test_async_goes_on_and_refuses_only_to_resume_without_it(desk, tmp_path):
    (tmp_path / "broken").touch()
    assert [entry[2] for entry in desk.run(tmp_path, "odd")["entries"]] == ["success", "error"]
    (tmp_path / "broken").unlink()
    told = desk.run(tmp_path, "odd")
    assert "held cannot be kept as it is" in told["why"]
    assert nodes_ran(tmp_path) == ["hold", "after"]
    done = desk.run(tmp_path, "odd", executor={"allow_lossy": True})
    assert (done["ended"], done["state"]["after"]) == ("finished", "came")


def test_a_result_that_cannot_be_kept_stops_sync_too(desk, tmp_path):
    told = desk.run(tmp_path, "odd_result", durability="sync")
    assert told["why"].startswith("thread case-42, task odd_task: result cannot be kept")
    assert desk.run(tmp_path, "odd_result", "other")["state"]["said"] == "Odd"


def test_a_node_that_catches_everything_does_not_go_on_in_spite_of_it(desk, tmp_path):
    told = desk.run(tmp_path, "odd_result", arguments={"catches": True}, durability="sync")
    assert told["why"].startswith("thread case-42, task odd_task: result cannot be kept")
    assert (told["entries"], status(tmp_path)) == ([], "stopped")
