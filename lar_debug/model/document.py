"""A diff as data: what changed between two values, told in blocks, before any width is known.

The session builds a document once, panes and the command line lay it out to rows for their
size. Texts are raw recorded text. May import only the other files of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from lar_debug.model.changes import Cause, Change, Span


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One change that fits a row: `sign`, then `spans` ("order.total", "89.0 → 79.0").

    A row over the changes inside two texts that hold JSON has those texts in `texts`; the
    `inside` blocks behind it tell the same.
    """

    sign: Literal["+", "-", "~", "M", "?", "=", "!", " "]
    spans: tuple[Span, ...]
    texts: TextBlock | None = None
    inside: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text; the changed words in `spans` carry "word in" or "word out".

    `number` counts from 1 in the text the line stands in.
    """

    number: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Lines that are the same on both sides; `first_old` and `first_new` count from 1."""

    first_old: int
    first_new: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swapped:
    """Lines that went out and the lines that came in their place; either may be empty."""

    removed: tuple[Line, ...]
    added: tuple[Line, ...]


Piece: TypeAlias = Kept | Swapped


@dataclass(frozen=True, slots=True)
class TextFigures:
    """What a verdict says about a text: words by rule 2 of the diff.

    `kept` of `words_old` words stand in both; `out` and `come` are the words marked in the
    text as gone and as new.
    """

    words_old: int
    words_new: int
    kept: int
    out: int
    come: int
    rewritten: bool = False
    only_blanks: bool = False


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A text with its lines. `size` is its length in characters on the new (or only) side.

    The sign `=` stands before a text that did not change and is shown all the same.
    A rewritten text is one `Swapped` without word marks, to be shown new side first.
    """

    sign: Literal["+", "-", "~", "="]
    label: str
    title: str
    pieces: tuple[Piece, ...]
    figures: TextFigures
    size: int


@dataclass(frozen=True, slots=True)
class Untouched:
    """Keys of the state that did not change."""

    keys: tuple[str, ...]


Block: TypeAlias = TreeRow | TextBlock | Untouched


@dataclass(frozen=True, slots=True)
class Document:
    """The whole diff, in reading order; `changes` are what it was made from.

    `doubtful` counts the values whose sides could not be kept: they are never "same".
    """

    blocks: tuple[Block, ...] = ()
    changes: tuple[Change, ...] = ()
    doubtful: int = 0


@dataclass(frozen=True, slots=True)
class CauseBlock:
    """One thing that differed in what went in.

    A file has `pieces` to show; a setting or an edit of the state has its row in `spans`.
    """

    where: str
    spans: tuple[Span, ...] = ()
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class CauseDocument:
    """Why two executions of a step differ, as far as what went in tells it.

    `title` "you changed prompts/reply.md:9"; `extent` "only that", with `extent_in_full` for
    where there is room; `foot` what stayed the same, with its values.
    """

    title: str
    extent: str
    extent_in_full: str
    foot: str
    blocks: tuple[CauseBlock, ...] = ()
    causes: tuple[Cause, ...] = ()
