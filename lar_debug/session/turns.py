"""Whose turn it is: one piece of work at a time, and what a newer one does to the one before.

Knows nothing of steps; starts tasks through the function it was given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

QUIET_SECONDS = 0.3
"""How long saves must pause before a step that is calling a model starts once more."""

Work = Callable[[], Coroutine[None, None, None]]
Spawn = Callable[[Coroutine[None, None, None]], asyncio.Task[None]]


class Turns:
    """What goes on, and what waits for its turn; the newest that waits is the only one."""

    def __init__(self, spawn: Spawn, replaced: Callable[[str], None]) -> None:
        """`replaced` is told why, before what goes on is ended for something newer."""
        self._spawn = spawn
        self._replaced = replaced
        self._work: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None

    @property
    def is_at_work(self) -> bool:
        return self._work is not None and not self._work.done()

    def now(self, work: Work, why: str) -> None:
        """Do this instead of what goes on now."""
        self._forget_waiting()
        self._replaced(why)
        if self._work is not None:
            self._work.cancel()
        self._work = self._spawn(work())

    def when_quiet(self, work: Work, why: str) -> None:
        """Do this instead of what goes on, once no other comes for a while."""
        self._forget_waiting()
        self._waiting = self._spawn(self._after_quiet(work, why))

    def afterwards(self, work: Work) -> None:
        """Do this when what goes on now has come to its end."""
        self._forget_waiting()
        self._waiting = self._spawn(self._after_work(work))

    def stop(self) -> bool:
        """End what goes on and what waits; False where there is nothing."""
        if not self.is_at_work and self._waiting is None:
            return False
        self._forget_waiting()
        if self._work is not None:
            self._work.cancel()
        return True

    def _forget_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    async def _after_quiet(self, work: Work, why: str) -> None:
        await asyncio.sleep(QUIET_SECONDS)
        self._waiting = None
        self.now(work, why)

    async def _after_work(self, work: Work) -> None:
        if self._work is not None:
            await asyncio.wait([self._work])
        self._waiting = None
        self._work = self._spawn(work())
