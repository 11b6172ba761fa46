"""A run of 100,000 steps: nothing that is asked for while painting reads more than it shows."""

import asyncio
import sqlite3
import sys
import threading
import time
from pathlib import Path

import pytest
import pytest_asyncio

from lar_debug.model.records import FileUse, Node, RunStatus
from lar_debug.session.header import header_view, read_facts
from lar_debug.session.recording import Recording
from lar_debug.session.rerunning import Rerunning
from lar_debug.session.session import Session
from lar_debug.session.stale import Staleness, stale_reasons
from lar_debug.session.timeline import WINDOW
from lar_debug.store.database import Store
from tests.session.person import Person
from tests.unit.store_process import begin, info

pytestmark = pytest.mark.asyncio(loop_scope="module")

STEPS = 100_000

# Every row like the first: step 0 was written by the store itself.
FILL = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
INSERT INTO {table} SELECT {columns} FROM {table}, numbers WHERE run='r' AND {table}.step=0
"""


def fill(path: Path) -> None:
    with sqlite3.connect(path) as sql:
        for table in ("step", "execution", "file"):
            names = [row[1] for row in sql.execute(f"PRAGMA table_info({table})")]
            columns = ", ".join("n" if name == "step" else name for name in names)
            sql.execute(FILL.format(table=table, columns=columns, last=STEPS - 1))
        sql.execute("UPDATE execution SET outcome='success', prompt_tokens=2, output_tokens=1")
    sql.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = tmp_path_factory.mktemp("large")
    (folder / "data.txt").write_text("as it was")
    store = Store.open(folder / "recordings.db", create=True)
    store.add_run(info("r", status=RunStatus.FINISHED), [Node("start", "write_reply", "LLMNode")])
    begin(store, "r", {"order": {"total": 89.0}})
    store.add_files("r", [FileUse(str(folder / "data.txt"), "r", "00")], step=0)
    fill(store.path)
    return Recording(store, store.run("r"))


@pytest_asyncio.fixture(loop_scope="module")
async def person(large: Recording):
    session = Session(large, Rerunning(large, Path(sys.executable), trusted=False), step=0)
    person = Person(session, large.store.path.parent)
    await session.open()
    await person.until(lambda: session.step_view() is not None)
    yield person
    await session.close()


class Statements:
    """SQL that the event loop's own thread runs while this is entered."""

    def __init__(self, store: Store) -> None:
        self._sqlite = store.objects._sqlite
        self._thread = threading.get_ident()
        self.texts: list[str] = []

    def __enter__(self) -> list[str]:
        self._sqlite.set_trace_callback(self._hear)
        return self.texts

    def _hear(self, text: str) -> None:
        if threading.get_ident() == self._thread:
            self.texts.append(text)

    def __exit__(self, *_exception: object) -> None:
        self._sqlite.set_trace_callback(None)


async def test_rows_are_read_in_windows_and_once(large: Recording, person: Person):
    rows = person.session.timeline()
    assert len(rows) == STEPS
    with Statements(large.store) as statements:
        for index in range(50_000, 50_000 + WINDOW):
            assert rows.row(index).step == index
        first = len(statements)
        for index in range(50_000, 50_000 + WINDOW):
            rows.row(index)
    assert first <= 2
    assert len(statements) == first


async def test_the_header_reads_nothing(large: Recording, person: Person):
    header = person.session.header()
    assert (header.steps, header.tokens) == (STEPS, 3 * STEPS)
    with Statements(large.store) as statements:
        person.session.header()
    assert statements == []


async def test_a_key_that_is_held_down_builds_the_last_step_and_few_others(
    large: Recording, person: Person
):
    session = person.session
    session.go(1_000)
    await person.until(lambda: person.view.step == 1_000)
    person.views.clear()
    # The thread that makes the views has something else to do all the while.
    busy = threading.Event()
    assert session._viewer is not None
    session._viewer._thread.submit(busy.wait)
    with Statements(large.store) as statements:
        for _ in range(500):
            session.move(1)
            await asyncio.sleep(0)
    busy.set()
    await person.until(lambda: person.view.step == 1_500)
    assert [view.step for view in person.views] == [1_500]
    # What the keys themselves read: a window of the timeline now and then.
    assert len(statements) <= 2 * (500 // WINDOW + 2)


async def test_a_jump_over_the_run_reads_the_step_and_nothing_between(
    large: Recording, person: Person
):
    with Statements(large.store) as statements:
        person.session.go(STEPS - 1)
        person.session.timeline().row(STEPS - 1)
    assert len(statements) <= 2
    await person.until(lambda: person.view.step == STEPS - 1)


async def test_facts_of_a_run_that_grows_are_read_from_where_they_may_have_changed(
    large: Recording,
):
    known = read_facts(large)
    assert (known.tokens, known.unended, known.counted) == (3 * STEPS, STEPS - 1, 3 * STEPS - 3)
    again = read_facts(large, known)
    assert again == known


async def test_a_run_that_was_resumed_days_later_counts_from_there(large: Recording):
    begun = large.info._replace(status=RunStatus.RUNNING, started=time.time() - 3 * 86_400)
    facts = read_facts(large)._replace(info=begun, since=time.time() - 600)
    view = header_view(facts, large.project, on_save="", tail=True, spent=0)
    assert view.status.startswith("running 1")
    assert len(view.status.split()[1]) == len("10:00")


async def test_a_file_that_every_step_read_makes_every_step_stale(large: Recording):
    stale = Staleness(large).look()
    assert len(stale.steps) == STEPS
    assert "/data.txt changed " in stale.reason(77_777, "start")
    assert list(stale_reasons(large, [5])) == [5]
