"""How long the first view of a step takes whose state has 20,000 items, all of them changed.

Made as the screen makes it, by the thread that reads: both snapshots read from the store, compared,
told as a document. Beside it the heading, which is seen first. Prints medians.
Run: python -m benchmarks.many_changes [REPETITIONS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lar_debug.model.records import Execution, NodeRef, Outcome, RunInfo, RunStatus, Step
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.session.recording import Recording
from lar_debug.session.shown import Shown
from lar_debug.session.step_view import StepViews
from lar_debug.store.database import Store

ITEMS = 20_000
REPETITIONS = 9
RUN = "many"
INFO = RunInfo(
    run=RUN,
    thread=RUN,
    target="agent.py",
    engine="lar",
    engine_version="2.1.0",
    python="3.11",
    interpreter=sys.executable,
    cwd="/",
    script="/agent.py",
    argv=(),
    started=0.0,
    status=RunStatus.FINISHED,
)

STATES: dict[str, Callable[[int], dict[str, Any]]] = {
    "dicts with ids": lambda by: {
        "items": [
            {"id": f"t{n}", "text": f"order {n} came late", "left": n * by} for n in range(ITEMS)
        ]
    },
    "texts": lambda by: {"items": [f"order {n} has {n * by} parts left" for n in range(ITEMS)]},
    "numbers": lambda by: {"items": [n * by for n in range(ITEMS)]},
    "keys of a dict": lambda by: {"items": {f"k{n}": n * by for n in range(ITEMS)}},
    "keys of the state": lambda by: {f"k{n}": n * by for n in range(ITEMS)},
}


def recorded(path: Path, state: Callable[[int], dict[str, Any]]) -> Store:
    """A store with a run of one step that changed every item."""
    store = Store.open(path, create=True)
    store.add_run(INFO)
    before, after = (
        Snapshotter(store.objects, store.texts, run=RUN, key=None).take(state(by)) for by in (1, 2)
    )
    began = Execution(RUN, 0, 0, Outcome.RUNNING, 0.0, before=before.ref)
    store.begin_step(Step(RUN, 0, NodeRef("start", "grow"), engine_step=0), began)
    ended = Execution(RUN, 0, 0, Outcome.SUCCESS, 0.0, before=before.ref, after=after.ref)
    store.end_execution(ended)
    return store


def median_ms(work: Callable[[StepViews], Any], store: Store, times: int) -> float:
    """Median of `times` runs in milliseconds, each as the first of a session."""
    taken: list[float] = []
    for _ in range(times):
        fresh = Store(store.objects)
        views = StepViews(Recording(fresh, fresh.run(RUN)))
        start = time.perf_counter()
        work(views)
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    print(f"first view of a step that changed {ITEMS:,} items, median of {times}")
    with tempfile.TemporaryDirectory(prefix="lar-debug-bench-") as folder:
        for number, (name, state) in enumerate(STATES.items()):
            store = recorded(Path(folder) / f"{number}.db", state)
            shown = Shown(0)
            heading = median_ms(lambda views, shown=shown: views.heading(shown), store, times)
            view = median_ms(
                lambda views, shown=shown: views.view(shown, lambda: True), store, times
            )
            print(f"  {name:<18} heading {heading:7.1f} ms   view {view:8.1f} ms")
            store.close()


if __name__ == "__main__":
    main()
