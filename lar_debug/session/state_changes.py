"""Where two states differ, as a tree of the changed places alone, seen from one of the sides.

Made by the same comparison as the Diff, so that both mark the same. Reads nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from lar_debug.diff.equality import is_doubtful, kind_of
from lar_debug.diff.paths import path_text
from lar_debug.diff.structural import compare_places
from lar_debug.model.changes import Change
from lar_debug.model.values import Path, PathKey, Value

Sign = Literal["+", "-", "~", "M", "?", " "]
PlainKey = str | int
PlainPath = tuple[PlainKey | tuple[str], ...]
Shifted = Sequence[tuple[Path, Path]]


def plain_key(key: PathKey) -> PlainKey | tuple[str]:
    """A key that can be looked up: not every recorded value can."""
    kind = kind_of(key)
    return key if kind is str or kind is int else (path_text((key,)),)


def _plain(path: Path) -> PlainPath:
    return tuple(map(plain_key, path))


@dataclass
class Place:
    """What is known of one place: `sign` of the value itself or "~" for a change inside.

    `other` is where a changed value stands on the other side. `gone` are the places on the other
    side that have no counterpart here.
    """

    sign: Sign = " "
    other: Path | None = None
    below: dict[Any, Place] = field(default_factory=dict[Any, "Place"])
    gone: list[Path] = field(default_factory=list[Path])

    def at(self, key: PathKey) -> Place | None:
        """The place of a part; None where nothing changed."""
        return self.below.get(plain_key(key))


@dataclass(frozen=True)
class Differences:
    """All changes between two states without their values, and list items that moved along."""

    changes: tuple[Change, ...] = ()
    shifted: tuple[tuple[Path, Path], ...] = ()

    def new_side(self, hidden: Collection[str] = ()) -> Place:
        """As seen from the new state."""
        root = Place()
        for change in self.changes:
            _enter(root, change, change.at_new, change.at_old, self._new_places, hidden)
        return root

    def old_side(self, hidden: Collection[str] = ()) -> Place:
        """As seen from the old state."""
        root = Place()
        for change in self.changes:
            _enter(root, change, change.at_old, change.at_new, self._old_places, hidden)
        return root

    def old_place(self, path: Path) -> Path:
        """Where what stands at a place of the new state stood in the old one."""
        return _mapped(path, self._old_places)

    @cached_property
    def _new_places(self) -> dict[PlainPath, Path]:
        return {_plain(old): new for old, new in self.shifted}

    @cached_property
    def _old_places(self) -> dict[PlainPath, Path]:
        return {_plain(new): old for old, new in self.shifted}


def differences(old: Value, new: Value) -> Differences:
    """What differs between two states, which may be read as far as they differ only."""
    changes, shifted = compare_places(old, new)
    # Whether a value could be kept is all that is needed of it; it may be megabytes.
    bare = tuple(
        Change(one.kind, one.at_old, one.at_new, _doubt(one.old), _doubt(one.new))
        for one in changes
    )
    return Differences(bare, tuple(shifted))


def _doubt(value: Value) -> bool:
    return is_doubtful(value)


_SIGNS: dict[str, Sign] = {"added": "+", "removed": "-", "changed": "~", "moved": "M"}


def _enter(
    root: Place,
    change: Change,
    here: Path | None,
    there: Path | None,
    mapped: dict[PlainPath, Path],
    hidden: Collection[str],
) -> None:
    """Mark one change, and everything that it stands in."""
    path = here if here is not None else _mapped((there or ())[:-1], mapped)
    first = (path or there or (None,))[0]
    if kind_of(first) is str and first in hidden:
        return
    doubted = change.old is True or change.new is True
    sure = not doubted or (change.kind == "changed" and not (change.old and change.new))
    place = root
    for key in path if here is None else path[:-1]:
        _touch(place, sure)
        place = place.below.setdefault(plain_key(key), Place())
    _touch(place, sure)
    if here is None:
        assert there is not None
        place.gone.append(there)
    elif here:
        place = place.below.setdefault(plain_key(here[-1]), Place())
        if place.sign in (" ", "~") or change.kind != "changed":
            place.sign = "?" if doubted else _SIGNS[change.kind]
        place.other = there


def _touch(place: Place, sure: bool) -> None:
    if sure and place.sign == " ":
        place.sign = "~"


def _mapped(path: Path, known: dict[PlainPath, Path]) -> Path:
    """A path of one side on the other."""
    if known:
        plain = _plain(path)
        for length in range(len(path), 0, -1):
            start = known.get(plain[:length])
            if start is not None:
                return (*start, *path[length:])
    return path
