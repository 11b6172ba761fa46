"""Changes that a person makes to a state before a step runs again. Pure; standard library only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lar_debug.model.problem import Problem

_NAME = re.compile(r"[^\W\d][\w-]*")


class EditProblem(Problem):
    """An edit that does not fit the state; one line."""


def apply_edits(state: dict[str, Any], edits: Mapping[str, Any]) -> None:
    """Change a state in place: {"set": {path: value}, "unset": [path]}.

    Paths are texts (`order.items[2].price`). The parent of what is set must be there. Raises
    EditProblem before anything of that one edit is changed.
    """
    wanted: Mapping[str, Any] = edits.get("set") or {}
    for text, value in wanted.items():
        holder, key = _holder(state, text)
        try:
            holder[key] = value
        except (TypeError, LookupError) as error:
            raise EditProblem(f"{text} cannot be set: {error}") from None
    unwanted: Sequence[str] = edits.get("unset") or ()
    for text in unwanted:
        holder, key = _holder(state, text)
        try:
            del holder[key]
        except (TypeError, LookupError):
            raise EditProblem(f"{text} cannot be unset: the state has no such place") from None


def _holder(state: dict[str, Any], text: str) -> tuple[Any, Any]:
    *way, last = _keys(text)
    holder: Any = state
    for key in way:
        try:
            holder = holder[key]
        except (TypeError, LookupError):
            raise EditProblem(f"{text}: the state has no {key!r} there") from None
    return holder, last


def _keys(text: str) -> list[Any]:
    keys: list[Any] = []
    at = 0
    while at < len(text):
        if text[at] == "[":
            try:
                found, end = json.JSONDecoder().raw_decode(text, at + 1)
            except ValueError:
                break
            if text[end : end + 1] != "]":
                break
            keys.append(found)
            at = end + 1
            continue
        start = at + 1 if keys and text[at] == "." else at
        match = _NAME.match(text, start)
        if match is None or (keys and start == at):
            break
        keys.append(match.group())
        at = match.end()
    if at < len(text) or not keys:
        raise EditProblem(f"{text!r} is no path; write it like messages[3].content")
    return keys
