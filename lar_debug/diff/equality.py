"""When two values are the same: type by type, as a person would say it.

1, 1.0 and True differ, 0.0 and -0.0 differ, NaN equals NaN, the order of a dict's keys is no
change, sets have no order. A value that a snapshot could not keep is never the same as
anything. Pure; deep values do not exhaust the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import copysign, isnan
from typing import Any, Final

from lar_debug.model.changes import Change
from lar_debug.model.values import Fidelity, Tagged, Value

MOST_LEVELS: Final = 200
"""Levels of nesting that are looked into; what lies deeper is compared as a whole."""

SETS: Final = frozenset({"set", "frozenset"})
FIELDS: Final = frozenset({"dataclass", "pydantic", "object"})
"""Tagged types whose content is a dict of fields."""

kind_of: Callable[[Any], Any] = type
"""The type of a recorded value. A check of it tells a type checker nothing, as it should be
for values that may hold anything."""

_NO_DOUBT: Final[frozenset[int]] = frozenset()
_ABSENT: Final = object()
_SIMPLE: Final = frozenset({str, int, type(None)})


def same(old: Value, new: Value, doubtful: frozenset[int] = _NO_DOUBT) -> bool:
    """True when nothing differs. Identical objects are not looked into, unless `doubtful` (the
    ids of containers that hold a value which could not be kept) has them."""
    stack = [(old, new)]
    while stack:
        one, other = stack.pop()
        if one is other and (not doubtful or id(one) not in doubtful):
            continue
        kind = kind_of(one)
        if kind is not kind_of(other):
            return False
        if kind is dict:
            if len(one) != len(other):
                return False
            # The texts and whole numbers of long lists of messages pass here: no call for each.
            for key, value in one.items():
                beside = other.get(key, _ABSENT)
                kind = kind_of(value)
                if kind is not kind_of(beside):
                    return False
                if kind is not str and kind is not int:
                    stack.append((value, beside))
                elif value != beside:
                    return False
        elif kind is list:
            if len(one) != len(other):
                return False
            stack.extend(zip(one, other, strict=True))
        elif kind is Tagged:
            if not _push_tagged(one, other, stack):
                return False
        elif not same_leaf(one, other):
            return False
    return True


def same_leaf(old: Value, new: Value) -> bool:
    """As `same`, for two values of one type that hold no others."""
    if kind_of(old) is float:
        if isnan(old) or isnan(new):
            return isnan(old) and isnan(new)
        return old == new and copysign(1.0, old) == copysign(1.0, new)
    return bool(old == new)


def _push_tagged(one: Tagged, other: Tagged, stack: list[tuple[Value, Value]]) -> bool:
    if not alike(one, other):
        return False
    if one.type in SETS or one.type == "dict":
        return content_key(one) == content_key(other)
    stack.append((one.content, other.content))
    return True


def alike(old: Tagged, new: Tagged) -> bool:
    """Both kept as they were and of one type, so that their contents tell whether they differ.

    Of an object without readable fields nothing can be told.
    """
    return (
        not _is_opaque(old)
        and old.type == new.type
        and old.name == new.name
        and old.fidelity is Fidelity.EXACT
        and new.fidelity is Fidelity.EXACT
    )


def _is_opaque(value: Tagged) -> bool:
    return value.type == "object" and not value.content


def is_doubtful(value: Value) -> bool:
    """True for a value that a snapshot could not keep as it was."""
    return kind_of(value) is Tagged and value.fidelity is not Fidelity.EXACT


def cannot_be_told(change: Change) -> bool:
    """True where both sides could not be kept and what was kept of them is the same: that they
    differ would be as wrong to say as that they do not."""
    old, new = change.old, change.new
    if not is_doubtful(old) or not is_doubtful(new):
        return False
    # What stands for a lost value in an attempt is one without even its fields.
    lost = old.fidelity is new.fidelity is Fidelity.LOST
    kept = (old.name, old.text) == (new.name, new.text)
    return kept and (lost or old.content == new.content)


def holders_of_doubt(value: Value) -> frozenset[int]:
    """Ids of the doubtful values in `value` and of all containers that hold one."""
    if not _any_doubt(value):
        return _NO_DOUBT
    found: set[int] = set()
    seen: set[int] = set()
    path: list[tuple[Value, bool]] = [(value, False)]
    open_ids: list[int] = []
    while path:
        here, leaving = path.pop()
        if leaving:
            open_ids.pop()
            continue
        if is_doubtful(here) or id(here) in found:
            found.update(open_ids)
            found.add(id(here))
        children = _children(here)
        if not children or id(here) in seen:
            continue
        seen.add(id(here))
        open_ids.append(id(here))
        path.append((here, True))
        path.extend((child, False) for child in children)
    return frozenset(found)


def _any_doubt(value: Value) -> bool:
    level, seen = [value], set[int]()
    while level:
        following: list[Value] = []
        for here in level:
            kind = kind_of(here)
            if kind is str or (kind is not dict and kind is not list and kind is not Tagged):
                continue
            if id(here) in seen:
                continue
            seen.add(id(here))
            if kind is Tagged and here.fidelity is not Fidelity.EXACT:
                return True
            children = _children(here)
            if not _SIMPLE.issuperset(map(kind_of, children)):
                following.extend(children)
        level = following
    return False


def _children(value: Value) -> list[Value]:
    kind = kind_of(value)
    if kind is dict:
        return list(value.values())
    if kind is list:
        return value
    return [value.content] if kind is Tagged else []


def content_key(value: Value, level: int = 0) -> Hashable:
    """A key that is equal exactly for values that are the same, of what could be read of them.

    Beyond MOST_LEVELS two values only have equal keys when they are one object.
    """
    kind = kind_of(value)
    if kind is str or value is None:
        return value
    if level > MOST_LEVELS:
        return ("deep", id(value))
    if kind is dict:
        if _SIMPLE.issuperset(map(type, value.values())):
            return ("dict", frozenset(value.items()))
        return ("dict", frozenset((key, content_key(v, level + 1)) for key, v in value.items()))
    if kind is list:
        return ("list", *(content_key(item, level + 1) for item in value))
    if kind is Tagged:
        return _tagged_key(value, level)
    if kind is float:
        return ("float", repr(value))
    # Plain numbers go without a wrapper so that the key of a dict of strings, numbers and
    # None is made at the speed of C.
    return value if kind is int else (kind.__name__, value)


def _tagged_key(value: Tagged, level: int) -> Hashable:
    if _is_opaque(value):
        return ("opaque", id(value))
    items: Value = value.content
    if value.type in SETS and kind_of(items) is list:
        content: Hashable = frozenset(content_key(item, level + 1) for item in items)
    elif value.type == "dict" and kind_of(items) is list:
        content = frozenset(
            (content_key(key, level + 1), content_key(item, level + 1)) for key, item in items
        )
    else:
        content = content_key(items, level + 1)
    return ("tagged", value.type, value.name, content)
