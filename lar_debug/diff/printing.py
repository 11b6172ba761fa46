"""Rows as plain lines for a terminal without a screen: the same signs, every string cleaned."""

from __future__ import annotations

from collections.abc import Sequence

from lar_debug.model.changes import Row
from lar_debug.text import clean_line, in_ascii

OPENS = "--json shows"
"""What shows the rest of something long, where there is no key for it."""

_MOVED = "↕"


def print_rows(rows: Sequence[Row], *, ascii: bool = False) -> str:
    """One line a row, each ended by a newline. With `ascii` our own signs are ASCII."""
    gutter = max((len(row.gutter) for row in rows), default=0)
    lines = (_line(row, gutter) for row in rows)
    return "".join((in_ascii(line) if ascii else line) + "\n" for line in lines)


def _line(row: Row, gutter: int) -> str:
    sign = _MOVED if row.sign == "M" else row.sign
    text = "".join(clean_line(span.text) for span in row.spans)
    if not row.bar:
        return f" {sign} {text}".rstrip()
    number = f"{clean_line(row.gutter):>{gutter}}  " if gutter else ""
    return f" {sign} {number}│{text}"
