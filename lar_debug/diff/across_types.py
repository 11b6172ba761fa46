"""What differs between two containers beside their type: a tuple that was a list, an object that
was a dict.

Such a pair has no common shape to walk; DeepDiff compares their contents freely. It is imported
only here and when it is needed: it takes 200 ms. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from lar_debug.diff.equality import kind_of
from lar_debug.model.values import Tagged, Value

_MOST_LEAVES: Final = 2_000
_NAMED: Final = 3
_ITEMS: Final = ("tuple", "set", "frozenset")
_FIELDS: Final = ("dataclass", "pydantic", "object", "dict")


def beside_type(old: Value, new: Value) -> str:
    """What else differs: "same items", "2 fields differ: total, item"; "" where nothing is said.

    Nothing is said of containers of different nature (a list and a dict), of large ones, and of
    those that hold more than plain data.
    """
    one, other = _content(old), _content(new)
    if one is None or other is None or type(one) is not type(other):
        return ""
    if _leaves(one) + _leaves(other) > _MOST_LEAVES:
        return ""
    name = "fields" if isinstance(one, dict) else "items"
    return _told(one, other, name, unordered=_is_set(old) or _is_set(new))


def _is_set(value: Value) -> bool:
    return isinstance(value, Tagged) and value.type in ("set", "frozenset")


def _content(value: Value) -> list[Any] | dict[str, Any] | None:
    content: Any = value
    if isinstance(value, Tagged) and value.type in (*_ITEMS, *_FIELDS):
        content = value.content
    return content if kind_of(content) in (list, dict) else None


def _leaves(value: Any) -> int:
    """How many leaves, or more than allowed where something else than plain data is inside."""
    count, todo = 0, [value]
    while todo and count <= _MOST_LEAVES:
        one = todo.pop()
        if isinstance(one, Tagged):
            return _MOST_LEAVES + 1
        if isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, list):
            todo += one
        else:
            count += 1
    return count


def _told(old: Any, new: Any, name: str, *, unordered: bool) -> str:
    from deepdiff import DeepDiff

    found = DeepDiff(old, new, ignore_order=unordered, ignore_nan_inequality=True)
    if not found:
        return f"same {name}"
    places = dict.fromkeys(str(path[0]) for path in map(_path, found.affected_paths) if path)
    names = list(places)
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    count = len(names)
    return f"{count} {name if count > 1 else name[:-1]} differ{'' if count > 1 else 's'}: {shown}"


def _path(text: str) -> list[Any]:
    from deepdiff import path

    read: Callable[[str], list[Any]] = path.__dict__["parse_path"]
    return read(text)
