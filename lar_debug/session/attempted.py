"""What came of asking for an attempt, from what its process reported and how it ended. Pure."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from lar_debug.model.records import Execution, Outcome
from lar_debug.model.values import NOTHING

if TYPE_CHECKING:
    # Reading commands show how attempts ended, and start no event loop for it.
    from lar_debug.client.attempt import AttemptResult

_OURS = ("StoreError", "StoreDamaged", "Problem")
"""Exceptions that are one line for people already."""


class LoadError(NamedTuple):
    """The user's code could not be loaded: where, what Python says, and the line itself."""

    file: str
    line: int
    message: str
    text: str = ""


class Loaded(NamedTuple):
    """What the user's code was when it was loaded for an attempt.

    `fingerprints` are those of all nodes of the graph by address, `modules` the digests of the
    user's modules by path, `opened` the files that importing them read.
    """

    fingerprints: Mapping[str, dict[str, str]] = NOTHING
    modules: Mapping[str, str] = NOTHING
    opened: tuple[str, ...] = ()


class Attempted(NamedTuple):
    """What came of asking for an attempt.

    `execution` is None when no attempt was made: the code did not load (`load_error`), nothing
    that the step runs has changed (`unchanged`), or the node could not be reached (`problem`).
    """

    execution: Execution | None = None
    load_error: LoadError | None = None
    unchanged: bool = False
    problem: str = ""
    loaded: Loaded | None = None
    seconds: float = 0.0


class Progress:
    """What a running job has reported so far."""

    def __init__(self, on_begun: Callable[[int], None] | None) -> None:
        self.attempt: int | None = None
        self.loaded: Loaded | None = None
        self.on_begun = on_begun

    def hear(self, report: dict[str, Any]) -> None:
        if report.get("event") == "loaded":
            self.loaded = Loaded(
                report.get("fingerprints", {}),
                report.get("modules", {}),
                tuple(report.get("opened", ())),
            )
        elif report.get("event") == "begun":
            self.attempt = int(report["attempt"])
            if self.on_begun is not None:
                self.on_begun(self.attempt)


def death(result: AttemptResult) -> tuple[Outcome | None, str]:
    """How an attempt ended that could not say so itself; None when it has."""
    if result.how == "timeout":
        return Outcome.TIMEOUT, f"stopped after {result.seconds:.0f} s"
    if result.how == "killed":
        return Outcome.SUPERSEDED, "stopped before its end"
    if result.how == "done":
        return None, ""
    if result.raised is not None:
        return Outcome.CRASHED, f"{result.raised.type}: {result.raised.message}"
    if result.signal is not None:
        return Outcome.CRASHED, f"killed by {signal.Signals(result.signal).name}"
    if result.code is not None:
        return Outcome.CRASHED, f"its process ended with exit code {result.code}"
    return Outcome.CRASHED, result.problem or "its process ended without a word"


def not_made(result: AttemptResult, loaded: Loaded | None, seconds: float) -> Attempted:
    answer = result.result or {}
    error = answer.get("load_error")
    if error is not None:
        load_error = LoadError(
            error.get("file", ""),
            int(error.get("line") or 0),
            error.get("message", ""),
            error.get("text", ""),
        )
        return Attempted(load_error=load_error, loaded=loaded, seconds=seconds)
    if result.how == "done" and answer.get("ran") is False:
        problem = answer.get("problem", "")
        return Attempted(unchanged=not problem, problem=problem, loaded=loaded, seconds=seconds)
    _, why = death(result)
    if result.raised is not None and result.raised.type.endswith(_OURS):
        why = result.raised.message
    if result.how == "timeout":
        why = f"loading the code took longer than {result.seconds:.0f} s"
    return Attempted(problem=why or "the node was not reached", loaded=loaded, seconds=seconds)
