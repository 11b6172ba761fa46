"""A thread goes on at the right node: after a crash, a failure, a pause, in another process."""

from pathlib import Path

import pytest

from tests.durable.desk import Desk, newest, nodes_ran, status, store_of, timeline


def without_bookkeeping(state: dict) -> dict:
    return {key: value for key, value in state.items() if not key.startswith("__")}


@pytest.mark.parametrize("durability", ["async", "sync"])
def test_after_a_crash_only_the_rest_runs(desk: Desk, tmp_path: Path, durability: str):
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="three", thread="case-42", durability=durability) == -9
    done = desk.run(tmp_path, "three", durability=durability, state={"begin": 99})
    assert without_bookkeeping(done["state"]) == {"one": 1, "two": 10, "three": 15}
    assert [entry[0] for entry in done["entries"]] == [1, 2]
    assert nodes_ran(tmp_path) == ["one", "two", "two", "three"]
    assert timeline(tmp_path) == [
        ("one", "success", 0),
        ("two", "crashed", 0),
        ("two", "success", 1),
        ("three", "success", 1),
    ]
    assert status(tmp_path) == "finished"


def test_the_step_that_failed_is_run_again_from_the_state_that_it_began_with(desk, tmp_path):
    (tmp_path / "broken").touch()
    failed = desk.run(tmp_path, "failing", state={"order": 7})
    assert [entry[2] for entry in failed["entries"]] == ["success", "error"]
    assert status(tmp_path) == "failed"
    (tmp_path / "broken").unlink()
    done = desk.run(tmp_path, "failing", how="resume")
    assert done["entries"] == [[1, "FunctionalNode", "success"]]
    assert done["state"]["second"] == "done and done"
    assert done["state"]["order"] == 7
    assert nodes_ran(tmp_path) == ["first", "second", "second"]


@pytest.mark.parametrize("graph_state", [False, True])
def test_the_state_that_was_given_holds_the_last_one_afterwards(desk, tmp_path, graph_state):
    options = {"graph_state": graph_state}
    done = desk.run(tmp_path, "three", state={"begin": 4}, **options)
    assert done["state"]["three"] == 55
    (tmp_path / "crash").touch()
    desk.do(tmp_path, graph="three", thread="other", state={"begin": 4}, **options)
    resumed = desk.run(tmp_path, "three", "other", how="resume", **options)
    assert resumed["state"]["three"] == 55


def test_a_finished_thread_begins_its_next_run_with_its_last_state_and_the_input(desk, tmp_path):
    desk.run(tmp_path, "three", state={"begin": 1, "kept": "yes"})
    again = desk.run(tmp_path, "three", state={"begin": 5})
    assert without_bookkeeping(again["state"]) == {
        "begin": 5,
        "kept": "yes",
        "one": 6,
        "two": 60,
        "three": 65,
    }
    assert [entry[0] for entry in again["entries"]] == [0, 1, 2]
    with store_of(tmp_path) as store:
        assert [info.thread for info in store.runs()] == ["case-42", "case-42"]


def test_new_refuses_a_thread_that_is_there_whatever_became_of_it(desk, tmp_path):
    desk.run(tmp_path, "three", "ended")
    (tmp_path / "crash").touch()
    desk.do(tmp_path, graph="three", thread="crashed")
    before = nodes_ran(tmp_path)
    for thread in ("ended", "crashed"):
        told = desk.run(tmp_path, "three", thread, new=True)
        assert told["ended"] == "problem"
        assert f"thread {thread} is there already" in told["why"]
    assert nodes_ran(tmp_path) == before
    assert desk.run(tmp_path, "three", "third", new=True)["ended"] == "finished"


def test_what_is_resumed_must_be_there_and_not_at_its_end(desk, tmp_path):
    told = desk.run(tmp_path, "three", "nobody", how="resume")
    assert told["why"].startswith("there is no thread nobody in ")
    desk.run(tmp_path, "three")
    told = desk.run(tmp_path, "three", how="resume")
    assert "is at its end" in told["why"]
    assert nodes_ran(tmp_path) == ["one", "two", "three"]


def test_who_leaves_the_loop_goes_on_with_the_next_step_later(desk, tmp_path):
    left = desk.run(tmp_path, "three", stop_after=1)
    assert left["ended"] == "left"
    assert status(tmp_path) == "stopped"
    done = desk.run(tmp_path, "three")
    assert [entry[0] for entry in done["entries"]] == [1, 2]
    assert nodes_ran(tmp_path) == ["one", "two", "three"]


def test_visits_and_steps_count_over_all_that_resumed(desk, tmp_path):
    desk.run(tmp_path, "three", stop_after=1)
    done = desk.run(tmp_path, "three")
    assert done["state"]["__node_counts"] == {"FunctionalNode": 3}
    desk.run(tmp_path, "three", "tired", executor={"max_node_fatigue": 2}, stop_after=2)
    tired = desk.run(tmp_path, "three", "tired", executor={"max_node_fatigue": 2})
    assert tired["entries"] == [[2, "FunctionalNode", "error"]]
    assert status(tmp_path, "tired") == "failed"


def test_a_limit_of_steps_is_one_for_the_whole_run(desk, tmp_path):
    desk.run(tmp_path, "three", stop_after=1)
    out = desk.run(tmp_path, "three", max_steps=2)
    assert [entry[:2] for entry in out["entries"]] == [
        [1, "FunctionalNode"],
        [2, "CIRCUIT_BREAKER"],
    ]
    assert status(tmp_path) == "failed"
    told = desk.run(tmp_path, "three", max_steps=2)
    assert "has taken 2 steps, and max_steps is 2" in told["why"]
    assert desk.run(tmp_path, "three", max_steps=3)["ended"] == "finished"
    assert status(tmp_path) == "finished"


def test_a_failed_try_is_no_visit(desk, tmp_path):
    (tmp_path / "broken").touch()
    for _ in range(5):
        desk.run(tmp_path, "failing", executor={"max_node_fatigue": 2})
    (tmp_path / "broken").unlink()
    done = desk.run(tmp_path, "failing", executor={"max_node_fatigue": 2})
    assert done["state"]["__node_counts"] == {"FunctionalNode": 2}


def test_nodes_that_a_model_designed_are_made_again_without_it(desk, tmp_path):
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="adaptive", thread="case-42") == -9
    done = desk.run(tmp_path, "adaptive")
    assert done["ended"] == "finished", done
    assert done["state"]["words"] == 3
    assert done["state"]["ended"] is True
    # The design was asked for once; the second call is that of a designed node.
    assert nodes_ran(tmp_path) == ["model", "count_words", "count_words", "model"]
    with store_of(tmp_path) as store:
        run = newest(store)
        steps = store.step_numbers(run)
        calls = [call.kind for step in steps for call in store.calls(run, step, 0)]
    assert calls.count("llm") == 2


@pytest.mark.parametrize("how", ["writes", "removes"])
def test_what_makes_a_node_again_does_nothing_to_the_outside(desk, tmp_path, how):
    (tmp_path / "crash").touch()
    options = {"arguments": {"how": how}}
    assert desk.do(tmp_path, graph="making", thread="case-42", **options) == -9
    (tmp_path / "outside").write_text("by a person")
    told = desk.run(tmp_path, "making", **options)
    assert "not done while it is only checked: write" in told["why"]
    assert (tmp_path / "outside").read_text() == "by a person"


def test_durability_exit_keeps_nothing_of_a_run_that_crashed(desk, tmp_path):
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="three", thread="case-42", durability="exit") == -9
    told = desk.run(tmp_path, "three", durability="exit")
    assert 'ran with durability "exit"' in told["why"]
    assert nodes_ran(tmp_path) == ["one", "two"]
    done = desk.run(tmp_path, "three", durability="exit", from_start=True)
    assert nodes_ran(tmp_path)[2:] == ["one", "two", "three"]
    assert done["ended"] == "finished"
    assert [label for label, *_ in timeline(tmp_path)] == ["one", "two", "three"]


def test_durability_exit_goes_on_from_a_run_that_it_left_in_peace(desk, tmp_path):
    desk.run(tmp_path, "three", durability="exit", stop_after=1)
    done = desk.run(tmp_path, "three", durability="exit")
    assert [entry[0] for entry in done["entries"]] == [1, 2]


def test_a_thread_keeps_its_durability_where_nobody_says_another(desk, tmp_path):
    for stop_after, options, now in (
        (1, {"durability": "sync"}, "sync"),
        (1, {}, "sync"),
        (None, {"durability": "exit"}, "exit"),
    ):
        desk.run(tmp_path, "three", stop_after=stop_after, **options)
        with store_of(tmp_path) as store:
            assert store.run(newest(store)).entry["durability"] == now


def test_a_durability_that_there_is_not_is_one_line(desk, tmp_path):
    told = desk.run(tmp_path, "three", durability="often")
    assert told["why"] == "durability 'often' is none of: exit, async, sync"


@pytest.mark.parametrize(
    ("thread", "shown"), [("a\nb", r"a\nb"), ("\ud800", r"\ud800"), ("x" * 10_000, "x" * 10_000)]
)
def test_a_thread_may_have_any_name_and_is_told_in_one_line(desk, tmp_path, thread, shown):
    told = desk.run(tmp_path, "three", thread, how="resume")
    assert told["why"].startswith(f"there is no thread {shown} in ")
    desk.run(tmp_path, "three", thread, stop_after=1)
    assert desk.run(tmp_path, "three", thread, how="resume")["ended"] == "finished"
    assert nodes_ran(tmp_path) == ["one", "two", "three"]


@pytest.mark.parametrize("thread", [42, None, ""])
def test_what_is_no_name_of_a_thread_is_one_line(desk, tmp_path, thread):
    told = desk.run(tmp_path, "three", thread, how="resume")
    assert told["ended"] == "problem"
    assert "thread_id" in told["why"]


@pytest.mark.parametrize("store", ["folder", "file/threads.db", "x" * 300, "zero\0", "/dev/null"])
def test_what_can_be_no_store_is_one_line(desk, tmp_path, store):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    told = desk.run(tmp_path, "three", executor={"store": store})
    assert (told["ended"], nodes_ran(tmp_path)) == ("problem", [])
