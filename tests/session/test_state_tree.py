"""The State tab of a recorded step: what is opened is read, what changed is marked."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lar_debug.model.records import Outcome
from lar_debug.model.tabs import StateRow, StateView, StateWish
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.session.recording import Recording
from lar_debug.session.state_acts import StateActs
from lar_debug.session.tabs import TabWish
from tests.hostile import SHORT
from tests.session.test_views import Written

LONG = "line\n" * 40_000


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    written = Written(tmp_path / "recordings.db")
    yield written
    written.store.close()


def state(written: Written, *opened: str, **wish: Any) -> StateView:
    wanted = StateWish(opened=frozenset(opened), **wish)
    view = written.view(tab=TabWish("state-pane", wanted)).state_view
    assert view is not None
    return view


def text(row: StateRow) -> str:
    return "".join(span.text for span in row.spans)


def told(view: StateView) -> list[str]:
    """Rows as a person reads them: sign, fold, name, value."""
    fold = {"open": "v", "closed": ">", "": " "}
    return [
        f"{row.sign}{'  ' * row.depth}{fold[row.fold]}{row.name} {text(row)} {row.note}".rstrip()
        for row in view.rows
    ]


def lines(view: StateView) -> list[str]:
    return [row.text for row in view.text]


def change(written: Written, before: Any, after: Any) -> None:
    """A step that found one state and left another."""
    store = written.store
    written.before = Snapshotter(store.objects, store.texts, run="r", key=None).take(before).ref
    written.end(0, Outcome.SUCCESS, after)


def test_what_a_step_wrote_is_marked_and_what_holds_it_too(written: Written):
    change(
        written,
        {"order": {"id": "A-1", "items": [{"id": 1, "price": 8}]}, "draft": 1, "topic": "late"},
        {"order": {"id": "A-1", "items": [{"id": 1, "price": 7}]}, "topic": "late", "reply": "D"},
    )
    assert told(state(written)) == [
        "~>order {2}  id 'A-1' items [1]",
        "  topic 'late'",
        "+ reply 'D'",
    ]
    assert told(state(written, "order", "order.items", "order.items[0]"))[:6] == [
        "~vorder {2}",
        "    id 'A-1'",
        "~  vitems [1]",
        "~    v[0] {2}",
        "        id 1",
        "~       price 7",
    ]


def test_the_state_before_marks_what_will_change_and_what_will_go(written: Written):
    change(written, {"total": 89.0, "draft": "x"}, {"total": 0, "reply": "y"})
    assert told(state(written, side="before")) == ["~ total 89.0", "- draft 'x'"]
    assert state(written, side="before").title == "state before #0"


def test_both_sides_show_old_and_new_of_what_changed_and_what_is_gone(written: Written):
    change(written, {"total": 89.0, "draft": "x", "n": 1}, {"total": 79.0, "n": {"a": 1}})
    assert lines(state(written, side="both", alone="draft")) == ["x"]
    assert told(state(written, side="both")) == [
        "~ total 89.0 → 79.0  (-10.0)",
        "~>n 1 → {1}  a 1",
        "- draft 'x'",
    ]


def test_an_item_that_moved_along_is_marked_where_it_stands_now(written: Written):
    old = {"id": "old", "tags": ["a"], "draft": 1}
    change(
        written,
        {"items": [{"id": "same"}, old]},
        {"items": [{"id": "new"}, {"id": "same"}, {"id": "old", "tags": ["a"]}]},
    )
    rows = told(state(written, "items", "items[2]", side="both"))
    assert rows == [
        "~vitems [3]",
        "+  >[0] {1}  id 'new'",
        "   >[1] {1}  id 'same'",
        "~  v[2] {2}",
        "      id 'old'",
        "     >tags [1]  'a'",
        "-     draft 1",
    ]


async def test_an_item_that_moved_along_is_edited_where_it_stood_before(written: Written):
    change(
        written,
        {"items": [{"id": "a"}, {"id": "b", "n": 1}]},
        {"items": [{"id": "new"}, {"id": "a"}, {"id": "b", "n": 2}]},
    )
    recording = Recording(written.store, written.store.run("r"))
    session: Any = SimpleNamespace(recording=recording, step_view=written.view)
    acts = StateActs(session, cast("Any", None))
    assert (await acts.edit("items[2].n", before=False)).text == "items[1].n = 1"
    assert (await acts.edit("items[1].id", before=False)).text == 'items[0].id = "a"'
    assert (await acts.edit("items[1].id", before=True)).text == 'items[1].id = "b"'


def test_the_first_hundred_parts_then_the_rest_in_hundreds(written: Written):
    change(written, {}, {"items": list(range(1_000))})
    rows = state(written, "items").rows
    assert len(rows) == 102
    assert (rows[-1].name, rows[-1].more, rows[-1].place) == ("… 900 more", 900, "items")
    more = state(written, "items", further=frozenset({("items", 2)})).rows
    assert [row.name for row in more[299:]] == ["[298]", "[299]", "… 700 more"]
    everything = state(written, "items", further=frozenset({("items", 9)})).rows
    assert everything[-1].name == "[999]"


@dataclass
class Ticket:
    number: int = 7


def test_every_kind_of_container_opens(written: Written):
    change(written, {}, {"t": (1, 2), "s": {5}, "d": {(1, 2): "x", 3: {"in": 1}}, "o": Ticket()})
    view = state(written, "t", "s", "d", "o", "d[3]")
    assert [(row.place, text(row).strip()) for row in view.rows] == [
        ("t", "(2)"),
        ("t[0]", "1"),
        ("t[1]", "2"),
        ("s", "{1}"),
        ("s[0]", "5"),
        ("d", "{2}"),
        ('d[{"$type": "tuple", "$value": [1, 2]}]', "'x'"),
        ("d[3]", "{1}"),
        ("d[3].in", "1"),
        ("o", f"{__name__}.Ticket{{1}}"),
        ("o.number", "7"),
    ]


def test_a_value_that_could_not_be_kept_says_so_where_it_stands(written: Written):
    change(written, {}, {"clients": {"lock": threading.Lock(), "name": "x"}})
    [folded] = state(written).rows
    assert folded.note == "lost inside"
    lock = state(written, "clients").rows[1]
    assert lock.sign == "?"
    assert "lost: <unlocked _thread.lock object> could not be kept" in lock.note


def test_a_lost_value_that_the_step_reads_says_what_can_be_done(written: Written):
    written.end(0, Outcome.SUCCESS, {"lock": threading.Lock()}, reads=("lock",))
    assert state(written).rows[0].note.endswith("; step 0 reads it. r runs it without, i sets it")


def test_a_shared_list_is_told_by_where_it_stands_first(written: Written):
    shared = [1]
    change(written, {}, {"a": {"b": shared}, "c": shared})
    assert text(state(written).rows[1]) == "the same as a.b"


def test_the_engines_own_keys_are_hidden_until_they_are_asked_for(written: Written):
    change(written, {}, {"a": 1, "__node_counts": {"a": 1}, "__last_prompt": "x"})
    assert [row.name for row in state(written).rows] == ["a"]
    assert state(written).size == "1 key, 2 hidden"
    assert [row.name for row in state(written, hidden=True).rows] == [
        "a",
        "__node_counts",
        "__last_prompt",
    ]


def test_one_value_alone_is_all_of_its_text_up_to_64_kb(written: Written):
    change(
        written,
        {},
        {"short": "one\ntwo", "long": LONG, "nothing": None, "order": {"n": 8.5, "tags": []}},
    )
    assert lines(state(written, alone="short")) == ["one", "two"]
    assert lines(state(written, alone="order")) == [
        "{",
        '  "n": 8.5,',
        '  "tags": []',
        "}",
    ]
    assert lines(state(written, alone="long"))[-1] == "64 KB shown of 195 KB, o opens all"
    assert lines(state(written, alone="nothing")) == ["null"]
    assert lines(state(written, alone="gone")) == ["not in this state"]


def test_an_attempt_that_left_no_state_shows_what_it_was_given(written: Written):
    written.end(0, Outcome.ERROR, error="KeyError: 'oder'")
    view = state(written)
    assert view.title == "#0 left no state: this is what it was given"
    assert told(view) == ["  order 1"]


def test_hostile_keys_and_texts_are_found_again_by_their_place(written: Written):
    change(written, {}, {name + value[:200]: {"in": value} for name, value in SHORT.items()})
    rows = state(written).rows
    assert len(rows) == min(100, len(SHORT))
    for row in rows:
        opened = state(written, row.place).rows
        assert any(one.depth == 1 for one in opened), row.place
        assert lines(state(written, alone=row.place))[0] == "{", row.place
