"""The arguments of a call as a text that is the same for equal arguments, in every process.

For naming calls, never for making the arguments again. Standard library only.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final, cast

from lar_debug.runtime.sources import type_of

_DEEPEST: Final = 60
_PLAIN: Final = frozenset({type(None), bool, int, str})


def digest_of(value: Any) -> str:
    """16 hex digits for a value; values that differ in type or content have others."""
    text = json.dumps(_canonical(value, 0), sort_keys=True, ensure_ascii=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def steady_module(name: str) -> str:
    """A module's name that is the same when its file is started and when it is imported."""
    if name not in ("__main__", "__mp_main__"):
        return name
    file = getattr(sys.modules.get(name), "__file__", None)
    return os.path.splitext(os.path.basename(file))[0] if isinstance(file, str) else name


def _canonical(value: Any, depth: int) -> Any:
    kind = type_of(value)
    if kind in _PLAIN:
        return value
    name = f"{steady_module(kind.__module__)}.{kind.__qualname__}"
    if depth > _DEEPEST:
        return [name]
    below = depth + 1
    if kind is float or kind is complex or isinstance(value, (bytes, bytearray, range)):
        return [name, repr(value)]
    if isinstance(value, (FunctionType, BuiltinFunctionType, type)):
        return [name, steady_module(value.__module__ or ""), value.__qualname__]
    if isinstance(value, (MethodType, ModuleType)):
        return [name, getattr(value, "__qualname__", ""), value.__name__]
    if kind is dict:
        return [name, _pairs(value, below)]
    if kind in (list, tuple):
        return [name, [_canonical(item, below) for item in cast("list[Any]", value)]]
    if kind in (set, frozenset):
        return [name, sorted(json.dumps(_canonical(item, below)) for item in value)]
    if isinstance(value, Enum):
        return [name, value.name]
    return [name, _of_object(value, below)]


def _pairs(mapping: Mapping[Any, Any], depth: int) -> list[Any]:
    return sorted(
        [json.dumps(_canonical(key, depth)), json.dumps(_canonical(item, depth), sort_keys=True)]
        for key, item in mapping.items()
    )


def _of_object(value: Any, depth: int) -> Any:
    """What an object holds: its fields, else what pickling would take apart; never its place."""
    if is_dataclass(value):
        return [[one.name, _canonical(getattr(value, one.name), depth)] for one in fields(value)]
    try:
        reduce: Callable[[int], Any] = value.__reduce_ex__
        parts: Any = reduce(4)
    except Exception:
        # What cannot be taken apart is known by its class alone.
        return None
    return parts if isinstance(parts, str) else [_canonical(part, depth) for part in parts[:3]]
