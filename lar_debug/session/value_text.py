"""A recorded value as text, in pieces: read as far as somebody goes on asking.

A text is itself, all else JSON with two blanks for each level. Runs off the event loop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from lar_debug.diff.equality import MOST_LEVELS, kind_of
from lar_debug.diff.value_form import value_json
from lar_debug.model.values import Fidelity, Tagged
from lar_debug.store.chunks import Reader
from lar_debug.store.parts import opened, seen, text_pieces
from lar_debug.text import clean

_INDENT: Final = "  "


def pieces(reader: Reader, value: Any) -> Iterator[str]:
    """The value as text. Raises StoreDamaged where the recording is damaged."""
    text = text_pieces(reader, value)
    if text is not None:
        yield from text
    else:
        yield from _json(reader, value, 0)


def start(reader: Reader, value: Any, most: int) -> tuple[str, bool]:
    """The first `most` characters of the value as text, and whether that is all of it."""
    found: list[str] = []
    room = most
    for piece in pieces(reader, value):
        found.append(piece)
        room -= len(piece)
        if room < 0:
            return "".join(found)[:most], False
    return "".join(found), True


def safe_json(form: Any) -> str:
    """JSON in one line without a character that a terminal would obey; it reads back the same."""
    return safe(json.dumps(form, ensure_ascii=False, allow_nan=False))


def safe(written: str) -> str:
    """JSON, or a path with quoted keys, with every character escaped that cannot be shown."""
    if written == clean(written):
        return written
    return re.sub(r"[^ -~]", _escaped_if_unsafe, written)


def _escaped_if_unsafe(match: re.Match[str]) -> str:
    character = match.group()
    return character if clean(character) == character else json.dumps(character)[1:-1]


def _json(reader: Reader, value: Any, level: int) -> Iterator[str]:
    value = seen(reader, value)
    text = text_pieces(reader, value)
    if text is not None:
        yield '"'
        for piece in text:
            yield json.dumps(piece, ensure_ascii=False)[1:-1]
        yield '"'
    elif kind_of(value) is Tagged:
        yield from _object(reader, _tag_fields(value), level)
    elif level <= MOST_LEVELS and (whole := opened(reader, value)) is not None:
        if whole.kind == "dict":
            yield from _object(reader, whole.parts(), level)
        else:
            yield from _array(reader, (item for _, item in whole.parts()), level)
    else:
        yield json.dumps(value_json(reader.complete(value), level), ensure_ascii=False)


def _tag_fields(value: Tagged) -> Iterator[tuple[str, Any]]:
    """What `value_json` has for a value that JSON lacks, its content not yet read."""
    yield "$type", value.type
    yield "$value", value.content
    exact = value.fidelity is Fidelity.EXACT
    known = {
        "$class": value.name,
        "$text": value.text,
        "$fidelity": "" if exact else value.fidelity.value,
        "$reason": value.reason,
    }
    yield from ((name, told) for name, told in known.items() if told)


def _object(reader: Reader, fields: Iterator[tuple[Any, Any]], level: int) -> Iterator[str]:
    comma = "{"
    for key, inner in fields:
        yield f"{comma}\n{_INDENT * (level + 1)}{json.dumps(key, ensure_ascii=False)}: "
        yield from _json(reader, inner, level + 1)
        comma = ","
    yield "{}" if comma == "{" else f"\n{_INDENT * level}}}"


def _array(reader: Reader, items: Iterator[Any], level: int) -> Iterator[str]:
    comma = "["
    for inner in items:
        yield f"{comma}\n{_INDENT * (level + 1)}"
        yield from _json(reader, inner, level + 1)
        comma = ","
    yield "[]" if comma == "[" else f"\n{_INDENT * level}]"
