"""The header's text: which run, how it stands, and what a save will do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal, NamedTuple

from lar_debug.model.records import RECORDING_STOPPED, RunInfo, RunStatus
from lar_debug.model.views import HeaderView
from lar_debug.session.recording import Recording


class Facts(NamedTuple):
    """What the header says of a run, as it stood when the store was last read.

    `tokens` are those of all steps; `counted` of them belong to the steps before `unended`,
    which cannot change any more.
    """

    info: RunInfo
    steps: int
    tokens: int
    unended: int = 0
    counted: int = 0
    segment: int = 0
    saved: int = 0
    """What resuming saved, up to `segment`: that of the newest step."""
    since: float = 0.0
    """When the process began that has the run in hand now, or had it last."""


def read_facts(recording: Recording, known: Facts | None = None) -> Facts:
    """How a run stands now; steps that had ended in `known` are not read again.

    Raises Problem.
    """
    first, counted = (0, 0) if known is None else (known.unended, known.counted)
    info = recording.info
    store, run = recording.store, recording.run
    steps = recording.step_numbers()
    _, tokens = store.totals(run, first)
    segment = store.last_segment(run)
    saved = known.saved if known is not None and known.segment == segment else None
    if saved is None:
        saved = sum(one.saved for one in recording.resumes())
    # The newest step may be running: its tokens come with its end.
    unended = max(steps.stop - 1, 0)
    if unended > first:
        _, last = store.totals(run, unended)
        first, counted = unended, counted + tokens - last
        tokens = last
    since = next((one.started for one in reversed(store.segments(run))), info.started)
    return Facts(info, len(steps), counted + tokens, first, counted, segment, saved, since)


_ENDED = {
    RunStatus.FINISHED: "has finished",
    RunStatus.FAILED: "has failed",
    RunStatus.CRASHED: "has crashed: its process is gone",
    RunStatus.WAITING: "waits for a person",
    RunStatus.STOPPED: "was stopped",
}


def how_it_ended(recording: Recording) -> tuple[str, Literal["", "error"]]:
    """What is said of a run that goes on no longer, and in which tone; of one that was resumed
    what that saved too. Raises Problem."""
    info = recording.info
    if info.error.startswith(RECORDING_STOPPED):
        return f"{info.error}. The program goes on unrecorded", "error"
    pause = _pause(recording) if info.status is RunStatus.WAITING else ""
    words = [f"the run {pause or _ENDED.get(info.status, 'has ended')}"]
    words += [one.words for one in recording.resumes()[-1:] if one.words]
    return " | ".join(words), ""


def _pause(recording: Recording) -> str:
    """Where a run waits that asks nothing: "waits before write_reply: c goes on"."""
    for last in recording.step_numbers()[-1:]:
        following = recording.execution(last, 0).next
        return f"waits before {following[0].label}: c goes on" if following else ""
    return "waits before its first step: c goes on"


def target_name(info: RunInfo) -> str:
    """The name a person knows a run by: a sample or project whose script has a common name is
    told by its folder."""
    script = Path(info.script)
    if info.target.endswith(".py") and script.stem in ("agent", "main", "app", "run", "graph"):
        return script.parent.name or script.stem
    return Path(info.target).stem if info.target.endswith(".py") else info.target


def header_view(
    facts: Facts, project: Path, *, on_save: str, tail: bool, spent: int, goes_on: bool = False
) -> HeaderView:
    """The first line of the screen; `goes_on` says that a program was started to go on with the
    run, which tells of itself only with its first step. Reads nothing."""
    info = facts.info
    version = ".".join(info.python.split(".")[:2])
    place = _environment(info.interpreter, project)
    return HeaderView(
        target=target_name(info),
        run=info.run[:4],
        recorded=time.strftime("%H:%M", time.localtime(info.started)),
        status=_status(facts, tail, goes_on),
        steps=facts.steps,
        tokens=facts.tokens,
        on_save=on_save,
        # A file of another program does not say what it ran in.
        environment=f"{info.engine} {info.engine_version}, {place}python {version}"
        if info.python
        else info.engine,
        spent=spent,
        saved=facts.saved,
        origin=_origin(info),
    )


def _origin(info: RunInfo) -> str:
    """ "continued from #3 of 7f3a:5", for a fork."""
    if info.parent is None:
        return ""
    run, step, attempt = info.parent
    return f"continued from #{attempt} of {run[:4]}:{step}"


def _status(facts: Facts, tail: bool, goes_on: bool) -> str:
    """ "finished", "running 00:04  tail on" """
    status = facts.info.status
    if status is not RunStatus.RUNNING:
        # A program may have more to do behind a run that it has brought to its end.
        return "going on" if goes_on and status is not RunStatus.FINISHED else status.value
    minutes, seconds = divmod(max(0, int(time.time() - facts.since)), 60)
    return f"running {minutes:02}:{seconds:02}  tail {'on' if tail else 'off (G follows)'}"


def _environment(interpreter: str, project: Path) -> str:
    """ ".venv " when the interpreter is in an environment beside the project, else its folder."""
    environment = Path(interpreter).parent.parent
    if environment.name in (".venv", "venv"):
        return f"{environment.name} "
    return "" if project in environment.parents else f"{environment.name} "
