"""The other views of a diff: the new text alone, and old and new side by side."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lar_debug.diff.build import build
from lar_debug.diff.layout import DiffView, laid_out
from lar_debug.model.changes import Row
from lar_debug.model.document import Line, Swapped, TextBlock
from lar_debug.model.values import Value
from lar_debug.text import cells


def seen(
    old: Value, new: Value, view: DiffView, width: int = 60, height: int | None = None
) -> list[Row]:
    return list(laid_out(build(old, new), width, height, view=view))


def halves(rows: list[Row]) -> list[tuple[str, str]]:
    """Both sides as they are read: sign and text."""
    return [
        (f"{row.sign} {row.text}".rstrip(), f"{row.beside.sign} {row.beside.text}".rstrip())
        for row in rows
        if row.beside is not None
    ]


def texts(*lines: str) -> dict[str, Value]:
    return {"reply": "\n".join(lines)}


def test_side_by_side_lines_that_share_words_stand_in_one_row() -> None:
    old = texts("Dear Eva,", "the tent was sent on Monday morning.", "We refund 89 EUR at once.")
    new = texts(
        "Dear Eva,",
        "a new line stands here.",
        "the tent was sent on Friday morning.",
        "We refund 99 EUR at once.",
    )
    assert halves(seen(old, new, "beside", 90)) == [
        ("  Dear Eva,", "  Dear Eva,"),
        ("", "+ a new line stands here."),
        ("- the tent was sent on Monday morning.", "+ the tent was sent on Friday morning."),
        ("- We refund 89 EUR at once.", "+ We refund 99 EUR at once."),
    ]


def test_side_by_side_a_line_that_is_longer_leaves_the_other_side_empty() -> None:
    old = texts("a short line", "the end of it all")
    new = texts("a short line that has become so long that it wraps", "the end of it all")
    assert halves(seen(old, new, "beside", 60)) == [
        ("- a short line", "+ a short line that has"),
        ("", "+ become so long that it"),
        ("", "+ wraps"),
        ("  the end of it all", "  the end of it all"),
    ]


def test_side_by_side_what_has_no_other_side_takes_the_whole_width() -> None:
    long = "one line of a new text that is wider than half a pane would be"
    rows = seen({}, texts(long, "second"), "beside", 80)
    assert [row.text for row in rows if row.sign == "+" and row.bar] == [long, "second"]
    assert not halves(rows)


def test_side_by_side_far_lines_are_folded_and_short_values_stay_rows() -> None:
    same = [f"line {number}" for number in range(40)]
    rows = seen(
        {"count": 1, **texts(*same, "the last line")},
        {"count": 2, **texts(*same, "the very last line")},
        "beside",
        height=12,
    )
    assert any("37 lines the same" in row.text for row in rows)
    assert any(row.sign == "~" and "1 → 2" in row.text for row in rows)
    assert halves(rows)[-1] == ("- the last line", "+ the very last line")


_LINES = st.lists(st.text(st.sampled_from("ab cdé字 "), max_size=12), min_size=1, max_size=8).map(
    "\n".join
)


@given(old=_LINES, new=_LINES, width=st.integers(20, 70))
def test_side_by_side_shows_every_line_of_both_sides_once(old: str, new: str, width: int) -> None:
    # With a line behind them that stays, so that both are texts.
    document = build({"reply": old + "\nend"}, {"reply": new + "\nend"})
    for row in laid_out(document, width, view="beside"):
        if row.beside is not None:
            assert 4 + cells(row.text) == width // 2
            assert 4 + cells(row.beside.text) <= width - width // 2
    rows = [row for row in laid_out(document, 4_000, view="beside") if row.beside is not None]
    gone = [row.text.rstrip() for row in rows if row.sign == "-"]
    come = [row.beside.text.rstrip() for row in rows if row.beside and row.beside.sign == "+"]
    blocks = [block for block in document.blocks if isinstance(block, TextBlock)]
    swapped = [p for block in blocks for p in block.pieces if isinstance(p, Swapped)]
    assert gone == [_text(line) for piece in swapped for line in piece.removed]
    assert come == [_text(line) for piece in swapped for line in piece.added]


def _text(line: Line) -> str:
    return "".join(span.text for span in line.spans).rstrip()


def test_the_new_text_alone_has_nothing_of_the_old_one() -> None:
    gone = {f"part{number}": "of an old value that is too long for one row" for number in range(3)}
    old = {"gone": gone, **texts("an old line", "the same line")}
    rows = seen(old, texts("a new line", "the same line"), "new", 40)
    assert [row.text for row in rows if row.bar] == ["a new line", "the same line"]
    assert not any("gone" in row.text or "old" in row.text for row in rows)


def test_the_new_text_alone_is_not_folded_when_it_fits() -> None:
    same = [f"line {number}" for number in range(10)]
    rows = seen(
        texts(*[f"old {number} {number}" for number in range(20)], *same),
        texts("new", *same),
        "new",
        height=13,
    )
    assert [row.text for row in rows if row.bar] == ["new", *same]


NAME = "a name that makes of it more than fits in one row of a pane"


def _json(**values: Any) -> dict[str, Value]:
    return {"reply": json.dumps(values)}


def test_a_text_holding_json_is_seen_as_text_in_the_other_views() -> None:
    old, new = _json(total=89, name=NAME), _json(total=79, name=NAME)
    whole = [row.text for row in seen(old, new, "whole")]
    assert whole[:2] == ["reply  text holding JSON", "reply.total  89 → 79  (-10)"]
    assert [row.text for row in seen(old, new, "new", 120) if row.bar] == [new["reply"]]
    assert halves(seen(old, new, "beside", 240)) == [(f"- {old['reply']}", f"+ {new['reply']}")]
    assert not any("→" in row.text for row in seen(old, new, "beside", 240) if row.bar)
