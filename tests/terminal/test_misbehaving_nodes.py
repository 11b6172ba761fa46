"""Whatever a node does while the screen is open: the screen answers, and says what happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.terminal.terminal import Terminal

STEPS = (
    "start",
    "ends_at_once",
    "segfaults",
    "asks",
    "closes_everything",
    "keeps_a_lock",
    "grows",
    "leaves_processes",
    "prints",
    "loops",
    "backtracks",
    "ignores_signals",
    "holds_on",
)
MOOD = "HOSTILE = {}\n"
SHIFT_TAB = "\x1b[Z"
BEATS = 10
"""How often the screen has to answer while a node runs."""


@pytest.fixture(scope="module")
def opened(misbehaving: Desk) -> Iterator[Terminal]:
    """The screen on the first step, whose code a save has made hostile, as that of all others."""
    misbehaving.write("mood.py", MOOD.format(False))
    with Terminal(misbehaving, "open", "last:0") as terminal:
        terminal.see("[#0 recorded]", "ready: edit and save")
        terminal.save("mood.py", MOOD.format(True))
        terminal.see("saved mood.py: step 0 ran again as #1")
        yield terminal


@pytest.fixture
def terminal(opened: Terminal) -> Iterator[Terminal]:
    """What one test left running does not trouble the next."""
    yield opened
    if opened.process.poll() is None:
        opened.type("x")


def run_again(terminal: Terminal, name: str) -> int:
    step = STEPS.index(name)
    terminal.go_to(step, name)
    terminal.type("r")
    return step


def has_begun(terminal: Terminal, name: str) -> int:
    """Look on until the node is in the midst of it: its process."""
    told = terminal.desk.folder / f"{name}.at_it"
    terminal.until(told.exists, f"{name} at it")
    terminal.see("#1 running", "x stops it")
    return int(told.read_text())


def test_a_save_that_makes_a_node_end_python_shows_where(terminal: Terminal) -> None:
    terminal.go_to(0, "start")
    terminal.see(
        "#0 recorded base  [✗#1 ",
        "#0 → #1  failed: SystemExit: 3 in exits, misbehaving.py:",
        "│        sys.exit(3)",
    )
    terminal.answers()


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("ends_at_once", "#0 → #1  crashed: its process ended with exit code 7 | last good #0"),
        ("segfaults", "#0 → #1  crashed: killed by SIGSEGV | last good #0"),
        ("asks", "#0 → #1  failed: EOFError: "),
        ("closes_everything", "#0 → #1  failed: OSError: [Errno 9] Bad file descriptor"),
        ("keeps_a_lock", "lost: <unlocked _thread.lock object> could not be kept"),
        ("grows", "#0 → #1  letter is new, 1 more change"),
    ],
)
def test_how_a_node_ended_is_told_in_words_and_the_screen_answers(
    terminal: Terminal, name: str, seen: str
) -> None:
    step = run_again(terminal, name)
    terminal.answers(2)
    terminal.see(seen, f"step {step} ran again as #1", "#1 ")
    terminal.answers()
    assert terminal.shown.foreign == []


def test_what_a_node_said_before_it_died_is_in_the_console(terminal: Terminal) -> None:
    terminal.go_to(STEPS.index("ends_at_once"))
    if "#1" not in terminal.row("> "):
        terminal.type("r")
    terminal.type("5")
    terminal.see("out  │its last words")
    terminal.type("1")
    terminal.see("[1 Diff]")


def test_processes_that_a_node_left_are_ended_with_its_attempt(terminal: Terminal) -> None:
    step = run_again(terminal, "leaves_processes")
    terminal.see(f"step {step} ran again as #1", "#0 → #1  same output, word for word")
    assert (terminal.desk.folder / "leaves_processes.at_it").exists()
    terminal.until(lambda: not terminal.processes("signal.pause"), "the end of what was left")
    terminal.answers()


def test_a_hundred_megabytes_of_prints_are_kept_at_their_ends(terminal: Terminal) -> None:
    step = run_again(terminal, "prints")
    has_begun(terminal, "prints")
    terminal.answers(BEATS)
    assert "x stops it" in terminal.text
    terminal.desk.write("enough", "")
    terminal.see(f"step {step} ran again as #1", "same output, word for word")
    terminal.type("5")
    terminal.see("out  │the first line")
    terminal.type("\tG")
    terminal.see("│the last line")
    terminal.type(SHIFT_TAB + "1")
    terminal.answers()


@pytest.mark.parametrize("name", ["loops", "backtracks", "ignores_signals"])
def test_a_node_that_never_ends_is_stopped_by_a_key(terminal: Terminal, name: str) -> None:
    step = run_again(terminal, name)
    process = has_begun(terminal, name)
    terminal.answers(BEATS)
    assert "x stops it" in terminal.text
    terminal.type("x")
    terminal.see(f"stopped #1 of step {step}", "[#0 recorded]", "#0 recorded  wrote")
    terminal.until(lambda: not Path(f"/proc/{process}").exists(), "the end of the node's process")
    terminal.answers()


def test_the_window_is_pulled_to_any_size_while_a_node_runs(terminal: Terminal) -> None:
    run_again(terminal, "holds_on")
    has_begun(terminal, "holds_on")
    for columns, rows, seen in (
        (100, 40, "x stops it"),
        (60, 20, "x stops it"),
        (39, 9, "39x9 is too small, 40x10 needed"),
        (4, 2, "4x2"),
        (1, 1, ""),
        (160, 45, "x stops it"),
    ):
        terminal.resize(columns, rows)
        terminal.see(seen)
    terminal.answers()
    terminal.type("x")
    terminal.see("stopped #1 of step 12")
    terminal.until(lambda: not terminal.processes("signal.pause"), "the end of what it started")


def test_quitting_leaves_no_process_and_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.left_behind() == []
    assert terminal.is_as_before
    assert terminal.shown.foreign == []
