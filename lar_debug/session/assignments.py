"""`path = JSON`, as a person writes a new value for a place of a state. Pure."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from lar_debug.diff.paths import parse_path
from lar_debug.diff.value_form import from_json
from lar_debug.model.problem import Problem


def split_assignment(text: str) -> tuple[str, str, str]:
    """PATH, "=" and JSON; a quoted key in the path may hold an equals sign."""
    at = text.find("=")
    while at >= 0:
        try:
            parse_path(text[:at].strip())
        except ValueError:
            at = text.find("=", at + 1)
        else:
            return text[:at].strip(), "=", text[at + 1 :].strip()
    return text.partition("=")


def parse_form(path: str, text: str) -> Any:
    """The JSON of a new value for `path`. Raises Problem that says how to write it."""
    try:
        form = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        raise Problem(f"the value is no JSON; text needs quotes: {path}='\"...\"'") from None
    try:
        from_json(form)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Problem(str(error)) from None
    return form


def _no_json(name: str) -> NoReturn:
    raise ValueError(name)


def check_path(text: str) -> None:
    """Raises Problem for what is no path, or the whole state."""
    try:
        if not parse_path(text):
            raise ValueError(f"{text!r} is no path")
    except ValueError as error:
        raise Problem(str(error)) from None
