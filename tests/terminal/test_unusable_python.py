"""A Python that cannot be used: nothing on the screen ever waits for it, not even for its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.terminal.terminal import Terminal


@pytest.fixture
def hanging(tmp_path: Path) -> Path:
    """A Python that begins to do something and never comes to anything: a network drive is slow,
    a sitecustomize waits for a lock. It says that it was started by making a pipe."""
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    python = tmp_path / "python"
    # A process below it hangs too, as with a wrapper that people write around their Python.
    python.write_text(f"#!/bin/sh\necho started > '{begun}'\nsleep 1000 &\nwait\nsleep 1000\n")
    python.chmod(0o755)
    return python


def test_a_python_that_hangs_at_its_start_holds_up_no_key_and_no_end(
    sample: Desk, hanging: Path
) -> None:
    with Terminal(sample, "--python", str(hanging), "open", "last:5") as terminal:
        terminal.see("5 write_reply", "hey!! sorry about the tent")
        terminal.see("starting /")
        # It hangs from here on.
        with (hanging.parent / "begun").open() as begun:
            assert begun.read() == "started\n"
        terminal.go_to(0, "load_ticket")
        terminal.see("+ ticket")
        terminal.go_to(5, "write_reply")
        terminal.type("2")
        terminal.see("[2 State]")
        terminal.answers()
        terminal.type("r")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.is_as_before
        assert terminal.left_behind() == []


def test_what_is_wrong_with_the_python_is_told_on_the_screen(sample: Desk, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    with Terminal(sample, "--python", str(bare), "open", "last:5") as terminal:
        terminal.see("5 write_reply", "no lar-engine in")
        terminal.type("q")
        assert terminal.ended() == 0
