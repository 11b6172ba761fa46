"""Paths as people write them, and values as strict JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lar_debug.diff.equality import same
from lar_debug.diff.json_form import change_json
from lar_debug.diff.paths import parse_path, path_text
from lar_debug.diff.structural import compare
from lar_debug.diff.value_form import from_json, value_json
from lar_debug.model.values import Fidelity, Path, Tagged
from tests.unit.test_diff_structural import values


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("messages", 3, "content"), "messages[3].content"),
        (("a.b",), '["a.b"]'),
        (("order", "unit price", 0), 'order["unit price"][0]'),
        ((0, "x-y", "größe"), "[0].x-y.größe"),
        (("",), '[""]'),
        (("__proto__",), "__proto__"),
        (("1st",), '["1st"]'),
        ((True, None, 1.5), "[true][null][1.5]"),
        ((Tagged("tuple", [1, "a"]),), '[{"$type": "tuple", "$value": [1, "a"]}]'),
    ],
)
def test_a_path_is_written_as_people_write_it_and_read_back(path: Path, text: str) -> None:
    assert path_text(path) == text
    assert same(list(parse_path(text)), list(path))


keys = st.text() | st.text(st.characters(codec=None)) | st.integers(0, 99)


@given(st.lists(keys, max_size=5).map(tuple))
def test_every_path_survives_being_written_and_read(path: Path) -> None:
    assert same(list(parse_path(path_text(path))), list(path))


@pytest.mark.parametrize(
    "text", ["a..b", ".a", "a[", "a[1", "a[1}", "a[x]", "a b", "a]", "[1]a", "a.", "3", "[" * 5000]
)
def test_a_wrong_path_is_refused_with_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="is no path") as refused:
        parse_path(text)
    assert "\n" not in str(refused.value)


@given(values)
def test_every_value_is_strict_json_and_comes_back(value: Any) -> None:
    written = json.dumps(value_json(value), allow_nan=False)
    assert same(from_json(json.loads(written)), value)


def test_what_json_lacks_is_named() -> None:
    assert value_json(float("nan")) == {"$type": "float", "$value": "nan"}
    lost = Tagged("lost", None, text="<Client>", fidelity=Fidelity.LOST, reason="a socket")
    assert value_json(lost) == {
        "$type": "lost",
        "$value": None,
        "$text": "<Client>",
        "$fidelity": "lost",
        "$reason": "a socket",
    }
    assert same(from_json(value_json({"$type": "set"})), {"$type": "set"})
    assert from_json(json.loads(json.dumps(value_json(10**6000)))) == 10**6000


def test_hostile_values_are_still_json() -> None:
    deep: Any = 1
    for _ in range(3_000):
        deep = [deep]
    for value in (deep, "\ud800", {"\udfff": float("-inf")}):
        json.loads(json.dumps(value_json(value), allow_nan=False))


def test_a_change_is_told_as_the_contract_says() -> None:
    old, new = {"m": [{"id": 1, "n": 2.0}]}, {"m": [{"id": 1, "n": float("nan")}], "a.b": "x"}
    assert [change_json(change) for change in compare(old, new)] == [
        {
            "path": "m[0].n",
            "at_old": ["m", 0, "n"],
            "at_new": ["m", 0, "n"],
            "kind": "changed",
            "old": 2.0,
            "new": {"$type": "float", "$value": "nan"},
        },
        {
            "path": '["a.b"]',
            "at_old": None,
            "at_new": ["a.b"],
            "kind": "added",
            "old": None,
            "new": "x",
        },
    ]
