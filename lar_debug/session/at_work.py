"""A program that records a run on behalf of a session, while it is at work. Knows no screen."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from lar_debug.client.recorded_run import RecordedRun

REFUSED = 2
"""Exit code of a program that did not begin, or go on with, a run; its last line says why."""

LAST_OUTPUT = 4_096
END_SECONDS = 5.0
"""How long the program may take to end when its session is closed; then it is killed."""


class AtWork:
    """Started with its making, waited for in a thread. Raises Problem when it cannot be started.

    `note_end` writes down, in that thread, what the program could not write itself.
    """

    def __init__(self, program: RecordedRun, note_end: Callable[[], None]) -> None:
        self.program = program
        self._note_end = note_end
        self._last = bytearray()
        program.keep_to(self._heard)
        program.start()
        self._waiting = asyncio.create_task(asyncio.to_thread(self._wait))

    def _heard(self, data: bytes) -> None:
        self._last.extend(data)
        del self._last[:-LAST_OUTPUT]

    def _wait(self) -> int:
        code = self.program.wait()
        self._note_end()
        return code

    @property
    def is_over(self) -> bool:
        """Whether the program has ended, and that has been written down."""
        return self._waiting.done()

    @property
    def last_line(self) -> str:
        """What the program said last."""
        return self._last.decode("utf-8", "replace").strip().split("\n")[-1]

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        return await asyncio.shield(self._waiting)

    async def close(self) -> None:
        """End the program: its thread can go on from there another time."""
        self.program.stop()
        _, going_on = await asyncio.wait([self._waiting], timeout=END_SECONDS)
        if going_on:
            # A node may ignore that, and the thread that waits keeps the debugger from ending.
            self.program.stop(signal.SIGKILL)
            await asyncio.wait([self._waiting])
