"""lar-debug without a command, in a terminal: the list of runs, one of them, and back."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.desk import Desk
from tests.terminal.terminal import Terminal


def at_home(sample: Desk, folder: Path) -> Desk:
    """The sample with its recordings in a folder of the test's own."""
    desk = Desk(folder / "project", sample.environ)
    shutil.copytree(sample.folder, desk.folder)
    return desk


def test_a_run_is_opened_left_and_opened_again_where_it_was_left(
    sample: Desk, tmp_path: Path
) -> None:
    with Terminal(at_home(sample, tmp_path)) as terminal:
        terminal.see(" lar-debug ", "1 run, ", "> ", "finished", "7 steps")
        terminal.type("\r")
        terminal.see("> ✓   5 write_reply", "[1 Diff]")
        terminal.type("3")
        terminal.see("[3 Prompt]")
        terminal.type("k")
        terminal.see("── 4 find_policy")
        terminal.type("q")
        terminal.see("1 run, ", "Enter open")
        terminal.type("\r")
        terminal.see("── 4 find_policy", "[3 Prompt]")
        terminal.type("q")
        terminal.see("Enter open")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.is_as_before
        assert terminal.left_behind() == []
        (last,) = (line for line in terminal.shown.scrollback if line)
        assert "step 4. Go on: lar-debug open " in last


def test_a_text_is_found_in_all_steps(sample: Desk, tmp_path: Path) -> None:
    with Terminal(at_home(sample, tmp_path), "open", "last:0") as terminal:
        terminal.see("> ✓   0 load_ticket")
        terminal.type("/late_delivery\r")
        terminal.see("/late_delivery  1 of ", "n next  N previous")
        terminal.type("n")
        terminal.see("/late_delivery  2 of ")
        terminal.type(":reply")
        terminal.see("History of reply")
        terminal.type("\r")
        terminal.see("history of reply", "> step   5 write_reply  + ")
        terminal.type("\r")
        terminal.see("> ✓   5 write_reply", "[1 Diff]")
        terminal.type("gvjjj")
        terminal.see("steps 0..3  wrote ")
        terminal.type("q")
        assert terminal.ended() == 0


def test_a_project_without_recordings_says_how_to_make_one(tmp_path: Path) -> None:
    with Terminal(Desk.new(tmp_path)) as terminal:
        terminal.see("No runs in ", "lar-debug run agent.py ", "lar-debug demo", "q quit")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.is_as_before
        assert not (tmp_path / "project" / ".lar-debug").exists()
