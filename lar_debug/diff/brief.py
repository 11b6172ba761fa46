"""Values in a few cells, for rows: `89.0`, `'late_delivery'`, `{role 'assistant' …}`. Pure."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import islice
from typing import Any, Final
from unicodedata import category, normalize

from lar_debug.diff.equality import kind_of
from lar_debug.model.values import Fidelity, Glimpse, Tagged, Value
from lar_debug.text import cells, clean, elide

SHORT_CELLS: Final = 60
"""A text of more cells than this, or with a newline, is shown as a block of lines."""

_INNER_CELLS: Final = 24
_MOST_PARTS: Final = 40
_MOST_BITS: Final = 14_000
_QUOTED: Final = 4_000
# Beyond these a difference would show digits that a float does not tell.
_MOST_EXACT: Final = 1e15
_LEAST_EXACT: Final = 1e-9


def is_text(value: Value) -> bool:
    """True for a string that is shown as a block of lines."""
    if kind_of(value) is not str:
        return False
    if "\n" in value or len(value) > 4 * SHORT_CELLS:
        return True
    return cells(clean(value)) > SHORT_CELLS


def type_name(value: Value) -> str:
    """The type as people know it: `float`, `tuple`, `shop.models.Ticket`, `None`."""
    if value is None:
        return "None"
    if kind_of(value) is Tagged:
        return value.name or value.type
    return type(value).__name__


def brief(value: Value, width: int = SHORT_CELLS) -> str:
    """One line of at most about `width` cells; recorded text in it is raw."""
    size: int | None = None
    if kind_of(value) is Glimpse:
        value, size = value.start, value.size
    kind = kind_of(value)
    if kind is str:
        return quoted(value, width)
    if kind is dict:
        return _brief_dict(value, width, size)
    if kind is list:
        return _brief_items(value, width, "[]", size)
    if kind is Tagged:
        return _brief_tagged(value, width)
    if kind is int and value.bit_length() >= _MOST_BITS:
        return f"a number of {value.bit_length():,} bits"
    return elide(repr(value), width)


def quoted(text: str, width: int) -> str:
    """A text in quotes, on one line, cut with an ellipsis inside the quotes."""
    start = text[:_QUOTED].replace("\n", "⏎").replace("\r", "␍").replace("\t", "→")
    shown = clean(start)
    if len(text) > _QUOTED or cells(shown) > width - 2:
        shown = elide(shown + "…", max(1, width - 2))
    return f"'{shown}'"


def looks(text: str) -> str:
    """The same for two texts that a person cannot tell apart: blanks alike, no zero width."""
    seen = "".join(
        " " if category(character) == "Zs" else character
        for character in normalize("NFC", text)
        if category(character) != "Cf"
    )
    return clean(seen)


def in_doubt(value: Tagged) -> str:
    """What is known of a value that could not be kept: `lost: <httpx.Client> could not be kept`."""
    name = value.text or value.name or value.type
    end = "could not be kept" if value.fidelity is Fidelity.LOST else "could not be kept exactly"
    because = f" ({value.reason})" if value.reason else ""
    return f"{value.fidelity.value}: {name} {end}{because}"


def difference(old: Value, new: Value) -> str:
    """`(-10.0)` for two numbers, else ""."""
    if not (_is_number(old) and _is_number(new)):
        return ""
    made = Decimal(repr(new)) - Decimal(repr(old))
    return f"({made:+f})" if made else ""


def _is_number(value: Value) -> bool:
    if kind_of(value) is int:
        return abs(value) < _MOST_EXACT
    if kind_of(value) is not float or not math.isfinite(value):
        return False
    return value == 0 or _LEAST_EXACT < abs(value) < _MOST_EXACT


def _brief_inner(value: Value) -> str:
    """A value inside another: containers as their size, texts as their length."""
    kind = kind_of(value)
    if kind is Glimpse:
        start: Any = value.start
        if kind_of(start) is str:
            return f"{value.size:,} bytes"
        return f"{{{value.size}}}" if kind_of(start) is dict else f"[{value.size}]"
    if kind is str and is_text(value):
        return f"{len(value):,} chars"
    if kind is dict:
        return f"{{{len(value)}}}" if value else "{}"
    if kind is list:
        return f"[{len(value)}]" if value else "[]"
    return brief(value, _INNER_CELLS)


def _brief_dict(value: dict[str, Value], width: int, size: int | None) -> str:
    parts: list[str] = []
    for key, inner in islice(value.items(), _MOST_PARTS):
        parts.append(f"{elide(key, _INNER_CELLS)} {_brief_inner(inner)}")
    return _joined(parts, len(value) if size is None else size, width, "{}")


def _brief_items(value: list[Value], width: int, braces: str, size: int | None) -> str:
    parts = [_brief_inner(inner) for inner in value[:_MOST_PARTS]]
    return _joined(parts, len(value) if size is None else size, width, braces, ", ")


def _joined(parts: list[str], total: int, width: int, braces: str, comma: str = " ") -> str:
    """As many parts as fit `width` between the braces, at least one, `…` for the rest."""
    shown = 0
    used = len(braces)
    for part in parts:
        used += cells(clean(part)) + len(comma)
        if used > width and shown:
            break
        shown += 1
    rest = [] if shown == total else ["…"]
    return braces[:1] + comma.join([*parts[:shown], *rest]) + braces[1:]


def _brief_tagged(value: Tagged, width: int) -> str:
    content: Any = value.content
    if value.fidelity is not Fidelity.EXACT:
        return in_doubt(value)
    if value.text:
        return elide(value.text, width)
    start, size = content, None
    if kind_of(content) is Glimpse:
        start, size = content.start, content.size
    if value.type in ("tuple", "set", "frozenset") and kind_of(start) is list:
        return _brief_items(start, width, "()" if value.type == "tuple" else "{}", size)
    if value.type == "dict" and kind_of(start) is list:
        pairs = [f"{_brief_inner(k)} {_brief_inner(inner)}" for k, inner in start[:_MOST_PARTS]]
        return _joined(pairs, len(start) if size is None else size, width, "{}")
    name = value.name or value.type
    return f"{name} {brief(content, max(8, width - len(name) - 1))}"
