"""The diff of two texts, and how it is laid out: rules 1 to 8 and 11 in a person's words."""

from __future__ import annotations

import copy
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lar_debug.diff import text_diff
from lar_debug.diff.build import build, whole
from lar_debug.diff.layout import MOST_ROWS, lay_out
from lar_debug.diff.printing import print_rows
from lar_debug.diff.text_diff import compare_texts, same_text, whole_text
from lar_debug.model.changes import Row
from lar_debug.model.document import Document, Kept, Line, TextBlock
from lar_debug.model.values import Fidelity, Tagged, Value
from lar_debug.text import cells, clean
from tests.hostile import HOSTILE, SHORT, obeyed
from tests.unit.test_diff_structural import values

OLD_REPLY = """Dear Ms Lindqvist,

your order A-1042 has been with the carrier since 14 November and has not moved. \
We are sorry for the delay. Under our late delivery policy we refund 89.00 EUR.

Kind regards
Nordwind Outdoor"""
NEW_REPLY = """Dear Ms Lindqvist,

- Your order A-1042 has been with the carrier since 14 November and has not moved.
- Under our late delivery policy we refund 89.00 EUR by 24 November.

Kind regards
Nordwind Outdoor"""
POOR_REPLY = """\
hey!! sorry about the tent, these things happen with carriers. maybe it comes tomorrow?
write again if not, we could look at the money then."""

STATE: dict[str, Value] = {
    "ticket": {},
    "order": {},
    "topic": "late",
    "mood": "annoyed",
    "policy": {},
}


def shown(
    old: Value, new: Value, width: int = 95, height: int | None = 40, **options: Any
) -> list[str]:
    return print_rows(lay_out(build(old, new), width, height, **options)).splitlines()


def reply(text: str) -> dict[str, Value]:
    return {**STATE, "reply": text}


def text_block(old: str, new: str) -> TextBlock:
    return compare_texts("reply", old, new)


def marked(block: TextBlock) -> tuple[list[str], list[str]]:
    """The words marked as gone and as new."""
    out: list[str] = []
    come: list[str] = []
    for piece in block.pieces:
        if not isinstance(piece, Kept):
            lines: list[Line] = [*piece.removed, *piece.added]
            for span in (span for line in lines for span in line.spans):
                if span.tone == "word out":
                    out.append(span.text)
                elif span.tone == "word in":
                    come.append(span.text)
    return out, come


# The four sizes of the main screen.

WIDE = """\
 ~ reply  text, 6 lines → 7
   │Dear Ms Lindqvist,
   │
 - │your order A-1042 has been with the carrier since 14 November and has not moved. We are
 - │sorry for the delay. Under our late delivery policy we refund 89.00 EUR.
 + │- Your order A-1042 has been with the carrier since 14 November and has not moved.
 + │- Under our late delivery policy we refund 89.00 EUR by 24 November.
   │
   │Kind regards
   │Nordwind Outdoor
 = 5 keys untouched: ticket order topic mood policy
"""
STACKED = WIDE.replace("We are\n - │sorry for the", "We are sorry\n - │for the")
SMALL = """\
   │Dear Ms Lindqvist,
   │
 - │your order A-1042 has been with the carrier since 14 November and has not
 - │moved. We are sorry for the delay. Under our late delivery policy we refund
 - │89.00 EUR.
 + │- Your order A-1042 has been with the carrier since 14 November and has not
 + │moved.
 + │- Under our late delivery policy we refund 89.00 EUR by 24 November.
   │
   │Kind regards
   │Nordwind Outdoor
"""
SMALLEST = """\
   │Dear Ms Lindqvist,
   │
 - │your order A-1042 has been with the carrier sin… 3 rows
 + │- Your order A-1042 has been with the carrier since 14
 + │November and has not moved.
 + │- Under our late delivery policy we refund 89.00 EUR by
 + │24 November.
   │
   │Kind regards
   │Nordwind Outdoor
"""


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(94, 30, WIDE), (99, 21, STACKED), (79, 11, SMALL), (59, 10, SMALLEST)],
    ids=["160x45", "100x40", "80x24", "60x20"],
)
def test_the_diff_pane_shows_what_the_wireframes_show(
    width: int, height: int, expected: str
) -> None:
    document = build(reply(OLD_REPLY), reply(NEW_REPLY))
    assert print_rows(lay_out(document, width, height)) == expected


# Rule 1: by the type of the pair.


def test_a_changed_number_is_one_row_with_its_path_and_difference() -> None:
    items: list[Value] = [{"id": 1}, {"id": 2, "price": 89.0}]
    old: dict[str, Value] = {"order": {"items": items, "count": 3}}
    new = copy.deepcopy(old)
    new["order"]["items"][1]["price"] = 79.0
    new["order"]["count"] = 4
    assert shown(old, new) == [
        " ~ order.items[1].price  89.0 → 79.0  (-10.0)",
        " ~ order.count  3 → 4  (+1)",
    ]


def test_words_are_compared_line_by_line_where_lines_stand_for_lines() -> None:
    old = "\n".join(f"the price of item {k} is {k}.50 EUR" for k in range(4))
    out, come = marked(text_block(old, old.replace(".50", ".90")))
    assert out == [f"{k}.50" for k in range(4)]
    assert come == [f"{k}.90" for k in range(4)]


def test_a_difference_of_floats_has_no_noise_digits() -> None:
    assert shown({"x": 0.1}, {"x": 0.3}) == [" ~ x  0.1 → 0.3  (+0.2)"]
    assert shown({"x": 1.0}, {"x": float("nan")}) == [" ~ x  1.0 → nan"]
    assert shown({"x": 0.0}, {"x": -0.0}) == [" ~ x  0.0 → -0.0"]


def test_a_changed_type_is_named() -> None:
    assert shown({"total": 89.0}, {"total": "89.0"}) == [" ~ total  89.0 → '89.0'  float → str"]
    assert shown({"x": 1}, {"x": True}) == [" ~ x  1 → True  int → bool"]
    assert shown({"r": None}, {"r": "a\nb"}) == [
        " ~ r  text, 2 lines  None → str, was None",
        " + │a",
        " + │b",
    ]


def test_short_texts_are_a_row_and_long_ones_a_block() -> None:
    assert shown({"t": "late"}, {"t": "broken"}) == [" ~ t  'late' → 'broken'"]
    assert shown({"t": "a" * 60}, {"t": "b"}, width=200)[0].startswith(" ~ t  'aaa")
    assert shown({"t": "a" * 61}, {"t": "b"}) == [" ~ t  text, 1 line", " + │b", " - │" + "a" * 61]
    assert shown({"t": "返" * 31}, {"t": "b"})[0] == " ~ t  text, 1 line"


def test_texts_that_hold_json_are_compared_as_what_they_hold() -> None:
    pad = "z" * 70
    old = f'{{"pad": "{pad}", "items": [{{"id": 1, "n": 1}}]}}'
    new = f'{{"items": [{{"id": 1, "n": 2}}],\n "pad": "{pad}"}}'
    assert shown({"answer": old}, {"answer": new}) == [
        " ~ answer  text holding JSON",
        " ~ answer.items[0].n  1 → 2  (+1)",
    ]
    only_layout = old.replace(", ", ",\n")
    assert shown({"answer": old}, {"answer": only_layout})[0] == " ~ answer  text, 1 line → 3"
    assert shown({"answer": old}, {"answer": "{" + pad})[0].startswith(" ~ answer  text, 1 line")


def test_a_row_too_wide_for_the_pane_goes_on_below() -> None:
    rows = shown({"key": "a b c d e f g"}, {"key": "h i j k l m n"}, width=24)
    assert rows == [" ~ key  'a b c d e f g'", "     → 'h i j k l m n'"]


# Rule 2: words.


def test_only_the_words_that_changed_are_marked() -> None:
    out, come = marked(text_block(OLD_REPLY, NEW_REPLY))
    assert out == ["your", "We are sorry for the delay."]
    assert come == ["- Your", "-", "by 24 November"]


def test_a_word_holds_its_inner_signs_and_other_signs_stand_alone() -> None:
    same = "the rest of this line does not change at all"
    out, come = marked(text_block(f"pay 89.00 (EUR) now, {same}", f"pay 79.00 (EUR) now, {same}"))
    assert (out, come) == (["89.00"], ["79.00"])
    out, come = marked(text_block(f"Ms O'Neil x_1 {same}", f"Ms O'Neal x_2 {same}"))
    assert (out, come) == (["O'Neil x_1"], ["O'Neal x_2"])


def test_chinese_and_japanese_go_by_character() -> None:
    old = (
        "返金は八十九ユーロです。配送が遅れて申し訳ありません。ご了承ください。本当に。返金は後日。"
    )
    out, come = marked(text_block(old, old.replace("八", "七")))
    assert (out, come) == (["八"], ["七"])


def test_no_confetti_a_few_equal_words_between_two_changes_count_as_changed() -> None:
    start, end = "we wrote to you on Monday that", "and we will call you again soon"
    out, come = marked(
        text_block(f"{start} blue of the green {end}", f"{start} red of the gold {end}")
    )
    assert (out, come) == (["blue of the green"], ["red of the gold"])
    out, come = marked(
        text_block(f"{start} blue is in the green {end}", f"{start} red is in the gold {end}")
    )
    assert (out, come) == (["blue", "green"], ["red", "gold"])


# Rule 3: rewritten.


def test_a_rewritten_text_is_shown_new_first_and_whole_and_the_old_as_one_row() -> None:
    rows = shown(reply(POOR_REPLY), reply(NEW_REPLY), width=60)
    assert rows[0] == " ~ reply  text, 2 lines → 7"
    assert rows[1:10] == [
        " + │Dear Ms Lindqvist,",
        " + │",
        " + │- Your order A-1042 has been with the carrier since 14",
        " + │November and has not moved.",
        " + │- Under our late delivery policy we refund 89.00 EUR by",
        " + │24 November.",
        " + │",
        " + │Kind regards",
        " + │Nordwind Outdoor",
    ]
    assert rows[10] == " - │hey!! sorry about the tent, these thing… 3 rows  o opens"
    block = text_block(POOR_REPLY, NEW_REPLY)
    assert block.figures.rewritten
    assert marked(block) == ([], [])


def test_a_text_of_which_half_is_kept_is_not_called_rewritten() -> None:
    old = "one two three four five six seven eight nine ten\nnext"
    assert not text_block(old, "one two three four five x y z\nnext").figures.rewritten
    assert text_block(old, "one two x y z p q r\nother").figures.rewritten


# Rules 4 and 5: what is given up when not all fits.

LONG = [f"line {k} of a prompt that nobody touched" for k in range(40)]


def test_nothing_is_folded_if_all_fits() -> None:
    old, new = "\n".join(LONG), "\n".join([*LONG[:20], "a new line", *LONG[20:]])
    assert len(shown(old, new, height=42)) == 42
    assert shown(old, new, height=None) == shown(old, new, height=42)


def test_else_three_lines_around_a_change_stay_and_the_rest_is_counted() -> None:
    old, new = "\n".join(LONG), "\n".join([*LONG[:20], "a new line", *LONG[20:]])
    rows = shown(old, new, height=20)
    assert rows == [
        " ~ text, 40 lines → 41",
        "   │… 17 lines the same",
        *(f"   │{line}" for line in LONG[17:20]),
        " + │a new line",
        *(f"   │{line}" for line in LONG[20:23]),
        "   │… 17 lines the same",
    ]
    assert len(shown(old, new, height=20, context=1)) == 6


def test_one_unchanged_line_is_not_folded_to_a_row_that_says_so() -> None:
    old = "\n".join(["x", *LONG[:7], "y"])
    new = "\n".join(["X", *LONG[:7], "Y"])
    assert not any("the same" in row for row in shown(old, new, height=5))


def test_new_text_is_never_cut_to_make_room_for_old() -> None:
    added = [f"+ {k} a line that came" for k in range(8)]
    removed = [f"a line that went number {k}" for k in range(8)]
    old, new = (
        "\n".join([*LONG[:2], *removed, *LONG[2:]]),
        "\n".join([*LONG[:2], *added, *LONG[2:]]),
    )
    for height in range(1, 30):
        rows = shown(old, new, height=height)
        assert [row for row in rows if row.startswith(" + ")] == [f" + │{line}" for line in added]
    assert sum(row.startswith(" - ") for row in shown(old, new, height=15)) == 1
    assert any(row.endswith("… 8 rows") for row in shown(old, new, height=15))


def test_unchanged_keys_are_one_row_at_the_end() -> None:
    assert (
        shown({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 9, "c": 3})[-1] == " = 2 keys untouched: a c"
    )
    assert shown({"a": 1, "b": 2}, {"a": 1, "b": 9})[-1] == " = 1 key untouched: a"
    many = {f"key_{k}": k for k in range(100)}
    row = shown(many, many, width=40)[0]
    assert row.startswith(" = 100 keys untouched: key_0")
    assert row.endswith("…")
    assert shown(1, 1) == [" = nothing changed"]


def test_bookkeeping_keys_are_left_out_and_an_unchanged_output_can_be_shown() -> None:
    old = {"__count": 1, "reply": "a\nb", "x": 1}
    new = {"__count": 2, "reply": "a\nb", "x": 1}
    rows = print_rows(lay_out(build(old, new, hidden={"__count"}, output=["reply"]), 80, 20))
    assert rows == " = reply  text, 2 lines\n   │a\n   │b\n = 1 key untouched: x\n"


# Rule 6: lists.


def test_added_items_are_shown_and_many_are_counted() -> None:
    old = {"messages": [{"role": "user", "content": "hi"}]}
    new = {"messages": [*old["messages"], {"role": "assistant", "content": OLD_REPLY}]}
    rows = shown(old, new)
    assert rows[:3] == [
        " + messages[1] {role 'assistant' …}",
        " + messages[1].content  text, 6 lines",
        " + │Dear Ms Lindqvist,",
    ]
    many = {"messages": [*old["messages"], *({"n": k} for k in range(49))]}
    assert shown(old, many) == [" + messages[1..49]  49 items"]
    assert shown(many, old) == [" - messages[1..49]  49 items"]


def test_a_moved_item_says_from_where_and_what_changed_in_it() -> None:
    old = {"items": [{"id": k, "n": 0} for k in range(5)]}
    new = {"items": [{"id": 4, "n": 1}, *old["items"][:4]]}
    assert shown(old, new) == [
        " ↕ items[0]  from [4]",
        " ~ items[0].n  0 → 1  (+1)",
    ]


# Rule 7: what cannot be kept, and what cannot be seen.


def test_a_value_that_could_not_be_kept_is_never_shown_as_the_same() -> None:
    client = Tagged("lost", None, text="<httpx.Client>", fidelity=Fidelity.LOST)
    document = build({"client": client, "n": 1}, {"client": client, "n": 1})
    assert print_rows(lay_out(document, 80, 10)).splitlines() == [
        " ? client  lost: <httpx.Client> could not be kept",
        " = 1 key untouched: n",
    ]
    assert document.doubtful == 1


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("the end of it  ", "the end of it", " - │the end of it··"),
        ("the\tend of it", "the end of it", " - │the→end of it"),
        ("the\u00a0end of it", "the end of it", " - │the<NBSP>end of it"),
        ("the\u2003end of it", "the end of it", " - │the<U+2003>end of it"),
        ("the end of\nit all", "the end of it all", " - │the end of⏎"),
    ],
)
def test_differences_that_cannot_be_seen_are_drawn(old: str, new: str, row: str) -> None:
    block = text_block(f"a\n{old}", f"a\n{new}")
    assert block.figures.only_blanks
    assert row in shown(f"a\n{old}", f"a\n{new}")


def test_line_ends_are_named() -> None:
    old, new = "one\r\ntwo\r\nthree", "one\ntwo\nthree"
    assert shown(old, new)[0] == " ~ text, 3 lines, line ends CRLF → LF"
    assert text_block(old, new).figures.only_blanks
    assert shown("a b\r c\n", "a b c\n")[1] == " - │a b<CR> c"
    assert "␍" not in "".join(shown("one\r\ntwo\r\n", "one\r\n2\r\n"))


def test_letters_that_only_look_the_same_are_told() -> None:
    old, new = "caf\u00e9\nend", "cafe\u0301\nend"
    assert shown(old, new)[0].endswith("2 lines, only the code points of letters differ")
    assert shown({"x": "caf\u00e9"}, {"x": "cafe\u0301"}) == [" ~ x  'caf\\xe9' → 'cafe\\u0301'"]


# Rule 8: signs.


def test_a_bullet_in_the_text_is_never_taken_for_a_sign() -> None:
    rows = shown("- a\n+ b\n= c", "- a\n+ B\n= c")
    assert rows[1:] == ["   │- a", " - │+ b", " + │+ B", "   │= c"]


def test_ascii_signs_take_the_same_cells() -> None:
    document = build(
        {"items": [{"id": 1}, {"id": 2}], "n": 1}, {"items": [{"id": 2}, {"id": 1}], "n": 2}
    )
    plain = print_rows(lay_out(document, 80, 20, ascii=True), ascii=True)
    assert plain.isascii()
    assert plain == " M items[1]  from [0]\n ~ n  1 > 2  (+1)\n"


# Rule 11: caps.


def test_only_the_first_rows_of_a_huge_diff_are_laid_out() -> None:
    old = {"items": {f"k{n}": n for n in range(3_000)}}
    new = {"items": {f"k{n}": n + 1 for n in range(3_000)}}
    rows = lay_out(build(old, new), 80, 20)
    assert len(rows) == MOST_ROWS + 1
    assert rows[-1].text == "the first 2,000 rows, o opens all"


def test_rows_for_a_command_line_say_what_shows_the_rest_there() -> None:
    log = "word " * 100 + "\n"
    for long in ({"log": log * 10_000}, {"log": "word " * 1_000_000}, {"log": "a" * 100_000}):
        rows = lay_out(whole(long), 600, 20, opens="--json shows")
        assert rows[-1].text.endswith(", --json shows all")
        assert "o opens" not in "".join(row.text for row in rows)


def test_a_huge_text_is_shown_as_far_as_a_person_reads() -> None:
    rows = lay_out(whole({"log": "a line of a log\n" * 350_000}), 80, 20)
    assert len(rows) == MOST_ROWS + 1
    rows = lay_out(whole({"log": ("word " * 100 + "\n") * 10_000}), 600, 20)
    assert rows[-1].text == "64 KB shown of 5 MB, o opens all"
    assert sum(len(row.text) for row in rows) < 70_000
    rows = lay_out(whole({"log": "word " * 1_000_000}), 600, 20)
    assert rows[-1].text == "64 KB shown of 5 MB, o opens all"
    rows = lay_out(whole({"log": "start" + " " * 1_000_000 + "end"}), 80, 20)
    assert rows[-1].text == "… 934,472 more characters in this line, o opens all"


# For every value and every string.


@settings(max_examples=150, deadline=None)
@given(values, values, st.integers(1, 100), st.integers(1, 30))
def test_any_two_values_can_be_shown_at_any_size(
    old: Value, new: Value, width: int, height: int
) -> None:
    for row in lay_out(build(old, new), width, height):
        assert_fits(row, max(8, width))


def assert_fits(row: Row, width: int) -> None:
    prefix = 3 + (1 if row.bar else 0)
    assert prefix + cells(row.text) <= max(width, prefix + 2)


texts = st.text("ab .,\n\t返é", max_size=60)


@settings(max_examples=300, deadline=None)
@given(texts, texts)
def test_both_texts_can_be_read_out_of_their_diff(old: str, new: str) -> None:
    if old == new:
        return
    block = compare_texts("", old, new)
    left: list[str] = []
    right: list[str] = []
    for piece in block.pieces:
        if isinstance(piece, Kept):
            assert (piece.first_old, piece.first_new) == (len(left) + 1, len(right) + 1)
            left += piece.lines
            right += piece.lines
        else:
            assert [line.number for line in piece.added] == list(
                range(len(right) + 1, len(right) + 1 + len(piece.added))
            )
            left += [undrawn(line) for line in piece.removed]
            right += [undrawn(line) for line in piece.added]
    assert left == old.split("\n")
    assert right == new.split("\n")


def undrawn(line: Line) -> str:
    """The text of a line with its drawn blanks taken back; the texts here hold no such signs."""
    text = "".join(span.text for span in line.spans)
    return text.replace("·", " ").replace("→", "\t").replace("⏎", "")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_leaves_no_control_code_in_the_printed_diff(name: str) -> None:
    text = HOSTILE[name]
    pairs: list[tuple[Value, Value]] = [
        ({"x": text}, {"x": text + " more"}),
        ({"x": "before\n" + text}, {"x": text}),
        ({}, {"x": [text], "y": {"z": text}}),
    ]
    if name in SHORT:
        pairs.append(({text: 1, "list": [text]}, {text + "2": text, "list": [text, text + "x"]}))
        pairs.append(({"t": text}, {"t": Tagged("lost", None, text, text, Fidelity.LOST, text)}))
    for old, new in pairs:
        for width, height in ((95, 30), (20, 4)):
            rows = lay_out(build(old, new), width, height)
            printed = print_rows(rows)
            assert obeyed(printed) == []
            assert "\t" not in printed
            assert printed.count("\n") == len(rows)
            for row in rows:
                assert_fits(row, width)


def test_rows_are_clean_before_anyone_paints_them() -> None:
    document = build({"x": HOSTILE["colours"]}, {"x": HOSTILE["clipboard"] * 20})
    for row in lay_out(document, 60, 20):
        assert row.text == clean(row.text)


def test_an_empty_document_says_that_nothing_changed() -> None:
    assert print_rows(lay_out(Document(), 40, 10)) == " = nothing changed\n"


class Long(str):
    """A text that nobody may look through at once: the screen would stand still meanwhile."""

    __slots__ = ()

    def split(self, *_: object, **__: object) -> list[str]:
        raise AssertionError("split as a whole")

    def count(  # type: ignore[override]
        self, part: str, start: int = 0, end: int = sys.maxsize, /
    ) -> int:
        assert min(end, len(self)) - start <= 1 << 20, "counted as a whole"
        return super().count(part, start, end)


def test_a_text_of_megabytes_is_never_looked_through_in_one_call():
    old, new = (Long(f"first {n}\n" + "a line of the transcript\n" * 200_000) for n in (1, 2))
    assert whole_text("", old).title == "text, 200,002 lines"
    assert same_text("", old).figures.words_old == 1_000_002
    block = compare_texts("", old, new)
    assert (block.figures.out, block.figures.come) == (1, 1)


@given(st.text("ab \n\r\t\u3000é", max_size=60), st.integers(1, 7))
def test_a_long_text_has_the_lines_and_words_of_its_parts(text: str, at_once: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_diff, "_AT_ONCE", at_once)
        patch.setattr(text_diff, "_MOST_COUNTED", 0)
        lines = text_diff.split_lines(text)
        figures = same_text("", text).figures
    assert lines == text_diff.split_lines(text)
    assert figures.words_old == len(text.split())
