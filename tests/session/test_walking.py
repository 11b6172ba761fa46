"""Ways through the steps of an open run: find, range, the next failed or stale step, a key's
history, and coming back to where one was."""

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
import pytest_asyncio

from lar_debug.model.document import TreeRow
from lar_debug.model.problem import Problem
from lar_debug.model.records import Outcome
from lar_debug.model.views import KeyChange
from lar_debug.session.looking import Base
from lar_debug.session.recording import Recording
from lar_debug.session.remembered import MOST_RUNS, Place, remember, remembered
from lar_debug.session.rerunning import Rerunning
from lar_debug.session.session import Session
from tests.session.person import Person
from tests.session.states_run import State, add_states_run, new_store

LETTER = "Dear Ms Lindqvist,\nyour order has not moved.\nKind regards"

STATES: list[State] = [
    {"ticket": "Where is my tent?"},
    {"ticket": "Where is my tent?", "order": {"id": "A-1042", "total": 89.0}},
    {"ticket": "Where is my tent?", "order": {"id": "A-1042", "total": 79.0}},
    {"ticket": "Where is my tent?", "order": {"id": "A-1042", "total": 79.0}, "reply": "hey"},
    {"ticket": "Where is my tent?", "order": {"id": "A-1042", "total": 79.0}, "reply": LETTER},
    {
        "ticket": "Where is my tent?",
        "order": {"id": "A-1042", "total": 79.0},
        "reply": LETTER.replace("has not moved", "was lost by the carrier"),
    },
    {"ticket": "Where is my tent?", "order": {"id": "A-1042", "total": 79.0}},
]
FAILED = (1, 4)

Open = Callable[..., Coroutine[None, None, Person]]


def recorded(folder: Path) -> Recording:
    return add_states_run(
        new_store(folder),
        "r",
        STATES,
        outcomes=lambda step: Outcome.ERROR if step in FAILED else Outcome.SUCCESS,
    )


def session_on(recording: Recording, step: int = 0) -> Session:
    return Session(recording, Rerunning(recording, Path(sys.executable), trusted=False), step=step)


@pytest_asyncio.fixture
async def person(tmp_path: Path):
    person = Person(session_on(recorded(tmp_path)), tmp_path)
    await person.session.open()
    await person.until(lambda: person.session.step_view() is not None)
    person.forget()
    yield person
    await person.session.close()


async def at(person: Person, step: int) -> None:
    await person.until(lambda: person.session.cursor == step)


async def test_find_goes_to_the_next_step_with_the_text_and_counts_and_goes_round(person: Person):
    find = person.session.walking.find
    person.session.go(2)
    find.start("reply")
    await person.told("/reply  2 of 4  ")
    assert person.session.cursor == 3
    for step, told in ((4, "3 of 4"), (5, "4 of 4"), (2, "1 of 4"), (3, "2 of 4")):
        find.step(1)
        await person.told(told)
        assert person.session.cursor == step
    find.step(-1)
    await person.told("1 of 4")
    assert person.session.cursor == 2


async def test_a_text_that_is_nowhere_moves_nobody(person: Person):
    person.session.walking.find.start("nowhere")
    await person.told("/nowhere  in none of 6 steps")
    assert person.session.cursor == 0
    person.session.walking.find.step(1)
    assert person.session.cursor == 0


async def test_a_search_leaves_one_message_however_many_it_told(person: Person):
    before = len(person.session.events())
    find = person.session.walking.find
    find.start("A-1042")
    await person.told("1 of 1  ")
    find.step(1)
    find.step(1)
    assert len(person.session.events()) == before + 1


async def test_esc_ends_the_range_first_and_then_the_search(person: Person):
    walking = person.session.walking
    walking.find.start("reply")
    await person.told("of 4  ")
    walking.toggle_range()
    assert walking.leave()
    assert walking.since is None
    assert walking.find.text
    assert walking.leave()
    assert not walking.find.text
    assert not walking.leave()


async def test_a_range_compares_from_before_its_first_step_to_after_its_last(person: Person):
    session = person.session
    session.go(1)
    session.walking.toggle_range()
    session.go(3)
    await person.until(lambda: person.verdict.startswith("steps 1..3"))
    assert person.document[0].startswith("order.total  89.0 → 79.0")
    assert "Dear Ms Lindqvist" in str(person.view.diff)
    assert "steps 1..3" in person.view.note
    session.go(0)
    await person.until(lambda: person.verdict.startswith("steps 0..1"))
    assert person.document == ["order {id 'A-1042' total 79.0}"]
    session.walking.toggle_range()
    await person.until(lambda: "recorded" in person.verdict)


async def test_the_next_failed_step_is_gone_to_and_round(person: Person):
    walking = person.session.walking
    for step, told in ((1, "failed: 1 of 2"), (4, "failed: 2 of 2"), (1, "from the top again")):
        walking.next_failed()
        await person.told(told)
        await at(person, step)


async def test_where_no_step_is_stale_that_is_said(person: Person):
    person.session.walking.next_stale()
    await person.told("no step is stale")


async def history(person: Person, key: str) -> list[KeyChange]:
    return [change async for some in person.session.walking.history.of(key) for change in some]


async def told(person: Person, key: str) -> list[tuple[int, str, str]]:
    changes = await history(person, key)
    return [(one.step, one.sign, "".join(span.text for span in one.spans)) for one in changes]


async def test_the_history_of_a_key_is_a_row_for_each_step_that_wrote_it(person: Person):
    assert await told(person, "order") == [
        (0, "+", "{id 'A-1042' total 89.0}"),
        (1, "~", "total  89.0 → 79.0  (-10.0)"),
    ]
    reply = await told(person, "reply")
    assert [(step, sign) for step, sign, _ in reply] == [(2, "+"), (3, "~"), (4, "~"), (5, "-")]
    assert reply[2][2].startswith("+5 words -3 words")
    assert await told(person, "ticket") == [(0, "+", "'Where is my tent?'")]
    assert await told(person, "nothing") == []
    assert await person.session.walking.history.known() == {"ticket", "order"}


async def test_a_run_opens_again_where_it_was_left(tmp_path: Path):
    recording = recorded(tmp_path)
    session = session_on(recording, step=3)
    await session.open()
    session.tabs.open("state-pane")
    session.looking.base = Base.BEFORE
    await session.close()
    place = remembered(recording.store.path, "r")
    assert place is not None
    assert place == Place(3, "state-pane", None, "BEFORE", None)
    again = session_on(recording, step=place.step)
    again.go_back_to(place)
    assert again.tabs.pane == "state-pane"
    assert again.looking.base is Base.BEFORE


def test_where_one_was_is_for_this_user_alone_and_only_of_so_many_runs(tmp_path: Path):
    store = new_store(tmp_path).path
    folder = store.with_name("recordings.db-places")
    for number in range(MOST_RUNS + 3):
        remember(store, f"run{number}", Place(number))
        os.utime(folder / f"run{number}.json", (number, number))
    assert len(list(folder.iterdir())) == MOST_RUNS
    assert remembered(store, "run0") is None
    assert remembered(store, f"run{MOST_RUNS}") == Place(MOST_RUNS)
    assert stat.S_IMODE((folder / f"run{MOST_RUNS}.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "text", ["", "[" * 9999, "[]", "null", '{"step": -1}', '{"step": "5"}', '{"step": 1e99}', "{"]
)
def test_a_place_that_makes_no_sense_is_no_place(tmp_path: Path, text: str):
    store = new_store(tmp_path).path
    remember(store, "r", Place(1))
    (store.with_name("recordings.db-places") / "r.json").write_text(text)
    assert remembered(store, "r") is None


def test_names_of_runs_lead_nowhere_else(tmp_path: Path):
    store = new_store(tmp_path).path
    remember(store, "../../x", Place(1))
    assert not list(tmp_path.rglob("x.json"))
    assert remembered(store, "../../x") is None
    (tmp_path / "secret.json").write_text('{"step": 1}')
    remember(store, "r", Place(1))
    file = store.with_name("recordings.db-places") / "r.json"
    file.unlink()
    file.symlink_to(tmp_path / "secret.json")
    assert remembered(store, "r") is None


async def test_a_place_that_cannot_be_kept_is_no_error(tmp_path: Path):
    recording = recorded(tmp_path)
    recording.store.path.with_name("recordings.db-places").write_text("no folder")
    session = session_on(recording, step=3)
    await session.open()
    await session.close()
    assert remembered(recording.store.path, "r") is None


async def compared(person: Person, name: str) -> tuple[str, str]:
    title, document = await person.session.walking.compare_with(0, name)
    rows = (block for block in document.blocks if isinstance(block, TreeRow))
    return title, "\n".join("".join(span.text for span in row.spans) for row in rows)


async def test_a_step_is_compared_with_any_step_of_any_run(person: Person):
    store = person.session.recording.store
    other = [*STATES[:2], {**STATES[2], "order": {"id": "A-1042", "total": 1.0}}]
    add_states_run(store, "other", other)
    person.session.go(1)
    assert await compared(person, "0") == (
        "state after 0@0 → 1@0",
        "order.total  89.0 → 79.0  (-10.0)",
    )
    told = "order.total  1.0 → 79.0  (+78.0)"
    assert await compared(person, "other:1") == ("state after othe:1@0 → 1@0", told)
    assert await compared(person, "other") == ("state after othe:1@0 → 1@0", told)
    for name, problem in (
        ("99", "no step 99"),
        ("0@7", "no attempt 7"),
        ("nowhere", "no run nowhere"),
        ("other:1.prompt", "is for lar-debug diff"),
    ):
        with pytest.raises(Problem, match=problem):
            await compared(person, name)


async def test_everything_is_read_while_another_program_writes(person: Person):
    with sqlite3.connect(person.session.recording.store.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE meta SET value=value")
        person.session.walking.find.start("A-1042")
        await person.told("1 of 1  ")
        assert (await history(person, "reply"))[0].step == 2
        person.session.go(4)
        await person.until(lambda: person.view.step == 4)
        other.execute("ROLLBACK")
    other.close()
