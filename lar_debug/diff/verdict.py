"""The verdict: what changed in the output, where the run goes next, what it cost. Pure.

Parts are separated by ` | `, the most important first, so that a narrow screen may drop the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lar_debug.diff.build import MOST_BLOCKS
from lar_debug.diff.equality import cannot_be_told
from lar_debug.diff.paths import path_text
from lar_debug.model.changes import Span
from lar_debug.model.document import Block, Document, TextBlock, TreeRow, Untouched
from lar_debug.text import clean_line, elide

_SEPARATOR: Final = Span(" | ", "dim")
_MOST_TOLD: Final = 60
_MOST_KEYS: Final = 4


def verdict(
    document: Document,
    *,
    next_old: Sequence[str] | None = None,
    next_new: Sequence[str] | None = None,
    tokens_old: int = 0,
    tokens_new: int = 0,
    ms: int | None = None,
    also: int | None = None,
    cut_off: str = "",
    short: bool = False,
) -> tuple[Span, ...]:
    """What an attempt did otherwise than its base.

    `next_*` are labels of nodes, empty where the run ends; None: routes are not compared. `also`
    is another attempt with the same output, `ms` how long this one took, `cut_off` says that the
    model could not end its answer. `short` is for narrow screens: `next same`, no time.
    """
    parts = [_told(document, also), *_cut(cut_off)]
    # An output that is the same to the word says by itself that nothing else is new.
    if next_old is not None and next_new is not None:
        if tuple(next_old) != tuple(next_new):
            route = Span(f"next CHANGED: {_labels(next_old)} → {_labels(next_new)}", "strong")
            # What alone is new comes first: of a narrow screen's verdict the end is left out.
            parts.insert(1 if _telling(document) else 0, route)
        elif _telling(document):
            parts.append(Span("next same" if short else f"next {_labels(next_new)}, same"))
    if tokens_old != tokens_new:
        parts.append(Span(f"tokens {tokens_old:,} → {tokens_new:,}"))
    if ms is not None and not short and _telling(document):
        parts.append(Span(f"{ms:,} ms", "dim"))
    return _joined(parts)


def verdict_of_recording(
    document: Document,
    *,
    next_new: Sequence[str] | None = None,
    tokens: int = 0,
    ms: int | None = None,
    cut_off: str = "",
) -> tuple[Span, ...]:
    """What a step did, with nothing to compare it with: `wrote reply | next check_reply | 3 ms`."""
    parts = [Span(_wrote(document), "in"), *_cut(cut_off)]
    if next_new is not None:
        parts.append(Span(f"next {_labels(next_new)}"))
    cost = [f"{tokens:,} tok"] if tokens else []
    cost += [f"{ms:,} ms"] if ms is not None else []
    if cost:
        parts.append(Span(", ".join(cost), "dim"))
    return _joined(parts)


def _cut(cut_off: str) -> list[Span]:
    return [Span(cut_off, "note")] if cut_off else []


def _joined(parts: Sequence[Span]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for part in parts:
        spans += [_SEPARATOR, part] if spans else [part]
    return tuple(spans)


def _labels(labels: Sequence[str]) -> str:
    return clean_line(" ".join(labels)) or "none, the run ends"


def _telling(document: Document) -> list[Block]:
    """The blocks that show a difference, each once."""
    return [
        block
        for block in document.blocks
        if not (isinstance(block, Untouched) or _is_heading(block))
        and block.sign not in ("=", "?", "!", " ")
    ]


def _is_heading(block: Block) -> bool:
    """Whether what it names is told by the blocks behind it."""
    return isinstance(block, TreeRow) and block.inside > 0


def _told(document: Document, also: int | None) -> Span:
    blocks = _telling(document)
    doubt = document.doubtful
    if not blocks and doubt:
        values = "1 value" if doubt == 1 else f"{doubt:,} values"
        return Span(f"same as far as can be told: {values} could not be kept", "note")
    if not blocks:
        return Span("same output, word for word" + (f" (also = #{also})" if also else ""))
    first = min(blocks, key=_headline)
    text = _of_text(first) if isinstance(first, TextBlock) else _of_row(first)
    complete = len(document.blocks) < MOST_BLOCKS
    more = (len(blocks) if complete else len(document.changes)) - 1
    if more:
        text += f", {more:,} more change" + ("s" if more > 1 else "")
    return Span(text, "strong")


def _headline(block: Block) -> int:
    """A text that reads otherwise is looked for before all other changes, blanks after them."""
    if not isinstance(block, TextBlock) or block.sign != "~":
        return 1
    return 2 if block.figures.only_blanks else 0


def _of_text(block: TextBlock) -> str:
    label, figures = clean_line(block.label) or "text", block.figures
    if block.sign == "+":
        return f"{label} is new"
    if block.sign == "-":
        return f"{label} is gone"
    if figures.only_blanks:
        return f"{label}: only blanks changed"
    if figures.rewritten:
        kept = f"{figures.kept:,} of {_words(figures.words_old)} kept"
        return f"{label} rewritten, {kept}"
    if not figures.out and not figures.come:
        return f"{label}: only signs changed"
    if not figures.out:
        return f"{label}: {_words(figures.come)} in"
    words = f"{label}: {_words(figures.out)} out"
    return f"{words}, {figures.come:,} in" if figures.come else words


def _words(count: int) -> str:
    return f"{count:,} word" + ("" if count == 1 else "s")


def _of_row(block: Block) -> str:
    if not isinstance(block, TreeRow):
        return ""
    text = clean_line("".join(span.text for span in block.spans))
    sign = "" if block.sign == "~" else "↕ " if block.sign == "M" else block.sign
    return elide(sign + text, _MOST_TOLD)


def _wrote(document: Document) -> str:
    """The top-level keys that a step wrote or took away."""
    wrote: dict[str, None] = {}
    removed: dict[str, None] = {}
    for change in document.changes:
        if cannot_be_told(change):
            continue
        path = change.at_new if change.at_new is not None else change.at_old
        gone = change.kind == "removed" and path is not None and len(path) == 1
        if path:
            (removed if gone else wrote)[path_text(path[:1])] = None
    told = [f"wrote {_listed([*wrote])}"] if wrote else []
    told += [f"removed {_listed([*removed])}"] if removed else []
    return ", ".join(told) or "wrote nothing"


def _listed(keys: Sequence[str]) -> str:
    shown = clean_line(" ".join(keys[:_MOST_KEYS]))
    rest = len(keys) - _MOST_KEYS
    return f"{shown} and {rest:,} more" if rest > 0 else shown
