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
    """Rows by position. `forget` what others wrote; flags are asked for at each row."""

    def __init__(
        self, recording: Recording, flags: Flags, on_problem: Callable[[Problem], None]
    ) -> None:
        self._recording = recording
        self._flags = flags
        self._on_problem = on_problem
        self._windows: dict[int, _Window] = {}
        self._count = recording.step_count()

    def __len__(self) -> int:
        return self._count

    def row(self, index: int) -> TimelineRow:
        """The row at a position. Raises IndexError beyond the end."""
        line = self.summary(index)
        return TimelineRow(
            step=line.step,
            label=line.node.label,
            outcome=line.outcome,
            flags=self._flags(line),
            changed=self._told(index, line),
            tokens=line.tokens.total,
            ms=line.duration_ns // MS,
            attempt=line.newest,
            seam=line.segment > 0 and index > 0 and self.summary(index - 1).segment < line.segment,
        )

    def summary(self, index: int) -> StepSummary:
        """The recorded line at a position. Raises IndexError beyond the end."""
        if not 0 <= index < self._count:
            raise IndexError(index)
        lines = self._window(index).lines
        place = index % WINDOW
        return lines[place] if place < len(lines) else _unread(index)

    def _window(self, index: int) -> _Window:
        first = index - index % WINDOW
        window = self._windows.get(first)
        if window is None or (index - first >= len(window.lines) and not window.unread):
            try:
                window = _Window(tuple(self._recording.summaries(first, first + WINDOW - 1)), {})
            except Problem as error:
                self._on_problem(error)
                window = _Window((), {}, unread=True)
            if len(self._windows) >= WINDOWS_KEPT:
                self._windows.pop(next(iter(self._windows)))
            self._windows[first] = window
        return window

    def _told(self, index: int, line: StepSummary) -> str:
        """Changed keys; for a step that came to no end, why."""
        told = self._window(index).changed
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
            if info.status is not RunStatus.WAITING or line.step != recording.step_count() - 1:
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
        self._count = self._counted()
        if step is None:
            self._windows.clear()
        else:
            self._windows.pop(step - step % WINDOW, None)

    def grow(self) -> None:
        """Take in steps that were recorded since; those that had ended are not read again.

        Raises Problem.
        """
        self._count = self._counted()
        for first, window in list(self._windows.items()):
            unended = any(line.outcome is Outcome.RUNNING for line in window.lines)
            if unended or len(window.lines) < WINDOW:
                del self._windows[first]

    def _counted(self) -> int:
        """How many steps there are now. Raises Problem where the run was deleted: what was read
        of it stays."""
        count = self._recording.step_count()
        if count < self._count:
            self._recording.store.run(self._recording.run)
        return count


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
