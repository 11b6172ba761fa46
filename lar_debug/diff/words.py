"""Words inside changed lines: which of them went out and which came in.

A word is a run of letters and digits with inner `. , ' - _`; every other sign stands alone;
Chinese and Japanese go by character. Pure functions over strings.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from lar_debug.diff.sequence import Pairs, match_closely

_BY_CHARACTER = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTER = rf"(?:(?![{_BY_CHARACTER}])[^\W_]|[\u0300-\u036f])"
_TOKEN = re.compile(rf"[{_BY_CHARACTER}]|{_LETTER}+(?:[.,'’_-]{_LETTER}+)*|[^\s]")
_FEWEST_KEPT = 3

# Names of the characters that a person cannot see; joiners inside emoji are left alone.
_DRAWN = {" ": "·", "\t": "→", "\n": "⏎", "\u00a0": "<NBSP>", "\r": "<CR>"}
_JOINERS = "\u200d\ufe0f"

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign of a text, at `start:end`."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()


@dataclass(frozen=True, slots=True)
class WordDiff:
    """Character ranges that changed in either text; figures count words, not signs.

    `words` are changed words with what stands between them; `blanks` only blanks that differ
    between kept words. `kept` counts before scattered words are given up.
    """

    words_old: tuple[Range, ...]
    words_new: tuple[Range, ...]
    blanks_old: tuple[Range, ...]
    blanks_new: tuple[Range, ...]
    kept: int
    out: int
    come: int
    only_blanks: bool


def tokens(text: str) -> list[Token]:
    """The words and signs of `text` in order."""
    return [Token(found.group(), *found.span()) for found in _TOKEN.finditer(text)]


def count_words(text: str) -> int:
    """Number of words in `text`, signs apart."""
    return sum(1 for found in _TOKEN.findall(text) if found[0].isalnum())


def compare_words(old: str, new: str) -> WordDiff:
    """What changed between two stretches of text, of one or more lines each."""
    left, right = tokens(old), tokens(new)
    pairs = match_closely([token.text for token in left], [token.text for token in right])
    kept = sum(left[i].is_word for i, _ in pairs)
    only_blanks = len(pairs) == len(left) == len(right)
    pairs = _without_confetti(pairs, left, right)
    blanks = _changed_blanks(old, new, pairs, left, right)
    return WordDiff(
        words_old=_ranges(left, {i for i, _ in pairs}),
        words_new=_ranges(right, {j for _, j in pairs}),
        blanks_old=tuple(one for one, _ in blanks if one[0] < one[1]),
        blanks_new=tuple(other for _, other in blanks if other[0] < other[1]),
        kept=kept,
        out=_words_outside(left, {i for i, _ in pairs}),
        come=_words_outside(right, {j for _, j in pairs}),
        only_blanks=only_blanks,
    )


def _words_outside(found: list[Token], kept: set[int]) -> int:
    return sum(token.is_word for index, token in enumerate(found) if index not in kept)


def _without_confetti(pairs: Pairs, old: list[Token], new: list[Token]) -> Pairs:
    """`pairs` without the equal stretches of under three words between two changes."""
    stretches: list[Pairs] = []
    for pair in pairs:
        previous = stretches[-1][-1] if stretches else None
        if previous is not None and previous == (pair[0] - 1, pair[1] - 1):
            stretches[-1].append(pair)
        else:
            stretches.append([pair])
    chosen: Pairs = []
    for number, stretch in enumerate(stretches):
        first, last = stretch[0], stretch[-1]
        change_before = number > 0 or first != (0, 0)
        change_after = number < len(stretches) - 1 or last != (len(old) - 1, len(new) - 1)
        words = sum(old[i].is_word for i, _ in stretch)
        if not (change_before and change_after) or words >= _FEWEST_KEPT:
            chosen += stretch
    return chosen


def _ranges(found: list[Token], kept: set[int]) -> tuple[Range, ...]:
    ranges: list[Range] = []
    joined = False
    for index, token in enumerate(found):
        if index in kept:
            joined = False
            continue
        if joined:
            ranges[-1] = (ranges[-1][0], token.end)
        else:
            ranges.append((token.start, token.end))
        joined = True
    return tuple(ranges)


def _changed_blanks(
    old: str, new: str, pairs: Pairs, left: list[Token], right: list[Token]
) -> list[tuple[Range, Range]]:
    """Blanks that differ between neighbours kept on both sides, and at both ends."""
    found: list[tuple[Range, Range]] = []
    edges = [(-1, -1), *pairs, (len(left), len(right))]
    for (i, j), (i_next, j_next) in itertools.pairwise(edges):
        if (i_next, j_next) != (i + 1, j + 1):
            continue
        one = (left[i].end if i >= 0 else 0, left[i_next].start if i_next < len(left) else len(old))
        other = (
            right[j].end if j >= 0 else 0,
            right[j_next].start if j_next < len(right) else len(new),
        )
        if old[slice(*one)] != new[slice(*other)]:
            found.append(_trimmed(old, new, one, other))
    return found


def _trimmed(old: str, new: str, one: Range, other: Range) -> tuple[Range, Range]:
    """The two ranges without the ends they have in common."""
    (a, a_end), (b, b_end) = one, other
    while a_end > a and b_end > b and old[a_end - 1] == new[b_end - 1]:
        a_end, b_end = a_end - 1, b_end - 1
    while a < a_end and b < b_end and old[a] == new[b]:
        a, b = a + 1, b + 1
    return (a, a_end), (b, b_end)


def drawn(text: str, what: Literal["words", "blanks"]) -> str:
    """Changed text with its invisible characters drawn.

    Among changed words an ordinary blank stays what it is; where only blanks changed every
    one is drawn.
    """
    if what == "words" and text.isascii() and "\r" not in text:
        return text
    shown: list[str] = []
    for character in text:
        if what == "words" and character in " \t\n":
            shown.append(character)
        elif character in _DRAWN:
            shown.append(_DRAWN[character])
        elif character not in _JOINERS and unicodedata.category(character) in ("Zs", "Cf"):
            shown.append(f"<U+{ord(character):04X}>")
        else:
            shown.append(character)
    return "".join(shown)
