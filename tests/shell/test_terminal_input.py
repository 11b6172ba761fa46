"""No Esc is lost among keys that come in one piece, and no sequence of a terminal is torn."""

from __future__ import annotations

import pytest
from textual import events
from textual.message import Message

from lar_debug.shell.terminal_input import TerminalParser

TYPED = {
    "\x1b": ["escape"],
    "\x1b\x1b": ["escape", "escape"],
    "\x1bj\x1b": ["alt+j", "escape"],
    "\x1bjk\x1b[A": ["alt+j", "k", "up"],
    "\x1b/\x1b": ["escape", "slash", "escape"],
    "\x1b4\x1b1": ["alt+4", "alt+1"],
    "\x1b\t\x1b\r\x1b": ["escape", "tab", "escape", "enter", "escape"],
    "\x1b[\x1b]\x1b": [
        *("escape", "left_square_bracket", "escape", "right_square_bracket", "escape")
    ],
    "\x1b[" + "j" * 40 + "\x1b": ["escape", "left_square_bracket", *"j" * 40, "escape"],
    "\x1bO\x1b^": ["escape", "O", "escape", "circumflex_accent"],
    "\x1b[A\x1bOP\x1b[1;5C": ["up", "f1", "ctrl+right"],
    "\x1bb\x1bf\x1b\x7f": ["ctrl+left", "ctrl+right", "ctrl+w"],
    "^": ["circumflex_accent"],
}
"""What is written at once, and its keys; `alt+j` is taken apart where nothing is bound to it."""


def keys_of(*pieces: str) -> list[str]:
    """The keys of what comes in pieces, and nothing after it for a while."""
    parser = TerminalParser()
    read: list[Message] = [message for piece in pieces for message in parser.feed(piece)]
    if parser._timeout_time is not None:
        parser._timeout_time = 0
    read += parser.tick()
    return [message.key for message in read if isinstance(message, events.Key)]


@pytest.mark.parametrize("typed", TYPED, ids=ascii)
def test_all_keys_that_are_typed_at_once_come(typed: str) -> None:
    assert keys_of(typed) == TYPED[typed]


@pytest.mark.parametrize("typed", TYPED, ids=ascii)
def test_they_come_however_what_is_read_is_cut(typed: str) -> None:
    assert keys_of(*typed) == TYPED[typed]
