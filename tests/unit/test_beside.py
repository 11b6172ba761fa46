"""Two large snapshots beside each other: the same changes are found, and little of them is read."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lar_debug.diff.brief import brief
from lar_debug.diff.build import build
from lar_debug.diff.structural import compare
from lar_debug.runtime.snapshots import Snapshotter, Taken
from lar_debug.store.beside import read_beside
from lar_debug.store.chunks import Reader, StoreDamaged
from lar_debug.store.glimpses import glimpse
from lar_debug.store.objects import VALUE, unpack
from lar_debug.store.texts import TextWriter
from tests.unit.strategies import Objects, mutate, states

KEY = b"k" * 32
SETTINGS = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def take(objects: Objects, state: dict[str, Any], key: bytes | None = KEY) -> Taken:
    return Snapshotter(objects, TextWriter(objects), run="run", key=key).take(state)


def holds_tagged(value: Any) -> bool:
    return "Tagged(" in repr(value)


def check_same_as_read_whole(objects: Objects, old: Taken, new: Taken) -> None:
    reader = Reader(objects)
    whole = [reader.value(taken.ref) for taken in (old, new)]
    marked = {mark.path[0] for mark in (*old.marks, *new.marks)}
    beside = read_beside(Reader(objects), old.ref, new.ref, marked)
    assert repr(compare(*beside)) == repr(compare(*whole))
    # Of tuples in tuples and the like a row shows less when they are large.
    state = whole[1] if isinstance(whole[1], dict) and not holds_tagged(whole[1]) else {}
    for key in state:
        shown = glimpse(reader, new.ref, [key])
        told = build(*beside, output=[key], shown=shown).blocks
        assert repr(told) == repr(build(*whole, output=[key]).blocks)


def message(number: int) -> dict[str, Any]:
    rand = random.Random(number)
    return {"role": "user", "content": f"{number} {rand.random()} " * rand.randrange(1, 30)}


def ticket(number: int) -> dict[str, Any]:
    return {"id": f"t{number % 300}", **message(number)}


def edit_items(rand: random.Random, items: list[Any], new: Callable[[int], Any]) -> None:
    """A few edits of the kinds that nodes make."""
    for _ in range(rand.randrange(1, 4)):
        at = rand.randrange(len(items))
        kind = rand.choice(["insert", "append", "delete", "edit", "move", "repeat", "replace"])
        if kind == "insert":
            items.insert(at, new(rand.randrange(1000, 9999)))
        elif kind == "append":
            items.append(new(rand.randrange(1000, 9999)))
        elif kind == "delete" and len(items) > 3:
            del items[at]
        elif kind == "edit":
            items[at] = {**items[at], "content": items[at]["content"] + " edited"}
        elif kind == "move":
            items.insert(rand.randrange(len(items)), items.pop(at))
        elif kind == "repeat":
            items.insert(at, copy.deepcopy(rand.choice(items)))
        else:
            items[at] = dict(reversed(items[at].items()))


@SETTINGS
@given(st.data(), st.booleans())
def test_any_two_states_differ_in_what_they_differ_in_read_whole(data: Any, wild: bool):
    state = data.draw(states(wild=wild))
    objects = Objects()
    old = take(objects, state)
    for _ in range(data.draw(st.integers(0, 4))):
        mutate(data.draw, state, wild=wild)
    check_same_as_read_whole(objects, old, take(objects, state))


@pytest.mark.parametrize("new", [message, ticket])
@pytest.mark.parametrize("seed", range(25))
def test_long_lists_differ_in_what_they_differ_in_read_whole(
    new: Callable[[int], dict[str, Any]], seed: int
):
    rand = random.Random(seed)
    items = [new(number) for number in range(rand.choice([3, 40, 320]))]
    objects = Objects()
    old = take(objects, {"items": items, "inside": {"more": items[:20]}})
    edit_items(rand, items, new)
    check_same_as_read_whole(objects, old, take(objects, {"items": items, "inside": {"more": 1}}))


class Counting(Objects):
    """Counts what is read out of the store, and the longest JSON among it."""

    def __init__(self, objects: Objects) -> None:
        super().__init__()
        self.update(objects)
        self.read = self.longest = 0

    def get(self, digest: bytes) -> bytes:
        data = super().get(digest)
        self.read += len(data)
        kind, payload = unpack(data)
        self.longest = max(self.longest, len(payload) if kind == VALUE else 0)
        return data


WORDS = ["the", "order", "of", "a", "late", "tent"]


def paragraph(number: int) -> str:
    return " ".join(random.Random(number).choices(WORDS, k=2000))


LARGE = {
    "items": [ticket(number) for number in range(3000)],
    "pages": {f"p{number}": paragraph(number) for number in range(100)},
    "text": "\n".join(map(paragraph, range(100))),
    "small": {"total": 89.0},
}


@pytest.fixture(scope="module")
def large() -> tuple[Objects, str]:
    objects = Objects()
    return objects, take(objects, LARGE).ref


def counting_read(large: tuple[Objects, str], **changed: Any) -> tuple[Counting, list[Any]]:
    """The changes to the large state, and what reading them took."""
    objects, old = large
    new = take(objects, {**LARGE, **changed}).ref
    counting = Counting(objects)
    return counting, compare(*read_beside(Reader(counting), old, new))


def test_a_change_beside_megabytes_reads_no_more_than_the_root(large: tuple[Objects, str]):
    counting, changes = counting_read(large, small={"total": 79.0})
    assert [change.at_new for change in changes] == [("small", "total")]
    assert counting.read < 2_000 < large[0].size // 200


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"items": [*LARGE["items"], message(7)]}, ("items", 3000)),
        ({"items": [message(7), *LARGE["items"]]}, ("items", 0)),
        (
            {"items": [*LARGE["items"][:1500], message(7), *LARGE["items"][1500:]]},
            ("items", 1500),
        ),
        ({"items": [*LARGE["items"][:1500], *LARGE["items"][1501:]]}, ("items", 1500)),
        ({"pages": {**LARGE["pages"], "p50": "short"}}, ("pages", "p50")),
    ],
)
def test_a_change_inside_megabytes_reads_the_change(
    large: tuple[Objects, str], changed: dict[str, Any], at: tuple[Any, ...]
):
    counting, changes = counting_read(large, **changed)
    assert [change.at_new or change.at_old for change in changes] == [at]
    assert counting.read < 40_000
    assert counting.longest < 8_192


def test_an_edit_of_an_item_reads_that_item(large: tuple[Objects, str]):
    items = copy.deepcopy(LARGE["items"])
    items[1500]["content"] += " edited"
    counting, changes = counting_read(large, items=items)
    assert [change.at_new for change in changes] == [("items", 1500, "content")]
    assert counting.read < 40_000


def test_a_row_for_each_key_shows_what_the_whole_value_would(large: tuple[Objects, str]):
    objects, ref = large
    counting = Counting(objects)
    shown = glimpse(Reader(counting), ref)
    for key, value in LARGE.items():
        assert brief(shown[key], 200) == brief(value, 200)
    assert counting.read < 200_000
    assert counting.longest < 8_192


@SETTINGS
@example({"role": {"inside": "lorem ipsum " * 683 + "é"}})
@given(states(wild=False))
def test_a_row_of_any_state_shows_what_the_whole_value_would(state: dict[str, Any]):
    objects = Objects()
    ref = take(objects, state).ref
    whole = Reader(objects).value(ref)
    shown = glimpse(Reader(objects), ref)
    assert [brief(value, 200) for value in shown.values()] == [
        brief(value, 200) for value in whole.values()
    ]


def test_a_damaged_recording_is_one_line(large: tuple[Objects, str]):
    objects, ref = Objects(large[0]), large[1]
    new = take(objects, {**LARGE, "items": LARGE["items"][1:]}).ref
    for digest in list(objects):
        if digest.hex() not in (ref, new):
            del objects[digest]
    with pytest.raises(StoreDamaged, match="the recording is damaged"):
        read_beside(Reader(objects), ref, new)
    with pytest.raises(StoreDamaged, match="the recording is damaged"):
        glimpse(Reader(objects), ref)


@pytest.mark.parametrize(("name", "kinds"), [("t3", {"added", "removed"}), ("new", {"changed"})])
def test_an_id_counts_only_where_no_unread_item_has_it_too(name: str, kinds: set[str]):
    items = [ticket(number) for number in range(40)]
    objects = Objects()
    texts = "nothing like the other " * 20, "quite another text altogether " * 20
    old, new = (take(objects, {"items": [*items, {"id": name, "content": t}]}) for t in texts)
    assert {
        change.kind for change in compare(*read_beside(Reader(objects), old.ref, new.ref))
    } == kinds
    check_same_as_read_whole(objects, old, new)
