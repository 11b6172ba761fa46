"""Tells the difference between two values as a document of blocks. Pure.

Short values are rows, long texts are blocks of lines, what did not change is one row at the end.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

from lar_debug.diff.across_types import beside_type
from lar_debug.diff.brief import (
    SHORT_CELLS,
    brief,
    difference,
    in_doubt,
    is_text,
    looks,
    type_name,
)
from lar_debug.diff.equality import FIELDS, is_doubtful, kind_of
from lar_debug.diff.paths import path_text
from lar_debug.diff.structural import compare
from lar_debug.diff.text_diff import compare_texts, same_text, whole_text
from lar_debug.model.changes import Change, Span, Tone
from lar_debug.model.document import Block, Document, TreeRow, Untouched
from lar_debug.model.values import Glimpse, Path, Tagged, Unread, Value

# Added or removed neighbours in a list, from this many on told in one row.
_MANY: Final = 4
# A value in full, where its type changed.
_IN_FULL: Final = 400
MOST_BLOCKS: Final = 2_001
"""More than a layout shows; what the document leaves out is still in its changes."""

_MOST_JSON: Final = 256 * 1024
# Up to this many characters JSON can be seen as the text it is, too.
_MOST_JSON_AS_TEXT: Final = 64 * 1024
# Texts inside an added value that are shown as blocks of their own.
_MOST_INNER_TEXTS: Final = 8


def build(
    old: Value,
    new: Value,
    *,
    hidden: Collection[str] = (),
    output: Collection[str] = (),
    shown: Mapping[str, Value] = MappingProxyType({}),
) -> Document:
    """The difference between two values: two states, two prompts, two of anything recorded.

    `hidden` are keys of the state that are left out (the engine's bookkeeping). `output` are
    keys whose value is shown even where it did not change, `shown` has as much as a row shows of
    those that may not have been read.
    """
    old, new = _without(old, hidden), _without(new, hidden)
    changes = compare(old, new)
    blocks = list(islice(_blocks(changes), MOST_BLOCKS))
    if kind_of(old) is dict and kind_of(new) is dict:
        blocks += _same_output(new, changes, output, shown)
        touched = {_path(change)[0] for change in changes if _path(change)} | set(output)
        untouched = tuple(key for key in new if key not in touched)
        if untouched:
            blocks.append(Untouched(untouched))
    doubtful = sum(_in_doubt(change) for change in changes)
    return Document(tuple(blocks), tuple(changes), doubtful)


def whole(value: Value, *, hidden: Collection[str] = ()) -> Document:
    """A value with nothing to compare it with: all of it is new."""
    value = _without(value, hidden)
    if kind_of(value) is dict:
        return build({}, value)
    change = Change("added", None, (), None, value)
    return Document(tuple(_blocks([change])), (change,))


def _without(value: Value, hidden: Collection[str]) -> Value:
    if not hidden or kind_of(value) is not dict:
        return value
    return {key: inner for key, inner in value.items() if key not in hidden}


def _path(change: Change) -> Path:
    path = change.at_new if change.at_new is not None else change.at_old
    return path or ()


def _in_doubt(change: Change) -> bool:
    return is_doubtful(change.old) or is_doubtful(change.new)


def _same_output(
    new: dict[str, Value],
    changes: Sequence[Change],
    output: Collection[str],
    shown: Mapping[str, Value],
) -> Iterator[Block]:
    touched = {_path(change)[0] for change in changes if _path(change)}
    for key in new:
        if key in output and key not in touched:
            value: Any = new[key]
            seen: Any = shown.get(key, value)
            start: Any = seen.start if kind_of(seen) is Glimpse else seen
            if is_text(start):
                text: Any = next(value.read()) if kind_of(value) is Unread else value
                yield same_text(path_text((key,)), text)
            else:
                spans = (Span(path_text((key,)), "key"), Span(_gap(start)), Span(brief(seen)))
                yield TreeRow("=", spans)


def _blocks(changes: Sequence[Change], prefix: str = "") -> Iterator[Block]:
    at = 0
    while at < len(changes):
        run = _run(changes, at)
        if run >= _MANY:
            yield _run_row(changes[at : at + run], prefix)
        else:
            for change in changes[at : at + run]:
                yield from _of_change(change, prefix)
        at += run


def _run(changes: Sequence[Change], at: int) -> int:
    """How many changes from `at` on are neighbours in a list that came or went together."""
    first = changes[at]
    start = _path(first)
    if first.kind not in ("added", "removed") or not start or kind_of(start[-1]) is not int:
        return 1
    count = 1
    while at + count < len(changes):
        change = changes[at + count]
        if change.kind != first.kind or _path(change) != (*start[:-1], start[-1] + count):
            break
        count += 1
    return count


def _run_row(changes: Sequence[Change], prefix: str) -> TreeRow:
    first, last = _path(changes[0]), _path(changes[-1])
    tone: Tone = "in" if changes[0].kind == "added" else "out"
    name = f"{prefix}{path_text(first[:-1])}[{first[-1]}..{last[-1]}]"
    sign = "+" if tone == "in" else "-"
    return TreeRow(sign, (Span(name, "key"), Span(f"  {len(changes):,} items", tone)))


def _of_change(change: Change, prefix: str) -> Iterator[Block]:
    label = prefix + _joined_label(prefix, path_text(_path(change)))
    if _in_doubt(change):
        yield _doubtful_row(change, label)
    elif change.kind == "moved":
        origin = change.at_old[-1] if change.at_old else 0
        spans = (Span(label, "key"), Span(f"  from [{origin}]", "dim"))
        yield TreeRow("M", spans)
    elif change.kind == "added":
        yield from _one_sided(label, change.new, removed=False)
    elif change.kind == "removed":
        yield from _one_sided(label, change.old, removed=True)
    else:
        yield from _changed(label, change.old, change.new)


def _joined_label(prefix: str, path: str) -> str:
    return f".{path}" if prefix and path and not path.startswith("[") else path


def _doubtful_row(change: Change, label: str) -> TreeRow:
    told = [
        in_doubt(side) if is_doubtful(side) else brief(side)
        for side, at in ((change.old, change.at_old), (change.new, change.at_new))
        if at is not None
    ]
    text = told[0] if len(set(told)) == 1 else " → ".join(told)
    return TreeRow("?", (Span(label, "key"), Span("  "), Span(text, "note")))


def _gap(value: Value) -> str:
    """What stands between a path and its value: braces need less room than words."""
    return " " if kind_of(value) in (dict, list) else "  "


def _one_sided(label: str, value: Value, *, removed: bool) -> Iterator[Block]:
    tone: Tone = "out" if removed else "in"
    if is_text(value):
        yield whole_text(label, value, removed=removed)
        return
    texts = [] if removed else _inner_texts(value)
    spans = (Span(label, "key"), Span(_gap(value)), Span(_beside_texts(value, texts), tone))
    yield TreeRow("-" if removed else "+", spans)
    for key, text in texts:
        yield whole_text(label + _joined_label(label, path_text((key,))), text)


def _fields(value: Value) -> dict[str, Value]:
    inner: Any = value.content if kind_of(value) is Tagged and value.type in FIELDS else value
    return inner if kind_of(inner) is dict else {}


def _inner_texts(value: Value) -> list[tuple[str, str]]:
    """Long texts directly inside an added value, which its row has no room for."""
    texts = [(key, inner) for key, inner in _fields(value).items() if is_text(inner)]
    return texts if len(texts) <= _MOST_INNER_TEXTS else []


def _beside_texts(value: Value, texts: Sequence[tuple[str, str]]) -> str:
    """The value for its row; `…` stands for the texts that follow below it."""
    if not texts:
        return brief(value)
    rest = {key: inner for key, inner in _fields(value).items() if not is_text(inner)}
    told = brief(rest)
    if not rest:
        told = "{…}"
    elif not told.endswith("…}"):
        told = f"{told[:-1]} …}}"
    return f"{type_name(value)} {told}" if kind_of(value) is Tagged else told


def _changed(label: str, old: Value, new: Value) -> Iterator[Block]:
    if type_name(old) != type_name(new):
        yield from _type_changed(label, old, new)
    elif kind_of(old) is str and (is_text(old) or is_text(new)):
        inside = _inside_json(old, new)
        if inside:
            yield from _holding_json(label, old, new, inside)
        else:
            yield compare_texts(label, old, new)
    else:
        told = difference(old, new)
        yield _arrow_row(label, old, new, SHORT_CELLS, told)


def _holding_json(label: str, old: str, new: str, inside: Sequence[Change]) -> Iterator[Block]:
    spans = (Span(label, "key"), Span("  text holding JSON", "dim"))
    rows = list(islice(_blocks(inside, label), MOST_BLOCKS))
    small = max(len(old), len(new)) <= _MOST_JSON_AS_TEXT
    yield TreeRow("~", spans, compare_texts(label, old, new) if small else None, len(rows))
    yield from rows


def _arrow_row(label: str, old: Value, new: Value, width: int, note: str) -> TreeRow:
    one, other = brief(old, width), brief(new, width)
    if kind_of(old) is str is kind_of(new) and looks(old) == looks(new):
        # Only their code points tell the two apart.
        one, other = ascii(old), ascii(new)
    if one == other and not note:
        note = "differs inside"
    end = (Span(f"  {note}", "dim"),) if note else ()
    arrow = Span(" → ", "dim")
    spans = (Span(label, "key"), Span("  "), Span(one, "out"), arrow, Span(other, "in"), *end)
    return TreeRow("~", spans)


def _type_changed(label: str, old: Value, new: Value) -> Iterator[Block]:
    note = f"{type_name(old)} → {type_name(new)}"
    beside = beside_type(old, new)
    note += f", {beside}" if beside else ""
    if is_text(new):
        block = whole_text(label, new, note=f"  {note}, was {brief(old)}")
        yield replace(block, sign="~")
    elif is_text(old):
        block = whole_text(label, old, removed=True, note=f"  {note}, now {brief(new)}")
        yield replace(block, sign="~")
    else:
        yield _arrow_row(label, old, new, _IN_FULL, note)


def _inside_json(old: str, new: str) -> list[Change]:
    """The changes inside two texts that both hold a JSON object or array, else none."""
    one, other = _parsed(old), _parsed(new)
    return [] if one is None or other is None else compare(one, other)


def _parsed(text: str) -> Any:
    start = text.lstrip()[:1]
    if start not in ("{", "[") or not start or len(text) > _MOST_JSON:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
