"""A process that waits for a step to be run again: forked, the step's state restored, the user's
code loaded up to the first file that is likely to be saved next. It is used once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lar_debug.client.attempt import Attempt, AttemptResult, Report
    from lar_debug.client.worker import Worker

JOB = "lar_debug.runtime.reexecute:job"

MOST_SECONDS = 20.0
"""How long a process may take until it waits; one that loops would take the processor for ever."""


class Spare:
    """At most one waiting process, for the step that is looked at."""

    def __init__(self) -> None:
        self._request: Mapping[str, Any] = {}
        self._process: Attempt | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._endless: set[int] = set()

    def prepare(self, worker: Worker, request: Mapping[str, Any]) -> None:
        """Have a process wait for a step; does nothing where one does already."""
        if request["step"] in self._endless:
            return
        if self._request != request or self._process is None or self._process.over:
            self.drop()
            self._request = request
            self._process = worker.prepare(JOB, request)
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(MOST_SECONDS, self._give_up, request["step"])

    @property
    def process(self) -> Attempt | None:
        """The process that waits, or is on its way there."""
        return self._process

    def take(self, step: int) -> Attempt | None:
        """The process that waits for that step, which is the caller's from now on.

        One that is still on its way is none: what it is at may never end.
        """
        process = self._process
        if process is None or self._request["step"] != step or process.over:
            return None
        if not process.waits.is_set():
            self.drop()
            return None
        self._process = None
        self._be_patient()
        return process

    def drop(self) -> None:
        """End the waiting process: what it inherited is no longer what the next one would."""
        process, self._process = self._process, None
        self._be_patient()
        if process is not None:
            process.stop()

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self, step: int) -> None:
        if self._process is not None and not self._process.waits.is_set():
            self._endless.add(step)
            self.drop()


class Asked:
    """An attempt that was asked for: of the process that waited, else of a new one."""

    def __init__(
        self,
        worker: Worker,
        request: Mapping[str, Any],
        timeout: float,
        hear: Report,
        waiting: Attempt | None,
    ) -> None:
        self._begin = partial(worker.begin, JOB, request, timeout=timeout, on_report=hear)
        self._handle = (
            self._begin()
            if waiting is None
            else worker.go(waiting, request, timeout=timeout, on_report=hear)
        )

    async def answered(self) -> AttemptResult:
        """Wait until the job has returned, as the process does that could do it."""
        result = await self._handle.answered()
        if (result.result or {}).get("outdated") and not self._handle.stopped:
            # It had run ahead of another save than this one.
            self._handle = self._begin()
            result = await self._handle.answered()
        return result

    def stop(self) -> None:
        """Kill it at once, with all it started."""
        self._handle.stop()
