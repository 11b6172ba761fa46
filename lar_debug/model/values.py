"""What a value in a snapshot looks like outside the user's interpreter.

Recorded state is read without running any user code, so everything that JSON cannot say
is held as a `Tagged` value: its type by name, its content as plain data. May import nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

Value: TypeAlias = Any
"""None, bool, int, float, str, list[Value], dict[str, Value] or Tagged."""

PathKey: TypeAlias = Any
"""One step of a path: a list index, a str key, or (inside a Tagged dict) any key as a Value."""

Path: TypeAlias = tuple[PathKey, ...]

NOTHING: Final[Mapping[Any, Any]] = {}
"""What a record maps where nobody says: it is never written to, as its type says."""


class Fidelity(str, Enum):
    """How much of one value a snapshot kept."""

    EXACT = "exact"
    LOSSY = "lossy"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value that plain JSON lacks.

    `type` is one of: tuple, set, frozenset, bytes, bytearray, datetime, date, time, timedelta,
    Decimal, UUID, Path, Enum, dataclass, pydantic, numpy, complex, range, int, float, dict,
    ref, object, lossy, lost. `content` is the plain data of that type (for `tuple`, `set` and
    `frozenset` a list of values; for `dict` a list of [key, value] pairs; for `dataclass`,
    `pydantic` and `object` a dict of what could be read from it; for `ref` the path of the same
    object). `name` is the class ("shop.models.Ticket"), `text` a short form for people.
    """

    type: str
    content: Value
    name: str = ""
    text: str = ""
    fidelity: Fidelity = Fidelity.EXACT
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that a snapshot could not keep as it was, and why."""

    path: Path
    fidelity: Fidelity
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Unread:
    """What was not read because two values that are compared hold it in the same place.

    It stands in both as the same object: in a dict for one value, in a list in each place of
    the items that begin and end both lists alike. `read` brings what it stands for, once each.
    """

    read: Callable[[], Iterator[Value]]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """As much of a large value as a row of text can show.

    `start` is a text, list or dict with its beginning, `size` how many items or keys the whole of
    it has, of a text how many bytes.
    """

    start: Value
    size: int
