"""Keys that share a changed object are all told as updated."""

import threading
from pathlib import Path
from typing import Any

from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.store.database import Store


def updated_after_restoring(path: Path, state: dict[str, Any]) -> set[str]:
    """What `changes` says when the list under "a" has grown in the state that was restored."""
    store = Store.open(path, create=True)
    before = Snapshotter(store.objects, store.texts, run="r", key=None).take(state)
    store.check_writable()
    again = Snapshotter(store.objects, store.texts, run="r", key=None)
    restored = again.restore(before.ref)
    restored["a"].append("new")
    changes = again.changes(before.ref, again.take(restored).ref)
    store.close()
    return set(changes.updated)


def test_keys_that_share_what_changed_are_all_updated(tmp_path: Path) -> None:
    shared = [1]
    state = {"a": shared, "b": shared, "c": {"deep": [shared]}, "d": 1}
    assert updated_after_restoring(tmp_path / "recordings.db", state) == {"a", "b", "c"}


def test_they_are_also_where_another_value_is_lost(tmp_path: Path) -> None:
    shared = [1]
    state = {"lock": threading.Lock(), "a": shared, "b": shared}
    assert updated_after_restoring(tmp_path / "recordings.db", state) == {"a", "b"}
