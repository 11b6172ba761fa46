"""A session whose State tab is real: a store of its own, read as the tab asks for it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from lar_debug.model.records import Execution, Outcome, RunStatus
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.session.recording import Recording
from lar_debug.session.state_tree import StateTrees
from lar_debug.session.tabs import Tabs
from lar_debug.store.database import Store
from tests.shell.fake_session import NEW_REPLY, STATE_BEFORE, FakeSession, step_view
from tests.unit.store_process import info


class StateSession(FakeSession):
    """Step 5 found one state and left another."""

    def __init__(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="lar-debug-test-")
        store = Store.open(Path(self._folder.name) / "recordings.db", create=True)
        store.add_run(info("r", status=RunStatus.FINISHED))
        taker = Snapshotter(store.objects, store.texts, run="r", key=None)
        refs = [taker.take(state) for state in (before, after)]
        self.execution = Execution(
            "r", 5, 3, Outcome.SUCCESS, 1e9, before=refs[0].ref, after=refs[1].ref
        )
        self.execution = self.execution._replace(marks=refs[1].marks)
        self._trees = StateTrees(Recording(store, store.run("r")))
        self.tabs = Tabs(self._see)

    def _see(self) -> None:
        wish = self.tabs.wish
        if wish.pane == "state-pane":
            state = self._trees.view(self.execution, wish.state)
            self.view = step_view(self.cursor)._replace(state_view=state)
            self.tell("step")

    def go(self, step: int) -> None:
        self.cursor = step
        self._see()


def order_changed() -> StateSession:
    """The sample's state, in which the step wrote the reply, another total, and took the mood."""
    order = {"id": "A-1042", "item": "Fjell 2 tent", "shipped": "2026-11-14", "total": 79.0}
    after = {**STATE_BEFORE, "order": order, "reply": NEW_REPLY, "steps": list(range(250))}
    del after["mood"]
    return StateSession({**STATE_BEFORE, "steps": list(range(250))}, after)
