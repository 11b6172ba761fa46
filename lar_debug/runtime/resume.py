"""Entry of the bootstrap that goes on with a thread: at its next node, or from its beginning; and
that continues from an attempt of a recorded step, as a fork.

The graph is reached as a re-execution reaches it: by importing the program, so that what stands
around the loop of a script is not run again; only where nothing but the script's own code makes
the graph that is started again. May not print to stdout.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo
from lar_debug.runtime.engines.lar_again import start_again
from lar_debug.runtime.engines.lar_recording import LarRecording
from lar_debug.runtime.engines.lar_target import (
    MAX_STEPS,
    durable_executor,
    load_target,
    named,
    run_to_end,
    start_node_of,
)
from lar_debug.runtime.forking import ForkPoint
from lar_debug.runtime.record import REFUSED, refusing, run_recorded, run_script
from lar_debug.runtime.threads import is_announced, start_name


def main(options: dict[str, Any]) -> None:
    """Go on with one thread, or begin a fork.

    `options`: those of lar_debug.runtime.record.main that say what the program is, with "thread"
    or "fork" ([run, step, attempt]), and where wanted "at" (label or address), "allow_lossy",
    "max_steps", "pause_before", "audit_log"; for a thread "answer" and "rationale" (a text, or
    texts by the ids of questions), "force", "from_start"; for a fork "one_step".
    """
    run_recorded(options, partial(_program, options))


def _program(options: Mapping[str, Any], recording: LarRecording | None) -> int | None:
    if recording is None or recording.recorder is None:
        return REFUSED
    recorder = recording.recorder
    fork = ForkPoint(*options["fork"]) if options.get("fork") else None
    if fork is not None:
        info = recorder.store.run(fork.run)
    else:
        info = recorder.store.newest_run(options["thread"])
    if info is not None and is_announced(info) and options["kind"] == "script":
        recorder.announced = info
        run_script(options)
        return None
    if info is not None and options["kind"] == "script" and not start_name(info):
        return start_again(options, recording, recorder, info, fork)
    return refusing(lambda: _goes_on(options, recording, info, fork))


def _goes_on(
    options: Mapping[str, Any],
    recording: LarRecording,
    info: RunInfo | None,
    fork: ForkPoint | None,
) -> int:
    max_steps = int(options.get("max_steps") or MAX_STEPS)
    # First: what a program sets before it imports the engine must be set by then.
    start = _start_node(options, info)
    executor = durable_executor(options, recording, max_steps)
    if fork is not None:
        steps = executor.fork(
            fork.run,
            start,
            step=fork.step,
            attempt=fork.attempt,
            max_steps=max_steps,
            pause_before=options.get("pause_before") or "",
            one_step=bool(options.get("one_step")),
            at=options.get("at") or "",
        )
        return run_to_end(steps, recording)
    steps = executor.resume(
        options["thread"],
        start,
        answer=options.get("answer"),
        rationale=options.get("rationale") or "",
        max_steps=max_steps,
        pause_before=options.get("pause_before") or "",
        from_start=bool(options.get("from_start")),
        at=options.get("at") or "",
        force=bool(options.get("force")),
    )
    return run_to_end(steps, recording)


def _start_node(options: Mapping[str, Any], info: RunInfo | None) -> Any:
    """The start node of the thread's graph. Raises Problem and what loading raises."""
    target = options.get("target") or options["script"]
    module = load_target(options["script"], list(options.get("argv", ())))
    if options["kind"] == "target":
        return start_node_of(module, options["name"], target)
    name = start_name(info) if info is not None else ""
    start = named(name)
    if start is None:
        raise Problem(
            f"{target} has no {name.partition(':')[2] or 'run'} any more: name the start node, or "
            f"a function that returns one, with --graph {target}:NAME"
        )
    return start
