"""The door: every string from a recording passes here before a terminal sees it.

Holds the only tables of control characters, and measures, cuts and wraps text in terminal
cells. Uses rich.cells for the width of a character and nothing else of Rich; knows nothing of
screens, recordings or diffs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, get_character_cell_size

# Line and paragraph separators end a line in some terminals; tag characters are invisible
# and are used to hide instructions in text for a model.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_JOINER = "\N{ZERO WIDTH JOINER}"
_TAB_WIDTH = 4
_ASCII_TWINS = str.maketrans("→…⏎·│─↕", ">~$.|-M")
# A row of zero-width characters would else take a whole hostile line.
_MOST_CHARACTERS_PER_CELL = 16


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else _REPLACEMENT


def clean(text: str) -> str:
    """`text` without anything that a terminal would obey; newlines and tabs stay.

    C0 controls and DEL become their pictures (U+2400 and on), so that they can be seen; C1
    controls, bidi controls, invisible tags and lone surrogates become U+FFFD. The length in
    characters does not change.
    """
    return _UNSAFE.sub(_picture, text)


def clean_line(text: str) -> str:
    """`text` cleaned for one line: newlines become `⏎`, tabs become blanks."""
    return expand_tabs(clean(text.replace("\n", "⏎")))


def expand_tabs(text: str) -> str:
    """`text` with each tab as a fixed number of blanks."""
    return text.replace("\t", " " * _TAB_WIDTH) if "\t" in text else text


def cells(text: str) -> int:
    """Width of `text` in terminal cells; it is taken as cleaned, of one line, without tabs."""
    return len(text) if text.isascii() else cell_len(text)


def _end_of_cells(text: str, start: int, width: int) -> int:
    """Index after the last character of `text` that still fits `width` cells from `start`."""
    piece = text[start : start + width]
    if piece.isascii():
        end = start + len(piece)
        if end >= len(text) or text[end].isascii():
            return end
    limit = min(len(text), start + width * _MOST_CHARACTERS_PER_CELL)
    end, used = start, 0
    while end < limit:
        used += get_character_cell_size(text[end])
        if used > width:
            break
        end += 1
    return _whole_characters(text, start, end, width)


def _whole_characters(text: str, start: int, end: int, width: int) -> int:
    """`end` moved back until the cells fit and no emoji or accented letter is cut apart."""
    for back in range(end, max(start, end - _MOST_CHARACTERS_PER_CELL), -1):
        torn = back < len(text) and (
            text[back - 1] == _JOINER or not get_character_cell_size(text[back])
        )
        if not torn and cell_len(text[start:back]) <= width:
            return back
    # Nothing to be kept whole: a run of accents without letters. Only the cells count.
    while end > start and cell_len(text[start:end]) > width:
        end -= 1
    return end


def cut(text: str, width: int) -> str:
    """The longest beginning of `text` that fits `width` cells."""
    return text[: _end_of_cells(text, 0, width)] if width > 0 else ""


def elide(text: str, width: int, mark: str = "…") -> str:
    """`text` if it fits `width` cells, else its beginning and `mark`."""
    if len(text) <= width * _MOST_CHARACTERS_PER_CELL and cells(text) <= width:
        return text
    return cut(text, width - cells(mark)) + mark if width >= cells(mark) else cut(text, width)


def pad(text: str, width: int) -> str:
    """`text` cut or filled with blanks to exactly `width` cells."""
    shown = cut(text, width)
    return shown + " " * (width - cells(shown))


def wrap_at(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Where the rows of one line begin and end: `(start, end)` indexes into `text`.

    Breaks after blanks where it can; the blanks at a break belong to no row. An empty text is
    one empty row. Yields as it goes, so that the caller may stop early in a very long line.
    """
    width = max(1, width)
    start, length = 0, len(text)
    while True:
        # A character wider than the pane must still make progress.
        end = max(_end_of_cells(text, start, width), start + 1)
        if end >= length:
            yield start, length
            return
        shown, following = _break(text, start, end)
        yield start, shown
        if following >= length:
            return
        start = following


def _break(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the row that begins at `start` ends, and where the next begins."""
    following = end
    if text[end] != " ":
        blank = text.rfind(" ", start, end)
        if blank < 0 or not text[start:blank].strip(" "):
            return end, end
        end = following = blank
    while following < len(text) and text[following] == " ":
        following += 1
    return max(start + len(text[start:end].rstrip(" ")), start + 1), following


def wrap(text: str, width: int) -> list[str]:
    """The rows of one line of cleaned text at `width` cells."""
    return [text[start:end] for start, end in wrap_at(text, width)]


def in_ascii(text: str) -> str:
    """`text` with the signs that lar-debug draws itself as ASCII, cell by cell."""
    return text.translate(_ASCII_TWINS)
