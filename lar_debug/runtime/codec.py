"""Well-known types that JSON lacks: how their values are written, and how they come back.

A type is known by what it exactly is, never by what it derives from: a subclass of int is no
int. Imports a module of the user's only to restore a value of one of its classes. Standard
library only; numpy and pydantic are used where the program has imported them itself.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import importlib
import pathlib
import sys
import uuid
from collections.abc import Callable
from json.encoder import encode_basestring  # pyright: ignore
from typing import Any, Final, cast

from lar_debug.store.objects import class_of

WHOLE: Final = 1200
"""Bytes of JSON up to which a value is stored in one piece."""

BIG_INT_BITS: Final = 4000
"""A larger int is written in base 16: in base 10 it takes long, and Python may refuse it.

Its 1,200 digits and more are never part of a value that is stored in one piece.
"""

Tag = dict[str, Any]


class Unfit(TypeError):
    """A value is not one that this file can write exactly."""


def quote(text: str) -> bytes:
    """A string as JSON; lone surrogates survive."""
    quoted: str = encode_basestring(text)
    return quoted.encode("utf-8", "surrogatepass")


def leaf_tag(value: Any) -> Tag:
    """The tag of an immutable well-known value. Raises Unfit for anything else."""
    kind = class_of(value)
    write = _WRITERS.get(kind)
    if write is None:
        raise Unfit(type(value).__name__)
    return write(value)


def _zone(zone: datetime.tzinfo | None) -> Tag:
    if zone is None:
        return {}
    if type(zone) is datetime.timezone:
        name_arguments = cast("Callable[[], tuple[Any, ...]]", getattr(zone, "__getinitargs__"))  # noqa: B009
        arguments = name_arguments()
        return {"$zone": [_delta(arguments[0]), *arguments[1:]]}
    kind: Any = getattr(sys.modules.get("zoneinfo"), "ZoneInfo", None)
    key: Any = getattr(zone, "key", None) if type(zone) is kind else None
    if type(key) is str:
        return {"$zone": key}
    raise Unfit("a time zone of its own class")


def _read_zone(tag: Tag) -> datetime.tzinfo | None:
    zone = tag.get("$zone")
    if zone is None:
        return None
    if isinstance(zone, str):
        return importlib.import_module("zoneinfo").ZoneInfo(zone)
    return datetime.timezone(datetime.timedelta(*zone[0]), *zone[1:])


def _delta(value: datetime.timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


def _fold(value: datetime.datetime | datetime.time) -> Tag:
    return {"$fold": 1} if value.fold else {}


def _write_moment(value: Any) -> Tag:
    zone = _zone(value.tzinfo)
    return {"$type": type(value).__name__, "$value": value.isoformat(), **zone, **_fold(value)}


def _write_range(value: range) -> Tag:
    parts = [value.start, value.stop, value.step]
    if any(type(part) is not int or part.bit_length() > BIG_INT_BITS for part in parts):
        raise Unfit("range")
    return {"$type": "range", "$value": parts}


def _write_uuid(value: uuid.UUID) -> Tag:
    safe = value.is_safe
    extra: Tag = {} if safe is uuid.SafeUUID.unknown else {"$safe": safe.value}
    return {"$type": "UUID", "$value": str(value), **extra}


def _write_path(value: pathlib.PurePath) -> Tag:
    return {"$type": "Path", "$class": f"pathlib:{type(value).__name__}", "$value": str(value)}


def write_bytes(value: bytes | bytearray) -> str:
    return base64.b64encode(value).decode()


_PATHS: Final[dict[str, type[pathlib.PurePath]]] = {
    f"pathlib:{kind.__name__}": kind
    for kind in (
        pathlib.PurePosixPath,
        pathlib.PureWindowsPath,
        pathlib.PosixPath,
        pathlib.WindowsPath,
    )
}

_WRITERS: Final[dict[type, Callable[[Any], Tag]]] = {
    bytes: lambda value: {"$type": "bytes", "$value": write_bytes(value)},
    complex: lambda value: {"$type": "complex", "$value": [repr(value.real), repr(value.imag)]},
    range: _write_range,
    datetime.datetime: _write_moment,
    datetime.time: _write_moment,
    datetime.date: lambda value: {"$type": "date", "$value": value.isoformat()},
    datetime.timedelta: lambda value: {"$type": "timedelta", "$value": _delta(value)},
    decimal.Decimal: lambda value: {"$type": "Decimal", "$value": str(value)},
    uuid.UUID: _write_uuid,
    **dict.fromkeys(_PATHS.values(), _write_path),
}


def _read_moment(kind: Any) -> Callable[[Tag], Any]:
    def read(tag: Tag) -> Any:
        naive = kind.fromisoformat(tag["$value"])
        return naive.replace(tzinfo=_read_zone(tag), fold=tag.get("$fold", 0))

    return read


_READERS: Final[dict[str, Callable[[Tag], Any]]] = {
    "int": lambda tag: int(tag["$value"], 16),
    "float": lambda tag: float(tag["$value"]),
    "bytes": lambda tag: base64.b64decode(tag["$value"], validate=True),
    "complex": lambda tag: complex(*map(float, tag["$value"])),
    "range": lambda tag: range(*tag["$value"]),
    "datetime": _read_moment(datetime.datetime),
    "time": _read_moment(datetime.time),
    "date": lambda tag: datetime.date.fromisoformat(tag["$value"]),
    "timedelta": lambda tag: datetime.timedelta(*tag["$value"]),
    "Decimal": lambda tag: decimal.Decimal(tag["$value"]),
    "UUID": lambda tag: uuid.UUID(tag["$value"], is_safe=uuid.SafeUUID(tag.get("$safe"))),
    "Path": lambda tag: _PATHS[tag["$class"]](tag["$value"]),
}

LEAF_TAGS: Final = frozenset(_READERS)


def read_leaf(tag: Tag) -> Any:
    """The value of a tag of LEAF_TAGS. Raises what a wrong tag makes its type raise."""
    return _READERS[tag["$type"]](tag)


def class_name(kind: type) -> str:
    """`module:qualname` of a class."""
    return f"{kind.__module__}:{kind.__qualname__}"


def find_class(name: str) -> type:
    """The class of a `module:qualname`. Raises ImportError, AttributeError or TypeError."""
    module, _, qualname = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        raise TypeError(f"{name} is no class")
    return found


def is_importable(kind: type) -> bool:
    """True when the name of a class leads to it again."""
    try:
        module = sys.modules[kind.__module__]
        found: Any = module
        for part in kind.__qualname__.split("."):
            found = getattr(found, part)
        return found is kind
    except Exception:
        return False
