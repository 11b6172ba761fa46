"""A value of the state is looked at, changed and read whole, in a terminal."""

from __future__ import annotations

from pathlib import Path

from tests.cli.desk import Desk
from tests.terminal.terminal import Terminal


def pager(folder: Path) -> str:
    """A pager that keeps what it was given and waits for a key."""
    script = folder / "pager"
    script.write_text('#!/bin/sh\ncp "$1" "$(dirname "$0")/seen"\ncat "$1"\nread -r answer\n')
    script.chmod(0o755)
    return str(script)


def test_a_value_is_walked_to_edited_and_read_in_the_pager(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.environ["PAGER"] = pager(tmp_path)
    with Terminal(desk, "demo", "shop", size=(100, 40), forked=True) as terminal:
        terminal.see("> ✓   5 write_reply", "[#0 recorded]", "try: make line 9")
        terminal.type("2\t")
        terminal.see("[2 State]", "▸ order", "state after #0")
        terminal.type("jl")
        terminal.see("▾ order", "total     89.0")
        terminal.type("jjji")
        terminal.see("set for step 5: order.total = 89.0")
        terminal.type("\x17nothing\r")
        terminal.see("set for step 5: order.total = nothing", "the value is no JSON")
        terminal.type("\x170\r")
        terminal.see("#0 recorded base  [#1 ", "step 5 ran again as #1", ">      total     0")
        terminal.type("i")
        terminal.see("set for step 5, beside order.total = 0: order.total = 0")
        terminal.type("\x1b")
        terminal.see_gone("set for step 5")
        terminal.type("ho")
        terminal.until((tmp_path / "seen").exists, "the pager")
        terminal.type("\r")
        terminal.see("▾ order", "state after #1")
        assert '"total": 0,' in (tmp_path / "seen").read_text()
        terminal.type("1")
        terminal.see("you changed state order.total 89.0 → 0")
        terminal.type("q")
        assert terminal.ended() == 0
