"""Lays a document out to rows of a width and height, by the fit rules of the screen. Pure.

The rows are cleaned and wrapped: a row never takes more cells than the width it was made for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Literal, TypeAlias

from lar_debug.diff.line_rows import BAR_CELLS, MOST_SHOWN, Gutter, folded, line_rows, tree_rows
from lar_debug.diff.side_by_side import both_halves, half_of, swapped_halves
from lar_debug.model.changes import Row, Span
from lar_debug.model.document import (
    Block,
    CauseBlock,
    CauseDocument,
    Document,
    Kept,
    Line,
    Piece,
    Swapped,
    TextBlock,
    TreeRow,
    Untouched,
)
from lar_debug.text import clean_line, elide, in_ascii

MOST_ROWS: Final = 2_000

O_OPENS: Final = "o opens"
"""What shows the rest of something long on the screen."""

DiffView: TypeAlias = Literal["whole", "new", "beside"]
"""All of a diff, the new side alone, or old and new side by side."""

_SIGN_CELLS: Final = 3
_CAUSE_CONTEXT: Final = 2
# From this many rows on a cause also shows how its file begins, and what stayed the same.
_TALL_CAUSE: Final = 8


@dataclass(frozen=True, slots=True)
class _Fit:
    """How much is given up so that the rest fits: `context` None keeps all unchanged lines.
    `opens` says what shows that rest."""

    width: int
    context: int | None = None
    fold_removed: bool = False
    trimmed: bool = False
    gutter: int = 0
    head: bool = False
    opens: str = O_OPENS
    view: DiffView = "whole"


def lay_out(
    document: Document,
    width: int,
    height: int | None = None,
    *,
    context: int = 3,
    opens: str = O_OPENS,
    ascii: bool = False,
) -> list[Row]:
    """The rows of a diff for a pane of `width` cells and `height` rows (None: as many as it takes).

    When not all fits: unchanged lines further than `context` from a change are folded, then
    each removed block to its first row. Before each of the two, the row of unchanged keys and
    the title of a text that stands alone (the verdict names both) are left out, if that is
    enough. New text is never cut for old; what still does not fit is there to be scrolled to.
    """
    return list(
        laid_out(document, width, height, context=context, opens=opens, ascii=ascii),
    )


def laid_out(
    document: Document,
    width: int,
    height: int | None = None,
    *,
    context: int = 3,
    opens: str = O_OPENS,
    ascii: bool = False,
    view: DiffView = "whole",
) -> Iterator[Row]:
    """The same rows, each made when it is asked for: who shows the first need not wait for all."""
    full = _Fit(max(8, width), opens=opens, view=view)
    narrow = replace(full, context=context)
    narrowest = replace(narrow, fold_removed=True)
    rows = _first_fitting(document, (full, narrow, narrowest), height)
    return map(_ascii, rows) if ascii else rows


def _first_fitting(document: Document, fits: Sequence[_Fit], height: int | None) -> Iterator[Row]:
    if height is not None:
        for fit in fits:
            for trimmed in (False, True):
                made = _rows(document, replace(fit, trimmed=trimmed))
                rows = list(islice(made, height + 1))
                if len(rows) <= height:
                    return iter(rows)
        return _capped(document, fits[-1])
    return _capped(document, fits[0])


def _capped(document: Document, fit: _Fit) -> Iterator[Row]:
    rows = _rows(document, fit)
    yield from islice(rows, MOST_ROWS)
    if next(rows, None) is not None:
        text = f"the first {MOST_ROWS:,} rows, {fit.opens} all"
        yield Row(spans=(Span(elide(text, fit.width - _SIGN_CELLS), "dim"),))


def _note(text: str, fit: _Fit) -> Row:
    """A row of ours in the place of lines."""
    return Row(bar=True, spans=(Span(elide(text, _text_width(fit)), "dim"),))


def _ascii(row: Row) -> Row:
    spans = tuple(Span(in_ascii(span.text), span.tone) for span in row.spans)
    return row._replace(spans=spans, beside=row.beside and _ascii(row.beside))


def _rows(document: Document, fit: _Fit) -> Iterator[Row]:
    if not document.blocks:
        yield Row("=", (Span(elide("nothing changed", fit.width - _SIGN_CELLS), "dim"),))
    blocks = document.blocks if fit.view == "whole" else tuple(_seen(document.blocks, fit.view))
    # Whether there are none, one or more is all that matters, of what may be thousands.
    told = (block for block in blocks if not isinstance(block, Untouched))
    telling = list(islice(told, 2))
    for block in blocks:
        if isinstance(block, TreeRow):
            yield from tree_rows(block.sign, block.spans, fit.width - _SIGN_CELLS)
        elif isinstance(block, TextBlock):
            if not (fit.trimmed and len(telling) == 1):
                yield from _title(block, fit)
            yield from _text_rows(block, fit)
        elif not (fit.trimmed and telling):
            yield _untouched(block, fit.width)


def _seen(blocks: Sequence[Block], view: DiffView) -> Iterator[Block]:
    """The blocks of another view: texts that hold JSON as texts, without what is gone."""
    at = 0
    while at < len(blocks):
        block = blocks[at]
        at += 1
        if isinstance(block, TreeRow) and block.texts is not None:
            at += block.inside
            block = block.texts
        if view == "beside" or isinstance(block, Untouched) or block.sign != "-":
            yield block


def _title(block: TextBlock, fit: _Fit) -> Iterator[Row]:
    gap = "  " if block.label else ""
    spans = (Span(block.label, "key"), Span(gap + block.title, "dim"))
    return tree_rows(block.sign, spans, fit.width - _SIGN_CELLS)


def _untouched(block: Untouched, width: int) -> Row:
    count = len(block.keys)
    text = f"{count:,} key{'' if count == 1 else 's'} untouched: {clean_line(' '.join(block.keys))}"
    return Row("=", (Span(elide(text, width - _SIGN_CELLS), "dim"),))


def _text_rows(block: TextBlock, fit: _Fit) -> Iterator[Row]:
    shown = 0
    if fit.view == "beside" and not _has_sides(block):
        fit = replace(fit, view="whole")
    for row in _piece_rows(block.pieces, fit, rewritten=block.figures.rewritten):
        shown += len((row.beside or row).text) + 1
        yield row
        if shown >= MOST_SHOWN:
            yield _note(f"{_shown_of(block.size)}, {fit.opens} all", fit)
            return


def _has_sides(block: TextBlock) -> bool:
    """Whether something stands on either side; a text that is new needs the whole width."""
    swapped = [piece for piece in block.pieces if isinstance(piece, Swapped)]
    kept = len(swapped) < len(block.pieces)
    gone, come = any(one.removed for one in swapped), any(one.added for one in swapped)
    return block.sign == "~" and (kept or (gone and come))


def _shown_of(size: int) -> str:
    whole = f"{size / 1_000_000:.0f} MB" if size >= 1_000_000 else f"{-(-size // 1024)} KB"
    return f"{MOST_SHOWN // 1024} KB shown of {whole}"


def _piece_rows(pieces: Sequence[Piece], fit: _Fit, *, rewritten: bool = False) -> Iterator[Row]:
    for number, piece in enumerate(pieces):
        if isinstance(piece, Kept):
            yield from _kept(piece, fit, number > 0, number < len(pieces) - 1)
        elif fit.view == "beside":
            yield from swapped_halves(piece, fit.width, fit.opens)
        elif fit.view == "new":
            yield from _lines("+", piece.added, fit)
        elif rewritten:
            yield from _lines("+", piece.added, fit)
            yield from _removed(piece.removed, fit, fold=True, end=f"  {fit.opens}")
        else:
            yield from _removed(piece.removed, fit, fold=fit.fold_removed)
            yield from _lines("+", piece.added, fit)


def _kept(piece: Kept, fit: _Fit, change_before: bool, change_after: bool) -> Iterator[Row]:
    """Unchanged lines, those away from a change folded to a count."""
    total = len(piece.lines)
    if fit.context is None or not (change_before or change_after):
        yield from _plain(piece, range(total), fit)
        return
    before = min(fit.context, total) if change_before else int(fit.head and total > 0)
    after = min(fit.context, total) if change_after else 0
    hidden = total - before - after
    if hidden <= 1:
        # A row that says "1 line the same" is no shorter than that line.
        yield from _plain(piece, range(total), fit)
        return
    yield from _plain(piece, range(before), fit)
    yield _note(f"… {hidden:,} lines the same", fit)
    yield from _plain(piece, range(total - after, total), fit)


def _plain(piece: Kept, places: range, fit: _Fit) -> Iterator[Row]:
    beside = fit.view == "beside"
    for place in places:
        line = Line(piece.first_new + place, (Span(piece.lines[place]),))
        rows = line_rows(" ", line, _text_width(fit), _gutter(fit), fit.opens)
        yield from (both_halves(row, row, fit.width) for row in rows) if beside else rows


def _lines(sign: Literal["+", "-"], lines: Sequence[Line], fit: _Fit) -> Iterator[Row]:
    for line in lines:
        yield from line_rows(sign, line, _text_width(fit), _gutter(fit), fit.opens)


def _removed(lines: Sequence[Line], fit: _Fit, *, fold: bool, end: str = "") -> Iterator[Row]:
    rows = _lines("-", lines, fit)
    if not fold:
        yield from rows
        return
    counted = list(islice(rows, MOST_ROWS))
    if len(counted) > 1:
        yield folded(counted, _text_width(fit), end)
    else:
        yield from counted


def _gutter(fit: _Fit) -> Gutter:
    return "number" if fit.gutter else "none"


def _text_width(fit: _Fit) -> int:
    width = half_of(fit.width) if fit.view == "beside" else fit.width
    return width - BAR_CELLS - (fit.gutter + 2 if fit.gutter else 0)


def lay_out_cause(
    cause: CauseDocument,
    width: int,
    height: int,
    *,
    numbers: bool = True,
    opens: tuple[str, str] = (O_OPENS, "3 opens"),
    ascii: bool = False,
) -> list[Row]:
    """The rows under the rule of the cause dock, never more than `height`.

    Causes are shown whole as long as they fit; those that do not are named in one last row.
    `numbers` puts the line numbers of a file before the bar; `opens` says what shows the rest of
    a long line, and what shows the causes that do not fit.
    """
    fit = _Fit(max(8, width), gutter=_number_width(cause) if numbers else 0, opens=opens[0])
    foot = height >= _TALL_CAUSE and bool(cause.foot)
    room = height - 1 if foot else height
    rows: list[Row] = []
    for number, block in enumerate(cause.blocks):
        rest = cause.blocks[number + 1 :]
        made = _cause_rows(block, fit, room - len(rows) - (1 if rest else 0))
        if made is None:
            rows.append(_more(cause.blocks[number:], width, opens[1]))
            break
        rows += made
    if foot:
        rows.append(Row(spans=(Span(elide(clean_line(cause.foot), width - _SIGN_CELLS), "dim"),)))
    rows = rows[: max(0, height)]
    return [_ascii(row) for row in rows] if ascii else rows


def _number_width(cause: CauseDocument) -> int:
    last = 0
    for block in cause.blocks:
        for piece in block.pieces:
            if isinstance(piece, Kept):
                last = max(last, piece.first_new + len(piece.lines) - 1)
            else:
                last = max(last, *(line.number for line in (*piece.removed, *piece.added)))
    return len(str(last)) if last else 0


def _cause_rows(block: CauseBlock, fit: _Fit, room: int) -> list[Row] | None:
    """The rows of one cause in at most `room` rows, None when not even its change fits."""
    if not block.pieces:
        made = list(tree_rows("~", block.spans, fit.width - _SIGN_CELLS))
        return made if len(made) <= room else None
    if all(isinstance(piece, Kept) for piece in block.pieces):
        # Nothing in it was changed: what it is shown for stands at its end.
        return list(_piece_rows(block.pieces, fit))[-max(1, room) :]
    tall = room >= _TALL_CAUSE
    tries = [replace(fit, context=context) for context in range(_CAUSE_CONTEXT, -1, -1)]
    tries = [replace(tries[0], head=tall), *tries, replace(tries[-1], fold_removed=True)]
    made: list[Row] = []
    for one in tries:
        made = list(islice(_piece_rows(block.pieces, one), room + 8))
        if not one.head:
            made = _without_edge_folds(made)
        if len(made) <= room:
            return made
    return made[: max(1, room)] if room >= 2 else None


def _without_edge_folds(rows: list[Row]) -> list[Row]:
    """A short dock need not say how much of a file stands before and after a change."""
    start = 1 if rows and _is_fold(rows[0]) else 0
    end = len(rows) - 1 if len(rows) > 1 and _is_fold(rows[-1]) else len(rows)
    return rows[start:end]


def _is_fold(row: Row) -> bool:
    return row.sign == " " and not row.gutter and [span.tone for span in row.spans] == ["dim"]


def _more(blocks: Sequence[CauseBlock], width: int, opens: str) -> Row:
    spans = "".join(span.text for span in blocks[0].spans)
    told = spans if blocks[0].where in spans else f"{blocks[0].where} {spans}".rstrip()
    text = f"+ {len(blocks)} more: {clean_line(told)}  ({opens})"
    return Row(spans=(Span(elide(text, width - _SIGN_CELLS), "note"),))
