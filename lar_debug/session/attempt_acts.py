"""What a person does with one attempt of the step that is looked at: accept it, note something
beside it, repeat it, hold it as the base. Writes off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from lar_debug.model.problem import Problem
from lar_debug.model.records import Outcome
from lar_debug.session.state_acts import edits_text
from lar_debug.store.database import Store

if TYPE_CHECKING:
    from lar_debug.session.rerunning import Rerunning
    from lar_debug.session.session import Session

MOST_NOTED = 500
"""Characters of a note: it stands in one line."""


class AttemptActs:
    """Each is asked for with the number of an attempt, and told of on the event line."""

    def __init__(self, session: Session, rerunning: Rerunning) -> None:
        self._session = session
        self._rerunning = rerunning

    def accept(self, attempt: int) -> None:
        """Mark an attempt as the good one of its step; asked again, take the mark away."""
        self._session.answer(self._accept(self._session.cursor, attempt))

    async def _accept(self, step: int, attempt: int) -> None:
        recording = self._session.recording
        [line] = await asyncio.to_thread(recording.summaries, step, step)
        accepted = None if line.accepted == attempt else attempt
        await self._write(step, lambda store: store.set_accepted(recording.run, step, accepted))
        name = f"step {step} {line.node.label}"
        if accepted is None:
            self._session.say(f"no attempt of {name} is accepted any more")
        else:
            self._session.say(f"#{attempt} is accepted for {name} (a takes that back)")

    def note(self, attempt: int, text: str) -> None:
        """Keep a line beside an attempt; an empty one takes it away."""
        self._session.answer(self._note(self._session.cursor, attempt, text))

    async def _note(self, step: int, attempt: int, text: str) -> None:
        recording = self._session.recording
        execution = await asyncio.to_thread(recording.execution, step, attempt)
        if execution.outcome is Outcome.WAITING:
            raise Problem(f"#{attempt} waits for a person: what it asks is its note")
        line = " ".join(text.split())[:MOST_NOTED]
        await self._write(step, lambda store: store.set_note(recording.run, step, attempt, line))
        self._session.say(f"noted beside #{attempt}" if line else f"#{attempt} has no note now")

    async def _write(self, step: int, write: Callable[[Store], None]) -> None:
        def written() -> None:
            # A connection of its own: who waits for a lock holds up no reader.
            with closing(Store.open(self._session.recording.store.path)) as store:
                write(store)

        await asyncio.to_thread(written)
        self._session.forget(step)
        self._session.look_again()

    def repeat(self, attempt: int) -> None:
        """Run the step once more with the edits of an attempt, the code as it is now."""
        self._session.spawn(self._repeat(self._session.cursor, attempt))

    async def _repeat(self, step: int, attempt: int) -> None:
        execution = await asyncio.to_thread(self._session.recording.execution, step, attempt)
        edits = edits_text(execution) or "its input unedited"
        self._session.say(f"repeats #{attempt}: {edits}, the code as it is now")
        self._rerunning.rerun(step, execution.edits)

    def hold(self, attempt: int) -> None:
        """Compare with an attempt from now on; asked again, free the base."""
        looking = self._session.looking
        looking.held = None if looking.held == attempt else attempt
        held = looking.held
        free = "the base is free again"
        self._session.say(free if held is None else f"#{held} stays the base (space frees it)")
        self._session.look_again()
