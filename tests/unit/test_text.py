"""The door: what a terminal is given of a recorded string."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lar_debug.text import (
    cells,
    clean,
    clean_line,
    cut,
    elide,
    expand_tabs,
    in_ascii,
    pad,
    wrap,
    wrap_at,
)
from tests.hostile import HOSTILE, obeyed

any_text = st.text(st.characters(codec=None))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_recorded_string_gets_a_control_code_through_the_door(name: str) -> None:
    shown = clean(HOSTILE[name])
    assert obeyed(shown) == []
    shown.encode()
    assert len(shown) == len(HOSTILE[name])
    assert clean(shown) is shown or clean(shown) == shown


@given(any_text)
def test_no_string_at_all_does(text: str) -> None:
    assert obeyed(clean(text)) == []
    assert not set("\n\t") & set(clean_line(text))


def test_what_is_harmless_is_left_as_it_is() -> None:
    for text in ("Dear Ms Lindqvist,\n\tÅ 返金 👩‍👩‍👧 {x} [b]", "e\u0301", ""):
        assert clean(text) is text


def test_a_control_character_can_still_be_seen() -> None:
    assert clean("a\x00b\x1b[31m\x7f\r") == "a␀b␛[31m␡␍"
    assert clean("x\x9b\u202e\ud800") == "x\ufffd\ufffd\ufffd"
    assert clean_line("one\ntwo\tthree") == "one⏎two    three"


def test_width_is_counted_in_cells() -> None:
    assert [cells(text) for text in ("abc", "返金", "e\u0301", "")] == [3, 4, 1, 0]
    assert cut("返金は", 5) == "返金"
    assert elide("late_delivery", 8) == "late_de…"
    assert elide("late", 4) == "late"
    assert [elide("late", width) for width in (1, 0)] == ["…", ""]
    assert pad("返金", 3) == "返 "
    assert expand_tabs("a\tb") == "a    b"


def test_lines_break_after_words_and_long_words_where_they_must() -> None:
    assert wrap("sorry for the delay.", 10) == ["sorry for", "the delay."]
    assert wrap("返金は八十九", 5) == ["返金", "は八", "十九"]
    assert wrap("x" * 7, 3) == ["xxx", "xxx", "x"]
    assert wrap("", 5) == [""]
    assert wrap("    indented words", 8) == ["    inde", "nted", "words"]


@given(any_text.map(clean).map(lambda text: text.replace("\n", "")), st.integers(2, 30))
def test_no_row_is_wider_than_the_pane_and_no_word_is_lost(text: str, width: int) -> None:
    text = expand_tabs(text)
    rows = wrap(text, width)
    assert all(cells(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")


def test_a_line_of_a_megabyte_is_wrapped_as_far_as_it_is_looked_at() -> None:
    rows = wrap_at("word " * 200_000, 40)
    assert [next(rows) for _ in range(3)] == [(0, 39), (40, 79), (80, 119)]
    accents = wrap_at("\u0301" * 1_000_000, 10)
    assert next(accents)[1] <= 1_000


def test_our_own_signs_have_ascii_twins_of_the_same_width() -> None:
    line = " ↕ │ a → b … ⏎ · ──"
    assert in_ascii(line).isascii()
    assert cells(in_ascii(line)) == cells(line)
