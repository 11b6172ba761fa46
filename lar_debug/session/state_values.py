"""One value of a state in one line: how large it is, then as much of it as a row has room for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from lar_debug.diff.brief import brief, is_text, quoted, type_name
from lar_debug.diff.equality import kind_of
from lar_debug.diff.paths import path_text
from lar_debug.model.changes import Row, Span
from lar_debug.model.records import Execution
from lar_debug.model.values import Fidelity, Glimpse, Tagged, Value
from lar_debug.store.chunks import Reader
from lar_debug.store.glimpses import Look
from lar_debug.store.parts import Opened, opened

CELLS: Final = 200
_BRACKETS: Final = {dict: "{}", list: "[]"}
_MOST_PARTS: Final = 12
"""Of a large value no more parts are read for its row."""

_MOST_PEEKED: Final = 500


@dataclass(frozen=True, slots=True)
class Told:
    """A value for its row. `seen` is as much of it as was read, `parts` what it can be opened
    to, `doubt` why it is not what the program had, `size` how large the whole is."""

    spans: tuple[Span, ...]
    seen: Value
    parts: Opened | None
    size: str
    doubt: str = ""


def tell(reader: Reader, value: Any, *, is_open: bool) -> Told:
    """The value in one line; of one that is open its size alone."""
    parts = opened(reader, value)
    if parts is not None and not parts.size:
        parts = None
    look = Look(reader, most=_MOST_PARTS)
    found = look.at(value, 0 if is_open else 1)
    size = _size(found, parts)
    doubt = _doubt(found)
    if doubt.startswith(Fidelity.LOST.value):
        return Told((), found, parts, size, doubt)
    if parts is None:
        return Told(_leaf(reader, found, size), found, None, size, doubt)
    head = _head(found, parts)
    rest = "" if is_open else _inside(found)
    return Told((Span(head, "dim"), Span(rest)), found, parts, size, doubt)


def peek_rows(reader: Reader, state: dict[str, Value], execution: Execution) -> tuple[Row, ...]:
    """One row a key, what the node wrote marked; as many as a screen has rows."""
    changes = execution.changes
    signs = dict.fromkeys(execution.written, "~")
    signs |= dict.fromkeys(changes.updated, "~") | dict.fromkeys(changes.added, "+")
    width = max((len(key) for key in state), default=0)
    return tuple(
        Row(
            signs.get(key, " "),
            (Span(f"{key:<{min(width, 24)}}  ", "key"), *_glimpsed(reader, item)),
        )
        for key, item in islice(state.items(), _MOST_PEEKED)
    )


def _glimpsed(reader: Reader, found: Value) -> tuple[Span, ...]:
    """The value in one line, of which no more than `found` was read."""
    start, size = (found.start, found.size) if kind_of(found) is Glimpse else (found, 0)
    brackets = _BRACKETS.get(kind_of(start))
    if not brackets or not start:
        return _leaf(reader, found, _size(found, None))
    head = f"{brackets[0]}{size or len(start):,}{brackets[1]}"
    return (Span(head, "dim"), Span(_inside(found)))


def size_text(size: int) -> str:
    """`412 bytes`, `12 KB`, `5.2 MB`."""
    if size < 10_000:
        return f"{size:,} bytes"
    if size < 1 << 20:
        return f"{size >> 10:,} KB"
    return f"{size / (1 << 20):,.1f} MB"


def _doubt(value: Value) -> str:
    if kind_of(value) is not Tagged or value.fidelity is Fidelity.EXACT:
        return ""
    if value.fidelity is Fidelity.LOSSY:
        return f"lossy: {value.reason}" if value.reason else "lossy"
    because = f" ({value.reason})" if value.reason else ""
    return f"lost: {value.text or value.name or value.type} could not be kept{because}"


def _size(found: Value, parts: Opened | None) -> str:
    if parts is not None:
        one = "key" if parts.kind != "list" else "item"
        return f"{parts.size:,} {one}{'' if parts.size == 1 else 's'}"
    if kind_of(found) is Glimpse:
        return size_text(found.size)
    return f"{len(found):,} chars" if kind_of(found) is str else ""


def _leaf(reader: Reader, found: Value, size: str) -> tuple[Span, ...]:
    if kind_of(found) is Glimpse and kind_of(found.start) is str:
        return (Span(f"{size}  ", "dim"), Span(quoted(found.start + "…", CELLS)))
    if is_text(found):
        return (Span(f"{size}  ", "dim"), Span(quoted(found, CELLS)))
    if kind_of(found) is Tagged and found.type == "ref":
        content: Any = reader.complete(found.content)
        where = path_text(tuple(content)) if kind_of(content) is list else brief(found)
        return (Span("the same as ", "dim"), Span(where))
    return (Span(brief(found, CELLS)),)


def _head(found: Value, parts: Opened) -> str:
    """`{4}`, `[100]`, `(2)`, and the class of an object before it."""
    kind = type_name(found) if kind_of(found) is Tagged else ""
    count = f"{parts.size:,}"
    if kind in ("set", "frozenset", "dict", "plain"):
        kind = ""
    if kind == "tuple":
        return f"({count})"
    if parts.kind != "list" or (kind_of(found) is Tagged and found.type != "tuple"):
        return f"{kind}{{{count}}}"
    return f"[{count}]"


def _inside(found: Value) -> str:
    """The first parts, without the braces around them."""
    if kind_of(found) is Tagged and found.type in ("dataclass", "pydantic", "object"):
        if found.text:
            return f"  {found.text}"
        found = found.content
    told = brief(found, CELLS)
    return f"  {told[1:-1]}" if told[:1] in "{[(" and told[-1:] in "}])" else f"  {told}"
