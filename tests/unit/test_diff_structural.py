"""What a comparison of two recorded values finds, in the words of the person who reads it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from deepdiff import DeepDiff
from hypothesis import given, settings
from hypothesis import strategies as st

from lar_debug.diff import alignment
from lar_debug.diff.equality import kind_of, same
from lar_debug.diff.patch import apply
from lar_debug.diff.structural import compare
from lar_debug.model.changes import Change
from lar_debug.model.values import Fidelity, Tagged

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(width=16)
    | st.text("ab c\n", max_size=6)
)


def tagged_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    few = st.lists(inner, max_size=4)
    return st.one_of(
        few.map(lambda items: Tagged("tuple", items)),
        st.lists(st.text("abc", max_size=2), unique=True, max_size=4).map(
            lambda items: Tagged("set", items)
        ),
        st.dictionaries(st.integers(0, 4), inner, max_size=4).map(
            lambda pairs: Tagged("dict", [[key, value] for key, value in pairs.items()])
        ),
        st.dictionaries(st.sampled_from("xyz"), inner, max_size=3).map(
            lambda fields: Tagged("dataclass", fields, name="shop.Ticket")
        ),
        st.text("0123", max_size=3).map(lambda text: Tagged("Decimal", text)),
    )


def dicts_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(["id", "name", "a.b", "x", "y"]), inner, max_size=4)


values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=6) | dicts_of(inner) | tagged_of(inner),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(values, values)
def test_the_changes_between_any_two_values_make_the_one_out_of_the_other(
    old: Any, new: Any
) -> None:
    kept = copy.deepcopy(old)
    changes = compare(old, new)
    assert same(apply(old, changes), new)
    assert same(old, kept), "applying must not touch the recorded value"
    assert bool(changes) is not same(old, new)


items = st.lists(dicts_of(leaves) | st.integers(0, 5), max_size=12)


@settings(max_examples=300, deadline=None)
@given(items, st.data())
def test_any_edits_of_a_list_can_be_told_and_made_again(
    old: list[Any], data: st.DataObject
) -> None:
    new = copy.deepcopy(old)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(new)))
        edit = data.draw(st.sampled_from(["insert", "remove", "move", "change"]))
        if edit == "insert" or at == len(new):
            new.insert(at, data.draw(dicts_of(leaves) | st.integers(0, 5)))
        elif edit == "remove":
            del new[at]
        elif edit == "move":
            new.insert(data.draw(st.integers(0, len(new) - 1)), new.pop(at))
        elif isinstance(new[at], dict):
            new[at]["x"] = data.draw(leaves)
    old_state, new_state = {"items": old}, {"items": new}
    assert same(apply(old_state, compare(old_state, new_state)), new_state)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("xy", max_size=2), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(plain, plain)
def test_whatever_deepdiff_finds_is_found(old: Any, new: Any) -> None:
    assert not DeepDiff(apply(old, compare(old, new)), new)
    if DeepDiff(old, new):
        assert compare(old, new)


def test_what_deepdiff_overlooks_is_found_too() -> None:
    old, new = [False, False, True, True], [False, False, True, 1]
    assert not DeepDiff(old, new), "the reason why lists are not handed to it"
    assert [(c.at_new, c.old, c.new) for c in compare(old, new)] == [((3,), True, 1)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (1, True),
        (1, 1.0),
        (0, False),
        (0.0, -0.0),
        ("1", 1),
        (None, False),
        ([], Tagged("tuple", [])),
    ],
)
def test_values_that_python_calls_equal_are_told_apart(old: Any, new: Any) -> None:
    assert compare({"x": old}, {"x": new}) == [Change("changed", ("x",), ("x",), old, new)]
    assert compare([[old], 7], [[new], 7])
    assert compare(Tagged("tuple", [old]), Tagged("tuple", [new]))


def test_nan_is_no_change_and_neither_is_the_order_of_keys_or_of_a_set() -> None:
    assert compare({"x": float("nan")}, {"x": float("nan")}) == []
    assert compare({"a": 1, "b": [2]}, {"b": [2], "a": 1}) == []
    assert compare(Tagged("set", ["a", "b"]), Tagged("set", ["b", "a"])) == []
    assert compare([{"v": float("nan")}, 1, 2], [0, {"v": float("nan")}, 1, 2])[0].kind == "added"


def test_an_insert_in_the_middle_of_a_long_list_is_one_change() -> None:
    old = [{"role": "user", "content": f"message {k}"} for k in range(1_000)]
    new = copy.deepcopy(old)
    new.insert(500, {"role": "system", "content": "inserted"})
    assert [(c.kind, c.at_new) for c in compare({"m": old}, {"m": new})] == [("added", ("m", 500))]
    peer: Any = DeepDiff(old, new)
    assert len(peer["values_changed"]) > 500, "the peer, for comparison"


def test_an_insert_is_one_change_among_numbers_and_texts_too() -> None:
    old: list[Any] = list(range(300))
    new = [*old[:100], "new", *old[100:]]
    assert [(c.kind, c.at_new) for c in compare(old, new)] == [("added", (100,))]


def test_items_with_an_id_are_followed_wherever_they_go() -> None:
    old = [{"id": k, "price": 10.0 * k} for k in range(5)]
    new = [old[4] | {"price": 1.0}, *old[:2], *old[3:4]]
    found = [(c.kind, c.at_old, c.at_new) for c in compare({"items": old}, {"items": new})]
    assert found == [
        ("moved", ("items", 4), ("items", 0)),
        ("changed", ("items", 4, "price"), ("items", 0, "price")),
        ("removed", ("items", 2), None),
    ]


def test_an_id_that_stands_twice_pairs_nothing() -> None:
    old = [{"name": "a", "v": 1}, {"name": "a", "v": 2}]
    assert [c.kind for c in compare(old, [old[1], old[0]])] == ["moved"]


def test_without_an_id_the_likest_item_is_the_same_item_changed() -> None:
    old = [
        {"role": "user", "content": "where is my tent, it was due on Monday"},
        {"role": "assistant", "content": "hey sorry about that"},
    ]
    new = [
        {"role": "system", "content": "you are the shop's assistant"},
        {"role": "user", "content": "where is my tent, it was due on Tuesday"},
    ]
    found = {(c.kind, c.at_old, c.at_new) for c in compare(old, new)}
    assert found == {
        ("added", None, (0,)),
        ("changed", (0, "content"), (1, "content")),
        ("removed", (1,), None),
    }


def test_one_number_in_the_place_of_another_is_a_change_of_it() -> None:
    changes = compare([1, 2, 3], [1, 5, 3])
    assert [(c.kind, c.at_new, c.old, c.new) for c in changes] == [("changed", (1,), 2, 5)]


def test_typed_values_are_looked_into() -> None:
    old = {"t": Tagged("dataclass", {"total": 89.0, "item": "tent"}, name="shop.Order")}
    new = {"t": Tagged("dataclass", {"total": 79.0, "item": "tent"}, name="shop.Order")}
    assert [c.at_new for c in compare(old, new)] == [("t", "total")]
    by_number = Tagged("dict", [[1, "a"], [2, "b"]]), Tagged("dict", [[2, "B"], [1, "a"]])
    assert [c.at_new for c in compare(*by_number)] == [(2,)]
    tags = Tagged("set", ["late", "angry"]), Tagged("set", ["late", "calm"])
    assert [(c.kind, c.old, c.new) for c in compare(*tags)] == [
        ("added", None, "calm"),
        ("removed", "angry", None),
    ]


@pytest.mark.parametrize("fidelity", [Fidelity.LOST, Fidelity.LOSSY])
def test_a_value_that_could_not_be_kept_is_never_the_same(fidelity: Fidelity) -> None:
    client = Tagged("lost", None, text="<httpx.Client>", fidelity=fidelity)
    state = {"shop": {"clients": [client]}, "n": 1}
    found = compare(state, state)
    assert [(c.kind, c.at_new) for c in found] == [("changed", ("shop", "clients", 0))]
    assert not same(client, copy.deepcopy(client))


def test_objects_that_show_nothing_of_themselves_are_the_same_only_if_they_are_one() -> None:
    one, other = (Tagged("object", {}, name="shop.Engine", text="<Engine>") for _ in range(2))
    assert compare({"e": one}, {"e": one}) == []
    assert [c.at_new for c in compare({"e": one}, {"e": other})] == [("e",)]
    assert compare([one, 1], [other, 1])
    told = Tagged("object", {"speed": 1}, name="shop.Engine", text="<Engine>")
    faster = Tagged("object", {"speed": 2}, name="shop.Engine", text="<Engine>")
    assert [c.at_new for c in compare({"e": told}, {"e": faster})] == [("e", "speed")]


def test_long_lists_with_nothing_in_common_cost_no_more_than_their_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = 0
    real = alignment._likeness  # pyright: ignore[reportPrivateUsage]

    def counted(old: Any, new: Any, level: int) -> float:
        nonlocal judged
        judged += 1
        return real(old, new, level)

    monkeypatch.setattr(alignment, "_likeness", counted)
    old = [{"text": f"alpha{k} beta{k * 7}"} for k in range(3_000)]
    new = [{"text": f"gamma{k} delta{k * 11}"} for k in range(3_000)]
    assert len(compare(old, new)) == 6_000
    assert judged < 20 * len(old)


def test_very_deep_values_are_compared_without_an_error() -> None:
    old: Any = 1
    new: Any = 2
    for _ in range(3_000):
        old, new = [old], [new]
    found = compare(old, new)
    assert found
    assert same(apply(old, found), new)
    assert not compare(old, copy_deep(old))


def copy_deep(value: Any) -> Any:
    levels = 0
    while kind_of(value) is list:
        value, levels = value[0], levels + 1
    for _ in range(levels):
        value = [value]
    return value


def test_a_path_that_the_value_does_not_have_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="no 'gone'"):
        apply({"a": 1}, [Change("removed", ("gone",), None, 1)])
    assert json.dumps(apply({"a": 1}, [])) == '{"a": 1}'
