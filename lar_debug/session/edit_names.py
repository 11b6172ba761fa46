"""What an attempt is called: by the edit that made it, `reply.md:9 +"in two bullets"`.

The words come from the cause against the finished attempt before it. Reads the recording only,
off the event loop; a name is computed once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import PurePath
from typing import Final

from lar_debug.diff.cause import cause_document
from lar_debug.model.changes import Span, Tone
from lar_debug.model.document import CauseBlock, Line, Piece, Swapped
from lar_debug.model.records import Execution, Outcome
from lar_debug.session.comparison import Comparison
from lar_debug.session.recording import Recording
from lar_debug.text import clean_line, elide

MOST_QUOTED: Final = 40
"""Cells of one stretch of words."""

MOST_STRETCHES: Final = 4

MOST_COUNTED: Final = 1_000

_STATE: Final = "state "

Name = tuple[Span, ...]


class EditNames:
    """The names of the attempts of one recording; for one thread at a time."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._known: dict[tuple[int, int, Outcome], Name] = {}

    def name(self, execution: Execution) -> Name:
        """What an attempt that has ended is called. Raises Problem when it cannot be read."""
        key = execution.step, execution.attempt, execution.outcome
        if key not in self._known:
            self._known[key] = self._made(execution)
        return self._known[key]

    def _made(self, execution: Execution) -> Name:
        if execution.attempt == 0:
            return (Span("recorded", "dim"),)
        if not execution.fingerprint:
            # Its process was ended before it could say what code it had loaded.
            return (Span("its edit is not known", "dim"),)
        recording, step = self._recording, execution.step
        base = recording.base_of(step, execution.attempt) or recording.execution(step, 0)
        compared = Comparison(recording, base, execution)
        # Without a look at what came out, which may be large.
        cause = cause_document(*compared.went_in(), base="", hidden=compared.hidden)
        return edit_name(cause.blocks)


def edit_name(blocks: Sequence[CauseBlock]) -> Name:
    """What differs in what went in, in a few words; raw recorded text in them."""
    spans: list[Span] = []
    for block in blocks:
        if spans:
            spans.append(Span("  "))
        spans += _named(block)
    return tuple(spans) or (Span("unedited", "dim"),)


def name_text(name: Name) -> str:
    """A name as plain text."""
    return "".join(span.text for span in name)


def _named(block: CauseBlock) -> Iterator[Span]:
    if block.spans:
        first, *rest = block.spans
        yield Span(_place(first.text), first.tone)
        yield from rest
        return
    yield Span(_place(block.where), "key")
    found = list(islice(_stretches(block.pieces), MOST_COUNTED))
    for sign, words in found[:MOST_STRETCHES]:
        tone: Tone = "word in" if sign == "+" else "word out"
        # The words stand on one line, whatever the text had between them.
        yield Span(f' {sign}"')
        yield Span(elide(clean_line(words), MOST_QUOTED), tone)
        yield Span('"')
    if len(found) > MOST_STRETCHES:
        yield Span(f" +{len(found) - MOST_STRETCHES} more", "dim")


def _place(where: str) -> str:
    """`order.total` for a place in the state, `reply.md:9` for one in a file."""
    if where.startswith(_STATE):
        return where.removeprefix(_STATE)
    return PurePath(where).name if "/" in where else where


def _stretches(pieces: Sequence[Piece]) -> Iterator[tuple[str, str]]:
    """(sign, words) of each changed stretch: the words that came in, else those that went."""
    for piece in pieces:
        if isinstance(piece, Swapped):
            come, gone = _words(piece)
            yield from (("+", words) for words in come) if come else (("-", one) for one in gone)


def _words(piece: Swapped) -> tuple[list[str], list[str]]:
    """The words that came in and that went out; where none are marked the lines are whole."""
    if any(span.tone for line in (*piece.added, *piece.removed) for span in line.spans):
        return _marked(piece.added, "word in"), _marked(piece.removed, "word out")
    return _whole(piece.added), _whole(piece.removed)


def _marked(lines: Sequence[Line], tone: Tone) -> list[str]:
    found = (span.text.strip() for line in lines for span in line.spans if span.tone == tone)
    # What ended the sentence before is no part of what was said.
    return [words.lstrip(".,;: ") or words for words in found if words]


def _whole(lines: Sequence[Line]) -> list[str]:
    found = ("".join(span.text for span in line.spans).strip() for line in lines)
    return [line for line in found if line]
