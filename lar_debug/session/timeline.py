"""The steps of a run as timeline rows, read in windows as they are painted.

Rows are asked for while a screen paints: a store that cannot be read just then gives empty
rows, and whoever made the timeline is told why.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from lar_debug.model.problem import Problem
from lar_debug.model.records import Changes, NodeRef, Outcome, RunStatus, StepSummary, Tokens
from lar_debug.model.views import TimelineRow
from lar_debug.session.recording import Recording

WINDOW = 128
"""Steps read at once: a few screens, a few milliseconds."""

WINDOWS_KEPT = 32

MS = 1_000_000

Flags = Callable[[StepSummary], str]
"""What is known of a step beyond the recording: any of `*`, `#` and `P`."""


class _Window(NamedTuple):
    """Steps that follow each other, and what their rows say of changed keys.

    An `unread` one could not be read: it is tried again after the next `forget`, not at each row.
    """

    lines: tuple[StepSummary, ...]
    changed: dict[int, str]
    unread: bool = False


class Timeline:
    """Rows by their steps. `forget` what others wrote; flags are asked for at each row."""

    def __init__(
        self, recording: Recording, flags: Flags, on_problem: Callable[[Problem], None]
    ) -> None:
        self._recording = recording
        self._flags = flags
        self._on_problem = on_problem
        self._windows: dict[int, _Window] = {}
        self.steps = recording.step_numbers()

    def __len__(self) -> int:
        return len(self.steps)

    def row(self, step: int) -> TimelineRow:
        """The row of a step. Raises IndexError for one that there is not."""
        line = self.summary(step)
        return TimelineRow(
            step=line.step,
            label=line.node.label,
            outcome=line.outcome,
            flags=self._flags(line),
            changed=self._told(step, line),
            tokens=line.tokens.total,
            ms=line.duration_ns // MS,
            attempt=line.newest,
            seam=line.segment > 0
            and step > self.steps.start
            and self.summary(step - 1).segment < line.segment,
        )

    def summary(self, step: int) -> StepSummary:
        """The recorded line of a step. Raises IndexError for one that there is not."""
        if step not in self.steps:
            raise IndexError(step)
        window = self._window(step)
        place = step - self._first_of(step)
        return window.lines[place] if place < len(window.lines) else _unread(step)

    def _first_of(self, step: int) -> int:
        """The step with which the window of a step begins."""
        return step - (step - self.steps.start) % WINDOW

    def _window(self, step: int) -> _Window:
        first = self._first_of(step)
        window = self._windows.get(first)
        if window is None or (step - first >= len(window.lines) and not window.unread):
            try:
                window = _Window(tuple(self._recording.summaries(first, first + WINDOW - 1)), {})
            except Problem as error:
                self._on_problem(error)
                window = _Window((), {}, unread=True)
            if len(self._windows) >= WINDOWS_KEPT:
                self._windows.pop(next(iter(self._windows)))
            self._windows[first] = window
        return window

    def _told(self, step: int, line: StepSummary) -> str:
        """Changed keys; for a step that came to no end, why."""
        told = self._window(step).changed
        if line.step not in told:
            try:
                told[line.step] = self._tell(line)
            except Problem as error:
                self._on_problem(error)
                told[line.step] = ""
        return told[line.step]

    def _tell(self, line: StepSummary) -> str:
        recording = self._recording
        if line.outcome is Outcome.WAITING:
            info = recording.info
            since = info.ended or line.started
            newest = recording.step_numbers().stop - 1
            if info.status is not RunStatus.WAITING or line.step != newest:
                return "waited for a person"
            return f"waiting for a person since {time.strftime('%H:%M', time.localtime(since))}"
        if line.outcome is Outcome.CRASHED:
            return recording.death(line.started, line.error)
        if line.outcome is Outcome.RUNNING:
            return "running"
        if line.outcome is Outcome.NOT_RUN:
            return "not run yet"
        return changed_text(recording, line)

    def forget(self, step: int | None = None) -> None:
        """Read again what may have changed: the window of one step, or everything.

        Raises Problem.
        """
        self.steps = self._counted()
        if step is None:
            self._windows.clear()
        else:
            self._windows.pop(self._first_of(step), None)

    def grow(self) -> None:
        """Take in steps that were recorded since; those that had ended are not read again.

        Raises Problem.
        """
        self.steps = self._counted()
        for first, window in list(self._windows.items()):
            unended = any(line.outcome is Outcome.RUNNING for line in window.lines)
            if unended or len(window.lines) < WINDOW:
                del self._windows[first]

    def _counted(self) -> range:
        """The steps that there are now. Raises Problem where the run was deleted: what was read
        of it stays."""
        steps = self._recording.step_numbers()
        if len(steps) < len(self.steps):
            self._recording.store.run(self._recording.run)
        return steps


def _unread(step: int) -> StepSummary:
    """What stands for a step that cannot be read."""
    return StepSummary(
        step, step, 0, NodeRef("", "?"), Outcome.SUCCESS, Changes(), (), "", Tokens(), 0, 0, 0
    )


def without(changes: Changes, quiet: frozenset[str]) -> Changes:
    """The changes of all other keys."""
    kept = (
        tuple(one for one in keys if one not in quiet)
        for keys in (changes.added, changes.updated, changes.removed)
    )
    return Changes(*kept)


def changed_text(recording: Recording, line: StepSummary) -> str:
    """What a step changed: "+topic +mood", or the route where it chose one. Raises Problem."""
    changes = line.changes
    changed = (*changes.added, *changes.updated, *changes.removed)
    if not any(key.startswith("_") for key in changed):
        return changes_text(changes)
    text = changes_text(without(changes, recording.quiet_after(line.after)))
    if not text and recording.route_key in changed:
        return f"→ {recording.value(line.after, (recording.route_key,))}"
    return text


def changes_text(changes: Changes) -> str:
    """Changed keys with their signs."""
    signs = (("+", changes.added), ("~", changes.updated), ("-", changes.removed))
    return " ".join(f"{sign}{key}" for sign, keys in signs for key in keys)
