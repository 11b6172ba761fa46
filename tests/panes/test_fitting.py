"""What is left out first where there is no room."""

from __future__ import annotations

from lar_debug.model.changes import Span
from lar_debug.model.records import Outcome
from lar_debug.panes import header, key_line, verdict
from lar_debug.panes._signs import ASCII_SIGNS, UNICODE_SIGNS
from lar_debug.panes.key_line import KeyHint
from lar_debug.panes.timeline import columns
from tests.shell.fake_session import HEADER


def test_the_header_gives_up_words_in_the_order_of_their_weight() -> None:
    left, right = header.fitting(HEADER, 100, UNICODE_SIGNS)
    assert left == " support_reply  7f3a  recorded 14:01  finished  7 steps  579 tok"
    assert right == "on save: re-run 5 write_reply"
    left, right = header.fitting(HEADER, 80, UNICODE_SIGNS)
    assert left == " support_reply  7f3a  finished  7 steps"
    left, right = header.fitting(HEADER, 60, UNICODE_SIGNS)
    assert (left, right) == (" support_reply  7f3a  finished", "on save: re-run 5")


def test_the_header_counts_what_this_session_has_spent() -> None:
    left, _ = header.fitting(HEADER._replace(spent=1_200), 160, UNICODE_SIGNS)
    assert left.endswith("579 tok  +1,200 tok here")


def test_the_timeline_drops_ms_then_tok_then_cuts_what_changed() -> None:
    assert columns(80, 7, 13).ms > 0
    assert (columns(48, 7, 13).ms, columns(48, 7, 13).tokens) == (0, 6)
    assert (columns(44, 7, 13).ms, columns(44, 7, 13).tokens) == (0, 0)
    assert columns(40, 7, 13).changed > 0


def test_a_hundred_thousand_steps_have_room_for_their_numbers_and_flags() -> None:
    assert columns(100, 99_999, 13).number == len("99999") + 3


def test_a_verdict_gives_up_its_last_parts_first() -> None:
    spans = (Span("#2 → #3  ", "strong"), Span("reply: 7 words out | next same | 3 ms"))
    shown = verdict.fitting(spans, 40, UNICODE_SIGNS)
    assert "".join(span.text for span in shown) == "#2 → #3  reply: 7 words out | next same"
    assert shown[0].tone == "strong"


def test_the_least_important_keys_are_left_out_first() -> None:
    hints = [KeyHint("a", "first", 0), KeyHint("b", "third", 2), KeyHint("c", "second", 1)]
    assert [hint.keys for hint in key_line.fitting(hints, 20)] == ["a", "c"]


def test_every_sign_has_a_twin_of_one_ascii_character() -> None:
    for outcome in Outcome:
        assert ASCII_SIGNS.outcome(outcome).isascii()
        assert len(UNICODE_SIGNS.outcome(outcome)) == len(ASCII_SIGNS.outcome(outcome)) == 1
    assert ASCII_SIGNS.flags("*#P") == "*%P"
    assert UNICODE_SIGNS.flags("*#P") == "*≠P"
