"""What a power cut or a full disk leaves: a thread that goes on, or a line that says what to do."""

import json
import random
import shutil
import threading
from pathlib import Path

import pytest

from lar_debug.model.problem import Problem
from lar_debug.store.database import Store
from tests.durable.desk import Desk, nodes_ran, status

TURNS = 40
NORMAL, FULL = 1, 2
"""SQLite's numbers: whether a commit waits for the disk."""
OPTIONS = {
    "graph": "loop",
    "thread": "case-42",
    "arguments": {"turns": TURNS},
    "executor": {"max_node_fatigue": 10_000},
}


def steps_in(path: Path) -> int:
    """How many steps a store holds that ended. Raises Problem."""
    store = Store.open(path)
    try:
        info = store.newest_run("case-42")
        if info is None:
            return 0
        ended = [one for one in store.summaries(info.run) if one.outcome.value != "running"]
        for one in ended:
            # All of what they left can be read.
            store.reader.value(one.after)
        return len(ended)
    finally:
        store.close()


@pytest.fixture(scope="module")
def cut_off(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in `sync` whose machine lost its power: what is in the log is all there is of it."""
    folder = tmp_path_factory.mktemp("cut_off")
    pid = desk.start(folder, "cut_off_after", step=TURNS - 5, **OPTIONS)
    assert desk.wait(pid) == -9
    return folder


def test_everything_up_to_the_safe_step_is_there_however_the_rest_is_torn(
    cut_off: Path, tmp_path: Path
):
    chance = random.Random(3)
    safe = json.loads((cut_off / "safe.json").read_text())
    log = (cut_off / "threads.db-wal").read_bytes()
    assert len(safe) == TURNS - 5
    assert len(log) >= safe[-1] > safe[0]
    for number in range(60):
        step = chance.randrange(len(safe))
        place = chance.randrange(safe[step], len(log) + 1)
        torn = bytearray(log[:place])
        if number % 2:
            # Pages reach a disk in any order: one came, those before it did not.
            wanted = len(log) - place
            torn += bytes(chance.randbytes(wanted) if number % 4 == 1 else wanted)
        found = steps_in(copy_of(cut_off, tmp_path / f"cut {number}", bytes(torn)))
        assert found >= step + 1, f"cut at {place}, step {step} was safe at {safe[step]}"


def copy_of(folder: Path, target: Path, log: bytes) -> Path:
    target.mkdir()
    shutil.copy(folder / "threads.db", target)
    (target / "threads.db-wal").write_bytes(log)
    return target / "threads.db"


def test_a_thread_goes_on_after_a_power_cut(desk: Desk, cut_off: Path, tmp_path: Path):
    safe = json.loads((cut_off / "safe.json").read_text())
    log = (cut_off / "threads.db-wal").read_bytes()
    folder = tmp_path / "after"
    copy_of(cut_off, folder, log[: safe[20]])
    done = desk.run(folder, **OPTIONS)
    assert done["ended"] == "finished"
    assert (done["entries"][0][0], done["state"]["turn"]) == (21, TURNS)


def test_a_store_that_is_torn_itself_opens_or_says_so_in_one_line(cut_off: Path, tmp_path: Path):
    chance = random.Random(4)
    whole = tmp_path / "whole"
    path = copy_of(cut_off, whole, (cut_off / "threads.db-wal").read_bytes())
    # Opening and closing brings the log into the file.
    steps_in(path)
    data = path.read_bytes()
    said = 0
    for number in range(60):
        folder = tmp_path / f"torn {number}"
        folder.mkdir()
        torn = bytearray(data[: chance.randrange(len(data))])
        if number % 2 and len(torn) > 5_000:
            place = chance.randrange(len(torn) - 4_096)
            torn[place : place + 4_096] = chance.randbytes(4_096)
        (folder / "threads.db").write_bytes(bytes(torn))
        said += len(what_it_says(folder / "threads.db"))
    assert said > 20


def what_it_says(path: Path) -> list[str]:
    """The lines in which a store is refused; none for one that is read."""
    try:
        steps_in(path)
    except Problem as error:
        lines = str(error).splitlines()
        assert len(lines) == 1
        return lines
    return []


def test_a_full_disk_stops_the_thread_and_with_room_it_goes_on(desk: Desk, tmp_path: Path):
    assert desk.do(tmp_path, "run_in_little_room", size=300_000, **OPTIONS) == 0
    told = json.loads((tmp_path / "result.json").read_text())
    assert told["ended"] == "problem", told
    assert "threads.db" in told["why"]
    assert "\n" not in told["why"]
    came = len(told["entries"])
    assert 0 < came < TURNS
    done = desk.run(tmp_path, **OPTIONS)
    assert done["ended"] == "finished"
    assert done["entries"][0][0] == came
    assert done["state"]["turn"] == TURNS
    # The step whose end found no room is all that ran twice.
    steps = [line for line in nodes_ran(tmp_path) if line.startswith("step")]
    assert len(steps) - len(set(steps)) <= 1
    assert status(tmp_path) == "finished"


def test_what_is_called_safe_is_waited_for_until_the_disk_has_it(tmp_path: Path):
    store = Store.open(tmp_path / "threads.db", create=True)
    for safe, synchronous in ((True, FULL), (False, NORMAL), (True, FULL)):
        with store.objects.transaction(safe=safe) as sql:
            assert sql.execute("PRAGMA synchronous").fetchone() == (synchronous,)
    store.close()


def test_a_store_that_goes_away_is_told_in_one_line(tmp_path: Path):
    from lar_debug.runtime.claims import Claim

    (tmp_path / "threads.db").write_bytes(b"no database at all, but a text" * 100)
    with pytest.raises(Problem, match="damaged"):
        Claim(
            Store.open(tmp_path / "threads.db", create=True),
            threading.RLock(),
            "case-42",
            force=False,
        )
