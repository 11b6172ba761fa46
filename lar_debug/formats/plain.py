"""Recorded states as plain JSON, the way Python's json writes the live ones.

A tuple becomes a list and a key 2 becomes "2", as in every file that a program writes of its own
state. What json would refuse takes the form of the command line, {"$type", "$value"}, and is
named, so that nobody takes it for the value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, cast

from lar_debug.model.values import Path, PathKey, Tagged, Value

Form = Callable[[Value], Any]
"""What a value that JSON lacks is written as."""

_KEYS: Final = (str, bool, int, float, type(None))


class PlainState:
    """One state as plain data; `odd` are the paths of what JSON lacks."""

    def __init__(self, state: Value, form: Form) -> None:
        self._root = state
        self._form = form
        self._open: set[int] = set()
        self.odd: list[Path] = []
        self.data: dict[str, Any] = {
            key: self._plain(value, (key,))
            for key, value in cast("dict[str, Value]", self._pairs(state))
        }

    def _pairs(self, state: Value) -> Any:
        if isinstance(state, Tagged) and state.type == "dict":
            return [(_key_text(key), value) for key, value in state.content]
        return cast("dict[str, Value]", state).items()

    def _plain(self, value: Value, path: Path) -> Any:
        if isinstance(value, list):
            return self._inside(value, lambda: self._items(cast("list[Value]", value), path))
        if isinstance(value, dict):
            found = cast("dict[str, Value]", value)
            return self._inside(
                found, lambda: {k: self._plain(v, (*path, k)) for k, v in found.items()}
            )
        return self._tagged(value, path) if isinstance(value, Tagged) else value

    def _inside(self, value: Any, make: Callable[[], Any]) -> Any:
        self._open.add(id(value))
        try:
            return make()
        finally:
            self._open.discard(id(value))

    def _items(self, items: list[Value], path: Path) -> list[Any]:
        return [self._plain(item, (*path, index)) for index, item in enumerate(items)]

    def _tagged(self, value: Tagged, path: Path) -> Any:
        content = value.content
        if value.type == "tuple":
            return self._inside(content, lambda: self._items(content, path))
        if value.type == "float":
            return float(content)
        if value.type == "int":
            return int(content, 16)
        if value.type == "dict" and all(isinstance(key, _KEYS) for key, _ in content):
            return self._inside(
                content,
                lambda: {_key_text(k): self._plain(v, (*path, k)) for k, v in content},
            )
        if value.type == "ref":
            found = self._at(tuple(content))
            # Of a state that holds itself there is no end.
            if found is not None and id(_content(found)) not in self._open:
                return self._plain(found, tuple(content))
        self.odd.append(path)
        return self._form(value)

    def _at(self, path: Path) -> Value | None:
        """What stands at a path of the state, None where nothing does."""
        found: Any = self._root
        for key in path:
            found = _step(found, key)
            if found is None:
                return None
        return found if path else None


def _content(value: Value) -> Any:
    return value.content if isinstance(value, Tagged) else value


def _step(value: Value, key: PathKey) -> Value | None:
    if isinstance(value, Tagged) and value.type == "dict":
        pairs = cast("list[tuple[Value, Value]]", value.content)
        return next((item for name, item in pairs if name == key), None)
    try:
        return _content(value)[key]
    except (LookupError, TypeError):
        return None


def _key_text(key: Any) -> str:
    """A key as Python's json writes it."""
    return key if isinstance(key, str) else json.dumps(key)
