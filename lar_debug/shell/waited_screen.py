"""A screen that tells when what the keys before asked of it has come to be seen.

A key that was typed ahead is meant for that, and not for what stands there until then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from textual.screen import Screen, ScreenResultType


class WaitedScreen(Screen[ScreenResultType], inherit_bindings=False):
    """`do_first` what keys have to wait for; `caught_up` waits for it, and subclasses for more."""

    def __init__(self) -> None:
        super().__init__()
        self._first: set[asyncio.Future[Any]] = set()

    def do_first(self, work: Coroutine[Any, Any, None], *, group: str = "") -> None:
        """Do it off this turn of the loop, and before what is typed meanwhile; with a `group`
        in place of what that still does. What is wrong with it ends the app: `work` says itself
        what can be said."""
        done = asyncio.get_running_loop().create_future()
        self._first.add(done)

        async def worked() -> None:
            try:
                await work
            finally:
                self._first.discard(done)
                if not done.done():
                    done.set_result(None)

        self.run_worker(worked(), exit_on_error=True, group=group or "first", exclusive=bool(group))

    async def refreshed(self) -> None:
        """Wait until its panes have the places that are due to them."""
        refreshed = asyncio.Event()
        if self.call_after_refresh(refreshed.set):
            await refreshed.wait()

    async def caught_up(self, key: str) -> None:  # noqa: ARG002
        """Wait until `key` means what it would have meant a little later."""
        while self._first:
            await asyncio.wait(set(self._first))
