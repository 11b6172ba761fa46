"""From what a person typed to a recording, and to the interpreter that may run its code."""

from __future__ import annotations

import os
from pathlib import Path

from lar_debug.cli.common import Common
from lar_debug.model.problem import Problem
from lar_debug.session.recording import Recording
from lar_debug.session.references import LAST, Reference, find, find_whole_run


def open_reference(common: Common, text: str) -> tuple[Recording, Reference]:
    """The run of `RUN`, `RUN:STEP` or `RUN:STEP@ATTEMPT`; a facet is refused. Raises Problem."""
    store = common.open_store()
    info, reference = find(text, store.runs())
    if reference.facet:
        raise Problem(f"{text}: .{reference.facet} is for diff")
    return Recording(store, info), reference


def open_run(common: Common, text: str) -> Recording:
    """The run that `text` means, which may name nothing smaller. Raises Problem."""
    store = common.open_store()
    return Recording(store, find_whole_run(text, store.runs()))


def is_file(text: str) -> bool:
    """Whether a person means a file, and no run."""
    return "/" in text or Path(text).exists()


def chosen_step(reference: Reference, step: int | None) -> int | None:
    """The step that --step or the reference names. Raises Problem when they differ."""
    if step is not None and reference.step is not None and step != reference.step:
        raise Problem(f"--step {step} or step {reference.step}? Say it once")
    return reference.step if step is None else step


def attempt_number(text: str) -> int:
    """The number that --attempt gives, `LAST` for the newest. Raises Problem."""
    if text == "last":
        return LAST
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise Problem(f"--attempt {text}: give a number or last")


def interpreter_of(common: Common, recording: Recording) -> Path:
    """The interpreter that attempts run in: the chosen one, else the one of the recording.

    It is started for a look, so a recording must be trusted first. Raises Problem.
    """
    from lar_debug.client.interpreter import find_interpreter, require_lar

    script, chosen = _named(common, recording)
    found = find_interpreter(script, chosen=chosen, environ=os.environ)
    require_lar(found)
    return found.path


def place_of_interpreter(common: Common, recording: Recording) -> Path:
    """The same, not started: what is wrong with it is told on the screen. Raises Problem when
    there is none."""
    from lar_debug.client.interpreter import locate_interpreter

    script, chosen = _named(common, recording)
    return locate_interpreter(script, chosen=chosen, environ=os.environ)


def _named(common: Common, recording: Recording) -> tuple[Path, str | None]:
    """The script of a recording, and the interpreter that is named for it."""
    info = recording.info
    named = info.interpreter if Path(info.interpreter).exists() else None
    return Path(info.script), common.python or named
