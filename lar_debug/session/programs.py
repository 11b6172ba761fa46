"""Programs that record runs, seen from the debugger: starting one that goes on with a thread, and
writing down what a program that has ended could not write itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lar_debug.client.recorded_run import Forward, RecordedRun
from lar_debug.client.zygote import bootstrap_command
from lar_debug.model.problem import Problem
from lar_debug.model.records import RECORDING_STOPPED, Outcome, RunInfo, RunStatus
from lar_debug.runtime.threads import is_announced, start_name
from lar_debug.session.reached import reached_by_script
from lar_debug.session.recording import Recording, as_it_stands
from lar_debug.store.database import Store

RESUME = "lar_debug.runtime.resume:main"


def check_can_go_on(store: Store, info: RunInfo, *, force: bool = False) -> None:
    """Raises Problem for a thread that cannot go on now."""
    status = as_it_stands(store, info).status
    if status is RunStatus.RUNNING and not force:
        raise Problem(
            f"thread {info.thread} is still running; wait for its end, or take it over with --force"
        )
    if status is RunStatus.FINISHED:
        raise Problem(f"thread {info.thread} is at its end: there is nothing to go on with")


def started_again(recording: Recording, *, live: bool = False) -> str:
    """What is told where a thread goes on by starting its script again, "" where a module holds
    its graph. Raises Problem where the script would reach the outside again on its way to the run,
    unless `live`."""
    info = recording.info
    if info.entry.get("kind") != "script" or is_announced(info) or start_name(info):
        return ""
    target, thread = info.target, info.thread
    if not live and (way := reached_by_script(recording, "")):
        raise Problem(
            f"to go on with thread {thread} {target} has to be started again, and {way} when it "
            "was recorded; lar-debug resume --live does that again"
        )
    return f"{target} is started again: only its own code makes the graph of thread {thread}"


def resuming(
    recording: Recording,
    interpreter: Path,
    wanted: Mapping[str, Any],
    *,
    forward: tuple[Forward, Forward] | None = None,
) -> RecordedRun:
    """The program that goes on with the thread of a run, which must be trusted by now.

    `wanted` are options of lar_debug.runtime.resume; those that say nothing are left out.
    """
    info = recording.info
    options: dict[str, Any] = {
        "store": str(recording.store.path),
        "kind": info.entry.get("kind", "script"),
        "script": info.script,
        "argv": list(info.argv),
        "roots": [str(recording.project)],
        "target": info.target,
        "name": info.entry.get("name", ""),
        "thread": info.thread,
        **{name: value for name, value in wanted.items() if value},
    }
    folder = Path(info.cwd)
    return RecordedRun(
        bootstrap_command(interpreter, RESUME),
        options,
        store=recording.store.path,
        cwd=folder if folder.is_dir() else Path.cwd(),
        forward=forward,
    )


def settle(store: Store, runs: list[RunInfo], program: RecordedRun) -> list[RunInfo]:
    """Write down what a program that has ended could not: that its run crashed or was recorded no
    further, and in which step."""
    settled: list[RunInfo] = []
    for info in runs:
        stands = as_it_stands(store, info)
        if stands.status is RunStatus.CRASHED and info.status is RunStatus.RUNNING:
            status, error = _unwritten_end(program)
            last = store.step_count(info.run) - 1
            if last >= 0:
                store.end_attempt_as(info.run, last, 0, Outcome.CRASHED, error)
            store.set_status(info.run, status, error=error, ended=time.time())
        settled.append(store.run(info.run))
    return settled


def _unwritten_end(program: RecordedRun) -> tuple[RunStatus, str]:
    if program.recording_stopped:
        return RunStatus.STOPPED, f"{RECORDING_STOPPED}{program.recording_stopped}"
    return RunStatus.CRASHED, f"the process ended inside the run ({program.how_it_ended})"
