"""Short texts about values of any class, for people. Nothing a value does may escape from here."""

from __future__ import annotations

import re
from typing import Any, Final

from lar_debug.runtime.walk import LEAVES
from lar_debug.store.objects import class_of

MOST_CHARACTERS: Final = 200
_MOST_FIELDS: Final = 50
_MOST_ITEMS: Final = 1000
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_SIZED: Final[tuple[Any, ...]] = (list, dict, set, frozenset, tuple, str, bytes, bytearray)


def guarded(action: Any, *arguments: Any) -> Any:
    """Call what a recorded value defines; None when it fails in whatever way but Ctrl-C."""
    try:
        return action(*arguments)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return None


def is_exactly(value: Any, kind: type[Any]) -> bool:
    """True when a value is of that very class; what it says of itself does not count."""
    return type(value) is kind


def short_text(value: Any) -> str:
    """A repr of at most 200 characters. Addresses are left out: they differ in every process."""
    kind = class_of(value)
    for base in _SIZED:
        count: int = base.__len__(value) if issubclass(kind, base) else 0
        if count > _MOST_ITEMS:
            return f"<{class_text(value)} of {count:,} items>"
    found = guarded(repr, value)
    if type(found) is not str:
        return f"<{class_text(value)}>"
    # Cut first: a pattern over a repr of megabytes takes long.
    return _ADDRESS.sub("", found[: 4 * MOST_CHARACTERS])[:MOST_CHARACTERS]


def class_text(value: Any) -> str:
    """`module:qualname` of a value's class, whatever its metaclass says."""
    parts = [guarded(getattr, type(value), name) for name in ("__module__", "__qualname__")]
    return ":".join(part if type(part) is str else "?" for part in parts)


def error_text(error: BaseException) -> str:
    """One line about an exception of unknown origin."""
    text = guarded(str, error)
    line = text.strip().split("\n")[0] if type(text) is str else ""
    name = type(error).__name__
    return _ADDRESS.sub("", f"{name}: {line}" if line else name)[:MOST_CHARACTERS]


def readable_fields(value: Any) -> dict[str, Any] | None:
    """What can be read of an object one level deep: leaves as they are, the rest as texts."""
    found: Any = guarded(object.__getattribute__, value, "__dict__")
    if not is_exactly(found, dict) or not found:
        return None
    items: list[tuple[Any, Any]] = guarded(_items, found) or []
    return {key: _readable(item) for key, item in items[:_MOST_FIELDS] if type(key) is str}


def _items(found: Any) -> list[tuple[Any, Any]]:
    return list(found.items())


def _readable(item: Any) -> Any:
    if type(item) is str:
        return item[:MOST_CHARACTERS]
    if type(item) in LEAVES and type(item) is not bytes:
        return item
    return short_text(item)
