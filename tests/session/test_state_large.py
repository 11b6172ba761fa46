"""The State tab on a state of megabytes: what is read is what is shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lar_debug.model.tabs import StateView, StateWish
from lar_debug.session.recording import Recording
from lar_debug.session.state_tree import StateTrees
from lar_debug.store.database import Store
from tests.session.test_large_states import Attempts


@pytest.fixture
def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attempts]:
    attempts = Attempts(tmp_path / "recordings.db", monkeypatch)
    yield attempts
    attempts.store.close()


def state(attempts: Attempts, attempt: int, *opened: str, **wish: Any) -> StateView:
    """The tab as it is made for the first time in a session."""
    store = Store(attempts.store.objects)
    recording = Recording(store, store.run("r"))
    execution = recording.execution(0, attempt)
    attempts.longest = attempts.read = 0
    return StateTrees(recording).view(execution, StateWish(opened=frozenset(opened), **wish))


def test_the_folded_tree_reads_a_row_for_each_key(attempts: Attempts):
    view = state(attempts, attempts.leave(total=2))
    assert [row.name for row in view.rows] == ["items", "pages", "text", "total"]
    assert attempts.read < 60_000
    assert attempts.longest < 16_384


def test_an_opened_list_reads_its_first_hundred_items(attempts: Attempts):
    view = state(attempts, attempts.leave(total=2), "items")
    assert (view.rows[100].name, view.rows[101].name) == ("[99]", "… 1,900 more")
    assert attempts.read < 180_000
    assert attempts.longest < 16_384


def test_an_opened_dict_of_long_texts_reads_their_beginnings(attempts: Attempts):
    view = state(attempts, attempts.leave(total=2), "pages")
    assert view.rows[2].name == "p0"
    assert attempts.read < 550_000


def test_one_value_alone_reads_what_it_shows(attempts: Attempts):
    number = attempts.leave(total=2)
    assert "64 KB shown" in state(attempts, number, alone="text").text[-1].text
    assert attempts.read < 60_000
    assert "64 KB shown" in state(attempts, number, alone="items").text[-1].text
    assert attempts.read < 60_000


def test_both_sides_read_what_differs(attempts: Attempts):
    items = list(attempts.state["items"])
    items[50] = {"id": "t50", "text": "short"}
    view = state(attempts, attempts.leave(items=items), "items", "items[50]", side="both")
    changed = [row for row in view.rows if row.sign == "~"]
    assert [row.place for row in changed] == ["items", "items[50]", "items[50].text"]
    assert attempts.read < 950_000
    assert attempts.longest < 16_384
