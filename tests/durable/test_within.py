"""Threads in the hands of one program: forks, Python threads, signals, loops that are left."""

import json
from pathlib import Path

import pytest

from tests.durable.desk import Desk, nodes_ran, ran, status, store_of

ALL = ["success"] * 3
REST = ["success"] * 2
NODES = ["one", "two", "three"]
IN_USE = (
    "ThreadInUse: thread case-42 is in use by this very process: "
    "close() the generator of its run first"
)


def told(desk: Desk, folder: Path, name: str, **options):
    assert desk.do(folder, "inside", name=name, **options) == 0, (folder / "stderr").read_text()
    return json.loads((folder / "told.json").read_text())


def test_in_a_forked_child_the_run_is_the_parents(desk, tmp_path):
    assert told(desk, tmp_path, "forked_in_the_loop") == REST
    (line,) = ran(tmp_path, "child")
    assert "StoreError: this process does not go on with the thread any more" in line
    assert line.endswith(f"{ALL}")
    assert status(tmp_path) == "finished"


def test_workers_go_on_with_threads_of_their_own_on_the_executor_of_their_server(desk, tmp_path):
    assert told(desk, tmp_path, "workers_of_one_server") == [ALL, *[str(ALL)] * 3]
    assert status(tmp_path, "worker 2") == "finished"


def test_python_threads_work_on_threads_beside_each_other(desk, tmp_path):
    done = told(desk, tmp_path, "python_threads")
    assert done == {f"thread {number}": ALL for number in range(6)}


def test_of_two_executors_of_one_process_one_has_the_thread(desk, tmp_path):
    lost = "ClaimLost: thread case-42 was taken over by another process; this one stops here"
    assert told(desk, tmp_path, "two_executors") == [[IN_USE], REST, [lost]]
    assert nodes_ran(tmp_path) == NODES


@pytest.mark.parametrize(
    "how", ["raised_in_the_loop", "thrown_into_the_loop", "dropped_in_another_thread"]
)
def test_however_the_loop_is_left_the_thread_goes_on_with_the_next_step(desk, tmp_path, how):
    assert told(desk, tmp_path, how) == REST
    assert nodes_ran(tmp_path) == NODES


def test_a_loop_that_stands_still_at_the_end_of_its_program_is_left(desk, tmp_path):
    name = "left_at_the_end_of_the_program"
    assert told(desk, tmp_path, name, whole_end=True) == ["success"]
    assert status(tmp_path) == "stopped"
    with store_of(tmp_path) as store:
        assert store.claim("case-42") is None
    assert desk.run(tmp_path, "three")["ended"] == "finished"
    assert nodes_ran(tmp_path) == NODES


def test_a_node_may_run_a_thread_but_not_its_own(desk, tmp_path):
    assert told(desk, tmp_path, "inside_a_node") == ["success"]
    assert (status(tmp_path, "inner"), nodes_ran(tmp_path)) == ("finished", NODES)
    assert told(desk, tmp_path, "inside_a_node_on_its_own_thread") == [IN_USE]


def test_a_holder_gives_signs_of_life_while_nothing_else_happens(desk, tmp_path):
    assert told(desk, tmp_path, "signs_of_life")


def test_a_store_that_is_deleted_stops_the_thread_and_a_new_one_is_begun(desk, tmp_path):
    lost, again = told(desk, tmp_path, "store_deleted")
    assert lost[0].startswith(f"StoreError: {tmp_path / 'threads.db'} was deleted or replaced")
    assert again == ALL
    assert "lar-debug" not in (tmp_path / "stderr").read_text()
    assert nodes_ran(tmp_path) == ["one", *NODES]


def test_with_a_clock_that_is_set_back_the_newest_run_is_still_the_newest(desk, tmp_path):
    assert told(desk, tmp_path, "clock_set_back") == [REST, REST]
    with store_of(tmp_path) as store:
        assert len(store.runs()) == 2


def test_a_task_that_nobody_waited_for_still_gives_its_result(desk, tmp_path):
    assert told(desk, tmp_path, "a_task_that_nobody_waited_for") == ["success", "late"]


def test_wherever_a_signal_comes_nobody_is_locked_out(desk, tmp_path):
    places, outcomes = told(desk, tmp_path, "interrupted_anywhere")
    assert places > 100
    # A run whose last step had ended has none to come.
    assert set(outcomes) == {"['success']", "[]"}


def test_a_signal_handler_may_run_a_thread(desk, tmp_path):
    assert told(desk, tmp_path, "handler_that_runs_a_thread") == [["success"], ALL]
