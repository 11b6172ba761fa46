"""Wraps lines and tree rows with their spans to rows of a width. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, Literal, TypeAlias

from lar_debug.model.changes import Row, Span
from lar_debug.model.document import Line
from lar_debug.text import cells, clean, clean_line, cut, elide, expand_tabs, wrap_at

Gutter: TypeAlias = Literal["number", "none"]
_TINTS: dict[str, Literal["", "in", "out"]] = {"+": "in", "-": "out"}
_INDENT = "  "

BAR_CELLS: Final = 4
"""What the sign of a row and its bar take."""

MOST_SHOWN: Final = 64 * 1024
"""Characters of one text that are laid out."""


def line_rows(sign: str, line: Line, width: int, gutter: Gutter, opens: str) -> Iterator[Row]:
    """One line of a text as rows of `width` cells after the bar; its number on the first.

    `opens` says what shows the rest of a line that is too long.
    """
    spans = [Span(expand_tabs(clean(span.text[:MOST_SHOWN])), span.tone) for span in line.spans]
    number = str(line.number) if gutter == "number" else ""
    tint = _TINTS.get(sign, "")
    for start, part in enumerate(_wrapped(spans, width)):
        yield Row(sign, part, "" if start else number, bar=True, tint=tint)
    hidden = sum(max(0, len(span.text) - MOST_SHOWN) for span in line.spans)
    if hidden:
        note = elide(f"… {hidden:,} more characters in this line, {opens} all", width)
        yield Row(sign, (Span(note, "dim"),), bar=True, tint=tint)


def tree_rows(sign: str, spans: Sequence[Span], width: int) -> Iterator[Row]:
    """One change as a row, continued on indented rows where it is wider than `width`."""
    shown = [Span(clean_line(span.text), span.tone) for span in spans if span.text]
    for number, part in enumerate(_wrapped(shown, width, later=width - len(_INDENT))):
        if number == 0:
            yield Row(sign=sign, spans=part)
        else:
            yield Row(spans=(Span(_INDENT), *part))


def _wrapped(
    spans: Sequence[Span], width: int, later: int | None = None
) -> Iterator[tuple[Span, ...]]:
    """`spans` in rows of `width` cells, those after the first of `later` cells."""
    text = "".join(span.text for span in spans)
    ends = list(accumulate(len(span.text) for span in spans))
    first = 0
    for start, end in _ranges(text, width, later):
        while first < len(ends) and ends[first] <= start:
            first += 1
        yield tuple(_slice(spans, ends, first, start, end))


def _ranges(text: str, width: int, later: int | None) -> Iterator[tuple[int, int]]:
    if later is None:
        yield from wrap_at(text, width)
        return
    start, end = next(wrap_at(text, width))
    yield start, end
    rest = len(text) - len(text[end:].lstrip(" "))
    if rest < len(text):
        yield from ((rest + a, rest + b) for a, b in wrap_at(text[rest:], later))


def _slice(
    spans: Sequence[Span], ends: Sequence[int], first: int, start: int, end: int
) -> Iterator[Span]:
    for index in range(first, len(spans)):
        span = spans[index]
        begin = ends[index] - len(span.text)
        if begin >= end:
            return
        part = span.text[max(0, start - begin) : end - begin]
        if part:
            yield Span(part, span.tone)


def folded(rows: Sequence[Row], width: int, end: str) -> Row:
    """The first of `rows` cut, with the number of rows it stands for: `your order… 3 rows`."""
    first = rows[0]
    note = elide(f"… {len(rows):,} rows{end}", width)
    room = width - cells(note)
    kept: list[Span] = []
    for span in first.spans:
        shown = cut(span.text, room)
        room -= cells(shown)
        if shown:
            kept.append(Span(shown, span.tone))
        if shown != span.text:
            break
    return Row("-", (*kept, Span(note, "dim")), first.gutter, bar=True, tint="out")
