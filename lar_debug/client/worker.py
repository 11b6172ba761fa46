"""Runs jobs in the user's interpreter, each in a process of its own, for the event loop.

A worker is an interpreter with its third-party modules loaded once; it forks a child per
attempt, or starts a fresh process where a fork is not safe. Whatever a job does ends with its
own process. Knows nothing of screens, sessions or engines.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lar_debug.client.attempt import Attempt, AttemptResult, Report
from lar_debug.client.zygote import WorkerError, ZygoteProcess
from lar_debug.runtime import protocol

PRELOAD_SECONDS = 120.0
"""How long modules may take to import; one that never ends must not hold everything up."""


@dataclass(frozen=True, slots=True)
class Preloaded:
    """What preloading came to.

    `errors` has a line for each module that could not be imported; `left_out` the modules that
    started threads, which only a fork without them survives; `opened` the files outside
    packages that were read: when one changes the worker has to be restarted. `forks` is False
    when every attempt needs a fresh process.
    """

    errors: dict[str, str] = field(default_factory=dict[str, str])
    left_out: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    forks: bool = True
    seconds: float = 0.0


class Worker:
    """One interpreter to run jobs in. `start` it, `run` jobs, `close` it."""

    def __init__(
        self,
        interpreter: str | Path,
        cwd: Path,
        environ: Mapping[str, str],
        on_event: Callable[[str], None] | None,
    ) -> None:
        self._interpreter = interpreter
        self._cwd = cwd
        self._environ = environ
        self._on_event = on_event
        self._zygote: ZygoteProcess | None = None
        self._starting = asyncio.Lock()
        self._modules: dict[str, None] = {}
        self._left_out: set[str] = set()
        self._preloaded = Preloaded()
        self._answer: asyncio.Future[protocol.Message] | None = None
        self._attempts: dict[int, Attempt] = {}
        self._tasks: dict[asyncio.Task[AttemptResult], Attempt] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._next = 1
        self._closed = False

    @classmethod
    async def start(
        cls,
        interpreter: str | Path,
        *,
        cwd: Path,
        environ: Mapping[str, str] | None = None,
        on_event: Callable[[str], None] | None = None,
    ) -> Worker:
        """Start an interpreter whose jobs begin in `cwd` with `environ`, by default our own.

        `on_event` is told in a line when the worker died and was started again. Raises
        WorkerError, one line, when the interpreter cannot be used.
        """
        chosen = dict(os.environ if environ is None else environ)
        # Else importing litellm fetches a price list, and waits where there is no network.
        chosen.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        worker = cls(interpreter, cwd, chosen, on_event)
        await worker._ready()
        return worker

    @property
    def python(self) -> str:
        """Version of the interpreter: "3.11.7", "" while it is not running."""
        return self._zygote.python if self._zygote else ""

    @property
    def preloaded(self) -> Preloaded:
        """What preloading came to until now."""
        return self._preloaded

    @property
    def pid(self) -> int | None:
        """The process over all others of this worker, None while there is none."""
        return self._zygote.pid if self._zygote else None

    async def preload(self, modules: Sequence[str]) -> Preloaded:
        """Import third-party modules ahead of the attempts, those of earlier calls included.

        Modules that start threads are left to the attempts. Raises WorkerError when importing
        ends the interpreter or takes longer than PRELOAD_SECONDS.
        """
        self._modules.update(dict.fromkeys(modules))
        if self._zygote is None or self._zygote.gone.is_set():
            await self._ready()
        else:
            async with self._starting:
                await self._load(self._zygote, modules)
        return self._preloaded

    async def restart(self) -> None:
        """Start anew: a preloaded package, or a file it has read, has changed.

        Attempts that run go on to their end in the old process.
        """
        async with self._starting:
            self._retire()
            self._left_out.clear()
        await self._ready()

    async def run(
        self,
        job: str,
        request: Mapping[str, Any],
        *,
        timeout: float | None = None,
        on_report: Report | None = None,
        cwd: Path | None = None,
        environ: Mapping[str, str | None] | None = None,
        memory: int | None = None,
    ) -> AttemptResult:
        """`begin` a job and wait for its end; when this is cancelled the job is killed."""
        attempt = self.begin(
            job,
            request,
            timeout=timeout,
            on_report=on_report,
            cwd=cwd,
            environ=environ,
            memory=memory,
        )
        return await attempt.finished()

    def begin(
        self,
        job: str,
        request: Mapping[str, Any],
        *,
        timeout: float | None = None,
        on_report: Report | None = None,
        cwd: Path | None = None,
        environ: Mapping[str, str | None] | None = None,
        memory: int | None = None,
    ) -> Attempt:
        """Run `job` ("package.module:function") with `request` in a process of its own.

        `timeout` is in seconds; `environ` changes the worker's environment, None takes a name
        away; `memory` is how many bytes of address space the job may add. `on_report` is called
        for each report of the job, in order. Raises ProtocolError when the request is too large.
        """
        message = _job_message(job, request, cwd, environ, memory)
        return self._begun(Attempt(message, timeout, on_report))

    def prepare(
        self, job: str, request: Mapping[str, Any], *, on_report: Report | None = None
    ) -> Attempt:
        """Begin a job ahead of being asked for it: as `begin`, but it waits for `go` before
        anything that a save may change. `job` takes a third argument, the function that waits;
        what it reports until `go` is for `on_report`."""
        message = _job_message(job, request, None, None, None, ahead=True)
        return self._begun(Attempt(message, None, on_report, ahead=True))

    def go(
        self,
        waiting: Attempt,
        request: Mapping[str, Any],
        *,
        timeout: float | None = None,
        on_report: Report | None = None,
    ) -> Attempt:
        """Ask for a job that was begun ahead; `request` is what it is told now."""
        waiting.go(protocol.encode({"request": dict(request)}), timeout, on_report)
        return waiting

    def _begun(self, attempt: Attempt) -> Attempt:
        if self._closed:
            raise RuntimeError("this worker is closed")
        task = asyncio.create_task(self._life(attempt))
        attempt.goes_on_in(task)
        self._tasks[task] = attempt
        task.add_done_callback(self._tasks.pop)
        return attempt

    async def close(self) -> None:
        """End everything that belongs to this worker. Can be called again."""
        self._closed = True
        for attempt in self._tasks.values():
            attempt.stop()
        # First without waiting for one's turn: a module that hangs while it is preloaded has it.
        for _ in range(2):
            if self._zygote is not None:
                await self._zygote.close()
            async with self._starting:
                pass
        ending: set[asyncio.Task[Any]] = {*self._tasks, *self._retiring}
        if ending:
            await asyncio.wait(ending)

    async def _life(self, attempt: Attempt) -> AttemptResult:
        try:
            zygote = await self._ready()
        except WorkerError:
            if attempt.stopped:
                return AttemptResult(how="killed")
            raise
        if attempt.stopped:
            return AttemptResult(how="killed")
        number = self._next
        self._next += 1
        self._attempts[number] = attempt
        gone = asyncio.create_task(zygote.gone.wait())
        gone.add_done_callback(lambda _: attempt.lost("the worker process ended"))

        def send_signal(signal_number: int) -> None:
            zygote.send({"op": "signal", "attempt": number, "signal": int(signal_number)})

        try:
            link, stdout, stderr = _hand_over(zygote, number)
            return await attempt.drive(link, (stdout, stderr), send_signal)
        finally:
            del self._attempts[number]
            gone.cancel()

    async def _ready(self) -> ZygoteProcess:
        """The running zygote, started (again) and preloaded when there is none."""
        async with self._starting:
            zygote = self._zygote
            if zygote is None:
                return await self._start_zygote()
            if zygote.gone.is_set():
                self._zygote = None
                await zygote.close()
                zygote = await self._start_zygote()
                self._tell("the worker process had ended, it was started again")
            return zygote

    def _tell(self, line: str) -> None:
        if self._on_event is not None:
            self._on_event(line)

    async def _start_zygote(self) -> ZygoteProcess:
        if self._closed:
            raise WorkerError("the worker is closed")
        zygote = await ZygoteProcess.start(
            self._interpreter, cwd=self._cwd, environ=self._environ, handler=self._hear
        )
        self._zygote = zygote
        self._preloaded = Preloaded(forks=zygote.forks)
        if self._modules:
            zygote = await self._load(zygote, tuple(self._modules))
        return zygote

    async def _load(self, zygote: ZygoteProcess, modules: Sequence[str]) -> ZygoteProcess:
        """Preload; when modules start threads, once more in a new process without them."""
        wanted = [name for name in modules if name not in self._left_out]
        answer = await self._ask_to_load(zygote, wanted)
        guilty: dict[str, int] = answer["threads"]
        if guilty:
            self._left_out.update(guilty)
            self._retire()
            return await self._start_zygote()
        before = self._preloaded
        self._preloaded = Preloaded(
            errors={**before.errors, **answer["errors"]},
            left_out=tuple(sorted(self._left_out)),
            opened=tuple(sorted({*before.opened, *answer["opened"]})),
            forks=answer["forks"],
            seconds=answer["seconds"],
        )
        return zygote

    async def _ask_to_load(self, zygote: ZygoteProcess, modules: Sequence[str]) -> protocol.Message:
        answer: asyncio.Future[protocol.Message] = asyncio.get_running_loop().create_future()
        self._answer = answer
        zygote.send({"op": "preload", "modules": list(modules)})
        gone = asyncio.create_task(zygote.gone.wait())
        try:
            async with asyncio.timeout(PRELOAD_SECONDS):
                await asyncio.wait([answer, gone], return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            why = "importing ended the interpreter"
        except TimeoutError:
            why = f"importing took longer than {PRELOAD_SECONDS:.0f} s"
        except asyncio.CancelledError:
            # It may go on importing for ever, and would hear of nothing else.
            await self._give_up(zygote, modules)
            raise
        finally:
            gone.cancel()
        await self._give_up(zygote, modules)
        raise WorkerError(f"{', '.join(modules)} cannot be preloaded: {why}")

    async def _give_up(self, zygote: ZygoteProcess, modules: Sequence[str]) -> None:
        """End a zygote that does not come back from loading modules; the next one goes without."""
        for name in modules:
            self._modules.pop(name, None)
        self._zygote = None
        await zygote.close()

    def _retire(self) -> None:
        """Let the zygote end when its attempts have; the next one is started beside it."""
        zygote, self._zygote = self._zygote, None
        if zygote is not None:
            task = asyncio.create_task(_close_after(zygote, tuple(self._tasks)))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    def _hear(self, message: protocol.Message) -> None:
        match message:
            case {"event": "preloaded"}:
                if self._answer is not None and not self._answer.done():
                    self._answer.set_result(message)
            case {"event": "started", "attempt": int(number), "pid": int(pid)}:
                if number in self._attempts:
                    self._attempts[number].started(pid)
            case {"event": "ended", "attempt": int(number)}:
                if number in self._attempts:
                    self._attempts[number].ended(message)
            case _:
                raise protocol.ProtocolError("no message of a zygote")


def _job_message(
    job: str,
    request: Mapping[str, Any],
    cwd: Path | None,
    environ: Mapping[str, str | None] | None,
    memory: int | None,
    *,
    ahead: bool = False,
) -> bytes:
    return protocol.encode(
        {
            "job": job,
            "ahead": ahead,
            "request": dict(request),
            "cwd": None if cwd is None else os.fspath(cwd),
            "environ": dict(environ or {}),
            "memory": memory,
        }
    )


def _hand_over(zygote: ZygoteProcess, number: int) -> tuple[socket.socket, int, int]:
    """Ask for an attempt: our ends of its socket, its stdout and its stderr."""
    link, theirs = socket.socketpair()
    stdout, stderr = os.pipe(), os.pipe()
    inner = [theirs.fileno(), stdout[1], stderr[1]]
    zygote.send({"op": "attempt", "attempt": number}, inner)
    theirs.close()
    os.close(stdout[1])
    os.close(stderr[1])
    link.setblocking(False)
    return link, stdout[0], stderr[0]


async def _close_after(
    zygote: ZygoteProcess, attempts: Sequence[asyncio.Task[AttemptResult]]
) -> None:
    if attempts:
        await asyncio.wait(attempts)
    await zygote.close()
