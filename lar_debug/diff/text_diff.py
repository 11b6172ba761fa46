"""Compares two texts: lines aligned first, then words inside the lines that changed.

Gives the pieces and figures of a text block (model/document.py). Pure functions over strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import normalize

from lar_debug.diff.sequence import match
from lar_debug.diff.words import Range, compare_words, count_words, drawn
from lar_debug.model.changes import Span, Tone
from lar_debug.model.document import Kept, Line, Piece, Swapped, TextBlock, TextFigures

# Below this share of the old words kept, marks between the words hide more than they show.
_REWRITTEN_BELOW = 0.4
# Characters beyond which a changed stretch gets no word marks, and words are told by blanks.
_MOST_MARKED = 64 * 1024
_MOST_COUNTED = 256 * 1024
# Characters that one call looks through: no other thread runs meanwhile, the screen neither.
_AT_ONCE = 256 * 1024
# Characters of one side of a change that a document holds: more than a screen is ever shown.
_MOST_KEPT = 128 * 1024
_AS_GOOD = 0.8


def whole_text(label: str, text: str, *, removed: bool = False, note: str = "") -> TextBlock:
    """A text that stands on one side only, all of it added (or removed)."""
    found = split_lines(text)
    lines = _plain(found)
    words = _words(text)
    return TextBlock(
        sign="-" if removed else "+",
        label=label,
        title=_counted(len(found)) + note,
        pieces=(Swapped(lines, ()) if removed else Swapped((), lines),),
        figures=TextFigures(words, 0, 0, words, 0)
        if removed
        else TextFigures(0, words, 0, 0, words),
        size=len(text),
    )


def same_text(label: str, text: str) -> TextBlock:
    """A text that did not change, to be shown all the same."""
    lines = tuple(split_lines(text))
    words = _words(text)
    figures = TextFigures(words, words, words, 0, 0)
    return TextBlock("=", label, _counted(len(lines)), (Kept(1, 1, lines),), figures, len(text))


def compare_texts(label: str, old: str, new: str) -> TextBlock:
    """What changed between two texts that differ."""
    left, right = split_lines(old), split_lines(new)
    title = _title(len(left), len(right), _ends(old), _ends(new))
    if len(old) <= _MOST_COUNTED and normalize("NFC", old) == normalize("NFC", new):
        title += ", only the code points of letters differ"
    pieces, figures = compare_lines(left, right)
    words_old, words_new = _words(old), _words(new)
    kept = words_old - figures.words_old + figures.kept
    rewritten = words_old > 0 and kept < _REWRITTEN_BELOW * words_old
    if rewritten:
        pieces = (Swapped(_plain(left), _plain(right)),)
    return TextBlock(
        sign="~",
        label=label,
        title=title,
        pieces=pieces,
        figures=TextFigures(
            words_old,
            words_new,
            kept,
            figures.out,
            figures.come,
            rewritten=rewritten,
            only_blanks=figures.only_blanks,
        ),
        size=len(new),
    )


def split_lines(text: str) -> list[str]:
    """The lines of a text. A text that ends each line with CRLF has lines without the CR."""
    lines: list[str] = []
    start = 0
    while (end := text.find("\n", start + _AT_ONCE)) >= 0:
        lines += text[start:end].split("\n")
        start = end + 1
    lines += text[start:].split("\n")
    if _ends(text) == "CRLF":
        return [line.removesuffix("\r") for line in lines]
    return lines


def _ends(text: str) -> str:
    """ "CRLF" or "LF" when all line ends are of that kind, else ""."""
    ends = returns = 0
    for start in range(0, len(text), _AT_ONCE):
        end = start + _AT_ONCE
        ends += text.count("\n", start, end)
        # One of two characters that begins in this part may end in the next.
        returns += text.count("\r\n", start, end + 1)
    if not ends:
        return ""
    if returns == ends:
        return "CRLF"
    return "LF" if not returns else ""


def _counted(lines: int) -> str:
    return f"text, {lines:,} line" + ("" if lines == 1 else "s")


def _title(old: int, new: int, ends_old: str, ends_new: str) -> str:
    title = _counted(old) if old == new else f"{_counted(old)} → {new:,}"
    if ends_old and ends_new and ends_old != ends_new:
        title += f", line ends {ends_old} → {ends_new}"
    return title


def _words(text: str) -> int:
    if len(text) <= _MOST_COUNTED:
        return count_words(text)
    count = 0
    for start in range(0, len(text), _AT_ONCE):
        count += len(text[start : start + _AT_ONCE].split())
        if start and not text[start - 1].isspace() and not text[start].isspace():
            # The word that goes on from the part before was counted there.
            count -= 1
    return count


def _plain(lines: Sequence[str], first: int = 1) -> tuple[Line, ...]:
    """Lines without word marks, as many as anyone will be shown."""
    made: list[Line] = []
    size = 0
    for number, line in enumerate(lines, first):
        made.append(Line(number, (Span(line),) if line else ()))
        size += len(line) + 1
        if size > _MOST_KEPT:
            break
    return tuple(made)


def compare_lines(
    left: Sequence[str], right: Sequence[str]
) -> tuple[tuple[Piece, ...], TextFigures]:
    """Pieces in order, and the figures of the changed lines alone."""
    pieces: list[Piece] = []
    figures: list[TextFigures] = []
    pairs = [*match(left, right), (len(left), len(right))]
    i = j = start = 0
    while start < len(pairs):
        i_next, j_next = pairs[start]
        if i_next > i or j_next > j:
            piece, of_piece = _swap(left[i:i_next], right[j:j_next], i + 1, j + 1)
            pieces.append(piece)
            figures.append(of_piece)
        end = start
        while end < len(pairs) and pairs[end] == (i_next + end - start, j_next + end - start):
            end += 1
        i, j, start = i_next + end - start, j_next + end - start, end
        # The last pair stands for the ends of both texts and is no line.
        lines = tuple(left[i_next:i])
        if lines:
            pieces.append(Kept(i_next + 1, j_next + 1, lines))
    return tuple(pieces), _sum(figures)


def _sum(figures: Sequence[TextFigures]) -> TextFigures:
    return TextFigures(
        words_old=sum(one.words_old for one in figures),
        words_new=sum(one.words_new for one in figures),
        kept=sum(one.kept for one in figures),
        out=sum(one.out for one in figures),
        come=sum(one.come for one in figures),
        only_blanks=all(one.only_blanks for one in figures),
    )


def _swap(
    old: Sequence[str], new: Sequence[str], first_old: int, first_new: int
) -> tuple[Swapped, TextFigures]:
    """Lines in the place of others, with the words that changed marked where it helps."""
    one, other = "\n".join(old), "\n".join(new)
    if not old or not new or max(len(one), len(other)) > _MOST_MARKED:
        words_old, words_new = _words(one), _words(other)
        blank = not one.strip() and not other.strip()
        figures = TextFigures(words_old, words_new, 0, words_old, words_new, only_blanks=blank)
        return Swapped(_plain(old, first_old), _plain(new, first_new)), figures
    joint, figures = _swap_words(one, other, first_old, first_new)
    if len(old) > 1 and len(old) == len(new):
        by_line, by_line_figures = _swap_line_by_line(old, new, first_old, first_new)
        # Words that are kept across the lines are worth it only if they are many more.
        if by_line_figures.kept >= _AS_GOOD * figures.kept:
            return by_line, by_line_figures
    return joint, figures


def _swap_line_by_line(
    old: Sequence[str], new: Sequence[str], first_old: int, first_new: int
) -> tuple[Swapped, TextFigures]:
    found = [
        _swap_words(one, other, first_old + k, first_new + k)
        for k, (one, other) in enumerate(zip(old, new, strict=True))
    ]
    removed = tuple(line for swapped, _ in found for line in swapped.removed)
    added = tuple(line for swapped, _ in found for line in swapped.added)
    return Swapped(removed, added), _sum([figures for _, figures in found])


def _swap_words(old: str, new: str, first_old: int, first_new: int) -> tuple[Swapped, TextFigures]:
    words = compare_words(old, new)
    words_old, words_new = count_words(old), count_words(new)
    figures = TextFigures(
        words_old, words_new, words.kept, words.out, words.come, only_blanks=words.only_blanks
    )
    if not words.only_blanks and words.out == words_old and words.come == words_new:
        # With every word marked the marks say nothing.
        left, right = _plain(old.split("\n"), first_old), _plain(new.split("\n"), first_new)
        return Swapped(left, right), figures
    return Swapped(
        _marked(old, words.words_old, words.blanks_old, "word out", first_old),
        _marked(new, words.words_new, words.blanks_new, "word in", first_new),
    ), figures


def _marked(
    text: str, words: Sequence[Range], blanks: Sequence[Range], tone: Tone, first: int
) -> tuple[Line, ...]:
    """The lines of `text` with the ranges of changed words and blanks as spans of `tone`."""
    whole = set(words)
    lines: list[list[Span]] = [[]]

    def add(piece: str, of: Tone) -> None:
        for number, part in enumerate(piece.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append(Span(part, of))

    at = 0
    for start, end in sorted([*words, *blanks]):
        add(text[at:start], "")
        if (start, end) in whole:
            add(drawn(text[start:end], "words"), tone)
        else:
            # The drawn sign of a line end stays on the line it ends.
            add(drawn(text[start:end], "blanks").replace("⏎", "⏎\n"), tone)
        at = end
    add(text[at:], "")
    return tuple(Line(first + i, tuple(spans)) for i, spans in enumerate(lines))
