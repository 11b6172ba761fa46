"""A snapshot is the state as it was: whatever changes in place, however fast it was taken."""

from __future__ import annotations

import copy
import random
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lar_debug.model.records import Changes
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.store.chunks import Reader, StoreDamaged
from lar_debug.store.texts import TextWriter
from tests.unit.strategies import Objects, mutate, shape, states

KEY = b"k" * 32
SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def snapshotter(objects: Objects, key: bytes | None = KEY, run: str = "run") -> Snapshotter:
    return Snapshotter(objects, TextWriter(objects), run=run, key=key)


def noise(size: int, seed: int = 0) -> str:
    letters = string.ascii_letters + string.digits + "-_"
    return "".join(random.Random(seed).choices(letters, k=size))


def message(number: int, size: int = 1000) -> dict[str, Any]:
    return {"role": "user", "content": noise(size, number)}


@SETTINGS
@given(states(wild=True))
def test_what_is_restored_is_what_was_there_type_for_type(state: dict[str, Any]) -> None:
    objects = Objects()
    taken = snapshotter(objects).take(state)
    assert taken.marks == ()
    assert shape(snapshotter(objects).restore(taken.ref)) == shape(state)


@SETTINGS
@given(st.data(), st.booleans())
def test_every_change_in_place_is_noticed(data: Any, wild: bool) -> None:
    state = data.draw(states(wild=wild))
    objects = Objects()
    kept = snapshotter(objects)
    kept.take(state)
    for _ in range(data.draw(st.integers(1, 6))):
        for _ in range(data.draw(st.integers(1, 3))):
            mutate(data.draw, state, wild=wild)
        ref = kept.take(state).ref
        assert shape(snapshotter(objects).restore(ref)) == shape(state)
        # The short way and the long way must agree: equal states have equal references.
        assert ref == snapshotter(Objects()).take(state).ref


@SETTINGS
@given(st.data())
def test_a_long_transcript_survives_edits_anywhere(data: Any) -> None:
    state: dict[str, Any] = {"messages": [message(i, 30 + i % 500) for i in range(120)], "n": 1}
    objects = Objects()
    kept = snapshotter(objects)
    for _ in range(4):
        kept.take(state)
        items = state["messages"]
        at = data.draw(st.integers(0, len(items) - 1))
        how = data.draw(st.sampled_from(["edit", "insert", "drop", "append", "rebuild", "nest"]))
        if how == "edit":
            items[at]["content"] += data.draw(st.sampled_from(["", "x", "y" * 2000]))
        elif how == "insert":
            items.insert(at, message(999))
        elif how == "drop":
            del items[: at % 7]
        elif how == "append":
            items.append(message(1000 + at))
        elif how == "rebuild":
            state["messages"] = [dict(item) for item in items]
        else:
            items[at]["inner"] = {"deep": [message(i, 60) for i in range(at)]}
        ref = kept.take(state).ref
        assert ref == snapshotter(Objects()).take(state).ref
        assert Reader(objects).value(ref) == state


@pytest.mark.parametrize(
    ("old", "new"),
    [(1, True), (1, 1.0), (0.0, -0.0), ("1", 1), ([], {}), ([1], (1,)), (None, False)],
)
def test_values_that_compare_equal_are_still_told_apart(old: Any, new: Any) -> None:
    kept = snapshotter(Objects())
    state: dict[str, Any] = {"rows": [[old] for _ in range(300)]}
    first = kept.take(state).ref
    state["rows"][150][0] = new
    assert kept.take(state).ref != first
    state["rows"][150][0] = old
    assert kept.take(state).ref == first


def test_a_key_that_only_compares_equal_is_a_change() -> None:
    class Name(str):
        __slots__ = ()

    kept = snapshotter(Objects(), key=None)
    state: dict[str, Any] = {"rows": {"a": 1}}
    kept.take(state)
    state["rows"] = {Name("a"): 1}
    assert kept.take(state).marks != ()


def test_equal_states_have_equal_references_in_whatever_order_they_came_about() -> None:
    one, other = snapshotter(Objects()), snapshotter(Objects())
    grown: dict[str, Any] = {"messages": [], "seen": set()}
    for number in range(70):
        grown["messages"].append(message(number, 40 * number))
        grown["seen"].add(f"id {number}")
        one.take(grown)
    at_once = {
        "messages": copy.deepcopy(grown["messages"]),
        "seen": {f"id {number}" for number in reversed(range(70))},
    }
    assert one.take(grown).ref == other.take(at_once).ref


def test_a_restored_state_shares_what_it_shared() -> None:
    notes: list[Any] = ["n"]
    loop: dict[str, Any] = {}
    loop["me"] = [loop]
    state: dict[str, Any] = {"a": notes, "b": {"same": notes}, "t": (notes, {1: notes}), "l": loop}
    state["whole"] = state
    objects = Objects()
    back = snapshotter(objects).restore(snapshotter(objects).take(state).ref)
    assert back["a"] is back["b"]["same"] is back["t"][0] is back["t"][1][1]
    assert back["l"]["me"][0] is back["l"]
    assert back["whole"] is back


def test_one_list_under_two_keys_stays_one_list() -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state: dict[str, Any] = {"a": [message(1)], "c": {"x": 1}}
    kept.take(state)
    state["b"] = state["a"]
    state["d"] = {"deep": [state["c"]]}
    back = snapshotter(objects).restore(kept.take(state).ref)
    assert back["a"] is back["b"]
    assert back["c"] is back["d"]["deep"][0]


def test_a_key_that_is_renamed_deep_inside_is_noticed() -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state: dict[str, Any] = {"rows": [{"id": i, "in": {"name": "n"}} for i in range(300)]}
    kept.take(state)
    inner = state["rows"][150]["in"]
    inner["title"] = inner.pop("name")
    assert Reader(objects).value(kept.take(state).ref) == state
    state["rows"][7] = {"in": state["rows"][7]["in"], "id": 7}
    assert list(Reader(objects).value(kept.take(state).ref, ("rows", 7))) == ["in", "id"]


def test_values_that_move_from_one_container_to_the_next_are_noticed() -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state: dict[str, Any] = {"rows": [["a"], ["b", "c"], [], ["d"]] * 100}
    state["rows"] = [list(row) for row in state["rows"]]
    kept.take(state)
    state["rows"][0].append(state["rows"][1].pop(0))
    assert Reader(objects).value(kept.take(state).ref) == state


def test_equal_values_that_are_two_objects_stay_two() -> None:
    objects = Objects()
    back = snapshotter(objects).restore(snapshotter(objects).take({"a": [1], "b": [1]}).ref)
    assert back["a"] == back["b"]
    assert back["a"] is not back["b"]


def test_a_small_change_costs_little_room() -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state: dict[str, Any] = {"messages": [message(i) for i in range(1000)]}
    state["table"] = {f"key {i}": i for i in range(5000)}
    state["transcript"] = noise(300_000)
    kept.take(state)

    def cost() -> int:
        before = objects.size
        kept.take(state)
        return objects.size - before

    state["messages"].append(message(1001))
    assert cost() < 2_500
    state["messages"].insert(500, message(1002))
    assert cost() < 4_500
    del state["messages"][0]
    assert cost() < 4_500
    state["messages"][700]["role"] = "tool"
    assert cost() < 4_500
    state["table"]["key 2500"] = -1
    assert cost() < 4_500
    state["transcript"] += noise(1000, 1)
    assert cost() < 11_000
    state["transcript"] = state["transcript"][:150_000] + "!" + state["transcript"][150_000:]
    assert cost() < 11_000
    assert cost() == 0


def test_a_prompt_shares_the_transcript_that_it_holds() -> None:
    objects = Objects()
    texts = TextWriter(objects)
    transcript = noise(400_000)
    Snapshotter(objects, texts, run="run", key=KEY).take({"transcript": transcript})
    before = objects.size
    ref = texts.write(f"Read this:\n{transcript}\nThen answer.")
    assert objects.size - before < 20_000
    assert Reader(objects).text(ref) == f"Read this:\n{transcript}\nThen answer."


@SETTINGS
@given(st.data())
def test_texts_come_back_and_equal_texts_have_equal_references(data: Any) -> None:
    objects = Objects()
    kept = TextWriter(objects)
    source = noise(6000, data.draw(st.integers(0, 50))) + "漢字\ud800 é😀" * 40
    text = source
    for _ in range(8):
        at = data.draw(st.integers(0, len(text)))
        add = data.draw(st.sampled_from(["", "x", "漢", source[:3000], "a" * 20_000]))
        drop = data.draw(st.sampled_from([0, 1, 500]))
        text = text[:at] + add + text[at + drop :]
        ref = kept.write(text)
        assert Reader(objects).text(ref) == text
        assert TextWriter(Objects()).write(text) == ref


def test_ten_thousand_messages_cost_no_more_each_than_the_first_hundred() -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state: dict[str, Any] = {"items": []}
    sizes: list[int] = []
    for number in range(10_000):
        state["items"].append(f"item {number} {number * 7919}")
        if number % 100 == 0:
            before = objects.size
            kept.take(state)
            sizes.append(objects.size - before)
    assert max(sizes[-20:]) < 3 * sum(sizes[2:20]) / 18


def test_reading_one_message_of_ten_thousand_opens_few_objects() -> None:
    objects = Objects()
    state: dict[str, Any] = {"messages": [message(i, 300) for i in range(10_000)]}
    state["other"] = noise(5000)
    ref = snapshotter(objects).take(state).ref
    for index in (0, 17, 5000, 9999):
        objects.reads = 0
        found = Reader(objects).value(ref, ("messages", index, "content"))
        assert found == state["messages"][index]["content"]
        assert objects.reads <= 12
    with pytest.raises(KeyError):
        Reader(objects).value(ref, ("messages", 10_000))
    with pytest.raises(KeyError):
        Reader(objects).value(ref, ("nothing",))


def test_changed_keys_come_from_the_roots_alone() -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state: dict[str, Any] = {
        "messages": [message(i) for i in range(300)],
        "gone": 1,
        "n": 1,
        "s": {},
    }
    old = kept.take(state).ref
    del state["gone"]
    state["n"] = 1.0
    state["messages"][7]["role"] = "tool"
    state["__count"] = 5
    state["fresh"] = noise(3000)
    new = kept.take(state).ref
    wanted = Changes(("__count", "fresh"), ("messages", "n"), ("gone",))
    objects.reads = 0
    assert Reader(objects).changed(old, new) == wanted
    assert objects.reads == 2
    assert kept.changes(old, new) == wanted
    assert snapshotter(objects).changes(old, new) == wanted
    assert kept.changes(old, new, frozenset({"__count"})).added == ("fresh",)
    assert not kept.changes(new, new)


def test_another_order_of_keys_is_kept_but_is_no_change() -> None:
    kept = snapshotter(Objects())
    old = kept.take({"a": {"x": 1, "y": 2}, "b": 1}).ref
    new = kept.take({"b": 1, "a": {"y": 2, "x": 1}}).ref
    assert old != new
    assert not kept.changes(old, new)


def test_after_a_restore_only_what_changes_is_written() -> None:
    objects = Objects()
    state: dict[str, Any] = {"messages": [message(i) for i in range(200)], "text": noise(50_000)}
    ref = snapshotter(objects).take(state).ref
    again = snapshotter(objects)
    back = again.restore(ref)
    written: list[bytes] = []
    objects.put = lambda digest, data: written.append(digest + data)  # type: ignore[method-assign]
    assert again.take(back).ref == ref
    assert written == []
    back["messages"].append(message(201))
    again.take(back)
    assert sum(map(len, written)) < 2_500


def test_equal_parts_of_two_snapshots_are_read_as_one_object() -> None:
    objects = Objects()
    kept = snapshotter(objects)
    state: dict[str, Any] = {"messages": [message(i) for i in range(50)], "n": 0}
    old = kept.take(state).ref
    state["n"] = 1
    state["messages"].append(message(51))
    new = kept.take(state).ref
    reader = Reader(objects)
    before, after = reader.value(old), reader.value(new)
    assert all(map(lambda a, b: a is b, before["messages"], after["messages"]))


def test_a_damaged_recording_says_so_in_one_line() -> None:
    objects = Objects()
    state = {"messages": [message(i) for i in range(40)], "text": noise(9000)}
    ref = snapshotter(objects).take(state).ref
    for digest in list(objects):
        whole = objects[digest]
        for data in (None, b"", whole[:-1], whole[:5] + b"!" + whole[6:], b"\xff" + whole):
            if data is None:
                del objects[digest]
            else:
                objects[digest] = data
            for read in (Reader(objects).value, snapshotter(objects).restore):
                with pytest.raises(StoreDamaged) as caught:
                    read(ref)
                assert "\n" not in str(caught.value)
        objects[digest] = whole
    for wrong in ("", "xyz", "00" * 15, "00" * 16):
        with pytest.raises(StoreDamaged):
            Reader(objects).value(wrong)
