"""A screen with the story of the sample, ready to be looked at and typed into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import pytest
from textual.events import Key
from textual.pilot import Pilot

from lar_debug.shell.app import LarDebugApp
from lar_debug.shell.main_screen import MainScreen
from tests.shell.fake_session import FakeSession
from tests.shell.screen_text import screen_lines

_CHARACTERS = {"slash": "/", "colon": ":", "question_mark": "?", "full_stop": "."}


class Desk:
    """A running app with its session: press keys, read lines."""

    def __init__(self, app: LarDebugApp, session: FakeSession, pilot: Pilot[None]) -> None:
        self.app = app
        self.session = session
        self.pilot = pilot

    @property
    def main(self) -> MainScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def lines(self) -> list[str]:
        return screen_lines(self.app)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def press_at_once(self, *keys: str) -> None:
        """As a terminal hands over what was typed while the program was busy."""
        for key in keys:
            self.app.post_message(Key(key, _CHARACTERS.get(key, key if len(key) == 1 else None)))
        read = asyncio.Event()
        self.app.call_later(read.set)
        await read.wait()
        await self.pilot.pause()

    async def found(self) -> None:
        """Wait until the palette has found what was typed."""
        await cast("Any", self.app.workers).wait_for_complete()
        await self.pilot.pause()

    async def tell(self, *topics: str) -> None:
        self.session.tell(*topics)
        await self.pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        # On a busy machine the screen hears of it later than the app.
        async with asyncio.timeout(60):
            while len(self.lines) != height:
                await self.pilot.pause()
        await self.pilot.pause()

    def row_of(self, words: str) -> int:
        return next(row for row, line in enumerate(self.lines) if words in line)


OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def open_desk() -> OpenDesk:
    """Opens a desk of a size over a session (the sample's story unless another is given)."""

    @asynccontextmanager
    async def opened(
        width: int = 100, height: int = 40, session: FakeSession | None = None
    ) -> AsyncGenerator[Desk]:
        told = session or FakeSession()
        app = LarDebugApp(told, environ={})
        async with app.run_test(size=(width, height)) as pilot:
            await pilot.pause()
            yield Desk(app, told, pilot)

    return opened
