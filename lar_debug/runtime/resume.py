"""Entry of the bootstrap that goes on with a thread: at its next node, or from its beginning.

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
from lar_debug.runtime.record import REFUSED, refusing, run_recorded, run_script
from lar_debug.runtime.threads import is_announced, start_name


def main(options: dict[str, Any]) -> None:
    """Go on with one thread.

    `options`: those of lar_debug.runtime.record.main that say what the program is, with "thread",
    and where wanted "answer" and "rationale" (a text, or texts by the ids of questions), "at"
    (label or address), "force", "from_start", "allow_lossy", "max_steps", "pause_before",
    "audit_log".
    """
    run_recorded(options, partial(_program, options))


def _program(options: Mapping[str, Any], recording: LarRecording | None) -> int | None:
    if recording is None or recording.recorder is None:
        return REFUSED
    recorder = recording.recorder
    info = recorder.store.newest_run(options["thread"])
    if info is not None and is_announced(info) and options["kind"] == "script":
        recorder.announced = info
        run_script(options)
        return None
    if info is not None and options["kind"] == "script" and not start_name(info):
        return start_again(options, recording, recorder, info)
    return refusing(lambda: _resumed(options, recording, info))


def _resumed(options: Mapping[str, Any], recording: LarRecording, info: RunInfo | None) -> int:
    max_steps = int(options.get("max_steps") or MAX_STEPS)
    # First: what a program sets before it imports the engine must be set by then.
    start = _start_node(options, info)
    executor = durable_executor(options, recording, max_steps)
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
