"""In a real terminal: the editor in our place, the clipboard, the title, the bell, and settings."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lar_debug.store.database import Store
from tests.cli.desk import SAMPLES, Desk
from tests.terminal.terminal import Terminal
from tests.terminal.test_misbehaving_nodes import MOOD, STEPS

PROMPT = "prompts/reply.md"
OLD, NEW = "Write the answer to the customer.", "Write a formal answer."
EDITOR = """#!/bin/sh
trap 'echo "got an interrupt"' INT
echo "EDITOR $*"
read line || read line
echo "bye"
exit ${line:-0}
"""
SAVES = 12
FOCUS_LOST, BELL, CTRL_C, CTRL_Z = "\x1b[O", "\x07", "\x03", "\x1a"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The sample, recorded; the person's editor is a script that waits for a line."""
    desk = Desk.new(tmp_path_factory.mktemp("handing"), SAMPLES / "support_reply")
    editor = desk.folder.parent / "nano"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    desk.environ["EDITOR"] = str(editor)
    recorded = desk.lar_debug("run", "--no-ui", "agent.py")
    assert recorded.code == 0, recorded.err
    return desk


@pytest.fixture
def terminal(desk: Desk) -> Iterator[Terminal]:
    with Terminal(desk, "open", "last:5", forked=True) as terminal:
        terminal.see("> ✓   5 write_reply", "ready: edit and save")
        yield terminal


def attempts(desk: Desk) -> int:
    store = Store.open(desk.store)
    try:
        return len(store.attempts(store.runs()[0].run, 5))
    finally:
        store.close()


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def settings(desk: Desk, text: str) -> None:
    file = Path(desk.environ["XDG_CONFIG_HOME"]) / "lar-debug" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_while_a_person_edits_the_loop_runs_on_underneath(terminal: Terminal, desk: Desk) -> None:
    before = attempts(desk)
    file = desk.folder / PROMPT
    terminal.type("e")
    terminal.see(f"EDITOR +9 {file}")
    assert not terminal.shown.is_full_screen
    assert terminal.shown.title == ""

    # As many as fill whatever could wait for the terminal to be ours again.
    text = file.read_text().replace(OLD, NEW)
    for number in range(SAVES):
        terminal.save(PROMPT, text.replace(NEW, f"{NEW} Once more: {number}"))
        terminal.until(lambda number=number: attempts(desk) > before + number, "an attempt")
    terminal.save(PROMPT, text)
    newest = before + SAVES
    terminal.until(lambda: attempts(desk) > newest, "an attempt")
    assert not terminal.shown.is_full_screen

    # Ctrl-C is the editor's: it goes on, and so do we.
    terminal.type(CTRL_C)
    terminal.see("got an interrupt")
    terminal.type("\n")
    terminal.see(f"[#{newest}", "+ 9  │Write a formal answer.", "ran again as #")
    terminal.until(lambda: terminal.shown.title == f"✓ #{newest} write_reply", "the title")
    terminal.answers()
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.is_as_before
    assert terminal.shown.foreign == []
    assert terminal.left_behind() == []


def test_an_editor_that_fails_is_told_and_the_screen_is_back(terminal: Terminal) -> None:
    terminal.type("E")
    terminal.see("EDITOR +31 ")
    terminal.type("3\n")
    terminal.see("nano ended with exit code 3")
    terminal.answers()


def test_the_title_is_given_back_to_the_shell_and_taken_again(terminal: Terminal) -> None:
    terminal.until(lambda: "write_reply" in terminal.shown.title, "the title")
    terminal.type(CTRL_Z)
    terminal.until(
        lambda: (
            is_stopped(terminal.process.pid)
            and not terminal.shown.is_full_screen
            and terminal.shown.title == ""
        ),
        "the shell",
    )
    os.kill(terminal.process.pid, signal.SIGCONT)
    terminal.see("> ✓   5 write_reply")
    terminal.until(lambda: "write_reply" in terminal.shown.title, "the title")


def test_output_and_command_reach_the_clipboard(terminal: Terminal, desk: Desk) -> None:
    terminal.type("y")
    terminal.until(lambda: terminal.shown.copied, "the output")
    (output,) = terminal.shown.copied
    assert output.startswith(("hey!!", "Dear"))
    terminal.type("Y")
    terminal.until(lambda: len(terminal.shown.copied) == 2, "the command")
    command = terminal.shown.copied[1].split()
    assert command[:2] == ["lar-debug", "diff"]
    # What was copied is what was shown.
    said = desk.lar_debug(*command[1:])
    assert said.code == 0, said.err
    assert "reply" in said.out


def test_the_bell_rings_for_a_long_attempt_while_nobody_looks(desk: Desk) -> None:
    settings(desk, "bell_after = 0")
    with Terminal(desk, "open", "last:5", forked=True) as terminal:
        terminal.see("ready: edit and save")
        terminal.edit(PROMPT, "answer", "answer now")
        terminal.see("ran again as #")
        terminal.answers()
        assert terminal.shown.foreign == []
        terminal.type("\t")
        terminal.see("══ 5 write_reply")
        terminal.type(FOCUS_LOST)
        terminal.see_gone("══")
        terminal.edit(PROMPT, "answer now", "answer")
        terminal.until(lambda: terminal.shown.foreign == [BELL], "a bell")
    settings(desk, "")


def test_settings_hold_where_no_option_says_otherwise(desk: Desk) -> None:
    settings(desk, 'on_save = "mark"\nascii = true\n[keymap]\n"step.rerun" = "f5"\n')
    with Terminal(desk, "open", "last:5", forked=True) as terminal:
        terminal.see("on save: only mark", "> .   5 write_reply", "f5 re-run")
    with Terminal(desk, "--on-save", "rerun", "open", "last:5", forked=True) as terminal:
        terminal.see("on save: re-run 5 write_reply", "> .   5 write_reply")
    settings(desk, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\ncolour = true", "config.toml:2: no setting 'colour'"),
        ('[keymap]\n"step.rerun" = "j"', "config.toml:2: j is move.down already"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_a_screen_opens(
    desk: Desk, text: str, said: str
) -> None:
    settings(desk, text)
    with Terminal(desk, "run", "agent.py") as terminal:
        assert terminal.ended() == 2
        line = "".join(terminal.shown.scrollback)
    settings(desk, "")
    assert line.startswith("lar-debug: ")
    assert line.count("lar-debug: ") == 1
    assert said in line


def test_an_attempt_gets_the_time_that_the_settings_give(misbehaving: Desk) -> None:
    # Long enough to load the code first, on any machine.
    settings(misbehaving, "attempt_timeout = 5")
    misbehaving.write("mood.py", MOOD.format(True))
    said = misbehaving.lar_debug("rerun", f"last:{STEPS.index('loops')}", "--json")
    misbehaving.write("mood.py", MOOD.format(False))
    settings(misbehaving, "")
    assert said.code == 1, said.err
    (attempt,) = said.json["attempts"]
    assert attempt["outcome"] == "timeout"
