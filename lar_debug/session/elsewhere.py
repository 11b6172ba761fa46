"""What is said of a run whose code this machine may not, or cannot, run yet."""

from __future__ import annotations

import os
from pathlib import Path

from lar_debug.model.foreign import GO_ENGINE, IMPORTED, file_of
from lar_debug.model.records import RunInfo


def why_no_code(info: RunInfo) -> str:
    """Why no step of a run can be run again, for people; "" when there is code for it."""
    if info.entry.get("kind") != IMPORTED:
        return ""
    if info.engine == GO_ENGINE:
        return (
            "the nodes of a LangGraphGo thread are Go code, which is not here: "
            f"run {info.run} can be looked at, not run"
        )
    return (
        f"run {info.run} has no graph yet, name it: "
        f"lar-debug import {_shortest(file_of(info))} --graph FILE.py:NAME"
    )


def _shortest(path: str) -> str:
    """A path as it can be typed here."""
    return min(path, os.path.relpath(path), key=len)


def on_save(info: RunInfo) -> str:
    """What a save will do, for the header."""
    if why_no_code(info):
        return "nothing, there is no code to run"
    return "nothing, recorded elsewhere (r asks)"


def asking(info: RunInfo, interpreter: Path) -> tuple[bool, str]:
    """Whether a second r would run a step, and what the first one is answered."""
    if why := why_no_code(info):
        return False, why
    started = " ".join((str(interpreter), info.script, *info.argv))
    return True, f"recorded elsewhere: r again runs {started} in {info.cwd}"
