"""Hostile text on the screen: all that is written to the terminal is looked through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.cli.desk import PATIENCE, Desk
from tests.hostile import SHORT, obeyed
from tests.terminal.terminal import Terminal

GRAPH = Path(__file__).parent / "graphs" / "hostile_text"
SCRIPT = "agent\x1b[31m\x1b]0;x\x07\u202e[ @click=app.quit]S[|].py"
NASTY = "[ @click=app.quit]N[/]\x1b[31m\x1b]52;c;AAAA\x07\x9b2J\u202eevil\u2066\r\n"
PROMPT = "".join(text.encode("utf-8", "replace").decode() for text in SHORT.values())
LIVE = "[ @click=app.quit]"
STEPS = 5
ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.new(tmp_path_factory.mktemp("hostile"), GRAPH)
    desk.environ |= {
        "LAR_DEBUG_TESTS": desk.environ["PYTHONPATH"],
        "PYTHONIOENCODING": "utf-8:backslashreplace",
    }
    (desk.folder / "hostile_text.py").rename(desk.folder / SCRIPT)
    desk.write(NASTY.replace("/", "|"), "read, and named in the recording")
    (desk.folder / "prompts").mkdir()
    save_prompt(desk, PROMPT)
    recorded = desk.begin(
        "run", "--no-ui", "--thread", NASTY, SCRIPT, NASTY, stdout=PIPE, stderr=PIPE
    )
    _, said = recorded.communicate(timeout=PATIENCE)
    assert f"failed, {STEPS} steps".encode() in said, said.decode(errors="replace")
    return desk


def save_prompt(desk: Desk, text: str) -> None:
    # Lár fills in what stands in braces, doubled ones too; with a NUL a file counts as binary.
    (desk.folder / "prompts" / "ask.md").write_bytes(re.sub("[{}\0]", "|", text).encode())


@pytest.fixture(scope="module")
def opened(desk: Desk) -> Iterator[Terminal]:
    with Terminal(desk, "open", "last:0") as terminal:
        terminal.see("#0 recorded")
        yield terminal


@pytest.fixture
def terminal(opened: Terminal) -> Iterator[Terminal]:
    """Whatever a test shows, none of it is obeyed."""
    yield opened
    assert opened.shown.foreign == []
    assert opened.shown.copied == []


def look_around(terminal: Terminal) -> None:
    """All of a step: every tab, form and line of it."""
    terminal.type("1|J" + "J" * 30 + "|{{}}}K\t\x04\x04\x04\x15\t\x04\x15\t")
    terminal.answers()
    terminal.type("5J" + "J" * 30 + "ss\t\x04\x04G\t\t")
    terminal.answers()
    terminal.type("s2\tljljjjmmH" + "jjjl" * 5 + "\r3jjjkGg4jkGgH")
    # Esc directly followed by another key would be one key.
    terminal.see("[4 Attempts]", "══")
    terminal.type(ESCAPE)
    terminal.see_gone("══")
    terminal.type("1")
    terminal.see("[1 Diff]")


@pytest.mark.parametrize("step", range(STEPS))
def test_a_step_and_an_attempt_of_it_show_hostile_text_as_text(
    terminal: Terminal, step: int
) -> None:
    terminal.go_to(step)
    look_around(terminal)
    terminal.type("r")
    terminal.see(f"step {step} ran again as #1", "#1 ")
    look_around(terminal)
    for columns, rows in ((100, 40), (80, 24), (60, 20), (160, 45)):
        terminal.resize(columns, rows)
        terminal.answers()


def test_a_hostile_prompt_that_is_saved_shows_its_text_in_the_cause(
    terminal: Terminal, desk: Desk
) -> None:
    terminal.go_to(3)
    terminal.type("w")
    terminal.see("a save only marks")
    terminal.type("w ")
    terminal.see("pinned")
    save_prompt(desk, NASTY + PROMPT[::-1] + NASTY)
    terminal.see("you changed prompts/ask.md", "ran again as #")
    look_around(terminal)


def test_what_is_copied_is_text_and_only_copied_when_asked_for(terminal: Terminal) -> None:
    for step in range(STEPS):
        terminal.go_to(step)
        for key, tabs in (("Y", "12345"), ("y", "12345")):
            for tab in tabs:
                terminal.type(tab)
                terminal.see(f"[{tab} ")
                known = len(terminal.shown.copied)
                terminal.type(key)
                terminal.until(
                    lambda known=known: (
                        len(terminal.shown.copied) > known
                        or "wrote nothing" in terminal.text
                        or "has no output" in terminal.text
                        or "copied into" in terminal.text
                    ),
                    (step, key, tab),
                )
    assert terminal.shown.copied
    assert not obeyed("".join(terminal.shown.copied))
    terminal.shown.copied.clear()
    terminal.type("1")


def test_old_messages_and_the_palette_show_it_as_text(terminal: Terminal) -> None:
    terminal.type(":")
    terminal.see("══ commands ")
    terminal.type("events")
    terminal.see("The messages of before")
    terminal.type("\r")
    terminal.see("══ events ")
    terminal.type("q")
    terminal.see("j/k step")


def test_a_search_and_the_history_of_a_key_show_it_as_text(terminal: Terminal) -> None:
    terminal.go_to(0)
    terminal.type("/evil\r")
    terminal.see("/evil ")
    terminal.type(":markup: ")
    terminal.see("History of markup: [bold")
    terminal.type("\r")
    terminal.see("══ history of markup: [bold", "Enter goes to the step")
    terminal.type("q")
    terminal.see("j/k step")


def test_the_list_of_runs_shows_it_as_text(desk: Desk) -> None:
    with Terminal(desk) as picker:
        picker.see("1 run", "5 steps")
        picker.type("/S[")
        picker.see("/S[", "5 steps")
        picker.type("\rd")
        picker.see("y deletes it")
        picker.type("k")
        picker.see("not deleted")
        picker.type("?")
        picker.see("══ keys ")
        picker.type("q")
        picker.see("1 run")
        for columns, rows in ((60, 20), (40, 10), (160, 45)):
            picker.resize(columns, rows)
            picker.see("> ")
        picker.type("q")
        assert picker.ended() == 0
        assert picker.shown.foreign == []
        assert picker.shown.copied == []
        assert picker.is_as_before


def test_markup_is_seen_as_text_and_a_click_on_it_does_nothing(terminal: Terminal) -> None:
    clicked = 0
    for step in range(STEPS):
        for tab in "15":
            terminal.go_to(step)
            terminal.type(tab)
            terminal.see(f"[{tab} ")
            # The whole page has been painted then.
            terminal.answers()
            for place in terminal.shown.places(LIVE):
                terminal.click(place._replace(column=place.column + len(LIVE)))
                terminal.answers()
                if "══" in terminal.text:
                    # The click gave another pane the focus; Esc alone gives it back.
                    terminal.type(ESCAPE)
                    terminal.see_gone("══")
                clicked += 1
    assert clicked > 10
    assert terminal.process.poll() is None


def test_the_last_line_says_it_as_text_too(terminal: Terminal) -> None:
    terminal.type("q")
    assert terminal.ended() == 0
    assert LIVE in "\n".join(terminal.shown.scrollback)
    assert terminal.is_as_before
    assert terminal.left_behind() == []
