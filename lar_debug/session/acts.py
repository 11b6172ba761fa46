"""What a person may ask of a session beside walking, each loaded with the first ask of it.

The screen is painted before anybody can ask. Knows the session it belongs to, and no screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from lar_debug.session.attempt_acts import AttemptActs
    from lar_debug.session.continuing import Continuing, OpenSession
    from lar_debug.session.going_on import GoingOn
    from lar_debug.session.handing import Handing
    from lar_debug.session.put_back import PutBack
    from lar_debug.session.rerunning import Rerunning
    from lar_debug.session.session import Session
    from lar_debug.session.state_acts import StateActs
    from lar_debug.session.viewer import Viewer


class Acts:
    """The part of a session that acts on the attempt that is shown."""

    _rerunning: Rerunning
    _attempt_acts: AttemptActs | None = None
    _put_back: PutBack | None = None
    _state_acts: StateActs | None = None
    _handing: Handing | None = None
    _going_on: GoingOn | None = None
    _continuing: Continuing | None = None
    open_session: OpenSession | None = None
    """Makes a session on another run, where that can be opened in place of this one."""
    came_from = ""
    """The run that was left for this one, which continues it."""

    def __init__(self) -> None:
        self._asked: set[asyncio.Task[None]] = set()
        self._viewer: Viewer | None = None
        self._opened = asyncio.Event()

    def answer(self, work: Coroutine[None, None, None]) -> None:
        """Do in the background what a person waits for before they press another key."""
        task = self._session.spawn(work)
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def answered(self) -> None:
        """Wait until what was asked for has been done, or has turned out not to be possible."""
        while self._asked:
            await asyncio.wait(self._asked)

    async def settled(self) -> None:
        """Wait until the step view is that of what is looked at now."""
        await self._opened.wait()
        if self._viewer is not None:
            await self._viewer.settled()

    @property
    def attempt_acts(self) -> AttemptActs:
        """Accept it, note something beside it, repeat it, hold it."""
        if self._attempt_acts is None:
            from lar_debug.session.attempt_acts import AttemptActs

            self._attempt_acts = AttemptActs(self._session, self._rerunning)
        return self._attempt_acts

    @property
    def put_back(self) -> PutBack:
        """Put its texts back into their files."""
        if self._put_back is None:
            from lar_debug.session.put_back import PutBack

            self._put_back = PutBack(self._session, self._rerunning.unsaid)
        return self._put_back

    @property
    def state_acts(self) -> StateActs:
        """Edit its state, or see all of a value."""
        if self._state_acts is None:
            from lar_debug.session.state_acts import StateActs

            self._state_acts = StateActs(self._session, self._rerunning)
        return self._state_acts

    @property
    def handing(self) -> Handing:
        """Hand it to other programs."""
        if self._handing is None:
            from lar_debug.session.handing import Handing

            self._handing = Handing(self._session, self._rerunning)
        return self._handing

    @property
    def going_on(self) -> GoingOn:
        """Go on with the thread of the run."""
        if self._going_on is None:
            from lar_debug.session.going_on import GoingOn

            self._going_on = GoingOn(self._session, self._rerunning)
        return self._going_on

    @property
    def continuing(self) -> Continuing:
        """Continue from it as a new run."""
        if self._continuing is None:
            from lar_debug.session.continuing import Continuing

            self._continuing = Continuing(self._session, self._rerunning, self.open_session)
        return self._continuing

    async def close_programs(self) -> None:
        """End what runs on behalf of the session."""
        for program in (self._going_on, self._continuing):
            if program is not None:
                await program.close()

    @property
    def _session(self) -> Session:
        return cast("Session", self)
