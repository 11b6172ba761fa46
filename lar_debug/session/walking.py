"""Ways through the steps of a run beside one at a time: to what failed, is stale, or holds a text.

Holds what a person is about (a search, a range); reads the store off the event loop.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Protocol

from lar_debug.session.find import Find, FindPort
from lar_debug.session.recording import Recording
from lar_debug.session.stale import Stale

if TYPE_CHECKING:
    from lar_debug.model.document import Document
    from lar_debug.session.history import History


class WalkPort(FindPort, Protocol):
    """What walking needs of the session it belongs to."""

    def look_again(self) -> None: ...

    def answer(self, work: Coroutine[None, None, None]) -> None: ...


class Walking:
    """`find` a text, the `history` of a key, a range of steps, the next failed or stale one."""

    def __init__(self, recording: Recording, session: WalkPort, stale: Callable[[], Stale]) -> None:
        self._recording = recording
        self._session = session
        self._judged = stale
        self.find = Find(recording, session)
        self._history: History | None = None
        self.since: int | None = None
        """The step at the other end of the range that is compared; None for one step."""

    @property
    def history(self) -> History:
        """What all steps wrote to one key; loaded when it is asked for."""
        if self._history is None:
            from lar_debug.session.history import History

            self._history = History(self._recording)
        return self._history

    def toggle_range(self) -> None:
        """Compare from the step under the cursor on, until this is asked for again."""
        if self.since is not None:
            self._end_range()
            return
        self.since = self._session.cursor
        told = f"from step {self.since} on: go to the other end; v or Esc ends it"
        self._session.say(told, of="range")
        self._session.look_again()

    def _end_range(self) -> None:
        self.since = None
        self._session.say("one step again", of="range")
        self._session.look_again()

    def leave(self) -> bool:
        """End the range, else the search; False when there was neither."""
        if self.since is not None:
            self._end_range()
            return True
        if self.find.clear():
            self._session.say("the search is over", of="find")
            return True
        return False

    async def compare_with(self, attempt: int, name: str) -> tuple[str, Document]:
        """A title and what is different from another step, attempt or run. Raises Problem."""
        from lar_debug.session.compared import compare_with

        return await compare_with(self._recording, self._session.cursor, attempt, name)

    def next_failed(self) -> None:
        """Go to the next step that came to no good end; they go round."""
        self._session.answer(self._go_to_next(self._failed, "no step failed", "failed"))

    def next_stale(self) -> None:
        """Go to the next step that may come out differently now; they go round."""
        stale = self._judged()
        found = self._go_to_next(lambda: self._stale(stale), "no step is stale", "stale")
        self._session.answer(found)

    def _failed(self) -> list[int]:
        return self._recording.failed_steps()

    def _stale(self, stale: Stale) -> list[int]:
        store, run = self._recording.store, self._recording.run
        found = set(stale.steps)
        for address in stale.nodes:
            found.update(store.steps_at(run, address))
        found -= stale.own.keys()
        return sorted(found | {step for step, reason in stale.own.items() if reason})

    async def _go_to_next(self, read: Callable[[], list[int]], none: str, name: str) -> None:
        """Raises Problem when the store cannot be read."""
        steps = await asyncio.to_thread(read)
        session = self._session
        if not steps:
            session.say(none, "note")
            return
        at = bisect_right(steps, session.cursor) % len(steps)
        round_again = ", from the top again" if steps[at] <= session.cursor else ""
        if steps == [session.cursor]:
            round_again = ", the only one"
        session.say(f"{name}: {at + 1:,} of {len(steps):,}{round_again}", of="walk")
        session.go(steps[at])
