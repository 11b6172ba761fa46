"""Killed at random moments, again and again, a run comes to the end that it comes to undisturbed.

`LAR_DEBUG_KILLS=500 pytest tests/durable/test_kills.py` (make soak) does it at length.
"""

import os
import random
from pathlib import Path

import pytest

from tests.durable.desk import Desk, ran, status, until

KILLS = int(os.environ.get("LAR_DEBUG_KILLS", "12"))
TURNS = 200
OPTIONS = {"arguments": {"turns": TURNS}, "max_steps": 10_000}
EXECUTOR = {"max_node_fatigue": 10_000}


@pytest.fixture(scope="module")
def undisturbed(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("undisturbed")
    done = desk.run(folder, "loop", executor=EXECUTOR, **OPTIONS)
    assert len(done["entries"]) == TURNS
    return without_bookkeeping(done["state"])


def without_bookkeeping(state: dict) -> dict:
    return {key: value for key, value in state.items() if not key.startswith("__")}


@pytest.mark.parametrize("durability", ["sync", "async"])
def test_a_run_that_is_killed_again_and_again_ends_as_without(
    desk: Desk, tmp_path: Path, undisturbed: dict, durability: str
):
    chance = random.Random(f"{durability} {KILLS}")
    left, rounds = KILLS, 0
    while left:
        folder = tmp_path / f"round {rounds}"
        folder.mkdir()
        kills = killed_to_the_end(desk, folder, chance, left, durability)
        left -= kills
        state = without_bookkeeping(desk.run(folder, "loop", executor=EXECUTOR, **OPTIONS)["state"])
        assert state == undisturbed, f"round {rounds}"
        assert status(folder) == "finished"
        check_repeats(folder, 0 if durability == "sync" else kills)
        rounds += 1


def killed_to_the_end(
    desk: Desk, folder: Path, chance: random.Random, most: int, durability: str
) -> int:
    """Kill the run up to `most` times, each time a little further; how often it was killed."""
    result, log = folder / "result.json", folder / "ran.log"
    log.touch()
    for kills in range(most):
        pid = desk.start(
            folder,
            "run",
            graph="loop",
            thread="case-42",
            executor={**EXECUTOR, "durability": durability},
            **OPTIONS,
        )
        wanted = log.stat().st_size + chance.randrange(700)
        until(lambda: result.exists() or log.stat().st_size >= wanted, "some more steps")  # noqa: B023
        for _ in range(chance.randrange(30_000)):
            pass
        if result.exists():
            desk.wait(pid)
            result.unlink()
            # The thread has come to its end: what is left is killed in another one.
            undo_the_end(folder)
            return max(kills, 1)
        desk.kill(pid)
    return most


def undo_the_end(folder: Path) -> None:
    """A run that ended while nobody looked is judged like any other: begin it once more."""
    for path in folder.iterdir():
        path.unlink()


def check_repeats(folder: Path, allowed: int) -> None:
    """What had ended before a crash ran again so often at most: in `async` the last one of each."""
    repeated = 0
    ended: set[str] = set()
    for line in ran(folder):
        word, _, which = line.partition(" ")
        if word in ("yielded", "got"):
            ended.add({"yielded": "step", "got": "task"}[word] + f" {which}")
        elif line in ended:
            repeated += 1
    assert repeated <= allowed
