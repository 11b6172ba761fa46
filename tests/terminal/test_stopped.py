"""Whoever stops the debugger and lets it go on: `q` ends it, and nothing is left."""

from __future__ import annotations

import os
import signal

import pytest

from tests.cli.desk import Desk
from tests.terminal.terminal import Terminal

SIZE = (100, 40)


def stop(terminal: Terminal, number: int) -> None:
    """Send a signal that stops it, and see that it has stopped."""
    terminal.process.send_signal(number)
    os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED)


def go_on(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGCONT)


def test_what_was_stopped_goes_on_and_ends_with_q(sample: Desk) -> None:
    with Terminal(sample, "open", "last:5", size=SIZE) as terminal:
        terminal.see("ready: edit and save", "? help")
        stop(terminal, signal.SIGSTOP)
        # Somebody else had the screen meanwhile, and a key was pressed too early.
        terminal.shown.resize(*SIZE)
        terminal.type("k")
        go_on(terminal)
        terminal.see("> ✓   4 find_policy", "+ policy", "? help")
        # Once more, though nothing stopped it.
        go_on(terminal)
        terminal.answers()
        stop(terminal, signal.SIGTSTP)
        terminal.until(lambda: terminal.is_as_before, "the shell's terminal")
        go_on(terminal)
        terminal.see("> ✓   4 find_policy", "+ policy", "? help")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.left_behind() == []
        assert terminal.is_as_before
        assert terminal.shown.foreign == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_debugger_that_is_told_to_end_gives_the_terminal_back(sample: Desk, number: int) -> None:
    with Terminal(sample, "open", "last:5", size=SIZE) as terminal:
        terminal.see("? help")
        stop(terminal, signal.SIGSTOP)
        terminal.process.send_signal(number)
        go_on(terminal)
        assert terminal.ended() == 0
        assert terminal.left_behind() == []
        assert terminal.is_as_before
