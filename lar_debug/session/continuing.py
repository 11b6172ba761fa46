"""A run continues from the attempt that is shown, as a new one that takes its place on the screen.

The program that runs it is one of its own, as `lar-debug fork` starts it. Knows no screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.runtime.forking import ForkPoint
from lar_debug.session.at_work import AtWork
from lar_debug.session.elsewhere import why_no_code
from lar_debug.session.forks import fork_point, next_node
from lar_debug.session.programs import fork_of, forking, settle, started_again
from lar_debug.session.rerunning import Rerunning
from lar_debug.store.database import Store

if TYPE_CHECKING:
    from lar_debug.session.session import Session

LOOK_SECONDS = 0.05
"""How often it is looked whether the new run has begun."""

_GOES_ON = (RunStatus.WAITING, RunStatus.CRASHED, RunStatus.FAILED, RunStatus.STOPPED)

OpenSession = Callable[[Store, RunInfo], "Session"]


class Continuing:
    """At most one fork at a time."""

    def __init__(
        self, session: Session, rerunning: Rerunning, open_session: OpenSession | None
    ) -> None:
        self._session = session
        self._rerunning = rerunning
        self._open_session = open_session
        self._program: AtWork | None = None
        self._begun: RunInfo | None = None
        """The fork that waits to be opened."""

    @property
    def goes_on_itself(self) -> bool:
        """Whether the recorded execution is shown of a run that can go on by itself."""
        info = self._session.recording.info
        return info.status in _GOES_ON and self._shown() == 0

    def _shown(self) -> int:
        """The attempt that is shown; 0 of a run that has no step yet. Raises Problem."""
        if not len(self._session.timeline()):
            return 0
        view = self._session.step_view()
        if view is None or view.step != self._session.cursor:
            raise Problem("the step is still being read")
        return next((chip.attempt for chip in view.strip.chips if chip.shown), 0)

    def questions(self) -> tuple[str, ...]:
        """What a person is asked before a new run begins, then the same in fewer words. Raises
        Problem where the shown attempt cannot be continued from."""
        point = self._point()
        node = next_node(self._session.recording, point)
        keys = "n next step, c to the end, q no"
        whole = f"Continue from #{point.attempt} as a new run"
        return (
            f"{whole} with {node}, models for real: {keys}",
            f"{whole}, for real: {keys}",
            f"#{point.attempt} as a new run, for real: n next, c to the end, q no",
            f"#{point.attempt} as a new run: n next, c all, q no",
        )

    def _point(self) -> ForkPoint:
        session, recording = self._session, self._session.recording
        if why := why_no_code(recording.info):
            raise Problem(why)
        if not self._rerunning.trusted:
            raise Problem("recorded elsewhere: lar-debug fork asks before it runs anything of it")
        if self._program is not None:
            raise Problem("a new run is starting already")
        if recording.info.status is RunStatus.RUNNING:
            raise Problem("the run itself goes on; c continues from an attempt when it has ended")
        if (running := self._rerunning.running) is not None:
            raise Problem(f"#{running.attempt} of step {running.step} runs; x stops it, then c")
        if not len(session.timeline()):
            raise Problem("there is no step yet to continue from")
        point = fork_point(recording, session.cursor, self._shown())
        started_again(recording, fork=point)
        return point

    def start(self, *, one_step: bool) -> None:
        """Begin the new run, for one step or to its end; "fork" is told when it can be opened.
        Raises Problem."""
        point, recording = self._point(), self._session.recording
        wanted = {"one_step": one_step}
        program = forking(recording, point, self._rerunning.interpreter, wanted)

        def note_end() -> None:
            begun = fork_of(recording.store, point, program)
            settle(recording.store, [] if begun is None else [begun], program)

        self._program = AtWork(program, note_end)
        how = started_again(recording, fork=point)
        node = next_node(recording, point)
        name = recording.shown_path(str(self._rerunning.interpreter))
        self._session.say(
            f"continuing from #{point.attempt} with {node}: {how or f'starting {name} (about 2 s)'}"
        )
        self._session.spawn(self._wait_for(self._program, point))

    async def _wait_for(self, program: AtWork, point: ForkPoint) -> None:
        """Until there is a run to be opened, or none will come."""
        store = self._session.recording.store
        while True:
            over = program.is_over
            begun = await asyncio.to_thread(fork_of, store, point, program.program)
            if begun is not None:
                self._begun = begun
                self._session.changed("fork")
                return
            if over:
                self._program = None
                line = program.last_line or "the program ended and began no run"
                self._session.say(line, "error")
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def opened(self) -> Session:
        """A session on the run that has begun; its program is that session's from now on. Raises
        Problem."""
        begun, program = self._begun, self._program
        if begun is None or program is None:
            raise Problem("no new run has begun")
        session = await self._other(begun)
        self._begun = self._program = None
        session.going_on.take_over(program)
        session.came_from = self._session.recording.run
        return session

    async def back(self) -> Session:
        """A session on the run that this one was continued from, where it was left. Raises
        Problem."""
        store = self._session.recording.store
        return await self._other(await asyncio.to_thread(store.run, self._session.came_from))

    async def _other(self, info: RunInfo) -> Session:
        make = self._open_session
        if make is None:
            raise Problem("another run cannot be opened from here")
        return await asyncio.to_thread(make, self._session.recording.store, info)

    async def close(self) -> None:
        """A fork that nobody has opened goes no further."""
        if self._program is not None:
            await self._program.close()
