"""One job in one process, as the debugger sees it: what it reports, prints, and how it ends.

Never waits in a way that holds up the event loop, whatever the process does. Knows the frames of
lar_debug.runtime.protocol, and nothing of what a job is about.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

from lar_debug.client.captured import Captured, Output
from lar_debug.runtime import protocol

INTERRUPT_GRACE = 0.3
"""Seconds that an attempt has to end after the interrupt of its timeout."""

STACKS_GRACE = 0.3
"""Seconds for the stacks of its threads to be written, before it is killed."""

DRAIN_SECONDS = 0.5
"""How long nothing may arrive after the end; a process that got away may hold the pipe."""

DRAIN_MOST = 10.0
"""Seconds after which what still arrives is left; who got away may print for ever."""

How = Literal["done", "raised", "died", "timeout", "killed"]

Report = Callable[[dict[str, Any]], None]

SendSignal = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception that left the job."""

    type: str
    message: str
    traceback: str


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How a job ended.

    `how`: done (the job returned `result`), raised (`raised` says what), died (the process ended
    without a word: `code` or `signal`), timeout (interrupted, then killed; `result` or `raised`
    is there when the job took the interrupt), killed (by `stop`). `leftovers` counts processes
    that it left behind and that were killed; `seconds` is its time from start to end.
    """

    how: How
    result: dict[str, Any] | None = None
    raised: Raised | None = None
    code: int | None = None
    signal: int | None = None
    stdout: Captured = field(default_factory=Captured)
    stderr: Captured = field(default_factory=Captured)
    leftovers: int = 0
    seconds: float = 0.0
    problem: str = ""
    """One line when the process broke the protocol or its worker ended, else ""."""


class Attempt:
    """A job that runs: `finished` waits for its end, `stop` ends it at once. Made by a worker."""

    def __init__(
        self,
        message: bytes,
        timeout: float | None,
        on_report: Report | None,
        *,
        ahead: bool = False,
    ) -> None:
        """With `ahead` the job is begun before it is asked for, by `go`."""
        self._messages = [message]
        self._writer: asyncio.StreamWriter | None = None
        self.waits = asyncio.Event()
        """Set once a job that was begun ahead has come as far as it may before `go`."""
        self._gone = asyncio.Event()
        if not ahead:
            self._gone.set()
        self._timeout = timeout
        self._on_report = on_report
        self._how: How | None = None
        self._result: dict[str, Any] | None = None
        self._raised: Raised | None = None
        self._problem = ""
        self._send_signal: SendSignal | None = None
        self._started: float | None = None
        self._ended_at = 0.0
        self._end: protocol.Message = {}
        self._over = asyncio.Event()
        self._running = asyncio.Event()
        self._answered = asyncio.Event()
        self._outputs: tuple[Output, Output] | None = None
        self._frames = 0
        self._task: asyncio.Task[AttemptResult] | None = None
        self.pid: int | None = None
        """The process, once it has started."""

    # For the one who began it.

    async def finished(self) -> AttemptResult:
        """Wait for the end; when this is cancelled the job is killed.

        Raises WorkerError when the interpreter could not be started again.
        """
        assert self._task is not None
        try:
            return await asyncio.shield(self._task)
        except asyncio.CancelledError:
            self.stop()
            await asyncio.wait([self._task])
            raise

    def go(self, message: bytes, timeout: float | None, on_report: Report | None) -> None:
        """Ask for a job that was begun ahead; its time counts from now."""
        self._timeout, self._on_report = timeout, on_report
        self._started = time.monotonic()
        self._gone.set()
        if self._writer is not None:
            self._writer.write(message)
        else:
            self._messages.append(message)

    @property
    def over(self) -> bool:
        """Whether the process has ended."""
        return self._over.is_set()

    async def answered(self) -> AttemptResult:
        """Wait until the job has returned, else for its end; when this is cancelled it is killed.

        A process with the engine in it takes milliseconds to go away, and nobody has to wait for
        that. What the job has printed is there; what it leaves behind is not counted yet.
        Raises WorkerError as `finished` does.
        """
        assert self._task is not None
        answered = asyncio.create_task(self._answered.wait())
        try:
            await asyncio.wait({answered, self._task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self.stop()
            await asyncio.wait([self._task])
            raise
        finally:
            answered.cancel()
        if self._task.done() or self._how is not None or self._outputs is None:
            return await self.finished()
        for output in self._outputs:
            output.catch_up()
        stdout, stderr = self._outputs
        return self._as_result(stdout.captured(), stderr.captured())

    def stop(self) -> None:
        """Kill it at once, with all it started. Its result says `killed`, unless it had ended."""
        if not self._over.is_set():
            self._how = self._how or "killed"
            self._signal(signal.SIGKILL)

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called before its end."""
        return self._how == "killed"

    # For the worker.

    def goes_on_in(self, task: asyncio.Task[AttemptResult]) -> None:
        """`task` sees it through to its end."""
        self._task = task

    def started(self, pid: int) -> None:
        """The process is there."""
        self.pid = pid
        self._started = time.monotonic()
        self._running.set()

    def ended(self, message: protocol.Message) -> None:
        """The process has ended, `message` is the event that says so."""
        self._end = message
        self._ended_at = time.monotonic()
        self._running.set()
        self._over.set()

    def lost(self, problem: str) -> None:
        """The worker has ended, and the process with it."""
        if not self._over.is_set():
            self._problem = problem
            self.ended({})

    async def drive(
        self, link: socket.socket, outputs: tuple[int, int], send_signal: SendSignal
    ) -> AttemptResult:
        """Read from the process until it has ended. Closes the descriptors it is given."""
        self._send_signal = send_signal
        self._outputs = stdout, stderr = Output(outputs[0]), Output(outputs[1])
        talk = asyncio.create_task(self._talk(link))
        try:
            await self._wait_for_end()
            await self._drain(talk)
        finally:
            self._signal(signal.SIGKILL)
            talk.cancel()
            stdout.close()
            stderr.close()
            await asyncio.wait([talk])
        return self._as_result(stdout.captured(), stderr.captured())

    async def _drain(self, talk: asyncio.Task[None]) -> None:
        """Take what the process had said and printed before it ended, however slowly it comes."""
        assert self._outputs is not None
        waits = [talk, *(asyncio.create_task(one.ended.wait()) for one in self._outputs)]
        latest = time.monotonic() + DRAIN_MOST
        try:
            before, pending = -1, set(waits)
            while pending and self._taken != before and time.monotonic() < latest:
                before = self._taken
                _, pending = await asyncio.wait(waits, timeout=DRAIN_SECONDS)
        finally:
            for one in waits[1:]:
                one.cancel()
        if talk.done():
            talk.result()

    @property
    def _taken(self) -> int:
        """How much has come from the process until now; only ever grows."""
        outputs = self._outputs or ()
        return self._frames + sum(output.received for output in outputs)

    def _signal(self, number: int) -> None:
        if self._send_signal is not None and not self._over.is_set():
            self._send_signal(number)

    async def _wait_for_end(self) -> None:
        await self._running.wait()
        if not self._gone.is_set():
            await _first(self._gone.wait(), self._over.wait())
        if await self._over_within(self._timeout):
            return
        self._how = self._how or "timeout"
        self._signal(signal.SIGINT)
        if await self._over_within(INTERRUPT_GRACE):
            return
        self._signal(signal.SIGUSR1)
        await self._over_within(STACKS_GRACE)
        self._signal(signal.SIGKILL)
        await self._over.wait()

    async def _over_within(self, seconds: float | None) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    async def _talk(self, link: socket.socket) -> None:
        """Hand the job over, then take what the process says until it says no more."""
        reader, writer = await asyncio.open_unix_connection(sock=link)
        try:
            self._writer = writer
            for message in self._messages:
                writer.write(message)
            while True:
                size = protocol.body_size(await reader.readexactly(protocol.HEADER.size))
                self._take(protocol.decode(await reader.readexactly(size)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except protocol.ProtocolError as error:
            self._problem = f"the attempt sent what cannot be read: {error}"
            self._signal(signal.SIGKILL)
        finally:
            self._writer = None
            writer.close()

    def _take(self, message: protocol.Message) -> None:
        self._frames += 1
        match message:
            case {"event": "report", "data": dict()}:
                if self._on_report is not None:
                    self._on_report(message["data"])
            case {"event": "waiting"}:
                self.waits.set()
            case {"event": "result", "data": dict()}:
                self._result = message["data"]
                self._answered.set()
            case {"event": "raised", "type": name, "message": text, "traceback": lines}:
                self._raised = Raised(str(name), str(text), str(lines))
            case _:
                raise protocol.ProtocolError("no message of an attempt")

    def _as_result(self, stdout: Captured, stderr: Captured) -> AttemptResult:
        how = self._how or "died"
        if self._how is None and self._result is not None:
            how = "done"
        elif self._how is None and self._raised is not None:
            how = "raised"
        ended_at = self._ended_at if self._over.is_set() else time.monotonic()
        return AttemptResult(
            how=how,
            result=self._result,
            raised=self._raised,
            code=self._end.get("code"),
            signal=self._end.get("signal"),
            stdout=stdout,
            stderr=stderr,
            leftovers=self._end.get("leftovers", 0),
            seconds=ended_at - self._started if self._started is not None else 0.0,
            problem=self._problem,
        )


async def _first(*waited: Coroutine[Any, Any, Any]) -> None:
    """Wait until one of them is done; the others are cancelled."""
    tasks = [asyncio.create_task(one) for one in waited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
