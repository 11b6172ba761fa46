"""Tasks: what had a result before a crash has it afterwards, and is not done again."""

import copy
import json
import pickle
from pathlib import Path

import pytest

import lar_debug
from lar_debug.runtime.tasks import Retries
from tests.durable.desk import Desk, newest, nodes_ran, ran, store_of


@pytest.mark.parametrize("durability", ["async", "sync"])
def test_tasks_that_had_ended_give_their_results_and_only_the_rest_runs(
    desk: Desk, tmp_path: Path, durability: str
):
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="tasks", thread="case-42", durability=durability) == -9
    before = results(tmp_path)
    done = desk.run(tmp_path, "tasks", durability=durability)
    pages = done["state"]["pages"]
    # The same call a second time in a step is a call of its own.
    assert nodes_ran(tmp_path) == ["fetch 1", "fetch 2", "fetch 3", "fetch 1"]
    assert pages[:2] == before
    assert pages[0] != pages[3]
    assert done["state"]["told"] == 4


def results(folder: Path) -> list:
    """What the tasks of the newest run have given so far."""
    with store_of(folder) as store:
        run = newest(store)
        return [
            store.reader.value(task.result)["result"]
            for step in store.step_numbers(run)
            for task in store.tasks(run, step)
        ]


def test_tasks_beside_each_other_are_kept_one_by_one(desk, tmp_path):
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="futures", thread="case-42", durability="sync") == -9
    assert sorted(nodes_ran(tmp_path)) == [f"fetch {number}" for number in range(4)]
    done = desk.run(tmp_path, "futures")
    assert sorted(nodes_ran(tmp_path)) == [f"fetch {number}" for number in range(5)]
    assert [page.split()[1] for page in done["state"]["pages"]] == ["0", "1", "2", "3", "4"]


def test_a_task_is_tried_again_and_each_error_is_kept(desk, tmp_path):
    (tmp_path / "down").touch()
    done = desk.run(tmp_path, "retried")
    assert done["state"]["said"] == "down worked"
    with store_of(tmp_path) as store:
        (task,) = store.tasks(newest(store), 0)
    assert task.errors == ("ConnectionError: no line",)


def test_the_key_of_a_call_is_the_same_for_every_try_after_a_crash_too(desk, tmp_path):
    (tmp_path / "crash").touch()
    (tmp_path / "down").touch()
    desk.do(tmp_path, graph="retried", thread="case-42")
    # It died before the call; the two tries come in the second process.
    desk.run(tmp_path, "retried")
    keys = {line.split()[2] for line in nodes_ran(tmp_path)}
    assert (len(nodes_ran(tmp_path)), len(keys)) == (2, 1)
    desk.run(tmp_path, "retried", "other")
    assert len({line.split()[2] for line in nodes_ran(tmp_path)}) == 2


def test_the_key_of_a_call_that_a_crash_cut_off_is_that_of_its_next_try(desk, tmp_path):
    (tmp_path / "crash inside").touch()
    assert desk.do(tmp_path, graph="retried", thread="case-42") == -9
    assert desk.run(tmp_path, "retried")["ended"] == "finished"
    first, second = nodes_ran(tmp_path)
    assert first == second


def test_results_of_all_tries_of_a_step_count(desk, tmp_path):
    for crash in ("crash early", "crash"):
        (tmp_path / crash).touch()
        assert desk.do(tmp_path, graph="tasks", thread="case-42") == -9
    desk.run(tmp_path, "tasks")
    assert nodes_ran(tmp_path) == ["fetch 1", "fetch 2", "fetch 3", "fetch 1"]


def test_begun_anew_a_run_has_no_results_of_before(desk, tmp_path):
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="tasks", thread="case-42") == -9
    for crash, options in (("crash early", {"from_start": True}), ("crash", {})):
        (tmp_path / crash).touch()
        assert desk.do(tmp_path, graph="tasks", thread="case-42", **options) == -9
    assert nodes_ran(tmp_path) == ["fetch 1", "fetch 2"] * 2


def test_an_error_is_never_given_back_as_a_result(desk, tmp_path):
    for name in ("broken", "crash"):
        (tmp_path / name).touch()
    assert desk.do(tmp_path, graph="refused", thread="case-42") == -9
    (tmp_path / "broken").unlink()
    assert desk.run(tmp_path, "refused")["state"]["said"] == "accepted"
    assert nodes_ran(tmp_path) == ["declined"] * 2


def test_a_call_is_known_by_its_function_and_arguments_not_by_its_place(desk, tmp_path):
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="reordered", thread="case-42") == -9
    done = desk.run(tmp_path, "reordered")
    before, after = (line.partition(" ")[2] for line in ran(tmp_path, "answers"))
    assert before == after
    assert done["state"]["answers"] == json.loads(before)
    assert len(ran(tmp_path, "fetch", "save")) == 5


def test_equal_calls_of_two_branches_are_two_calls_whichever_comes_first(desk, tmp_path):
    (tmp_path / "first").write_text("0")
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="branches", thread="case-42") == -9
    (tmp_path / "first").write_text("1")
    done = desk.run(tmp_path, "branches")
    assert len(ran(tmp_path, "fetch")) == 2
    told = {line.partition(" page ")[::2] for line in ran(tmp_path, "branch")}
    pages = {(f"branch {n}", done["state"][f"page_{n}"].removeprefix("page ")) for n in (0, 1)}
    assert told == pages


def test_what_a_task_called_is_no_call_of_the_node(desk, tmp_path):
    (tmp_path / "crash").touch()
    assert desk.do(tmp_path, graph="nested", thread="case-42") == -9
    desk.run(tmp_path, "nested")
    before, after = ran(tmp_path, "pages")
    assert before == after
    assert ran(tmp_path, "fetch") == ["fetch 7", "fetch 7"]


def test_in_processes_that_a_node_starts_a_task_is_an_ordinary_function(desk, tmp_path):
    done = desk.run(tmp_path, "forked_tasks")
    assert [page.split()[1] for page in done["state"]["pages"]] == ["1", "2", "3"]
    assert results(tmp_path) == done["state"]["pages"][2:]


def test_durability_exit_has_the_results_of_tasks_once_the_run_has_ended(desk, tmp_path):
    done = desk.run(tmp_path, "tasks", durability="exit")
    assert results(tmp_path) == done["state"]["pages"]


@pytest.mark.parametrize(
    ("options", "error", "tries"),
    [
        ({}, ValueError, 1),
        ({"retries": 2, "backoff": 0}, ValueError, 3),
        ({"retries": 2, "backoff": 0, "retry_on": (KeyError,)}, ValueError, 1),
        ({"retries": 2, "backoff": 0}, KeyboardInterrupt, 1),
    ],
)
def test_a_task_is_tried_as_often_as_it_was_said(options, error, tries):
    tried: list[int] = []

    @lar_debug.task(**options)
    def fails():
        tried.append(1)
        raise error("no line")

    with pytest.raises(error):
        fails()
    assert len(tried) == tries


def test_pauses_between_tries_double_up_to_a_minute():
    pause = Retries(count=9, backoff=0.5).pause
    assert [pause(tried) for tried in (1, 2, 3, 4, 9)] == [0.5, 1.0, 2.0, 4.0, 60.0]
    with pytest.raises(ValueError, match="not below 0"):
        lar_debug.task(backoff=-1)


@lar_debug.task
def doubled(number: int) -> int:
    return number * 2


def test_a_task_is_copied_and_pickled_as_functions_are():
    assert pickle.loads(pickle.dumps(doubled)) is doubled
    assert copy.deepcopy({"tool": doubled})["tool"] is doubled


def test_outside_of_a_run_a_task_is_an_ordinary_function():
    tries: list[str] = []

    @lar_debug.task(retries=1, backoff=0)
    def shaky(number: int) -> int:
        """Doc."""
        tries.append(lar_debug.idempotency_key())
        if len(tries) == 1:
            raise ValueError("once")
        return number * 2

    assert (shaky(4), shaky.__doc__, shaky.__name__) == (8, "Doc.", "shaky")
    assert len(set(tries)) == 1
    assert shaky.submit(5).result() == 10
    with pytest.raises(lar_debug.Problem, match="for use inside a function"):
        lar_debug.idempotency_key()


def test_a_method_is_a_task_and_its_object_is_part_of_the_call():
    class Shop:
        def __init__(self, name: str) -> None:
            self.name = name

        @lar_debug.task
        def order(self, number: int) -> str:
            return f"{self.name} {number}"

    assert Shop("tents").order(3) == "tents 3"
    assert Shop("boats").order.submit(number=1).result() == "boats 1"


def test_a_task_cannot_be_a_coroutine():
    async def later() -> int:
        return 1

    with pytest.raises(TypeError, match="an ordinary function, not async"):
        lar_debug.task(later)
