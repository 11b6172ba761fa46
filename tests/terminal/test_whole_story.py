"""A whole sitting with a recorded run: look, edit, compare, put back, note, take along, leave."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.desk import SAMPLES, Desk
from tests.terminal.terminal import Terminal

PROMPT = "prompts/reply.md"
ASKED = "Write the answer to the customer."
FORMAL, BULLETS = "Write a formal answer.", "Write a formal answer in two bullets."

LINE_EDITOR = """
import sys
from pathlib import Path

file = Path(sys.argv[-1])
lines = file.read_text().split("\\n")
print("editing", file.name, flush=True)
for command in iter(input, "q"):
    number, _, text = command.partition(" ")
    lines[int(number) - 1] = text
    file.write_text("\\n".join(lines))
    print("written", flush=True)
"""
"""An editor for those who have none: "9 some text" writes line 9, "q" ends it."""


def recorded(folder: Path) -> Desk:
    desk = Desk.new(folder, SAMPLES / "support_reply")
    said = desk.lar_debug("run", "--no-ui", "agent.py")
    assert said.code == 0, said.err
    return desk


def left(terminal: Terminal) -> str:
    """Quit: nothing goes on, nothing is left of us; the last line in the terminal."""
    terminal.type("q")
    assert terminal.ended() == 0
    assert terminal.is_as_before
    assert terminal.left_behind() == []
    assert terminal.shown.foreign == []
    return next(line for line in reversed(terminal.shown.scrollback) if line)


def test_a_sitting_from_opening_a_run_to_leaving_it(tmp_path: Path) -> None:
    desk = recorded(tmp_path)
    file = desk.folder / PROMPT
    with Terminal(desk, "open", "last") as terminal:
        terminal.see("> ✓   5 write_reply", "[#0 recorded]", "ready: edit and save")
        terminal.type("kk")
        terminal.see("> ✓   3 by_topic", "── 3 by_topic", "late_delivery")
        terminal.type("jj")
        terminal.see("── 5 write_reply")

        terminal.edit(PROMPT, ASKED, FORMAL)
        terminal.see(
            "#0 → #1  reply rewritten",
            "+ │Dear Ms Lindqvist,",
            f"- 9  │{ASKED}",
            f"+ 9  │{FORMAL}",
            "only that",
            "step 5 ran again as #1",
        )
        terminal.edit(PROMPT, FORMAL, BULLETS)
        terminal.see("#1 → #2  reply: ", "+ │- Your order A-1042", f"+ 9  │{BULLETS}")

        terminal.type("h")
        terminal.see("#0 recorded base  [#1 ", f"- 9  │{ASKED}")
        terminal.type("h")
        terminal.see("[#0 recorded]", "+ │hey!! sorry about the tent")
        terminal.type("ll")
        terminal.see("#1 base  [#2 ", f"- 9  │{FORMAL}")
        terminal.type("b")
        terminal.see("#0 → #2  reply rewritten", f"- 9  │{ASKED}", "compared with the recording")
        terminal.type("hB")
        terminal.see("#1 stays the base (B frees it)")
        terminal.type("l")
        terminal.see("#1 → #2  reply: ", "base!")

        terminal.type("4\t")
        terminal.see("══ 5 write_reply", "> [#2]")
        terminal.type("k")
        terminal.see(">  #1 ", '+"a formal answer"', "p put back")
        terminal.type("p")
        terminal.see(f"put back #1: {PROMPT}", f"- │{BULLETS}", f"+ │{FORMAL}", "y writes it")
        assert BULLETS in file.read_text(), "not before a person says yes"
        terminal.type("y")
        terminal.see("step 5 ran again as #3", "[#3]")
        assert FORMAL in file.read_text()
        terminal.type("u")
        terminal.see("step 5 ran again as #4", "[#4]")
        assert BULLETS in file.read_text()

        terminal.type("m")
        terminal.see("note beside #1")
        terminal.type("the good one\r")
        terminal.see("the good one", "noted beside #1")

        terminal.type("1")
        terminal.see("[1 Diff]", "#1 → #4  reply: ")
        terminal.type("Y")
        terminal.until(lambda: terminal.shown.copied, "the command")
        assert "step 5, 4 attempts: 1,570 tokens, whole runs 2,538. Go on: lar-debug open " in left(
            terminal
        )

    # What was copied says the same without a screen.
    program, *arguments = terminal.shown.copied[-1].split()
    assert program == "lar-debug"
    said = desk.lar_debug(*arguments)
    assert said.code == 0, said.err
    for row in (
        "#1 → #4  reply: ",
        "+ │- Your order A-1042",
        f"- 9  │{FORMAL}",
        f"+ 9  │{BULLETS}",
    ):
        assert row in said.out
    assert "the good one" in desk.lar_debug("show", "last:5", "--attempts").out

    with Terminal(desk, "open", "last", forked=True) as terminal:
        terminal.see("> ✓   5 write_reply", "#1 base!", "[#4 ", "#1 → #4  reply: ")
        left(terminal)


@pytest.mark.parametrize(
    ("editor", "hello", "typed", "answered"),
    [
        pytest.param(
            "line", "editing reply.md", (f"9 {FORMAL}\n", "q\n"), "written", id="a script"
        ),
        pytest.param(
            "ed",
            "",
            (f"9c\n{FORMAL}\n.\nw\n", "q\n"),
            "",
            id="ed",
            marks=pytest.mark.skipif(shutil.which("ed") is None, reason="no ed here"),
        ),
    ],
)
def test_an_editor_that_e_opens_has_the_terminal_until_it_ends(
    tmp_path: Path, editor: str, hello: str, typed: tuple[str, str], answered: str
) -> None:
    desk = recorded(tmp_path)
    file = desk.folder / PROMPT
    size = str(len(file.read_bytes()))
    script = tmp_path / "line_editor.py"
    script.write_text(LINE_EDITOR)
    desk.environ["EDITOR"] = "ed" if editor == "ed" else f"{sys.executable} {script}"
    with Terminal(desk, "open", "last", forked=True) as terminal:
        terminal.see("> ✓   5 write_reply", "ready: edit and save")
        terminal.type("e")
        # ed says how many bytes it has read.
        terminal.until(
            lambda: not terminal.shown.is_full_screen and (hello or size) in terminal.text,
            "the editor",
        )
        edit, leave = typed
        terminal.type(edit)
        terminal.until(lambda: FORMAL in file.read_text(), "the editor's save")
        terminal.until(lambda: answered in terminal.text, "the editor's answer")
        assert not terminal.shown.is_full_screen
        terminal.type(leave)
        terminal.see("[#1 ", "#0 → #1  reply rewritten", f"+ 9  │{FORMAL}", "ran again as #1")
        terminal.answers()
        left(terminal)
