"""Running a graph of Lár that a person names (FILE.py:NAME, pkg.mod:NAME) by its own executor."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunStatus
from lar_debug.runtime.engines.lar_engine import limited_executor
from lar_debug.runtime.engines.lar_recording import LarRecording
from lar_debug.runtime.loader import load_module, load_script

MAX_STEPS = 10_000
"""Steps of a graph that lar-debug starts, where the person gave no number."""


def load_target(script: str, argv: list[str]) -> ModuleType:
    """The module of a target, without its main block. Raises LoadError and what it raises."""
    return load_script(script, argv) if script.endswith(".py") else load_module(script, argv)


def start_node_of(module: ModuleType, name: str, target: str) -> Any:
    """The start node that a target names, or that the function it names returns.

    Raises Problem when there is none.
    """
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise Problem(
                f"{target} has no {name}; name a start node, or a function that returns one"
            )
        found = getattr(found, part)
    node_type: type = importlib.import_module("lar.node").__dict__["BaseNode"]
    if not isinstance(found, node_type) and callable(found):
        found = found()
    if not isinstance(found, node_type):
        kind = type(found).__name__
        raise Problem(f"{target}:{name} gives a {kind}; a start node of Lár is needed")
    return found


def run_target(options: Mapping[str, Any], recording: LarRecording | None) -> int:
    """Run the graph to its end; the exit code. Raises Problem and what loading raises."""
    module = load_target(options["script"], list(options.get("argv", ())))
    start = start_node_of(module, options["name"], options.get("target") or options["script"])
    max_steps = int(options.get("max_steps") or MAX_STEPS)
    executor = limited_executor(max_steps + 1, options.get("audit_log") or "")
    pause = options.get("pause_before") or ""
    state = dict(options.get("input") or {})
    # One more than allowed: the engine counts a graph that ends with its last step as stopped.
    steps = executor.run_step_by_step(start, state, max_steps=max_steps + 1)
    failed = False
    try:
        for count, entry in enumerate(steps, 1):
            failed = entry.get("outcome") == "error"
            record = recording.newest if recording is not None else None
            following = record.last.next if record is not None and record.last is not None else ()
            if record is not None and following and following[0].label == pause:
                record.end(RunStatus.WAITING)
                break
            if record is not None and following and count >= max_steps:
                record.end(RunStatus.FAILED, f"max_steps {max_steps} reached, the graph went on")
                break
    finally:
        steps.close()
    if recording is not None and recording.newest is not None:
        failed = recording.newest.status is RunStatus.FAILED
    return 1 if failed else 0
