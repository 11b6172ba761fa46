"""What is waited for until the disk has it, seen in the statements that SQLite is given."""

import pytest

from tests.durable.desk import Desk, ran


def lines(desk: Desk, folder, graph: str, durability: str) -> list[str]:
    """What ran and what was written, in the order in which it happened."""
    assert desk.do(folder, "traced", graph=graph, thread="case-42", durability=durability) == 0
    return ran(folder)


def ends(found: list[str]) -> list[str]:
    """How the ends of steps were written: of all writes those that change an execution."""
    return [line.split()[0] for line in found if "execution" in line and "step" not in line.split()]


def test_sync_waits_for_the_disk_before_a_result_is_given_back_and_a_step_is_left(desk, tmp_path):
    found = lines(desk, tmp_path, "tasks", "sync")
    tasks = [line for line in found if line.startswith("fetch") or line.split()[-1] == "task"]
    assert [line.split()[0] for line in tasks] == ["fetch", "safe"] * 4
    assert ends(found) == ["safe"] * 2
    for step in range(2):
        # Its entry comes only after that.
        yielded = found.index(f"yielded {step}")
        assert ends(found[:yielded]) == ["safe"] * (step + 1)


def test_async_writes_the_same_and_waits_for_no_disk(desk, tmp_path):
    found = lines(desk, tmp_path, "tasks", "async")
    tasks = [line for line in found if line.startswith("fetch") or line.split()[-1] == "task"]
    assert [line.split()[0] for line in tasks] == ["fetch", "kept"] * 4
    assert ends(found) == ["kept"] * 2


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
def test_the_beginning_and_the_end_of_a_run_are_safe(desk, tmp_path, durability):
    found = lines(desk, tmp_path, "three", durability)
    assert any(
        line.startswith("safe") and "segment" in line for line in found[: found.index("one")]
    )
    after = found[found.index("yielded 2") :]
    assert any(line.startswith("safe") and "run" in line.split() for line in after)
