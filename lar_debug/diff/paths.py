"""Paths into a value as people write them: `messages[3].content`, `["a.b"]`, `[0]`. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from lar_debug.diff.equality import kind_of
from lar_debug.diff.value_form import from_json, value_json
from lar_debug.model.values import Path, PathKey

_PLAIN_KEY = re.compile(r"[^\W\d][\w-]*")
_NO_PATH = 'is no path; write it like messages[3].content, with other keys quoted: ["a.b"]'


def path_text(path: Path) -> str:
    """The path for people, "" for the whole value. `parse_path` reads it back."""
    parts: list[str] = []
    for key in path:
        if kind_of(key) is str and _PLAIN_KEY.fullmatch(key):
            parts.append(f".{key}" if parts else key)
        else:
            parts.append(f"[{_quoted(key)}]")
    return "".join(parts)


def _quoted(key: PathKey) -> str:
    if kind_of(key) is int:
        return str(key)
    form: Any = value_json(key)
    try:
        text = json.dumps(form, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(form, allow_nan=False)
    return text


def parse_path(text: str) -> Path:
    """The path that `text` means; "" is the whole value.

    Raises ValueError, one line for people, when it is none.
    """
    path: list[PathKey] = []
    at = 0
    while at < len(text):
        if text[at] == "[":
            key, at = _bracketed(text, at)
        else:
            start = at + (1 if path and text[at] == "." else 0)
            found = _PLAIN_KEY.match(text, start)
            if found is None or (path and start == at):
                raise ValueError(f"{text!r} {_NO_PATH}")
            key, at = found.group(), found.end()
        path.append(key)
    return tuple(path)


def _bracketed(text: str, at: int) -> tuple[PathKey, int]:
    try:
        form, end = json.JSONDecoder().raw_decode(text, at + 1)
        key = from_json(form)
    except (ValueError, RecursionError):
        raise ValueError(f"{text!r} {_NO_PATH}") from None
    if text[end : end + 1] != "]":
        raise ValueError(f"{text!r} {_NO_PATH}")
    return key, end + 1
