"""Naming the graph of an imported run, in the interpreter that has its code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lar_debug.client.attempt import AttemptResult
from lar_debug.client.worker import Worker
from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo
from lar_debug.session.attempted import death
from lar_debug.session.reexecution import ENGINE_MODULES
from lar_debug.store.database import Store

JOB = "lar_debug.runtime.name_graph:job"
TIMEOUT = 600.0
"""Seconds for the user's modules to load and the graph to be walked."""


def check_may_be_named(store: Store, info: RunInfo) -> None:
    """Raises Problem where a graph was named already and attempts rest on it."""
    attempted = store.attempted_steps(info.run)
    if attempted:
        raise Problem(
            f"run {info.run} has attempts with the graph {info.entry.get('graph')}: delete it and "
            "import the file again to name another one"
        )


async def name_graph(
    store: Path,
    info: RunInfo,
    interpreter: Path,
    target: Mapping[str, Any],
    chosen: Mapping[int, str],
) -> None:
    """Name the graph of a run. `target`: {"script", "name", "target", "cwd", "roots"}.

    Raises Problem where the graph does not fit or cannot be loaded; the run stays as it was.
    """
    worker = await Worker.start(interpreter, cwd=Path(target["cwd"]))
    try:
        await worker.preload(ENGINE_MODULES[info.engine])
        request = {
            "store": str(store),
            "run": info.run,
            **target,
            "chosen": {str(step): node for step, node in chosen.items()},
        }
        _check(await worker.run(JOB, request, timeout=TIMEOUT), str(target["target"]))
    finally:
        await worker.close()


def _check(result: AttemptResult, target: str) -> None:
    """Raises Problem unless the job did what it was to do."""
    if result.result is None:
        raise Problem(f"{target} cannot be loaded: {death(result)[1]}")
    if result.result["problem"]:
        raise Problem(str(result.result["problem"]))
