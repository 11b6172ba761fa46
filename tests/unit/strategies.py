"""Random states for property tests, changes to them, and a strict way to compare them."""

from __future__ import annotations

import datetime
import decimal
import math
import pathlib
import uuid
from typing import Any

from hypothesis import strategies as st

from lar_debug.store.objects import class_of

MUTABLE: tuple[type[Any], ...] = (list, dict, set, bytearray)

SURROGATES = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from(["\ud800", "\udfff", "\x00", "$", "é", "漢", "😀"])
    ),
    max_size=20,
)


def _long_text(word: str, count: int, tail: str) -> str:
    return word * count + tail


LONG_TEXTS = st.builds(
    _long_text,
    st.sampled_from(["a", "lorem ipsum ", "漢字 ", '{"a": 1}\n']),
    st.integers(0, 900),
    SURROGATES,
)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 3),
    st.sampled_from([10**1300, -(10**4000), 1 << 4000, (1 << 4000) - 1, 2**63]),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf]),
    SURROGATES,
    LONG_TEXTS,
)
LEAVES = st.one_of(
    ATOMS,
    st.binary(max_size=40),
    st.integers(0, 3000).map(lambda size: b"\x07" * size),
    st.datetimes(timezones=st.sampled_from([None, datetime.timezone.utc])),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.decimals(),
    st.uuids(),
    st.complex_numbers(),
    st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([-2, 1, 3])),
    st.sampled_from([pathlib.PurePosixPath("a/b"), pathlib.Path("/x"), pathlib.PurePosixPath()]),
)
KEYS = st.one_of(
    st.sampled_from(["role", "content", "a", "b", "$type", "$at", "$value"]), SURROGATES
)
HASHABLE = st.recursive(
    st.one_of(st.integers(-5, 5), SURROGATES, st.none(), st.dates(), st.binary(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple), st.frozensets(inner, max_size=3)
    ),
    max_leaves=4,
)


def _containers(inner: st.SearchStrategy[Any], *, wild: bool) -> st.SearchStrategy[Any]:
    plain = [
        st.lists(inner, max_size=6),
        st.lists(inner, max_size=3).map(lambda items: items * 25),
        st.dictionaries(KEYS, inner, max_size=6),
        st.dictionaries(st.integers(0, 400).map("key {}".format), ATOMS, max_size=90),
    ]
    odd = [
        st.lists(inner, max_size=4).map(tuple),
        st.sets(HASHABLE, max_size=5),
        st.frozensets(HASHABLE, max_size=5),
        st.dictionaries(HASHABLE, inner, max_size=5),
        st.binary(max_size=1500).map(bytearray),
    ]
    return st.one_of(*plain, *(odd if wild else []))


def values(*, wild: bool) -> st.SearchStrategy[Any]:
    """Nested values: what JSON has and immutable leaves, and with `wild` sets, tuples, any keys.

    `items * 25` puts the same containers into one list many times: shared references.
    """
    return st.recursive(LEAVES, lambda inner: _containers(inner, wild=wild), max_leaves=25)


MESSAGES: st.SearchStrategy[Any] = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "tool"]), "content": LONG_TEXTS},
        optional={"calls": st.lists(st.integers(0, 9), max_size=3), "score": st.floats()},
    ),
    max_size=40,
)


def _state(messages: list[Any], other: dict[str, Any]) -> dict[str, Any]:
    return {"messages": messages, **other}


def states(*, wild: bool) -> st.SearchStrategy[dict[str, Any]]:
    """States as graphs have them: a transcript and some keys of any kind."""
    rest = st.dictionaries(KEYS, values(wild=wild), max_size=5)
    return st.builds(_state, MESSAGES, rest)


def containers_in(value: Any) -> list[Any]:
    """Every list, dict, set and bytearray in a value, each once."""
    found: dict[int, Any] = {}
    todo = [value]
    while todo:
        one = todo.pop()
        kind = class_of(one)
        if kind in MUTABLE:
            if id(one) in found:
                continue
            found[id(one)] = one
        if kind is dict:
            todo += one.values()
        elif kind in (list, tuple):
            todo += one
    return list(found.values())


def mutate(draw: Any, state: dict[str, Any], *, wild: bool) -> None:
    """Change a state in place, somewhere."""
    places = containers_in(state)
    place = draw(st.sampled_from(places))
    fresh = draw(st.one_of(ATOMS, values(wild=wild), st.sampled_from(places)))
    kind = class_of(place)
    if kind is list:
        _mutate_list(draw, place, fresh)
    elif kind is dict:
        _mutate_dict(draw, place, fresh)
    elif kind is set:
        place ^= {draw(HASHABLE)}
    else:
        place += b"x"


def _mutate_list(draw: Any, place: list[Any], fresh: Any) -> None:
    at = draw(st.integers(0, len(place)))
    how = draw(st.sampled_from(["insert", "append", "set", "drop", "first", "turn", "extend"]))
    if how == "append" or not place:
        place.append(fresh)
    elif how == "insert":
        place.insert(at, fresh)
    elif how == "set":
        place[at - 1] = fresh
    elif how == "drop":
        del place[at - 1 : at + 1]
    elif how == "first":
        del place[0]
    elif how == "turn":
        place.reverse()
    else:
        place.extend([{"role": "x", "content": f"{i}"} for i in range(at, at + 30)])


def _mutate_dict(draw: Any, place: dict[Any, Any], fresh: Any) -> None:
    keys = list(place)
    how = draw(st.sampled_from(["add", "set", "drop", "move", "alike"]))
    if how == "add" or not keys:
        place[draw(KEYS)] = fresh
        return
    key = draw(st.sampled_from(keys))
    if how == "set":
        place[key] = fresh
    elif how == "drop":
        del place[key]
    elif how == "move":
        place[key] = place.pop(key)
    else:
        place[key] = _alike(place[key])


def _alike(value: Any) -> Any:
    """What `==` takes for the same although it is not."""
    kind = class_of(value)
    if kind is bool:
        return int(value)
    if kind is int and abs(value) < 1 << 60:
        return float(value)
    return -value if kind is float else [value]


def shape(value: Any, seen: dict[int, int] | None = None) -> Any:
    """What makes two values the same: types, contents, order of keys, and which are one object."""
    seen = {} if seen is None else seen
    exact = class_of(value)
    if exact in MUTABLE:
        if id(value) in seen:
            return ("again", seen[id(value)])
        seen[id(value)] = len(seen)
    kind = exact.__qualname__
    if exact is dict:
        return (kind, [(shape(key, seen), shape(item, seen)) for key, item in value.items()])
    if exact in (list, tuple):
        return (kind, [shape(item, seen) for item in value])
    if exact in (set, frozenset):
        return (kind, sorted(repr(shape(item, seen)) for item in value))
    if exact in (int, bool):
        return (kind, hex(value))
    if isinstance(value, decimal.Decimal):
        return (kind, str(value))
    if isinstance(value, uuid.UUID):
        return (kind, value.hex, value.is_safe)
    return (kind, repr(value))


class Objects(dict[bytes, bytes]):
    """An object store in memory that counts what is read."""

    reads = 0

    def get(self, digest: bytes) -> bytes:  # type: ignore[override]
        self.reads += 1
        return self[digest]

    def put(self, digest: bytes, data: bytes) -> None:
        self[digest] = data

    @property
    def size(self) -> int:
        return sum(map(len, self.values()))
