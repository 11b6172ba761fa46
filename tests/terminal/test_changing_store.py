"""The recordings change under a person's eyes: more come, they are locked, go away, come back."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desk import SAMPLES, Desk
from tests.terminal.terminal import Terminal

GONE = "  .lar-debug/recordings.db was deleted or replaced: what has been read stays"
LOCKED = "cannot run: .lar-debug/recordings.db is locked by another program; try again when it is"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project with one recorded run, in a store that stands for itself: no log beside it."""
    desk = Desk.new(tmp_path_factory.mktemp("changing"), SAMPLES / "support_reply")
    desk.write("pyproject.toml", "")
    said = desk.lar_debug("run", "--no-ui", "agent.py")
    assert said.code == 0, said.err
    with sqlite3.connect(desk.store) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    shutil.copyfile(desk.store, desk.folder / "kept.db")
    return desk


@pytest.fixture
def desk(recorded: Desk) -> Desk:
    """The project with the recordings that it had at first."""
    shutil.rmtree(recorded.store.parent, ignore_errors=True)
    put_in_place(recorded)
    return recorded


def put_in_place(desk: Desk) -> None:
    """Put a store of its own where the recordings are, in one go."""
    desk.store.parent.mkdir(mode=0o700, exist_ok=True)
    for log in ("-wal", "-shm"):
        Path(f"{desk.store}{log}").unlink(missing_ok=True)
    new = desk.store.with_name("new.db")
    shutil.copyfile(desk.folder / "kept.db", new)
    new.replace(desk.store)


@pytest.fixture
def terminal(desk: Desk) -> Iterator[Terminal]:
    """The run, shown at the step that asks a model."""
    with Terminal(desk, "open", "last", forked=True) as terminal:
        terminal.see("> ✓   5 write_reply", "[#0 recorded]", "ready: edit and save")
        yield terminal
        terminal.answers()
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.is_as_before
        assert terminal.left_behind() == []


def test_the_list_follows_whatever_becomes_of_the_store(desk: Desk) -> None:
    with Terminal(desk) as terminal:
        terminal.see("1 run, ", "finished", "7 steps")
        shutil.rmtree(desk.store.parent)
        terminal.see("No runs in ")
        said = desk.lar_debug("run", "--no-ui", "agent.py")
        assert said.code == 0, said.err
        terminal.see("1 run, ", "finished", "7 steps")
        assert desk.lar_debug("rerun", "last:5").code == 0
        terminal.type("\r")
        terminal.see("> ✓   5 write_reply", "[#1 ")
        terminal.type("q")
        terminal.see("1 run, ", "Enter open")
        assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
        terminal.see("2 runs, ")
        put_in_place(desk)
        terminal.see("1 run, ")

        damaged = desk.folder / "damaged.db"
        damaged.write_bytes(b"no database at all" * 1000)
        damaged.replace(desk.store)
        terminal.see("is damaged: file is not a database")
        terminal.type("?")
        terminal.see("q closes")
        terminal.type("q")
        terminal.see_gone("q closes")
        put_in_place(desk)
        terminal.see("1 run, ", "7 steps")
        terminal.type("\r")
        terminal.see("> ✓   5 write_reply", "[1 Diff]")
        terminal.type("q")
        terminal.see("Enter open")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.is_as_before
        assert terminal.left_behind() == []


def test_another_program_that_records_and_runs_steps_disturbs_nobody(
    terminal: Terminal, desk: Desk
) -> None:
    terminal.type("k")
    terminal.see("── 4 find_policy")
    (run,) = desk.lar_debug("list", "--json").json
    assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
    assert desk.lar_debug("rerun", f"{run['run']}:5").code == 0
    terminal.see("── 4 find_policy")
    terminal.until(lambda: " #1│" in terminal.row("5 write_reply"), "its newest attempt")
    terminal.type("j")
    terminal.see("#0 recorded base  [#1 ")


def test_a_store_that_is_locked_is_told_and_used_again_when_it_is_free(
    terminal: Terminal, desk: Desk
) -> None:
    other = sqlite3.connect(desk.store, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    terminal.type("kk")
    terminal.see("── 3 by_topic")
    terminal.type("jjr")
    terminal.see(LOCKED)
    terminal.answers()
    other.execute("ROLLBACK")
    other.close()
    terminal.type("r")
    terminal.see("step 5 ran again as #1", "[#1 ")


def test_a_store_that_is_moved_away_is_told_and_followed_when_it_is_back(
    terminal: Terminal, desk: Desk
) -> None:
    away = desk.folder / "away"
    desk.store.parent.rename(away)
    terminal.see(GONE)
    terminal.type("kj")
    terminal.see("── 5 write_reply")
    terminal.type("r")
    terminal.see("step 5 cannot run: .lar-debug/recordings.db was deleted or replaced")
    terminal.answers()
    away.rename(desk.store.parent)
    terminal.type("r")
    terminal.see("step 5 ran again as #1", "[#1 ")


def test_a_store_that_is_deleted_stays_on_the_screen(terminal: Terminal, desk: Desk) -> None:
    shutil.rmtree(desk.store.parent)
    terminal.see(GONE)
    terminal.type("kj4")
    terminal.see("── 5 write_reply", "[4 Attempts]")


def test_a_store_that_is_replaced_is_told_and_left_alone(terminal: Terminal, desk: Desk) -> None:
    put_in_place(desk)
    before = desk.store.read_bytes()
    terminal.see(GONE)
    terminal.type("r")
    terminal.see("step 5 cannot run: .lar-debug/recordings.db was deleted or replaced")
    assert desk.store.read_bytes() == before


def test_a_store_that_is_cut_off_is_told(desk: Desk) -> None:
    with Terminal(desk, "open", "last", forked=True) as terminal:
        terminal.see("> ✓   5 write_reply", "[#0 recorded]", "ready: edit and save")
        with open(desk.store, "r+b") as store:
            store.truncate(3 * 4096)
        terminal.type("r")
        terminal.see(".lar-debug/recordings.db is damaged: ")
        terminal.type("kkk")
        terminal.answers()
        terminal.type("q")
        # Where one was cannot be told any more.
        assert terminal.ended() == 2
        assert terminal.is_as_before
        assert terminal.left_behind() == []
        told = "".join(terminal.shown.scrollback)
        assert told.startswith("lar-debug: ")
        assert "is damaged" in told
