"""A value of the state is edited and the step runs again, as it was recorded but for that."""

import json
from pathlib import Path

import pytest

from lar_debug.diff.paths import parse_path
from lar_debug.model.problem import Problem
from lar_debug.model.tabs import StateEditView, StateWish
from lar_debug.session.assignments import split_assignment
from tests.hostile import SHORT, obeyed
from tests.session.person import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTS, READS, ASKS, POSTS, VARIES, WAITS, PICKS, LOOKS_UP = range(8)


async def edit(person: Person, place: str, *, before: bool = False) -> StateEditView:
    return await person.session.state_acts.edit(place, before=before)


async def run(person: Person, asked: StateEditView, text: str) -> None:
    """Take an edit, and see what came of it."""
    newest = person.chips(person.view)[-1]
    assert await person.session.state_acts.run(asked, text)
    await person.told(f"step {asked.step} ran again as #{newest + 1}")
    person.session.show_newest()
    await person.until(lambda: person.shown(person.view) == newest + 1)


def value(person: Person, place: str) -> object:
    """What the shown attempt was given."""
    recording = person.session.recording
    execution = recording.execution(person.view.step, person.shown(person.view))
    return recording.value(execution.before, tuple(place.split(".")))


async def test_an_edited_value_is_what_the_step_starts_from(person: Person):
    await person.look_at(LOOKS_UP)
    asked = await edit(person, "order.total")
    assert (asked.title, asked.text) == ("set for step 7:", "order.total = 89.0")
    await run(person, asked, "order.total = 0")
    assert value(person, "order.total") == 0
    assert value(person, "order.id") == "A-1"
    assert person.view.cause.title == "you changed state order.total 89.0 → 0"
    recorded = person.session.recording.execution(LOOKS_UP, 0)
    assert person.session.recording.value(recorded.before, ("order", "total")) == 89.0


async def test_further_edits_start_from_those_of_the_shown_attempt(person: Person):
    await person.look_at(LOOKS_UP)
    asked = await edit(person, "order.id")
    assert asked.title == "set for step 7, beside order.total = 0:"
    await run(person, asked, 'order.id = "B-2"')
    assert (value(person, "order.id"), value(person, "order.total")) == ("B-2", 0)
    person.session.show_attempt(0)
    await person.until(lambda: person.shown(person.view) == 0)
    assert (await edit(person, "order.id")).title == "set for step 7:"


async def test_a_place_is_edited_again_over_its_earlier_edit(person: Person):
    await person.look_at(LOOKS_UP)
    await run(person, await edit(person, "order.total"), "order.total = 5")
    held = (await edit(person, "order.total")).title
    assert held == "set for step 7, beside order.id = 'B-2', order.total = 5:"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("order.total = 89.", "the value is no JSON"),
        ("order.total = NaN", "the value is no JSON"),
        ('order.total = {"$type": "tuple", "$value": []}', "a value with $type cannot be set"),
        ("order.total", "write path = JSON"),
        ("order..total = 1", "is no path"),
        ("= 1", "is no path"),
        ("oder.total = 1", "oder.total: the state before the step has no such place"),
        ("count[0] = 1", "count[0] cannot be set alone: count is no plain dict or list"),
        ('order[1] = "x"', "order[1] cannot be set alone: order is no plain dict or list"),
    ],
)
async def test_an_edit_that_does_not_fit_runs_nothing_and_says_why(
    person: Person, text: str, why: str
):
    await person.look_at(LOOKS_UP)
    chips = person.chips(person.view)
    asked = await edit(person, "order.total")
    with pytest.raises(Problem) as raised:
        await person.session.state_acts.run(asked, text)
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)
    assert person.chips(person.view) == chips


async def test_a_new_key_can_be_added(person: Person):
    await person.look_at(COUNTS)
    asked = await edit(person, "order")
    await run(person, asked, 'order["a = b"] = [1, {"x": null}]')
    recording = person.session.recording
    given = recording.execution(COUNTS, person.shown(person.view)).before
    assert recording.value(given, ("order", "a = b")) == [1, {"x": None}]


async def test_the_value_of_before_the_step_is_offered_not_what_the_step_made_of_it(
    person: Person,
):
    await person.look_at(COUNTS)
    person.session.show_attempt(0)
    await person.until(lambda: person.shown(person.view) == 0)
    asked = await edit(person, "count")
    assert asked.text == "count = 3", "the step made it: there is none before it"
    await run(person, asked, "count = 7")
    assert (await edit(person, "count")).text == "count = 7"


async def test_what_no_line_or_json_can_hold_is_written_anew(person: Person):
    await person.look_at(COUNTS)
    asked = await edit(person, "order")
    await run(person, asked, f"order = {json.dumps(['x' * 20_000])}")
    asked = await edit(person, "order")
    assert asked.text == "order = "
    assert "(too long for a line):" in asked.title


async def test_a_text_that_a_terminal_would_obey_is_offered_escaped_and_reads_back(
    person: Person,
):
    hostile = {name + "\x9b": text[:500] for name, text in SHORT.items()}
    await person.look_at(COUNTS)
    await run(person, await edit(person, "order"), f"order = {json.dumps(hostile)}")
    for key, text in hostile.items():
        asked = await edit(person, f"order[{json.dumps(key)}]")
        assert not obeyed(asked.text), key
        path, _, written = split_assignment(asked.text)
        assert parse_path(path) == ("order", key)
        assert json.loads(written) == text


async def test_the_tree_shows_the_state_before_with_the_edits(person: Person):
    await person.look_at(LOOKS_UP)
    person.session.tabs.open("state-pane")
    person.session.tabs.see_state(StateWish(side="before", opened=frozenset({"order"})))
    await person.until(lambda: person.view.state_view is not None)
    state = person.view.state_view
    assert state is not None
    shown = {row.place: "".join(span.text for span in row.spans) for row in state.rows}
    assert (shown["order.id"], shown["order.total"]) == ("'B-2'", "5")
    person.session.tabs.open("diff-pane")


async def test_all_of_a_value_is_written_for_the_pager(person: Person, tmp_path: Path):
    await person.look_at(LOOKS_UP)
    acts, file = person.session.state_acts, tmp_path / "value"
    await acts.write("order", file, before=True)
    assert file.read_text() == '{\n  "id": "B-2",\n  "total": 5\n}\n'
    with pytest.raises(Problem, match="nowhere is not in this state"):
        await acts.write("nowhere", file, before=False)
