"""In a real terminal: no control code of a recording comes through, and trust is asked for."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
from pathlib import Path

import pytest

from tests.cli.desk import COMMAND, Desk
from tests.cli.terminal import in_terminal
from tests.hostile import SHORT, obeyed

# Everything that a recording can hold a text in: state, prompt, answer, names, files, errors.
PROGRAM = """
import os, sys
sys.path.insert(0, os.environ["LAR_DEBUG_TESTS"])
from lar import BaseNode, FunctionalNode, GraphExecutor, LLMNode, RouterNode
from tests.hostile import SHORT

ALL = "".join(SHORT.values()).encode("utf-8", "replace").decode()
NASTY = "\\x1b[31m\\x1b]52;c;AAAA\\x07\\x9b2J\\u202eevil\\u2066\\r\\n\\x00"

def fail(state):
    sys.stderr.write(NASTY)
    raise ValueError(NASTY + ALL)

fail.__name__ = fail.__qualname__ = NASTY
last = FunctionalNode(fail, output_key="never")
Odd = type(NASTY.replace("\\x00", ""), (LLMNode,), {})
ask = Odd("gpt-4o-mini", "Say {all}", "answer" + NASTY, next_node=last,
          system_instruction=NASTY, generation_config={"mock_response": ALL, "stop": [NASTY]})
route = RouterNode(lambda state: NASTY, {NASTY: ask})

def begin(state):
    print(ALL)
    open(NASTY.replace("\\x00", "") + ".txt", "w").close()
    state.set("all", ALL)
    for name, text in SHORT.items():
        state.set("key " + text[:50], {text[:80]: [text]})
    return NASTY

first = FunctionalNode(begin, output_key=NASTY, next_node=route)
list(GraphExecutor(log_dir="logs").run_step_by_step(first, {}))
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A recording in which every text is hostile, of a script with a hostile name."""
    desk = Desk.new(tmp_path_factory.mktemp("hostile"))
    desk.environ["LAR_DEBUG_TESTS"] = desk.environ["PYTHONPATH"]
    desk.environ["PYTHONIOENCODING"] = "utf-8:replace"
    name = "agent\x1b[31m\x1b]0;x\x07\u202e.py"
    desk.write(name, PROGRAM)
    said = desk.lar_debug("run", "--thread", "t\x1b[5m\u202e", name, "\x1b[7m")
    assert "failed, 3 steps" in said.err or "failed, 4 steps" in said.err, said.err
    return desk


def clean_in_a_terminal(desk: Desk, *arguments: str) -> str:
    _, shown = in_terminal([*COMMAND, *arguments], desk)
    text = shown.decode("utf-8").replace("\r\n", "\n")
    assert obeyed(text) == []
    assert "Traceback (most recent call last)" not in text.split("traceback:")[0]
    return text


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("list", "--json"),
        ("show", "last"),
        ("show", "last", "--json"),
        ("show", "last", "--step", "0"),
        ("show", "last", "--step", "1"),
        ("show", "last", "--step", "2"),
        ("show", "last", "--step", "2", "--json"),
        ("show", "last", "--step", "3"),
        ("show", "last", "--step", "3", "--attempts"),
        ("show", "last", "--step", "0", "--path", "all"),
        ("diff", "last:0"),
        ("diff", "last:2", "last:3", "--json"),
        ("diff", "last:0.after", "last:2.before"),
        ("diff", "last:2.prompt", "last:2.prompt"),
        ("diff", "last", "last"),
        ("open", "last", "--no-ui"),
        ("--no-ui",),
        ("verify", "last", "--steps"),
        ("rerun", "last", "--step", "3"),
        ("rerun", "last", "--step", "0", "--set", 'x="\\u001b[31m"'),
        # What was typed wrong is told without being obeyed.
        ("show", "\x1b[31mnope\u202e"),
        ("run", "\x1b[31mnope.py"),
        ("rerun", "last:0", "--set", "\x1b]0;x\x07"),
        ("nope\x1b[2J",),
    ],
)
def test_no_control_code_of_a_recording_reaches_the_terminal(
    desk: Desk, arguments: tuple[str, ...]
) -> None:
    assert clean_in_a_terminal(desk, *arguments)


def test_markup_stays_text_and_controls_are_seen(desk: Desk) -> None:
    shown = clean_in_a_terminal(desk, "show", "last", "--step", "0", "--path", "all")
    assert SHORT["markup"] in shown
    assert SHORT["clickable markup"] in shown
    assert "␛]52;c;" in shown


def test_deleting_it_is_told_without_obeying_it(desk: Desk, tmp_path: Path) -> None:
    copy = desk.copy_of_store(tmp_path / "copy.db")
    assert "deleted" in clean_in_a_terminal(desk, "delete", "last", "--store", str(copy))


def test_running_a_foreign_recording_is_asked_for_once(sample: Desk, tmp_path: Path) -> None:
    store = sample.copy_of_store(tmp_path / "foreign.db")
    with sqlite3.connect(store) as database:
        database.execute("UPDATE run SET machine='', argv='[\"a\\u001b[31mb\"]'")
    command = [*COMMAND, "rerun", "last:6", "--store", str(store)]
    code, shown = in_terminal(command, sample, (b"[y/N]", b"\n"))
    assert code == 2
    assert b"nothing was run" in shown
    assert b"agent.py" in shown
    assert str(sample.folder).encode() in shown
    assert obeyed(shown.decode().replace("\r\n", "\n")) == []
    code, shown = in_terminal(command, sample, (b"[y/N]", b"y\n"))
    assert code == 0
    assert re.search(r"#\d+ → #\d+", shown.decode())
    code, shown = in_terminal(command, sample)
    assert code == 0
    assert b"[y/N]" not in shown


def test_a_foreign_recording_can_be_shown_without_looking_at_its_interpreter(
    sample: Desk, tmp_path: Path
) -> None:
    store, trace = sample.copy_of_store(tmp_path / "foreign.db"), tmp_path / "ran"
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\ntouch {str(trace)!r}\n", encoding="utf-8")
    interpreter.chmod(0o755)
    with sqlite3.connect(store) as database:
        database.execute("UPDATE run SET interpreter=?", (str(interpreter),))
    command = [*COMMAND, "open", "last", "--store", str(store)]
    environ = {**sample.environ, "TERM": "xterm-256color"}
    desk = Desk(sample.folder, environ)
    code, shown = in_terminal(command, desk, (b"write_reply", b"q"))
    assert code == 0
    assert b"Go on: lar-debug open" in shown
    assert not os.path.exists(trace)


def test_without_keys_to_hear_no_screen_opens(sample: Desk) -> None:
    """`</dev/null` in a terminal: a screen there could not even be left."""
    command = f"exec {shlex.join([*COMMAND, 'open', 'last:5'])} </dev/null"
    code, shown = in_terminal(["sh", "-c", command], sample)
    assert code == 0
    assert b"write_reply" in shown
    assert b"\x1b[?1049h" not in shown
