"""Brings the step view that is wanted now: one at a time, off the event loop, the latest wins."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from lar_debug.model.problem import Problem
from lar_debug.model.views import StepView
from lar_debug.session.recording import Recording
from lar_debug.session.shown import IsWanted, Outdated, Shown

if TYPE_CHECKING:
    from lar_debug.session.step_view import StepViews

HEADING_AFTER = 0.1
"""Seconds after which a person sees where they are, though the rest is not known yet."""

T = TypeVar("T")


def _uncollected(read: Callable[[Shown, IsWanted], T], shown: Shown, is_wanted: IsWanted) -> T:
    """Read without looking for garbage meanwhile: that holds up every thread until it has seen
    each object that is alive, and of a large state there are many. A view leaves no cycles."""
    gc.disable()
    try:
        return read(shown, is_wanted)
    finally:
        gc.enable()


class Viewer:
    """`want` a view; `on_view` gets it, unless another one is wanted by then."""

    def __init__(
        self,
        recording: Recording,
        on_view: Callable[[StepView], None],
        on_problem: Callable[[Problem], None],
    ) -> None:
        self._recording = recording
        self._on_view = on_view
        self._on_problem = on_problem
        # One thread: a key that is held down must not leave builds waiting behind each other.
        self._thread = ThreadPoolExecutor(1, "lar-debug view")
        self._wanted: Shown | None = None
        self._seen = -1
        """The step of the view that was told last."""
        self._shown = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._views: StepViews | None = None
        """Made by the thread: what compares is loaded there, after the first paint."""

    def want(self, shown: Shown) -> None:
        """Show this as soon as it has been read; what is being read meanwhile is given up."""
        self._wanted = shown
        self._shown.clear()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._bring())

    async def settled(self) -> None:
        """Wait until what was wanted last has been shown, or has turned out to be unreadable."""
        if self._wanted is not None:
            await self._shown.wait()

    async def close(self) -> None:
        """Give up what is being read."""
        self._wanted = None
        self._shown.set()
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait([self._work])
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _bring(self) -> None:
        while (shown := self._wanted) is not None:
            view = await self._view_of(shown)
            if self._wanted is not shown:
                continue
            self._wanted = None
            if view is not None:
                self._show(view)
            self._shown.set()
            await self._read(self._prepare, shown, self._still(None))

    async def _view_of(self, shown: Shown) -> StepView | None:
        """The view. Of a step that takes long the heading comes first; while it is another
        attempt of the step that is seen, what is seen stays."""
        reading = asyncio.create_task(self._read(self._view, shown, self._still(shown)))
        try:
            await asyncio.wait([reading], timeout=HEADING_AFTER)
            while self._seen != shown.step and not reading.done():
                if self._views is not None:
                    await self._show_heading(self._views, shown, reading)
                    break
                await asyncio.wait([reading], timeout=HEADING_AFTER)
            return await reading
        finally:
            reading.cancel()

    async def _show_heading(
        self, views: StepViews, shown: Shown, reading: asyncio.Task[StepView | None]
    ) -> None:
        # What is wrong with it is wrong with the view too, which tells it.
        with suppress(Exception):
            heading = await asyncio.to_thread(views.heading, shown)
            if heading is not None and self._wanted is shown and not reading.done():
                self._show(heading)

    def _show(self, view: StepView) -> None:
        self._seen = view.step
        self._on_view(view)

    def _made_views(self) -> StepViews:
        if self._views is None:
            from lar_debug.session.step_view import StepViews

            self._views = StepViews(self._recording)
        return self._views

    def _view(self, shown: Shown, is_wanted: IsWanted) -> StepView:
        return self._made_views().view(shown, is_wanted)

    def _prepare(self, shown: Shown, is_wanted: IsWanted) -> None:
        self._made_views().prepare(shown, is_wanted)

    def _still(self, wanted: Shown | None) -> IsWanted:
        return lambda: self._wanted is wanted

    async def _read(
        self, read: Callable[[Shown, IsWanted], T], shown: Shown, is_wanted: IsWanted
    ) -> T | None:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, _uncollected, read, shown, is_wanted)
        except Outdated:
            return None
        except Problem as error:
            self._on_problem(error)
        except Exception as error:
            # Whatever stands in a recording, it must not end the session.
            text = f"step {shown.step} cannot be shown: {type(error).__name__}: {error}"
            self._on_problem(Problem(text))
        return None
