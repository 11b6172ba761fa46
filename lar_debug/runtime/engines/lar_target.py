"""Running a graph of Lár that a person names (FILE.py:NAME, pkg.mod:NAME) by its own executor."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator, Mapping
from types import ModuleType
from typing import Any

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunStatus
from lar_debug.runtime.engines.lar_durable import DurableExecutor
from lar_debug.runtime.engines.lar_engine import limited_executor
from lar_debug.runtime.engines.lar_recording import LarRecording
from lar_debug.runtime.identity import AddressProblem, walk_path
from lar_debug.runtime.loader import load_module, load_script

MAX_STEPS = 10_000
"""Steps of a graph that lar-debug starts, where the person gave no number."""

OF_THREADS = ("thread", "durability", "pause_before", "allow_lossy")
"""Options of a run that goes on after a crash or a pause."""


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


def named(name: str) -> Any:
    """The object behind "module:name", None when it is not there any more."""
    module_name, _, path = name.partition(":")
    if not path:
        return None
    try:
        module = sys.modules.get(module_name) or importlib.import_module(module_name)
        return walk_path(module, f".{path}", path)
    except (ImportError, AddressProblem):
        return None


def run_target(options: Mapping[str, Any], recording: LarRecording | None) -> int:
    """Run the graph to its end; the exit code. Raises Problem, Interrupted and what loading
    raises."""
    module = load_target(options["script"], list(options.get("argv", ())))
    start = start_node_of(module, options["name"], options.get("target") or options["script"])
    max_steps = int(options.get("max_steps") or MAX_STEPS)
    state = dict(options.get("input") or {})
    if any(options.get(name) for name in OF_THREADS):
        executor = durable_executor(options, recording, max_steps)
        steps = executor.run_step_by_step(
            start,
            state,
            max_steps,
            thread_id=options.get("thread") or "",
            pause_before=options.get("pause_before") or "",
            durability=options.get("durability"),
        )
        return run_to_end(steps, recording)
    plain = limited_executor(max_steps + 1, options.get("audit_log") or "")
    # One more than allowed: the engine counts a graph that ends with its last step as stopped.
    steps = plain.run_step_by_step(start, state, max_steps=max_steps + 1)
    return run_to_end(_at_most(steps, max_steps, recording), recording)


def durable_executor(
    options: Mapping[str, Any], recording: LarRecording | None, max_steps: int
) -> DurableExecutor:
    """One that goes on with threads of the store that is recorded to. Raises Problem."""
    if recording is None or recording.recorder is None:
        raise Problem("a thread needs its store; see the line above")
    return DurableExecutor(
        store=recording.recorder.store.path,
        allow_lossy=bool(options.get("allow_lossy")),
        max_node_fatigue=max_steps + 1,
        log_dir=options.get("audit_log") or None,
    )


def run_to_end(steps: Generator[Any, Any, Any], recording: LarRecording | None) -> int:
    """Take all steps; the exit code. Raises what they raise."""
    failed = False
    try:
        for entry in steps:
            failed = entry.get("outcome") == "error"
    finally:
        steps.close()
    if recording is not None and recording.newest is not None:
        failed = recording.newest.status is RunStatus.FAILED
    return 1 if failed else 0


def _at_most(
    steps: Generator[Any, Any, Any], most: int, recording: LarRecording | None
) -> Generator[Any, Any, None]:
    try:
        for count, entry in enumerate(steps, 1):
            yield entry
            record = recording.newest if recording is not None else None
            following = record.last.next if record is not None and record.last is not None else ()
            if record is not None and following and count >= most:
                record.end(RunStatus.FAILED, f"max_steps {most} reached, the graph went on")
                return
    finally:
        steps.close()
