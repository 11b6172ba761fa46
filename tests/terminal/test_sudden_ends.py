"""However the debugger ends while a node runs, nothing goes on after it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.cli.desk import Desk
from tests.terminal.terminal import Terminal

HOLDS_ON = 12


@pytest.fixture
def running(misbehaving: Desk) -> Iterator[Terminal]:
    """A screen with an attempt that waits for ever beside processes in sessions of their own."""
    misbehaving.write("mood.py", "HOSTILE = True\n")
    told = misbehaving.folder / "holds_on.at_it"
    told.unlink(missing_ok=True)
    with Terminal(misbehaving, "open", f"last:{HOLDS_ON}") as terminal:
        terminal.see("ready: edit and save")
        terminal.type("r")
        terminal.see("x stops it")
        terminal.until(told.exists, "the node at it")
        assert len(terminal.processes("signal.pause")) == 3
        yield terminal


def killed(terminal: Terminal) -> None:
    terminal.process.kill()


def window_closed(terminal: Terminal) -> None:
    terminal.close_window()


@pytest.mark.parametrize(
    ("end", "number"),
    [
        (killed, signal.SIGKILL),
        (window_closed, signal.SIGHUP),
    ],
)
def test_nothing_goes_on_without_the_debugger(
    running: Terminal, end: Callable[[Terminal], None], number: int
) -> None:
    end(running)
    assert running.process.wait() == -number
    assert running.left_behind() == []


def test_a_debugger_that_is_told_to_end_leaves_the_terminal_as_it_was(running: Terminal) -> None:
    running.process.terminate()
    assert running.ended() == 0
    assert running.left_behind() == []
    assert running.is_as_before


def test_quitting_ends_the_attempt_that_runs_though_its_worker_stands_still(
    running: Terminal,
) -> None:
    for pid in running.processes("bootstrap"):
        os.kill(pid, signal.SIGSTOP)
    running.type("q")
    assert running.ended() == 0
    assert running.left_behind() == []
    assert running.is_as_before
