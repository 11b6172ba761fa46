"""Finding a text in all steps of a run: in node names, errors, changed keys and changed values.

A step matches where something came or changed in it that holds the text; the first step also
where the state that it began with does. Reads in slices off the event loop, from the step after
the cursor on and round, so that the first match is gone to long before the last one is known.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Coroutine, Iterator
from typing import Protocol

from lar_debug.model.problem import Problem
from lar_debug.model.records import StepSummary
from lar_debug.session.events import Tone
from lar_debug.session.recording import Recording
from lar_debug.session.timeline import WINDOW
from lar_debug.store.finding import Finder, Needle

SLICE_SECONDS = 0.05
"""How long is read until what was found is told."""

BUSY_SECONDS, REST_SECONDS = 0.002, 0.0002
"""A thread that only computes makes each key wait for its turn: after so long it rests so long."""


class FindPort(Protocol):
    """What finding needs of the session it belongs to."""

    @property
    def cursor(self) -> int: ...

    def go(self, step: int) -> None: ...

    def say(self, text: str, tone: Tone = "", *, of: str = "") -> None: ...

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]: ...

    def answer(self, work: Coroutine[None, None, None]) -> None: ...


class Find:
    """`start` with a text, then `step` to the next match or the one before, `clear` it."""

    def __init__(self, recording: Recording, session: FindPort) -> None:
        self._recording = recording
        self._session = session
        self.text = ""
        """What is looked for; "" for nothing."""
        self._matches: list[int] = []
        self._from = 0
        self._searched = 0
        self._ended = True
        self._waiting = 0
        """1 or -1 while a person waits for the next match, or the one before."""
        self._gone = asyncio.Event()
        """Nobody waits for a match: it has been gone to, or there is none."""
        self._task: asyncio.Task[None] | None = None

    def start(self, text: str) -> None:
        """Look for another text, and go to the first step after the cursor that has it."""
        self.clear()
        if text:
            self.text, self._from = text, self._session.cursor
            self._ended = False
            self._wait_for(1)
            self._task = self._session.spawn(self._search(Search(self._recording, text)))

    def step(self, by: int) -> None:
        """Go to the next match (1) or the one before (-1); they go round."""
        if not self.text:
            return
        if self._ended and self._searched < len(self._recording.step_numbers()):
            # A run that goes on has steps that were not there to be searched.
            self.start(self.text)
        self._wait_for(by)
        self._go_on()

    def _wait_for(self, by: int) -> None:
        """A person waits for a match; the keys that they type ahead do too."""
        self._waiting = by
        self._gone.clear()
        self._session.answer(self._went())

    async def _went(self) -> None:
        await self._gone.wait()

    def clear(self) -> bool:
        """Look for nothing any more; False when nothing was looked for."""
        looked, self.text = bool(self.text), ""
        self._matches, self._searched, self._waiting, self._ended = [], 0, 0, True
        self._gone.set()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        return looked

    async def _search(self, search: Search) -> None:
        slices = search.slices(self._from)
        try:
            while True:
                found = await asyncio.to_thread(next, slices, None)
                if self.text != search.text:
                    return
                if found is None:
                    break
                self._searched += found[0]
                for step in found[1]:
                    insort(self._matches, step)
                self._go_on()
        except Problem as error:
            self._session.say(str(error), "error")
        self._ended = True
        self._go_on()
        if not self._matches:
            steps = f"{self._searched:,} step{'' if self._searched == 1 else 's'}"
            self._session.say(f"{self._name}  in none of {steps}", "note", of="find")

    def _go_on(self) -> None:
        """Go where a person waits to be, if that is known; say how many there are."""
        beside = self._beside() if self._waiting else None
        if beside is not None:
            self._waiting = 0
            self._session.go(beside)
        if self._ended or not self._waiting:
            self._gone.set()
        self._tell()

    def _beside(self) -> int | None:
        """The match that is waited for; None while it may still be found."""
        cursor, matches = self._session.cursor, self._matches
        if self._waiting > 0:
            at = bisect_right(matches, cursor)
            if at < len(matches):
                return matches[at]
            # What was found before the place where the search began was found after all behind it.
            went_round = bool(matches) and (self._ended or matches[0] <= self._from)
            return matches[0] if went_round else None
        at = bisect_left(matches, cursor)
        if not self._ended:
            return None
        return matches[at - 1] if matches else None

    def _tell(self) -> None:
        cursor, count = self._session.cursor, len(self._matches)
        if not count:
            if not self._ended:
                told = f"{self._name}  looking: {self._searched:,} steps so far  Esc ends it"
                self._session.say(told, of="find")
            return
        so_far = "" if self._ended else " so far"
        at = bisect_left(self._matches, cursor)
        here = at < count and self._matches[at] == cursor
        told = f"{at + 1:,} of {count:,}" if here else f"{count:,} steps have it"
        self._session.say(f"{self._name}  {told}{so_far}  n next  N previous  Esc ends", of="find")

    @property
    def _name(self) -> str:
        return f"/{self.text}"


class Search:
    """Reads the steps of a run for one text; for one thread at a time."""

    def __init__(self, recording: Recording, text: str) -> None:
        self.text = text
        self._recording = recording
        self._needle = Needle(text)
        self._finder = Finder(recording.store.objects, self._needle)
        self._hidden = recording.hidden

    def slices(self, cursor: int) -> Iterator[tuple[int, list[int]]]:
        """(steps searched, steps that match), again and again, from the step after `cursor` on
        to the last one, then from the first. Raises Problem."""
        steps = self._recording.step_numbers()
        first_step, last_step = steps.start, steps.stop - 1
        searched, found, since = 0, list[int](), time.monotonic()
        for first, last in ((cursor + 1, last_step), (first_step, min(cursor, last_step))):
            for step, matches in self._steps(first, last):
                searched += 1
                if matches:
                    found.append(step)
                if (found and searched == 1) or time.monotonic() - since > SLICE_SECONDS:
                    yield searched, found
                    searched, found, since = 0, [], time.monotonic()
        yield searched, found

    def _steps(self, first: int, last: int) -> Iterator[tuple[int, bool]]:
        before = self._recording.summaries(first - 1, first - 1) if first <= last else []
        previous = before[0] if before else None
        rested = time.monotonic()
        for start in range(first, last + 1, WINDOW):
            for line in self._recording.summaries(start, min(start + WINDOW - 1, last)):
                if time.monotonic() - rested > BUSY_SECONDS:
                    time.sleep(REST_SECONDS)
                    rested = time.monotonic()
                yield line.step, self._matches(line, previous)
                previous = line

    def _matches(self, line: StepSummary, previous: StepSummary | None) -> bool:
        changes = line.changes
        changed = [
            key
            for key in (*changes.added, *changes.updated, *changes.removed)
            if key not in self._hidden
        ]
        if any(map(self._needle.is_in, (line.node.label, line.error, *changed))):
            return True
        if previous is None and self._finder.key_in(self._before(line), self._hidden):
            return True
        if not changed or not line.after:
            return False
        before = previous.after if previous is not None else ""
        before = before or self._before(line)
        return self._finder.new_key_in(before, line.after, changed) is not None

    def _before(self, line: StepSummary) -> str:
        return self._recording.store.execution(self._recording.run, line.step, 0).before
