"""Finding a text in all steps: where it came or changed, in values of every size."""

from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lar_debug.model.records import Outcome
from lar_debug.session.find import Search
from lar_debug.store.database import Store
from tests.session.states_run import (
    State,
    add_states_run,
    edited,
    found_steps,
    holds,
    new_store,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path)


def search(store: Store, states: list[State], text: str, cursor: int = -1, **more: Any):
    recording = add_states_run(store, f"r{len(store.runs())}", states, **more)
    return found_steps(Search(recording, text).slices(cursor))


PROSE = "\n".join(f"{number} lines of a letter that nobody has read" for number in range(900))
ITEMS = [{"id": f"m{number}", "text": f"message number {number} " * 4} for number in range(700)]


def test_a_step_matches_where_its_node_or_a_key_or_a_value_that_it_wrote_has_the_text(store: Store):
    states: list[State] = [
        {},
        {"ticket": "Where is my tent?"},
        {"ticket": "Where is my tent?", "order": {"item": "Fjell", "total": 89.5}},
        {"ticket": "Where is my tent?", "order": {"item": "Fjell", "total": 89.5}, "n": 1},
    ]
    labels = ["load", "look_up", "count_tents"]
    assert search(store, states, "tent", labels=labels) == [0, 2]
    assert search(store, states, "fjell", labels=labels) == [1]
    assert search(store, states, "89.5", labels=labels) == [1]
    assert search(store, states, "order", labels=labels) == [1]
    assert search(store, states, "nowhere", labels=labels) == []


def test_capitals_count_once_a_text_has_one(store: Store):
    states: list[State] = [{}, {"a": "Lindqvist"}, {"a": "lindqvist"}]
    assert search(store, states, "lindqvist") == [0, 1]
    assert search(store, states, "Lindqvist") == [0]


def test_words_of_python_and_what_json_escapes_are_found(store: Store):
    states: list[State] = [{}, {"a": True}, {"a": None}, {"a": 'say "so"'}, {"a": "two\nlines"}]
    assert search(store, states, "True") == [0]
    assert search(store, states, "none") == [1]
    assert search(store, states, '"so"') == [2]
    assert search(store, states, "ü") == []


def test_the_state_that_a_run_began_with_belongs_to_its_first_step(store: Store):
    states: list[State] = [{"who": "Eva"}, {"who": "Eva", "n": 1}, {"who": "Eva", "n": 2}]
    assert search(store, states, "eva") == [0]


def test_what_stands_there_unchanged_is_no_match_however_large_the_rest_of_its_value(store: Store):
    items = [*ITEMS[:300], {"id": "x", "text": "the needle"}, *ITEMS[300:]]
    first: State = {"items": items, "letter": f"{PROSE}\nthe needle\n{PROSE}"}
    states = [
        {},
        first,
        edited(first, lambda state: state["items"].append({"id": "y", "text": "new"})),
        edited(first, lambda state: state["items"].insert(5, {"id": "z", "text": "new"})),
        edited(first, lambda state: state.update(letter=first["letter"] + "\none more line")),
        edited(first, lambda state: state["items"][600].update(text="a needle too")),
    ]
    assert search(store, states, "needle") == [0, 4]


def borders(store: Store, ref: str, key: str) -> list[int]:
    """Where the stored pieces of a long text (of ASCII) end."""
    entries = store.reader.entries(store.reader.level(bytes.fromhex(ref))[key].digest)
    return list(accumulate(entry.items for entry in entries))[:-1]


def test_a_text_over_the_border_of_two_stored_pieces_is_found(store: Store):
    letter = " ".join(f"word{number} and word{number + 1}" for number in range(4000))
    states: list[State] = [{}, {"letter": "short"}, {"letter": letter}]
    recording = add_states_run(store, "r", states)
    found = borders(store, recording.execution(1, 0).after, "letter")
    assert found
    for border in found:
        text = letter[border - 9 : border + 9]
        assert found_steps(Search(recording, text).slices(-1)) == [1], text


def test_the_search_begins_behind_the_cursor_and_goes_round(store: Store):
    states: list[State] = [{"n": 0}, *({"n": "here", "of": step} for step in range(6))]
    states = [
        states[0],
        *(edited(one, lambda s: s.update(n=f"here {s['of']}")) for one in states[1:]),
    ]
    assert search(store, states, "here", cursor=2) == [3, 4, 5, 0, 1, 2]


def test_the_error_of_a_step_that_failed_is_searched(store: Store):
    recording = add_states_run(store, "r", [{}, {"a": 1}], outcomes=lambda _: Outcome.ERROR)
    ended = recording.execution(0, 0)
    store.end_execution(ended._replace(error="KeyError: 'oder'"))
    assert found_steps(Search(recording, "oder").slices(-1)) == [0]


small = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 99), st.text("abx ", max_size=6), st.just({"k": "ab"})
)
# A long list in long lists would be a state of megabytes.
leaves = st.one_of(
    small,
    st.integers(1, 60).map(lambda n: "ab \n" * n * 40),
    st.integers(1, 60).map(lambda n: "ab \n" * n * 20 + "xa" + "b\n" * 300),
    st.lists(small | st.lists(small, max_size=3), max_size=5).map(lambda some: some * 60),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.dictionaries(st.text("abx", min_size=1, max_size=3), inner, max_size=5),
    ),
    max_leaves=12,
)
states_of = st.lists(
    st.dictionaries(st.sampled_from("abcd"), values, max_size=4), min_size=2, max_size=4
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(states_of, st.sampled_from(["xa", "x", "9"]))
def test_a_match_is_in_what_changed_and_what_came_is_a_match(
    tmp_path_factory: pytest.TempPathFactory, states: list[State], text: str
):
    store = new_store(tmp_path_factory.mktemp("found"))
    found = search(store, states, text, labels=["n"] * len(states))
    store.close()
    for step, (old, new) in enumerate(pairwise(states)):
        changed = {key for key in new if key not in old or _differs(old[key], new[key])}
        if step in found:
            began = step == 0 and holds(old, text)
            assert began or any(text in key or holds(new[key], text) for key in changed)
        elif any(holds(new[key], text) and not holds(old.get(key), text) for key in changed):
            raise AssertionError(f"step {step} has {text!r} and was not found")


def _differs(old: Any, new: Any) -> bool:
    return repr(old) != repr(new)
