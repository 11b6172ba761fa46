"""Makes the new value out of the old one and the changes between them. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

from lar_debug.diff.equality import SETS, content_key, kind_of
from lar_debug.model.changes import Change
from lar_debug.model.values import Path, Tagged, Value


def apply(old: Value, changes: Sequence[Change]) -> Value:
    """`old` with `changes` made to it; `old` itself stays as it is.

    The changes are those of one comparison: their paths name places in the one old and the one
    new value. Raises ValueError for a path that the value does not have.
    """
    try:
        return _apply(old, changes, 0)
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"the value has no {error} to change") from error


def _path(change: Change) -> Path:
    path = change.at_new if change.at_new is not None else change.at_old
    return path if path is not None else ()


def _apply(old: Value, changes: Sequence[Change], level: int) -> Value:
    if not changes:
        return old
    for change in changes:
        if len(_path(change)) == level and change.kind != "moved":
            return change.new
    kind = kind_of(old)
    if kind is dict:
        return _apply_to_dict(old, changes, level)
    if kind is list:
        return _apply_to_list(old, changes, level)
    if kind is not Tagged:
        raise TypeError(str(_path(changes[0])[level]))
    content: Any = old.content
    if old.type in SETS:
        changed = _apply_to_set(content, changes)
    elif old.type == "dict":
        changed = _apply_to_pairs(content, changes, level)
    else:
        changed = _apply(content, changes, level)
    # The short form for people told the old content.
    return replace(old, content=changed, text="")


def _apply_to_dict(
    old: dict[str, Value], changes: Sequence[Change], level: int
) -> dict[str, Value]:
    made = dict(old)
    for key, group in _by_key(changes, level).items():
        last = group[-1]
        if len(_path(last)) == level + 1 and last.kind == "removed":
            del made[key]
        elif len(_path(last)) == level + 1:
            made[key] = last.new
        else:
            made[key] = _apply(made[key], group, level + 1)
    return made


def _by_key(changes: Sequence[Change], level: int) -> dict[Any, list[Change]]:
    groups: dict[Any, list[Change]] = {}
    for change in changes:
        groups.setdefault(_path(change)[level], []).append(change)
    return groups


def _apply_to_list(old: list[Value], changes: Sequence[Change], level: int) -> list[Value]:
    here = [change for change in changes if len(_path(change)) == level + 1]
    removed = {c.at_old[level] for c in here if c.kind == "removed" and c.at_old is not None}
    added = {c.at_new[level]: c.new for c in here if c.kind == "added" and c.at_new is not None}
    moved = {
        c.at_new[level]: c.at_old[level]
        for c in here
        if c.kind == "moved" and c.at_new is not None and c.at_old is not None
    }
    gone = removed | set(moved.values())
    staying = iter([i for i in range(len(old)) if i not in gone])
    origin = [
        -1 if j in added else moved[j] if j in moved else next(staying)
        for j in range(len(old) - len(removed) + len(added))
    ]
    inside: dict[int, list[Change]] = {}
    place = {i: j for j, i in enumerate(origin) if i >= 0}
    for change in changes:
        deep = len(_path(change)) > level + 1
        if change.at_new is not None and (deep or change.kind == "changed"):
            inside.setdefault(change.at_new[level], []).append(change)
        elif deep and change.at_old is not None:
            inside.setdefault(place[change.at_old[level]], []).append(change)
    return [
        added[j] if i < 0 else _apply(old[i], inside.get(j, ()), level + 1)
        for j, i in enumerate(origin)
    ]


def _apply_to_set(old: list[Value], changes: Sequence[Change]) -> list[Value]:
    removed = {content_key(change.old) for change in changes if change.kind == "removed"}
    added = [change.new for change in changes if change.kind == "added"]
    return [item for item in old if content_key(item) not in removed] + added


def _apply_to_pairs(
    old: list[list[Value]], changes: Sequence[Change], level: int
) -> list[list[Value]]:
    groups: dict[Hashable, list[Change]] = {}
    keys: dict[Hashable, Value] = {}
    for change in changes:
        key = _path(change)[level]
        groups.setdefault(content_key(key), []).append(change)
        keys[content_key(key)] = key
    made: list[list[Value]] = []
    for key, value in old:
        group = groups.pop(content_key(key), [])
        if not group:
            made.append([key, value])
        elif not (len(_path(group[-1])) == level + 1 and group[-1].kind == "removed"):
            made.append([key, _apply(value, group, level + 1)])
    return made + [[keys[name], group[-1].new] for name, group in groups.items()]
