"""Running a step again after each save, without a screen: `rerun --watch`."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from lar_debug.cli.output import say
from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution
from lar_debug.session.attempted import Attempted
from lar_debug.session.reached import reached_by_script
from lar_debug.session.recording import Recording
from lar_debug.session.rerunning import SETTLE_SECONDS
from lar_debug.session.turns import QUIET_SECONDS
from lar_debug.watch import Saved, Watcher

RunAgainst = Callable[[Execution | None], Coroutine[Any, Any, Attempted]]
"""Runs the step, if it differs from that execution."""


def check_live(recording: Recording, step: int) -> None:
    """A step that reached the outside is run again on a save only when that was asked for.

    Raises Problem.
    """
    effects = recording.execution(step, 0).effects
    node = recording.step(step).node
    label = node.label
    if way := reached_by_script(recording, node.address):
        raise Problem(
            f"step {step} {label}: {way} when it was recorded; "
            "--live lets saves run that, without --watch it runs once"
        )
    if effects:
        raise Problem(
            f"step {step} {label} reached the outside when it was recorded "
            f"({', '.join(effects)}); --live lets saves run it, without --watch it runs once"
        )


class Saves:
    """Attempts of one step: one at once, then one after each save that changed what it runs."""

    def __init__(self, recording: Recording, step: int, run: RunAgainst) -> None:
        self._recording = recording
        self._step = step
        self._run = run
        self._last: Execution | None = None
        self._watcher = Watcher(self._paths(None))
        self._saved: asyncio.Task[Saved] | None = None

    async def attempts(self) -> AsyncGenerator[Attempted, None]:
        """Has no end of its own; close it. A newer save kills the attempt that is running."""
        async with self._watcher:
            names = ""
            try:
                while True:
                    attempted = await self._unless_saved(self._attempt())
                    if attempted is None:
                        await self._quiet()
                    elif attempted.unchanged:
                        what = f"nothing that step {self._step} runs has changed"
                        say(f"saved {names}: {what}, not run")
                    else:
                        self._note(attempted)
                        yield attempted
                    names = await self._next_change()
            finally:
                if self._saved is not None:
                    await _end(self._saved)

    async def _attempt(self) -> Attempted:
        attempted = await self._run(self._last)
        if attempted.load_error is not None:
            # A save that is still being written is torn for a moment.
            await asyncio.sleep(SETTLE_SECONDS)
            attempted = await self._run(self._last)
        return attempted

    async def _unless_saved(self, attempt: Coroutine[Any, Any, Attempted]) -> Attempted | None:
        """The attempt at its end; None when a save made it old."""
        work = asyncio.create_task(attempt)
        try:
            while True:
                saved = self._coming()
                await asyncio.wait({work, saved}, return_when=asyncio.FIRST_COMPLETED)
                if work.done():
                    return work.result()
                if saved.result().paths:
                    return None
                self._tell_unchanged(await self._take())
        finally:
            await _end(work)

    def _coming(self) -> asyncio.Task[Saved]:
        """The next save, whenever it comes: it stays until it is taken."""
        if self._saved is None:
            self._saved = asyncio.ensure_future(_next(self._watcher))
        return self._saved

    async def _take(self) -> Saved:
        saved = await self._coming()
        self._saved = None
        return saved

    async def _next_change(self) -> str:
        """Wait for a save that changed a file; the names of what was saved."""
        while True:
            saved = await self._take()
            if saved.paths:
                return self._names(saved.paths)
            self._tell_unchanged(saved)

    async def _quiet(self) -> None:
        """Where a model is called, wait for the end of a burst of saves."""
        if self._recording.execution(self._step, 0).tokens.total:
            await asyncio.sleep(QUIET_SECONDS)

    def _tell_unchanged(self, saved: Saved) -> None:
        say(f"saved {self._names(saved.touched)}: it holds what it held, not run")

    def _names(self, paths: frozenset[str]) -> str:
        return ", ".join(sorted(map(self._recording.shown_path, paths)))

    def _note(self, attempted: Attempted) -> None:
        self._watcher.files = frozenset(self._paths(attempted))
        done = attempted.execution
        if done is not None and done.outcome.finished:
            self._last = done

    def _paths(self, attempted: Attempted | None) -> list[str]:
        """Every file that decides what the step does."""
        store, run = self._recording.store, self._recording.run
        paths = store.paths(run)
        if attempted is not None and attempted.loaded is not None:
            paths += [*attempted.loaded.modules, *attempted.loaded.opened]
        if attempted is not None and attempted.execution is not None:
            done = attempted.execution
            used = store.files(done.run, done.step, done.attempt)
            paths += [use.path for use in used if use.mode != "w"]
        return [path for path in paths if os.path.isabs(path)]


async def _next(watcher: Watcher) -> Saved:
    return await anext(watcher)


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
        await task
