"""A fork continues from an attempt as a run of its own; the run that it left stays as it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.durable.desk import Desk, newest, nodes_ran, status, store_of, timeline

FORK = "case-42-fork-1"


def kept(folder: Path, run: str) -> dict:
    """All that the store has of a run."""
    with closing(sqlite3.connect(folder / "threads.db")) as sql:
        tables = sql.execute(
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name='run' "
            "WHERE m.type='table'"
        ).fetchall()
        return {
            table: sql.execute(f"SELECT * FROM {table} WHERE run=?", (run,)).fetchall()
            for (table,) in tables
        }


def recorded(desk: Desk, folder: Path, graph: str, **options) -> str:
    """The id of a run of a graph; what its nodes did is forgotten."""
    desk.run(folder, graph, **options)
    (folder / "ran.log").unlink(missing_ok=True)
    with store_of(folder) as store:
        return newest(store)


def steps_of(folder: Path, thread: str) -> list[int]:
    with store_of(folder) as store:
        return [*store.step_numbers(newest(store, thread))]


def test_a_fork_runs_what_comes_behind_and_leaves_the_run_as_it_is(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three", state={"begin": 4})
    before = kept(tmp_path, run)
    done = desk.run(tmp_path, "three", run, how="fork", step=0)
    assert done["ended"] == "finished"
    assert [entry[0] for entry in done["entries"]] == [1, 2]
    assert {key: done["state"][key] for key in ("begin", "one", "two", "three")} == {
        **{"begin": 4, "one": 5},
        **{"two": 50, "three": 55},
    }
    assert nodes_ran(tmp_path) == ["two", "three"]
    assert (steps_of(tmp_path, FORK), status(tmp_path, FORK)) == ([1, 2], "finished")
    with store_of(tmp_path) as store:
        fork = store.newest_run(FORK)
        assert fork is not None
        assert fork.parent == (run, 0, 0)
        assert store.step(fork.run, 1).engine_step == 1
    assert kept(tmp_path, run) == before


def test_each_fork_has_a_thread_of_its_own(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three")
    for _ in range(2):
        assert desk.run(tmp_path, "three", run, how="fork", step=1)["state"]["three"] == 15
    with store_of(tmp_path) as store:
        assert [info.thread for info in store.runs()] == ["case-42-fork-2", FORK, "case-42"]


@pytest.mark.parametrize("parent", ["is there", "was deleted"])
def test_a_fork_that_was_killed_goes_on_in_another_process(desk, tmp_path, parent):
    run = recorded(desk, tmp_path, "three", state={"begin": 4})
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="three", thread=run, how="fork", step=0) == -9
    if parent == "was deleted":
        with store_of(tmp_path) as store:
            store.delete_run(run)
            store.collect_garbage()
    done = desk.run(tmp_path, "three", FORK, how="resume")
    assert done["state"]["three"] == 55
    assert nodes_ran(tmp_path) == ["two", "two", "three"]
    assert timeline(tmp_path, FORK) == [
        ("two", "crashed", 0),
        ("two", "success", 1),
        ("three", "success", 1),
    ]
    assert steps_of(tmp_path, FORK) == [1, 2, 3]


def test_before_its_first_step_it_waits_and_goes_on_with_its_own_node(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three", state={"begin": 4})
    told = desk.run(tmp_path, "three", run, how="fork", step=0, pause_before="two")
    assert (told["ended"], nodes_ran(tmp_path)) == ("interrupted", [])
    assert (steps_of(tmp_path, FORK), status(tmp_path, FORK)) == ([], "waiting")
    done = desk.run(tmp_path, "three", FORK, how="resume")
    assert (done["state"]["three"], nodes_ran(tmp_path)) == (55, ["two", "three"])


def test_from_its_start_means_where_the_fork_began(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three", state={"begin": 4})
    desk.run(tmp_path, "three", run, how="fork", step=0, one_step=True)
    assert nodes_ran(tmp_path) == ["two"]
    done = desk.run(tmp_path, "three", FORK, how="resume", from_start=True)
    assert nodes_ran(tmp_path) == ["two", "two", "three"]
    assert done["state"]["three"] == 55


def test_after_one_step_it_waits_whatever_comes_next(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three")
    told = desk.run(tmp_path, "three", run, how="fork", step=0, one_step=True)
    assert (told["ended"], nodes_ran(tmp_path)) == ("interrupted", ["two"])
    assert told["why"].startswith(f"thread {FORK} waits before three")
    done = desk.run(tmp_path, "three", FORK, how="resume")
    assert (done["ended"], nodes_ran(tmp_path)) == ("finished", ["two", "three"])


def test_it_goes_where_the_attempt_went_and_not_where_the_run_did(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "changed")
    with store_of(tmp_path) as store:
        recording = store.execution(run, 0, 0)
        third = store.step(run, 2).node
        number = store.begin_attempt(run, 0, before=recording.before, edits={}, started=1.0)
        store.end_execution(recording._replace(attempt=number, next=(third,)))
    done = desk.run(tmp_path, "changed", run, how="fork", step=0, attempt=number)
    assert (done["ended"], nodes_ran(tmp_path)) == ("finished", ["third"])


def test_two_that_are_begun_at_the_same_time_get_a_thread_each(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three")
    forks = {"graph": "three", "thread": run, "how": "fork", "step": 0}
    started = [desk.start(tmp_path, "run", **forks, result=f"{one}.json") for one in "abc"]
    assert [desk.wait(pid) for pid in started] == [0, 0, 0]
    assert nodes_ran(tmp_path).count("three") == 3
    with store_of(tmp_path) as store:
        threads = {info.thread for info in store.runs()}
    assert threads == {"case-42", *(f"case-42-fork-{number}" for number in (1, 2, 3))}


def test_a_fork_of_a_fork_keeps_a_name_that_can_be_typed(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three")
    desk.run(tmp_path, "three", run, how="fork", step=0)
    with store_of(tmp_path) as store:
        fork = newest(store, FORK)
    desk.run(tmp_path, "three", fork, how="fork", step=1)
    with store_of(tmp_path) as store:
        second = store.newest_run("case-42-fork-2")
        assert second is not None
        assert second.parent == (fork, 1, 0)
        assert store.step_numbers(second.run) == range(2, 3)


def test_a_thread_that_is_there_is_no_place_for_a_fork(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three")
    told = desk.run(tmp_path, "three", run, how="fork", step=0, thread_id="case-42")
    assert told["why"].startswith("thread case-42 is there already (finished); a fork is")
    assert nodes_ran(tmp_path) == []


def test_what_leads_nowhere_is_refused_with_what_to_do(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three")
    told = desk.run(tmp_path, "three", run, how="fork", step=2)
    assert told["why"] == (
        "2@0 leads to no node: continue from a step before it, or say with which node "
        "(lar-debug fork --at NODE)"
    )
    done = desk.run(tmp_path, "three", run, how="fork", step=2, at="three")
    assert (done["ended"], nodes_ran(tmp_path)) == ("finished", ["three"])
    (tmp_path / "broken").touch()
    run = recorded(desk, tmp_path, "failing", thread="fails")
    with store_of(tmp_path) as store:
        run = newest(store, "fails")
    told = desk.run(tmp_path, "failing", run, how="fork", step=1)
    assert told["why"] == (
        "1@0 failed (RuntimeError: rate limit): continue from an attempt that succeeded; "
        f"lar-debug rerun {run} --step 1 makes one"
    )
    recorded(desk, tmp_path, "asking", thread="asks")
    with store_of(tmp_path) as store:
        run = newest(store, "asks")
    told = desk.run(tmp_path, "asking", run, how="fork", step=1)
    assert told["why"] == (
        "1@0 waits for a person: lar-debug resume asks --answer VALUE answers it, "
        "a fork from the step before it asks anew"
    )
    with store_of(tmp_path) as store:
        assert len(store.runs()) == 4


def test_a_fork_asks_a_person_on_its_own_thread(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "asking")
    told = desk.run(tmp_path, "asking", run, how="fork", step=0)
    assert (told["ended"], told["choices"]) == ("interrupted", ["approve", "reject"])
    done = desk.run(tmp_path, "asking", FORK, how="resume", answer="reject")
    assert (done["ended"], done["state"]["decision"]) == ("finished", "reject")
    assert status(tmp_path) == "waiting", "the run that it left asks as before"


def test_what_could_not_be_kept_is_not_dropped_in_silence(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "odd")
    told = desk.run(tmp_path, "odd", run, how="fork", step=0)
    assert "held cannot be kept as it is" in told["why"]
    assert "--allow-lossy" in told["why"]
    assert nodes_ran(tmp_path) == []
    done = desk.run(tmp_path, "odd", run, how="fork", step=0, executor={"allow_lossy": True})
    assert (done["ended"], nodes_ran(tmp_path)) == ("finished", ["after"])


@pytest.mark.parametrize("stopped", ["in its first step", "before it"])
def test_objects_and_what_two_keys_share_are_in_the_fork_as_they_were(desk, tmp_path, stopped):
    run = recorded(desk, tmp_path, "sharing")
    if stopped == "before it":
        desk.run(tmp_path, "sharing", run, how="fork", step=0, pause_before="add")
    else:
        (tmp_path / "crash").touch()
        assert desk.do(tmp_path, graph="sharing", thread=run, how="fork", step=0) == -9
    with store_of(tmp_path) as store:
        store.delete_run(run)
        store.collect_garbage()
    done = desk.run(tmp_path, "sharing", FORK, how="resume")
    assert done["state"]["added"] == ["first", "tent"]


def test_a_node_that_was_renamed_is_asked_for(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "changed")
    order = {"order": "first new third"}
    told = desk.run(tmp_path, "changed", run, how="fork", step=0, arguments=order)
    assert "at= one of first" in told["why"]
    assert nodes_ran(tmp_path) == []
    done = desk.run(tmp_path, "changed", run, how="fork", step=0, arguments=order, at="new")
    assert (done["ended"], nodes_ran(tmp_path)) == ("finished", ["new", "third"])
    assert [line[0] for line in timeline(tmp_path, FORK)] == ["new", "third"]


def test_steps_before_the_fork_count_too(desk: Desk, tmp_path: Path):
    run = recorded(desk, tmp_path, "three")
    told = desk.run(tmp_path, "three", run, how="fork", step=1, max_steps=2)
    assert told["why"] == (
        "thread case-42 has taken 2 steps, and max_steps is 2: allow more to go on"
    )
    assert desk.run(tmp_path, "three", run, how="fork", step=1, max_steps=3)["ended"] == "finished"


def test_a_node_that_a_model_designed_is_made_again_from_the_parents_record(desk, tmp_path):
    run = recorded(desk, tmp_path, "adaptive")
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="adaptive", thread=run, how="fork", step=1) == -9
    done = desk.run(tmp_path, "adaptive", FORK, how="resume")
    assert done["ended"] == "finished"
    # The design is not asked for again; the call is that of a designed node.
    assert nodes_ran(tmp_path) == ["count_words", "count_words", "model"]
    with store_of(tmp_path) as store:
        fork = newest(store, FORK)
        first = store.step(fork, 2).node.address
        assert store.nodes(fork)[first].produced_by == 1


def test_a_node_that_was_designed_goes_with_the_run_that_designed_it(desk, tmp_path):
    run = recorded(desk, tmp_path, "adaptive")
    desk.run(tmp_path, "adaptive", run, how="fork", step=1, one_step=True)
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="adaptive", thread=FORK, how="resume", from_start=True) == -9
    with store_of(tmp_path) as store:
        store.delete_run(run)
    told = desk.run(tmp_path, "adaptive", FORK, how="resume")
    assert "step 1, which made it, is gone: no run" in told["why"]


def test_parallel_branches_are_one_step_to_continue_into_or_behind(desk, tmp_path):
    run = recorded(desk, tmp_path, "beside")
    done = desk.run(tmp_path, "beside", run, how="fork", step=0)
    assert sorted(nodes_ran(tmp_path)) == ["join", "left", "right"]
    assert done["state"]["joined"] == "left of A-1042, right of A-1042"
    (tmp_path / "ran.log").unlink()
    done = desk.run(tmp_path, "beside", run, how="fork", step=1)
    assert (nodes_ran(tmp_path), steps_of(tmp_path, "case-42-fork-2")) == (["join"], [2])
    assert done["state"]["joined"] == "left of A-1042, right of A-1042"
