"""Keys that come all at once lead where the same keys lead one by one, and a paste is text."""

from __future__ import annotations

import pytest

from tests.cli.desk import SAMPLES, Desk
from tests.terminal.terminal import Terminal

SIZE = (100, 40)
HOSTILE = "a\x1b]52;c;AAAA\x07\x1b[31mb\x9b2J\u202ec\x1b]0;x\x07qx"
SEEN = "a␛]52;c;AAAA␇␛[31mb"
PASTED = f"\x1b[200~{HOSTILE}\x1b[201~"
"""As a terminal hands over what is pasted, where it leaves in what it should take out."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The sample; step 5 has two attempts, the second with an edited state."""
    desk = Desk.new(tmp_path_factory.mktemp("bursts"), SAMPLES / "support_reply")
    assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
    for extra in ((), ("--set", 'mood="calm"')):
        made = desk.lar_debug("rerun", "last", "--step", "5", *extra)
        assert made.code == 0, made.err
    return desk


BURSTS = {
    "4\tkk\r": ("[1 Diff]", "[#0 recorded", "══ 5 write_reply"),
    "2\tji": ("set for step 5, beside mood = 'calm':", 'Ms Eva Lindqvist"}'),
    "[[]\tk": ("[5 Console]", "══ 5 write_reply"),
    "/mood\rnnj": ("> ✓   3 by_topic", "/mood"),
    "?jjqj": ("> ✓   6 check_reply", "+ problems"),
    ":go to st\r4\rk": ("> ✓   3 by_topic",),
    ":compare\r4\rjqj": ("> ✓   6 check_reply", "+ problems"),
    "2\x1bj\x1b1": ("> ✓   6 check_reply", "[1 Diff]", "+ problems"),
    "k\x1bj": ("> ✓   5 write_reply", "#1 → #2"),
}


@pytest.mark.parametrize("burst", BURSTS, ids=ascii)
def test_keys_that_come_at_once_are_all_done_in_turn(desk: Desk, burst: str) -> None:
    with Terminal(desk, "open", "last:5", size=SIZE) as terminal:
        terminal.see("#1 → #2", "? help")
        terminal.type(burst)
        terminal.see(*BURSTS[burst])


def test_keys_behind_the_one_that_opens_a_run_are_for_the_run(desk: Desk) -> None:
    with Terminal(desk, size=SIZE) as terminal:
        terminal.until(lambda: terminal.shown.is_full_screen, "the screen")
        terminal.type("G\rdyg")
        terminal.see("> ✓   0 load_ticket", "copied: the output")


ASKED = {"/": "\n /", ":": "\n :", "2\tji\x05\x15": "set for step 5", "4\tm": "note beside #2:"}


@pytest.mark.parametrize("keys", ASKED, ids=ascii)
def test_what_is_pasted_into_a_line_is_painted_as_text(desk: Desk, keys: str) -> None:
    with Terminal(desk, "open", "last:5", size=SIZE) as terminal:
        terminal.see("#1 → #2", "? help")
        terminal.type(keys)
        terminal.see(ASKED[keys])
        terminal.type(PASTED)
        terminal.see(SEEN)
        terminal.type("\x1b")
        terminal.see_gone(SEEN)
        assert terminal.shown.foreign == []
        assert terminal.shown.copied == []


def test_a_paste_where_nothing_is_asked_does_nothing(desk: Desk) -> None:
    with Terminal(desk, "open", "last:5", size=SIZE) as terminal:
        terminal.see("#1 → #2", "? help")
        terminal.type(PASTED + "?")
        terminal.see("q closes")
        terminal.type(PASTED + "qj")
        terminal.see("> ✓   6 check_reply", "+ problems")
        assert terminal.shown.foreign == []
        assert terminal.shown.copied == []


def test_a_paste_into_the_filter_of_the_runs_is_painted_as_text(desk: Desk) -> None:
    with Terminal(desk, size=SIZE) as terminal:
        terminal.see("1 run")
        terminal.type("/" + PASTED)
        terminal.see(SEEN)
        terminal.type("\x1b")
        terminal.see("> ", "7 steps")
        assert terminal.shown.foreign == []
