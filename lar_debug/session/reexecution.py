"""Running one step again in the user's interpreter, as an attempt beside the recording.

The child writes what the node did into the store itself; what a dead child could not write is
completed here. Knows no screen: the command line and the session both run attempts through it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution, RunInfo
from lar_debug.model.values import NOTHING
from lar_debug.session.attempted import Attempted, Progress, death, not_made
from lar_debug.session.recording import Recording
from lar_debug.session.spare import Asked, Spare
from lar_debug.settings import ATTEMPT_TIMEOUT
from lar_debug.store.database import Store

if TYPE_CHECKING:
    # Loaded when the interpreter is started: the screen has been painted by then.
    from lar_debug.client.attempt import AttemptResult
    from lar_debug.client.worker import Worker

ENGINE_MODULES = {
    "lar": ("lar", "lar.executor", "lar.adaptive", "lar_debug.runtime.engines.lar_execution")
}
"""What every attempt needs: the engine, and our own part for it, loaded before the first."""

KEEP_SECONDS = 0.05
"""How long what an attempt printed waits until it is written, where nobody waits for it."""


class Conditions(NamedTuple):
    """How an attempt is to run.

    `against` makes it run only when the node, or a file it read, differs from that execution;
    `answers` "recorded" takes the model's answers from the recording, `blocked` keeps the node
    from the outside, `probe` only loads the code and looks at it. With `tasks_live` tasks that
    have a recorded result are done again. `by_any_way` False: not by a script that reached the
    outside on its way to the node.
    """

    edits: Mapping[str, Any] = NOTHING
    against: Execution | None = None
    answers: str = "live"
    tasks_live: bool = False
    blocked: bool = False
    probe: bool = False
    by_any_way: bool = True
    timeout: float | None = None
    """In seconds; None for what every attempt has."""


class Reexecution:
    """Runs steps of one recording again. `close` it; starting is done by the first attempt."""

    def __init__(
        self,
        recording: Recording,
        interpreter: Path,
        *,
        timeout: float = ATTEMPT_TIMEOUT,
        on_event: Callable[[str], None] | None = None,
        on_console: Callable[[int], None] | None = None,
    ) -> None:
        """With `on_console` nobody waits for what an attempt printed to be written: it is called
        with the step when it is there."""
        self._on_console = on_console
        self._recording = recording
        self._interpreter = interpreter
        self._timeout = timeout
        self._on_event = on_event
        self._starting: asyncio.Task[Worker] | None = None
        self._preloaded: set[str] = set()
        self._learned: set[int] = set()
        self._learning: set[asyncio.Task[None]] = set()
        self._lives: set[asyncio.Task[Attempted]] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self._spare = Spare()
        self._awaited: tuple[int, tuple[str, ...]] | None = None
        self._asked = False

    async def start(self) -> None:
        """Start the interpreter and load the engine into it. Raises Problem.

        Who waits for it may be cancelled: the start goes on for the next one.
        """
        await self._ready()

    async def _ready(self) -> Worker:
        starting = self._starting
        if starting is None or (starting.done() and _failed(starting)):
            starting = self._starting = asyncio.create_task(self._start())
        return await asyncio.shield(starting)

    async def _start(self) -> Worker:
        from lar_debug.client.worker import Worker

        info = self._recording.info
        worker = await Worker.start(self._interpreter, cwd=Path(info.cwd), on_event=self._on_event)
        try:
            await self._preload(worker, ENGINE_MODULES.get(info.engine, ()))
            if info.engine in worker.preloaded.errors:
                # It may lie beside the script, where attempts find it.
                await asyncio.to_thread(self._look_for_engine)
        except BaseException:
            await worker.close()
            raise
        return worker

    def _look_for_engine(self) -> None:
        from lar_debug.client.interpreter import find_interpreter, require_lar

        script, python = Path(self._recording.info.script), str(self._interpreter)
        require_lar(find_interpreter(script, chosen=python, environ=os.environ))

    @property
    def opened(self) -> tuple[str, ...]:
        """Files outside packages that were read while packages were loaded: a settings file.

        What they hold stays in the interpreter until it is restarted.
        """
        starting = self._starting
        if starting is None or not starting.done() or _failed(starting):
            return ()
        return starting.result().preloaded.opened

    @property
    def is_started(self) -> bool:
        """True once steps can run."""
        starting = self._starting
        return starting is not None and starting.done() and not _failed(starting)

    async def get_ready(self, step: int, edited: tuple[str, ...]) -> None:
        """Have a process wait for that step, so that its next attempt begins at once.

        `edited` are the files that are likely to be saved next. Raises Problem when the
        interpreter cannot be used.
        """
        worker = await self._ready()
        # What the recorded run had to load by itself the first attempt would have to load too.
        self._learn(worker, _packages_of(self._recording.info))
        self._awaited = step, edited
        self._prepare(worker)

    def _prepare(self, worker: Worker) -> None:
        if self._awaited is not None:
            step, edited = self._awaited
            # Looking at a recording runs no code of the user's: they have to ask once.
            ahead = list(edited) if self._asked else None
            self._spare.prepare(worker, {**self._place(step), "edited": ahead})

    async def restart(self) -> None:
        """Start the interpreter anew: a file of `opened` has changed. Raises Problem."""
        self._spare.drop()
        await (await self._ready()).restart()

    async def _preload(self, worker: Worker, modules: tuple[str, ...]) -> None:
        new = [name for name in modules if name not in self._preloaded]
        if new:
            self._preloaded.update(new)
            await worker.preload(new)
            # The one that waits was forked from an interpreter that had less.
            self._spare.drop()
            self._prepare(worker)

    def _learn(self, worker: Worker, imported: tuple[str, ...]) -> None:
        """Load for the next attempts what this one had to load; nobody waits for it."""
        if imported:
            task = asyncio.create_task(self._preload_quietly(worker, imported))
            self._learning.add(task)
            task.add_done_callback(self._learning.discard)

    async def _preload_quietly(self, worker: Worker, modules: tuple[str, ...]) -> None:
        # What cannot be loaded ahead is loaded by each attempt, as it was by this one.
        with contextlib.suppress(Problem):
            await self._preload(worker, modules)

    async def close(self) -> None:
        """End the interpreter and everything below it, and write down what ended so."""
        self._spare.drop()
        starting, self._starting = self._starting, None
        for task in (*self._learning, *([starting] if starting is not None else [])):
            task.cancel()
        if starting is not None:
            await asyncio.wait([starting])
            if not _failed(starting):
                await starting.result().close()
        going_on: set[asyncio.Task[Any]] = {*self._lives, *self._keeping}
        if going_on:
            await asyncio.wait(going_on)

    async def run(
        self,
        step: int,
        conditions: Conditions,
        *,
        on_begun: Callable[[int], None] | None = None,
    ) -> Attempted:
        """Run one step once more, or find that there is no reason to.

        Cancelling it kills the node; the attempt is kept as superseded. Raises Problem when the
        interpreter or the store cannot be used.
        """
        try:
            # Else the attempt would be kept where nobody looks for it.
            await asyncio.to_thread(self._recording.check_store)
        except Problem as error:
            return Attempted(problem=str(error))
        worker = await self._ready()
        self._asked = True
        request = await asyncio.to_thread(self._request, step, conditions)
        progress = Progress(on_begun)
        timeout = conditions.timeout or self._timeout
        asked = Asked(worker, request, timeout, progress.hear, self._spare.take(step))
        # A task of its own: however often the waiting one is cancelled, what the killed
        # attempt left is written down.
        life = asyncio.create_task(self._see_through(step, worker, asked, progress))
        self._lives.add(life)
        life.add_done_callback(self._ended)
        try:
            return await asyncio.shield(life)
        except asyncio.CancelledError:
            progress.on_begun = None
            asked.stop()
            raise

    def _ended(self, life: asyncio.Task[Attempted]) -> None:
        self._lives.discard(life)
        # Nobody may be left to ask how it ended; asking here keeps asyncio from complaining.
        _failed(life)

    async def _see_through(
        self, step: int, worker: Worker, asked: Asked, progress: Progress
    ) -> Attempted:
        began = time.monotonic()
        result = await asked.answered()
        seconds = time.monotonic() - began
        if progress.attempt is None:
            return not_made(result, progress.loaded, seconds)
        if self._on_console is not None and death(result)[0] is None:
            later = asyncio.create_task(self._keep_later(step, progress.attempt, result))
            self._keeping.add(later)
            later.add_done_callback(self._keeping.discard)
            execution = await asyncio.to_thread(self._recording.execution, step, progress.attempt)
        else:
            execution = await asyncio.to_thread(self._keep, step, progress.attempt, result)
        if result.result is not None:
            self._learned.add(step)
            self._learn(worker, tuple(result.result.get("imported", ())))
        return Attempted(execution, loaded=progress.loaded, seconds=seconds)

    def _place(self, step: int) -> dict[str, Any]:
        """What a step is found by."""
        recording = self._recording
        return {
            "store": str(recording.store.path),
            "run": recording.run,
            "step": step,
            "roots": [str(recording.project)],
            "learn": step not in self._learned,
        }

    async def _keep_later(self, step: int, attempt: int, result: AttemptResult) -> None:
        # The new output first: both would be in each other's way.
        await asyncio.sleep(KEEP_SECONDS)
        # Console output that cannot be kept is no reason to call the attempt a failure.
        with contextlib.suppress(Problem):
            await asyncio.to_thread(self._keep, step, attempt, result)
        if self._on_console is not None:
            self._on_console(step)

    def _request(self, step: int, conditions: Conditions) -> dict[str, Any]:
        recording = self._recording
        against = conditions.against
        return {
            **self._place(step),
            "edits": dict(conditions.edits),
            "answers": conditions.answers,
            "tasks": "live" if conditions.tasks_live else "recorded",
            "block": conditions.blocked,
            "probe": conditions.probe,
            "by_any_way": conditions.by_any_way,
            "if_stale_against": None
            if against is None
            else {
                "fingerprint": against.fingerprint,
                "files": {
                    use.path: use.digest
                    for use in recording.store.files(recording.run, against.step, against.attempt)
                    if use.mode in ("r", "missing")
                },
            },
        }

    def _keep(self, step: int, attempt: int, result: AttemptResult) -> Execution:
        """Write down what the process could not; the execution as it stands then."""
        outcome, error = death(result)
        printed = [("stdout", result.stdout.data), ("stderr", result.stderr.data)]
        run = self._recording.run
        if outcome is not None or any(data for _, data in printed):
            # A connection of its own: a writer that waits for a lock holds up no reader, and
            # between attempts the store counts as not in use.
            with closing(Store.open(self._recording.store.path)) as store:
                if outcome is not None:
                    store.end_attempt_as(run, step, attempt, outcome, error)
                for stream, data in printed:
                    if data:
                        store.add_console(run, step, attempt, stream, data)
        return self._recording.execution(step, attempt)


def _packages_of(info: RunInfo) -> tuple[str, ...]:
    """What its nodes were the first to import."""
    named = cast("list[Any]", info.entry.get("packages") or [])
    return tuple(name for name in named if isinstance(name, str))


def _failed(task: asyncio.Task[Any]) -> bool:
    """True when a task that is done has no result."""
    return task.cancelled() or task.exception() is not None
