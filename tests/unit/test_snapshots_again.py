"""A state that is looked at again: what did not change costs next to nothing and is not told.

Costs are counted in calls of Python functions and in bytes, so that no clock decides.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lar_debug.model.records import Changes
from lar_debug.runtime.restore import Restorer
from lar_debug.store.ahead import Ahead
from lar_debug.store.chunks import Reader
from lar_debug.store.objects import TEXT, VALUE, ObjectWriter, pack, unpack
from tests.unit.strategies import Objects, mutate, shape, states
from tests.unit.test_snapshots import KEY, SETTINGS, message, noise, snapshotter


def calls(do: Callable[[], object]) -> int:
    """How many Python functions run while `do` does."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        del frame, argument
        count += event == "call"

    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(None)
    return count


class Together(Objects):
    """An object store that can be asked for many objects at once."""

    asked = 0

    def get_many(self, digests: Sequence[bytes]) -> dict[bytes, bytes]:
        self.asked += 1
        return {digest: self[digest] for digest in digests if digest in self}


@pytest.mark.parametrize("inner", [{}, {"parts": [{"type": "text"}]}, {"n": 10**9, "x": 0.5}])
def test_a_step_costs_no_more_with_two_thousand_messages_than_with_twenty(inner: Any) -> None:
    def cost(size: int) -> int:
        kept = snapshotter(Objects())
        items = [message(number) | copy.deepcopy(inner) for number in range(size)]
        state: dict[str, Any] = {"items": items, "visits": {"Node": 1}}
        kept.take(state)
        state["visits"]["Node"] += 1
        before = calls(lambda: kept.take(state))
        items.append(message(size))
        return before + calls(lambda: kept.take(state))

    assert cost(2000) < 1.5 * cost(20)


def test_a_list_under_two_keys_costs_little_more_than_under_one() -> None:
    def cost(keys: Sequence[str]) -> int:
        kept = snapshotter(Objects())
        items = [message(number) for number in range(500)]
        state: dict[str, Any] = dict.fromkeys(keys, items)
        state["last"] = items[-1] if len(keys) > 1 else message(7)
        kept.take(state)
        items.append(message(501))
        return calls(lambda: kept.take(state))

    assert cost(["a", "b"]) < 3 * cost(["a"])


@SETTINGS
@given(st.data())
def test_a_restored_state_goes_on_as_if_it_had_never_been_away(data: Any) -> None:
    state = data.draw(states(wild=True))
    objects = Together()
    ref = snapshotter(objects).take(state).ref
    again = snapshotter(objects)
    back = again.restore(ref)
    for _ in range(2):
        mutate(data.draw, back, wild=True)
        taken = again.take(back).ref
        assert taken == snapshotter(Objects()).take(back).ref
        assert shape(snapshotter(objects).restore(taken)) == shape(back)


@pytest.mark.parametrize("size", [260, 300, 550, 900, 1190, 1300])
@pytest.mark.parametrize("left", [0, 1, 2, 3, 4, 5])
def test_a_restored_list_that_is_cut_back_is_stored_as_any_other(size: int, left: int) -> None:
    objects = Objects()
    ref = snapshotter(objects).take({"items": [message(n, size) for n in range(40)]}).ref
    again = snapshotter(objects)
    back = again.restore(ref)
    del back["items"][left:]
    taken = again.take(back).ref
    assert taken == snapshotter(Objects()).take(back).ref
    assert Reader(objects).value(taken) == back


def test_a_long_list_is_read_with_few_questions_and_not_encoded_again() -> None:
    state = {"items": [message(number) for number in range(1000)]}
    objects = Together()
    ref = snapshotter(objects).take(state).ref
    again = snapshotter(objects)
    objects.reads = 0
    assert again.restore(ref) == state
    assert objects.reads + objects.asked < 12
    fresh = snapshotter(objects)
    encoding = calls(lambda: fresh.take(state))
    reading = calls(lambda: Restorer(Ahead(objects), "run", KEY).state(ref))
    whole = calls(lambda: snapshotter(objects).restore(ref))
    assert whole - reading < encoding / 2


def test_a_key_that_refers_to_a_changed_key_has_changed_too() -> None:
    kept = snapshotter(Objects())
    items = [message(number) for number in range(50)]
    state: dict[str, Any] = {"items": items, "copy": items, "third": {"in": [items]}, "n": 1}
    old = kept.take(state).ref
    items.append(message(50))
    new = kept.take(state).ref
    assert kept.changes(old, new) == Changes((), ("items", "copy", "third"), ())
    state["n"] = 2
    assert kept.changes(new, kept.take(state).ref) == Changes((), ("n",), ())


def test_a_key_that_refers_through_another_key_has_changed_too() -> None:
    kept = snapshotter(Objects())
    notes: list[Any] = ["n"]
    box = {"notes": notes}
    state: dict[str, Any] = {"notes": notes, "box": box, "again": box}
    old = kept.take(state).ref
    notes.append("m")
    assert kept.changes(old, kept.take(state).ref).updated == ("notes", "box", "again")


def test_the_last_message_has_not_changed_when_another_one_comes() -> None:
    kept = snapshotter(Objects())
    items = [message(number) for number in range(50)]
    state: dict[str, Any] = {"items": items, "last": items[-1], "first": items[0]}
    old = kept.take(state).ref
    items.append(message(50))
    new = kept.take(state).ref
    assert kept.changes(old, new).updated == ("items",)
    items[49]["content"] = "shorter"
    assert kept.changes(new, kept.take(state).ref).updated == ("items", "last")


@pytest.mark.parametrize("place", [("rows", 150, "in", 1), ("table", "key 7", 0)])
def test_what_stands_deep_inside_one_key_is_found_again_from_another(place: Any) -> None:
    objects = Objects()
    state: dict[str, Any] = {
        "table": {f"key {i}": [{"v": i}] for i in range(300)},
        "rows": [{"id": i, "in": [{"a": i}, {"b": i}]} for i in range(300)],
    }
    found: Any = state
    for key in place:
        found = found[key]
    state["seen"] = {"twice": [found, found], "set": {1}}
    ref = snapshotter(objects).take(state).ref
    back = snapshotter(objects).restore(ref)
    assert shape(back) == shape(state)
    assert snapshotter(Objects()).take(back).ref == ref


@pytest.mark.parametrize("how", ["again", "inside", "twice"])
def test_a_message_that_is_appended_a_second_time_stays_one_message(how: str) -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state: dict[str, Any] = {"items": [message(number) for number in range(50)]}
    kept.take(state)
    new = message(50)
    first = new if how == "twice" else state["items"][7]
    state["items"] += [new, {"of": new}] if how == "twice" else [first]
    if how == "inside":
        state["items"][-1] = {"of": first}
    ref = kept.take(state).ref
    assert ref == snapshotter(Objects()).take(state).ref
    assert shape(snapshotter(objects).restore(ref)) == shape(state)


def test_text_among_noise_is_still_compressed() -> None:
    objects = Objects()
    writer = ObjectWriter(objects)
    for number in range(40):
        writer.put(VALUE, noise(1000, number).encode())
    assert objects.size > 40_000
    before = objects.size
    for number in range(40):
        writer.put(VALUE, b"%d the tents are pitched, the kettle is on. " % number * 25)
    assert objects.size - before < 20_000


@pytest.mark.parametrize("size", [0, 511, 512, 8191, 8192, 8193, 300_000])
def test_what_is_compressed_comes_back_whole(size: int) -> None:
    for payload in (b"tents and kettles " * 20_000, noise(size, size).encode()):
        assert unpack(pack(VALUE, payload[:size])) == (VALUE, payload[:size])
        assert unpack(pack(TEXT, payload[:size])) == (TEXT, payload[:size])


class Word(str):
    """A text of the program's own class."""

    __slots__ = ()

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a recorded value was asked")


def remake(item: dict[Any, Any], names: str) -> None:
    """The same dict with keys in that order; `b` for what was `a`."""
    old = dict(item)
    item.clear()
    item.update({name: old["a" if name == "b" else name] for name in names.split()})


CHANGES: dict[str, Callable[[list[dict[Any, Any]]], object]] = {
    "a text": lambda items: items[7].update(a="other"),
    "two texts for each other": lambda items: items[7].update(a=items[7]["late"], late="same"),
    "None for a text": lambda items: items[7].update(a=None),
    "True for 1": lambda items: items[7].update(one=True),
    "1.0 for 1": lambda items: items[7].update(one=1.0),
    "-0.0 for 0.0": lambda items: items[7].update(zero=-0.0),
    "what is equal to all": lambda items: items[7].update(a=ANY),
    "a text of another class": lambda items: items[7].update(a=Word("same")),
    "another name for a key": lambda items: remake(items[7], "one b late x y"),
    "a key of another class": lambda items: items[7].update({Word("a"): items[7].pop("a")}),
    "the order of keys": lambda items: remake(items[7], "one late a x y"),
    "the order of keys with one value": lambda items: remake(items[8], "one a late y x"),
    "a key gone to the next": lambda items: items[8].update(new=items[7].pop("y")),
    "a key gone to the front of the next": lambda items: (
        items[21].clear() or items[21].update(q=items[20].pop("q"), r=3)
    ),
    "another key": lambda items: items[7].update(new=1),
    "a key less": lambda items: items[7].pop("late"),
    "the items' order": lambda items: items.reverse(),
    "one more with 0.0": lambda items: items.append({"a": 0.0}),
    "one more, of a list": lambda items: items.append([1]),  # pyright: ignore
}


@pytest.mark.parametrize("floats", [False, True])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_is_done_to_one_of_many_alike_dicts_is_noticed(
    change: Callable[[list[dict[Any, Any]]], object], floats: bool
) -> None:
    def item(number: int) -> dict[str, Any]:
        y = None if number % 2 == 0 else 5
        known = {"one": 1, "a": "same", "late": f"{number}", "x": None, "y": y}
        return {**known, "zero": 0.0} if floats else known

    state: dict[str, list[dict[Any, Any]]] = {"items": [item(number) for number in range(40)]}
    state["items"][20:20] = [{"p": 1, "q": 2}, {"r": 3}]
    kept = snapshotter(Objects())
    for _ in range(3):
        state["items"].append(item(len(state["items"])))
        kept.take(state)
    change(state["items"])
    for _ in range(2):
        assert kept.take(state) == snapshotter(Objects()).take(state)
    last = state["items"][-1]
    if last == {"a": 0.0}:
        last["a"] = -0.0
    else:
        state["items"][3]["a"] = "again"
    assert kept.take(state) == snapshotter(Objects()).take(state)
