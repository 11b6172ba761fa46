"""What keys leave on the screen is what `ctrl+l` paints there: nothing stale stays behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import SAMPLES, Desk
from tests.terminal.terminal import Terminal

SIZE = (100, 40)
LAST = "? help"
STORY = (
    ("k", ("4 find_policy", "+ policy")),
    ("k", ("3 by_topic", "late_delivery")),
    ("g", ("0 load_ticket", "+ ticket")),
    ("2", ("[2 State]", "▸ ticket")),
    ("5", ("[5 Console]", "Saved result to state['ticket']")),
    ("G", ("6 check_reply", "Saved result to state['problems']")),
    ("1", ("[1 Diff]", "+ problems")),
    ("?q", ("[1 Diff]", "+ problems")),
    ("k", ("5 write_reply", "hey!! sorry about the tent")),
    ("+", ("hey!! sorry about the tent", "the detail alone: ")),
    ("-", ("hey!! sorry about the tent", "6 check_reply")),
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The sample as it was recorded: others may have run steps of theirs again."""
    desk = Desk.new(tmp_path, SAMPLES / "support_reply")
    assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
    return desk


def test_what_keys_leave_is_what_a_redraw_paints(desk: Desk) -> None:
    with Terminal(desk, "open", "last:5", size=SIZE, forked=True) as terminal:
        terminal.see("5 write_reply", "hey!! sorry about the tent", "ready")
        painted = [redrawn(terminal, key, parts) for key, parts in STORY]
        leave(terminal)
    with Terminal(desk, "open", "last:5", size=SIZE, forked=True) as terminal:
        terminal.see("5 write_reply", "hey!! sorry about the tent", "ready")
        for (key, _), wanted in zip(STORY, painted, strict=True):
            terminal.type(key)
            terminal.until(lambda wanted=wanted: seen(terminal) == wanted, f"{key!r}: {wanted}")
        leave(terminal)
        assert terminal.shown.foreign == []


def redrawn(terminal: Terminal, key: str, parts: tuple[str, ...]) -> str:
    """What a key leads to, painted on a terminal that was wiped."""
    terminal.type(key)
    terminal.see(*parts)
    terminal.shown.resize(*SIZE)
    terminal.type("\x0c")
    # The last row is painted last, and what stands at its end at the very last.
    terminal.until(lambda: terminal.shown.lines[-1].endswith(LAST) and has(terminal, parts), parts)
    return seen(terminal)


def has(terminal: Terminal, parts: tuple[str, ...]) -> bool:
    return all(part in terminal.text for part in parts)


def seen(terminal: Terminal) -> str:
    """All but the message above the keys, which tells the time."""
    return "\n".join([*terminal.shown.lines[:-2], terminal.shown.lines[-1]])


def leave(terminal: Terminal) -> None:
    terminal.type("gq")
    assert terminal.ended() == 0
