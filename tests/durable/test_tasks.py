"""Tasks: what had a result before a crash has it afterwards, and is not done again."""

from pathlib import Path

import pytest

import lar_debug
from tests.durable.desk import Desk, newest, nodes_ran, store_of


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
            for step in range(store.step_count(run))
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
