"""What is shown, for other programs: a place for the editor, a text or a command to copy.

Each question is answered off the event loop; what is wrong is a Problem of one line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution
from lar_debug.model.views import Place
from lar_debug.session.excerpts import diff_command, output_text, show_command, state_text
from lar_debug.session.places import prompt_place, source_place
from lar_debug.session.rerunning import Rerunning

if TYPE_CHECKING:
    from lar_debug.session.session import Session

P = ParamSpec("P")
T = TypeVar("T")


class Handing:
    """Speaks of the step and the attempt that are on the screen."""

    def __init__(self, session: Session, rerunning: Rerunning) -> None:
        self._session = session
        self._rerunning = rerunning

    async def prompt_place(self) -> Place:
        """Where the prompt is edited, or the line that failed; the node without either."""
        self._trusted()
        execution, base = await self._shown()
        recording, error = self._session.recording, self._rerunning.load_error
        return await _read(prompt_place, recording, execution, base, error)

    async def source_place(self) -> Place:
        """Where the node is edited."""
        self._trusted()
        execution, _ = await self._shown()
        return await _read(source_place, self._session.recording, execution)

    async def output(self) -> str:
        """What the shown attempt wrote."""
        execution, _ = await self._shown()
        return await _read(output_text, self._session.recording, execution)

    async def state(self, place: str, *, before: bool) -> str:
        """One value of the state, or for no place all of it."""
        execution, _ = await self._shown()
        recording = self._session.recording
        return await _read(state_text, recording, execution, place, before=before)

    async def command(self, place: str = "") -> str:
        """The command that prints what the open tab shows; `place` is one value of the state."""
        execution, base = await self._shown()
        recording, pane = self._session.recording, self._session.tabs.wish.pane
        if pane == "diff-pane":
            compared, since = base and base.attempt, self._session.walking.since
            return await _read(diff_command, recording, execution, compared, since)
        options = ("--attempts",) if pane == "attempts-pane" else ()
        if pane == "state-pane" and place:
            options = ("--path", place)
        return await _read(show_command, recording, execution, *options)

    def python(self) -> str:
        """The interpreter that runs the steps, for people."""
        info = self._session.facts.info
        name = f"python {info.python}, {info.engine} {info.engine_version}"
        return f"{self._rerunning.interpreter} ({name} when recorded)"

    def _trusted(self) -> None:
        if not self._session.trusted:
            raise Problem("recorded elsewhere: no file is opened before r has run it here")

    async def _shown(self) -> tuple[Execution, Execution | None]:
        """The execution on the screen and what it is compared with."""
        view = self._session.step_view()
        if view is None or view.step != self._session.cursor:
            raise Problem("the step is still being read")
        chips = view.strip.chips
        shown = next((chip.attempt for chip in chips if chip.shown), 0)
        base = next((chip.attempt for chip in chips if chip.base), None)
        recording = self._session.recording
        execution = await _read(recording.execution, view.step, shown)
        if base is None:
            return execution, None
        return execution, await _read(recording.execution, view.step, base)


async def _read(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Read off the event loop; whatever stands in a recording, it must not end the screen."""
    try:
        return await asyncio.to_thread(read, *args, **kwargs)
    except Problem:
        raise
    except Exception as error:
        raise Problem(f"the step cannot be read: {type(error).__name__}: {error}") from error
