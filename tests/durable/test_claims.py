"""Never two processes on one thread at once, and never locked out of one for good."""

import fcntl
import gc
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from lar_debug.model.records import RunStatus
from lar_debug.model.threads import ClaimRow
from lar_debug.runtime import claims
from lar_debug.runtime.claims import Claim, ThreadInUse
from lar_debug.store.database import Store
from lar_debug.store.liveness import process_identity
from lar_debug.store.thread_lock import ThreadLock
from lar_debug.store.threads import ClaimLost
from tests.durable.desk import Desk, nodes_ran, store_of, until


def held(desk: Desk, folder: Path, **options) -> int:
    pid = desk.start(folder, "hold", thread="case-42", **options)
    until((folder / "held").exists, "the thread is held")
    return pid


def test_a_second_process_is_refused_with_who_has_it(desk: Desk, tmp_path: Path):
    holder = held(desk, tmp_path)
    told = desk.run(tmp_path, "three")
    assert told["why"] == (
        f"thread case-42 is in use by process {holder}; wait for its end, "
        "or take it over with force"
    )
    assert nodes_ran(tmp_path) == ["one"]
    desk.kill(holder)
    assert desk.run(tmp_path, "three")["ended"] == "finished"
    assert nodes_ran(tmp_path) == ["one", "two", "three"]


def test_other_threads_of_the_store_are_nobodys_business(desk, tmp_path):
    holder = held(desk, tmp_path)
    assert desk.run(tmp_path, "three", "case-43")["ended"] == "finished"
    desk.kill(holder)


def test_a_dead_holder_whose_child_lives_on_holds_nothing(desk, tmp_path):
    holder = held(desk, tmp_path, fork=True)
    child = int((tmp_path / "child").read_text())
    try:
        assert desk.run(tmp_path, "three")["ended"] == "problem"
        desk.kill(holder)
        assert desk.run(tmp_path, "three")["ended"] == "finished"
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("closes", [False, True])
def test_taken_by_force_the_former_holder_can_write_no_more(desk, tmp_path, closes):
    holder = desk.start(tmp_path, "hold_until_told", thread="case-42", closes=closes)
    until((tmp_path / "held").exists, "the thread is held")
    done = desk.run(tmp_path, "three", force=True)
    assert done["ended"] == "finished"
    (tmp_path / "go").touch()
    assert desk.wait(holder) == 0
    told = (tmp_path / "told.txt").read_text()
    assert told == "thread case-42 was taken over by another process; this one stops here"
    assert nodes_ran(tmp_path) == ["one", "two", "three"]


def test_a_program_that_closed_all_its_files_is_still_the_holder(desk, tmp_path):
    holder = desk.start(tmp_path, "hold_until_told", thread="case-42", closes=True)
    until((tmp_path / "held").exists, "the thread is held")
    told = desk.run(tmp_path, "three")
    assert told["ended"] == "problem"
    assert f"process {holder}" in told["why"]
    (tmp_path / "go").touch()
    desk.wait(holder)
    assert (tmp_path / "told.txt").read_text() == "went on"


def test_of_many_that_begin_at_once_one_gets_the_thread(tmp_path):
    store = Store.open(tmp_path / "threads.db", create=True)
    others = [Store.open(tmp_path / "threads.db") for _ in range(8)]
    got: list[Claim] = []
    ready = threading.Barrier(len(others))

    def take(one: Store) -> None:
        ready.wait()
        try:
            got.append(Claim(one, threading.RLock(), "case-42", force=False))
        except ThreadInUse:
            return

    workers = [threading.Thread(target=take, args=(one,)) for one in others]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(got) == 1
    got[0].release()
    Claim(store, threading.RLock(), "case-42", force=False).release()


def test_a_lock_that_its_last_holder_took_away_while_it_was_waited_for_is_no_lock(
    tmp_path, monkeypatch
):
    last, next_one, late = (ThreadLock(tmp_path / "threads.db", "case-42") for _ in range(3))
    assert last.acquire()
    lock = fcntl.flock

    def after_the_others(descriptor: int, how: int) -> None:
        monkeypatch.undo()
        last.release()
        assert next_one.acquire()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", after_the_others)
    assert not late.acquire()
    assert next_one.held


def test_a_lock_that_nobody_in_its_process_knows_any_more_is_free(tmp_path):
    path = tmp_path / "threads.db"
    assert ThreadLock(path, "case-42").acquire()
    gc.collect()
    assert ThreadLock(path, "case-42").acquire()


def test_who_is_interrupted_while_it_waits_for_a_lock_leaves_it_to_its_holder(
    tmp_path, monkeypatch
):
    holder, other = (ThreadLock(tmp_path / "threads.db", "case-42") for _ in range(2))
    assert holder.acquire()

    def interrupted(descriptor: int, how: int) -> None:
        raise KeyboardInterrupt(descriptor, how)

    with monkeypatch.context() as changed:
        changed.setattr(fcntl, "flock", interrupted)
        with pytest.raises(KeyboardInterrupt):
            other.acquire()
    other.release()
    assert holder.held
    holder.release()


def test_a_transaction_that_was_broken_off_before_its_end_locks_nobody_out(tmp_path):
    store = Store.open(tmp_path / "threads.db", create=True)
    with store.objects.transaction() as sql:
        pass
    sql.execute("BEGIN IMMEDIATE")
    store.check_writable()
    other = Store.open(tmp_path / "threads.db")
    other.check_writable()
    other.close()
    store.close()


def test_with_a_sign_of_life_a_holder_takes_the_lock_again_that_its_program_closed(tmp_path):
    store = Store.open(tmp_path / "threads.db", create=True)
    claim = Claim(store, threading.RLock(), "case-42", force=False)
    (lock,) = tmp_path.glob("threads.db-thread-*")
    (number,) = [int(name) for name in os.listdir("/dev/fd") if is_open(int(name), os.stat(lock))]
    os.close(number)
    claim.beat()
    assert not ThreadLock(store.path, "case-42").acquire()
    claim.release()
    store.close()


def is_open(number: int, file: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.fstat(number), file)
    except OSError:
        return False


def test_one_store_by_two_names_is_one_store(desk, tmp_path):
    holder = held(desk, tmp_path)
    (tmp_path / "other.db").symlink_to("threads.db")
    told = desk.run(tmp_path, "three", executor={"store": "other.db"})
    assert f"in use by process {holder};" in told["why"]
    desk.kill(holder)


def row(**changes) -> ClaimRow:
    known = {
        "thread": "t",
        "token": "x",
        "process": process_identity(),
        "beat": time.time(),
        "beat_on_boot": time.clock_gettime(time.CLOCK_BOOTTIME),
    }
    return ClaimRow(**{**known, **changes})


def of_another_boot() -> str:
    return f"another-boot/{os.getpid()}/77"


def living_other() -> str:
    """The identity of a process that lives and is not this one."""
    pid = os.getppid()
    ticks = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
    return f"{process_identity().partition('/')[0]}/{pid}/{ticks}"


def test_who_lives_and_beats_is_waited_for():
    assert "try again in" in claims.why_not(row(process=living_other()))


def test_who_lives_without_a_beat_is_waited_for_no_longer():
    silent = time.clock_gettime(time.CLOCK_BOOTTIME) - claims.STALE_SECONDS - 1
    assert claims.why_not(row(process=living_other(), beat_on_boot=silent)) == ""


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_set_changes_nothing_on_the_same_machine(hours: int):
    beat = time.time() + hours * 3600
    assert claims.why_not(row(process=living_other(), beat=beat)) != ""
    dead = living_other().rpartition("/")[0] + "/1"
    assert claims.why_not(row(process=dead, beat=beat)) == ""


def test_after_the_machine_was_started_anew_nobody_waits_for_long():
    now = claims.why_not(row(process=of_another_boot()))
    assert now.startswith("process ")
    for seconds in (-3600.0, 3600.0):
        # The clock may have been set meanwhile, in either direction.
        assert claims.why_not(row(process=of_another_boot(), beat=time.time() + seconds)) == ""


def test_a_holder_that_lost_its_token_is_refused_by_the_store(tmp_path):
    store = Store.open(tmp_path / "threads.db", create=True)
    claim = Claim(store, threading.RLock(), "case-42", force=False)
    other = sqlite3.connect(tmp_path / "threads.db")
    other.execute("UPDATE claim SET token='another'")
    other.commit()
    with pytest.raises(ClaimLost, match="taken over by another process"):
        store.set_status("r", RunStatus.STOPPED, holding=claim.holding)
    other.close()


def test_the_end_of_a_run_leaves_no_claim_and_no_lock(desk, tmp_path):
    desk.run(tmp_path, "three")
    with store_of(tmp_path) as store:
        assert store.claim("case-42") is None
    assert not [path.name for path in tmp_path.iterdir() if "-thread-" in path.name]
