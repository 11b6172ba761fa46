"""A script that is started on the screen: its steps come in, and its end is seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.terminal.terminal import Terminal

GRAPH = Path(__file__).parent / "graphs" / "gated"
CTRL_C = "\x03"
INTERRUPTED = 130
"""The script's own exit code, when it is stopped by quitting."""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A run whose first step waits at its gate."""
    desk = Desk.new(tmp_path, GRAPH)
    for name in ("one", "two"):
        os.mkfifo(desk.folder / f"{name}.gate")
    with Terminal(desk, "run", "gated.py") as terminal:
        terminal.see("tail on", "0 first", "following the run: k looks back, G follows again")
        yield terminal


def let_on(terminal: Terminal, name: str) -> None:
    """Open a gate, once its step waits there."""

    def opened() -> bool:
        try:
            os.close(os.open(terminal.desk.folder / f"{name}.gate", os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    terminal.until(opened, f"a step at the gate {name}")


def test_steps_come_in_while_it_goes_on_and_the_end_shows_the_right_one(
    terminal: Terminal,
) -> None:
    let_on(terminal, "one")
    terminal.see("✓   0 first", "✓   1 ask", "2 last", "── 2 last", "3 steps")
    terminal.type("k")
    terminal.see("── 1 ask", "tail off (G follows)", "+ said  'yes'")
    terminal.answers(3)
    terminal.type("G")
    terminal.see("── 2 last", "tail on")
    let_on(terminal, "two")
    # The last step that called a model is what one wants to see of a run that went well.
    terminal.see("the run has finished", "  finished  3 steps", "── 1 ask", "on save: re-run 1 ask")
    terminal.until(lambda: not terminal.processes("runtime.record:main"), "the script's own end")
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.left_behind() == []
    assert terminal.is_as_before
    assert "Go on: lar-debug open " in "\n".join(terminal.shown.scrollback)


def test_who_looks_back_stays_there_when_the_run_ends(terminal: Terminal) -> None:
    let_on(terminal, "one")
    terminal.see("── 2 last")
    terminal.type("g")
    terminal.see("── 0 first", "tail off (G follows)")
    let_on(terminal, "two")
    terminal.see("the run has finished", "── 0 first", "✓   2 last")


def test_quitting_asks_once_and_then_stops_the_run(terminal: Terminal) -> None:
    let_on(terminal, "one")
    terminal.see("── 2 last")
    terminal.type("q")
    terminal.see("q again stops it and quits")
    terminal.answers()
    terminal.type("q")
    assert terminal.ended() == INTERRUPTED
    assert terminal.left_behind() == []
    assert terminal.is_as_before
    rows = terminal.desk.lar_debug("list", "--json").json
    assert [(row["status"], row["steps"]) for row in rows] == [("stopped", 3)]


def test_ctrl_c_while_a_run_goes_on_tells_how_it_is_stopped(terminal: Terminal) -> None:
    terminal.type(CTRL_C)
    terminal.see("the run itself goes on: q ends it")
    terminal.answers()
    terminal.process.kill()
    assert terminal.left_behind() == []


@pytest.fixture
def reporting(tmp_path: Path) -> Iterator[Terminal]:
    """A script whose run is over, and which still works on its report."""
    desk = Desk.new(tmp_path, GRAPH)
    for name in ("one", "two", "report"):
        os.mkfifo(desk.folder / f"{name}.gate")
    with Terminal(desk, "run", "gated.py", "report") as terminal:
        terminal.see("following the run: k looks back, G follows again")
        let_on(terminal, "one")
        let_on(terminal, "two")
        terminal.see("the run has finished")
        yield terminal


def test_a_script_whose_run_is_over_is_let_end_and_has_the_terminal(reporting: Terminal) -> None:
    reporting.type("q")
    reporting.until(lambda: "gated.py is still at work" in "\n".join(lines(reporting)), "the line")
    assert reporting.is_as_before
    let_on(reporting, "report")
    assert reporting.ended() == 4, "the script's own"
    told = "\n".join(lines(reporting))
    assert "the report is written" in told
    assert "not seen" not in told
    assert reporting.left_behind() == []


def test_ctrl_c_stops_a_script_that_outlived_the_screen(reporting: Terminal) -> None:
    reporting.type("q")
    reporting.until(lambda: "Ctrl-C stops it" in "\n".join(lines(reporting)), "the line")
    reporting.type(CTRL_C)
    assert reporting.ended() == INTERRUPTED
    assert reporting.left_behind() == []
    (row,) = reporting.desk.lar_debug("list", "--json").json
    assert row["status"] == "finished"


def test_a_debugger_that_is_told_to_end_takes_the_script_with_it(reporting: Terminal) -> None:
    reporting.process.terminate()
    reporting.ended()
    assert reporting.left_behind() == []


def lines(terminal: Terminal) -> list[str]:
    """What stands in the terminal when the screen is gone."""
    return terminal.shown.scrollback
