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
from lar_debug.runtime.forking import ForkPoint
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


def started_again(
    recording: Recording, *, live: bool = False, fork: ForkPoint | None = None
) -> str:
    """What is told where a thread goes on, or a fork begins, by starting its script again, ""
    where a module holds its graph. Raises Problem where the script would reach the outside again
    on its way to the run, unless `live`."""
    info = recording.info
    if info.entry.get("kind") != "script" or is_announced(info) or start_name(info):
        return ""
    target, thread = info.target, info.thread
    if not live and (way := reached_by_script(recording, "")):
        what = f"go on with thread {thread}" if fork is None else f"continue from {fork.place}"
        raise Problem(
            f"to {what} {target} has to be started again, and {way} when it was recorded; "
            f"lar-debug {'resume' if fork is None else 'fork'} --live does that again"
        )
    whose = f"thread {thread}" if thread != info.run else f"run {info.run}"
    return f"{target} is started again: only its own code makes the graph of {whose}"


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
    named = {"thread": recording.info.thread}
    return _program(recording, interpreter, {**named, **wanted}, forward)


def forking(
    recording: Recording,
    fork: ForkPoint,
    interpreter: Path,
    wanted: Mapping[str, Any],
    *,
    forward: tuple[Forward, Forward] | None = None,
) -> RecordedRun:
    """The program that continues from an execution of a run, as a new one; else as `resuming`."""
    return _program(recording, interpreter, {"fork": list(fork), **wanted}, forward)


def fork_of(store: Store, fork: ForkPoint, program: RecordedRun) -> RunInfo | None:
    """The fork that a program has begun, None while it has not."""
    if program.process is None:
        return None
    mark = f"/{program.process.pid}/"
    for info in store.runs():
        if info.parent == fork and any(mark in one.process for one in store.segments(info.run)):
            return info
    return None


def _program(
    recording: Recording,
    interpreter: Path,
    wanted: Mapping[str, Any],
    forward: tuple[Forward, Forward] | None,
) -> RecordedRun:
    info = recording.info
    options: dict[str, Any] = {
        "store": str(recording.store.path),
        "kind": info.entry.get("kind", "script"),
        "script": info.script,
        "argv": list(info.argv),
        "roots": [str(recording.project)],
        "target": info.target,
        "name": info.entry.get("name", ""),
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
            for last in store.step_numbers(info.run)[-1:]:
                store.end_attempt_as(info.run, last, 0, Outcome.CRASHED, error)
            store.set_status(info.run, status, error=error, ended=time.time())
        settled.append(store.run(info.run))
    return settled


def _unwritten_end(program: RecordedRun) -> tuple[RunStatus, str]:
    if program.recording_stopped:
        return RunStatus.STOPPED, f"{RECORDING_STOPPED}{program.recording_stopped}"
    return RunStatus.CRASHED, f"the process ended inside the run ({program.how_it_ended})"
