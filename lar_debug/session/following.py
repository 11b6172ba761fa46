"""Notices what others write: the run that goes on, another session, a store that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunStatus
from lar_debug.session.header import Facts, read_facts
from lar_debug.session.recording import Recording

LIVE_SECONDS = 0.1
"""How often a store is looked at while its run goes on."""

REST_SECONDS = 0.5
"""How often it is looked at otherwise: only another session writes then."""


class Following:
    """Looks at a store again and again; `on_change` gets how the run stands then.

    `on_problem` is told once of each thing that is wrong with the store, and `on_change` when
    that is over.
    """

    def __init__(
        self,
        recording: Recording,
        facts: Facts,
        on_change: Callable[[Facts], None],
        on_problem: Callable[[Problem], None],
    ) -> None:
        self._recording = recording
        self._facts = facts
        self._on_change = on_change
        self._on_problem = on_problem
        self._version = -1
        self._wrong = ""

    async def go_on(self) -> None:
        """Follow until this is cancelled."""
        while True:
            await self._look()
            live = self._facts.info.status is RunStatus.RUNNING and not self._wrong
            await asyncio.sleep(LIVE_SECONDS if live else REST_SECONDS)

    async def _look(self) -> None:
        try:
            found = await asyncio.to_thread(self._read)
        except Problem as error:
            if str(error) != self._wrong:
                self._wrong = str(error)
                self._on_problem(error)
            return
        if found is not None or self._wrong:
            self._wrong = ""
            self._facts = found or self._facts
            self._on_change(self._facts)

    def _read(self) -> Facts | None:
        """How the run stands, None when nothing was written since the last look.

        Raises Problem.
        """
        self._recording.check_store()
        version = self._recording.store.version()
        # A process that dies writes nothing: only asking tells.
        if version == self._version and self._facts.info.status is not RunStatus.RUNNING:
            return None
        facts = read_facts(self._recording, self._facts)
        if version == self._version and facts == self._facts:
            return None
        self._version = version
        return facts
