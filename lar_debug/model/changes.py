"""What a comparison finds, and the rows that show it. Pure data, shared by CLI and screen."""

from __future__ import annotations

from typing import Literal, NamedTuple

from lar_debug.model.values import Path, Value

Kind = Literal["added", "removed", "changed", "moved"]


class Change(NamedTuple):
    """One difference between two values.

    `at_old` and `at_new` are the paths on either side; one is None where there is no such
    side (added, removed). `old` and `new` likewise are None there.
    """

    kind: Kind
    at_old: Path | None
    at_new: Path | None
    old: Value = None
    new: Value = None


class Cause(NamedTuple):
    """One thing that differed in what went into two executions of a step."""

    kind: Literal["prompt", "source", "setting", "state", "file"]
    where: str
    """"prompts/reply.md:9", "answering.py:33", "temperature", "order.total"."""
    old: Value
    new: Value


Tone = Literal["", "in", "out", "word in", "word out", "dim", "error", "note", "key", "strong"]
"""How a span is meant; the screen and the terminal choose the colour.

"word in" and "word out" are the changed words inside a line of a text block: they are told
from the rest of their line (bold and underlined, struck out).
"""


class Span(NamedTuple):
    """A run of text with one meaning. `text` is raw: it is cleaned where it is painted."""

    text: str
    tone: Tone = ""


class Row(NamedTuple):
    """One line of a diff, a cause or a console.

    `sign` is one of `+ - ~ M = ? !` or blank (M is a move); `gutter` what stands before the
    text bar (a line number); `bar` whether the row is text of a block (the bar keeps a bullet
    in the text from being taken for a sign); `tint` colours the whole row. Where old and new
    stand side by side `beside` is the right half, and the spans of the left are filled up to it.
    """

    sign: str = " "
    spans: tuple[Span, ...] = ()
    gutter: str = ""
    bar: bool = False
    tint: Literal["", "in", "out"] = ""
    beside: Row | None = None

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)
