"""The thread of the run that is shown goes on: what it asks a person, and the program that does it.

The program is one of its own, as `lar-debug resume` starts it; what it records is followed like
any run that goes on. Knows no screen.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lar_debug.client.recorded_run import RecordedRun
from lar_debug.model.problem import Problem
from lar_debug.model.records import RunStatus
from lar_debug.model.threads import Answer, Question, questions_in
from lar_debug.session.header import how_it_ended
from lar_debug.session.programs import check_can_go_on, resuming, settle, started_again
from lar_debug.session.rerunning import Rerunning

if TYPE_CHECKING:
    from lar_debug.session.session import Session

REFUSED = 2
"""Exit code of a program that did not go on; its last line says why."""

LAST_OUTPUT = 4_096
END_SECONDS = 5.0
"""How long the program may take to end when the session is closed; then it is killed."""


class GoingOn:
    """At most one program at a time."""

    def __init__(self, session: Session, rerunning: Rerunning) -> None:
        self._session = session
        self._rerunning = rerunning
        self._program: RecordedRun | None = None
        self._waiting: asyncio.Task[int] | None = None
        self._last = bytearray()

    @property
    def is_at_work(self) -> bool:
        """Whether the program runs, from its start on."""
        return self._program is not None

    def questions(self) -> tuple[Question, ...]:
        """What a person is asked before the run goes on; one without choices where it only needs
        a yes. Raises Problem where it cannot go on."""
        session = self._session
        recording, info = session.recording, session.recording.info
        if not self._rerunning.trusted:
            raise Problem("recorded elsewhere: lar-debug resume asks before it runs anything of it")
        if self._program is not None:
            raise Problem("it goes on already")
        check_can_go_on(recording.store, info)
        started_again(recording)
        steps = recording.step_numbers()
        last = steps.stop - 1
        if info.status is RunStatus.WAITING and steps:
            asked = questions_in(recording.execution(last, 0).note)
            if asked and all(one.choices for one in asked):
                return asked
        following = [node.label for line in recording.summaries(last, last) for node in line.next]
        where = f" with {following[0]}" if following else f" from step {max(last, steps.start)}"
        what = "the run" if info.thread == info.run else f"thread {info.thread}"
        return (Question(f"go on with {what}{where}? y"),)

    def start(self, answers: Mapping[str, Answer]) -> None:
        """Go on with answers by the ids of their questions; the screen follows what is recorded.
        Raises Problem."""
        self.questions()
        wanted = {
            "answer": {id: answer.value for id, answer in answers.items()},
            "rationale": {id: answer.rationale for id, answer in answers.items()},
        }
        program = resuming(self._session.recording, self._rerunning.interpreter, wanted)
        program.keep_to(self._heard)
        program.start()
        self._program = program
        self._last.clear()
        self._session.follow_run()
        how = started_again(self._session.recording)
        self._session.say(f"going on: {how or 'k looks back, G follows again'}")
        self._session.changed("header")
        self._session.spawn(self._see_through(program))

    def _heard(self, data: bytes) -> None:
        self._last.extend(data)
        del self._last[:-LAST_OUTPUT]

    async def _see_through(self, program: RecordedRun) -> None:
        self._waiting = asyncio.create_task(asyncio.to_thread(self._wait, program))
        code = await asyncio.shield(self._waiting)
        if code == REFUSED:
            line = self._last.decode("utf-8", "replace").strip().split("\n")[-1]
            self._session.say(line or "it did not go on", "error")
        else:
            self._session.say(*how_it_ended(self._session.recording))
        self._session.changed("header")

    def _wait(self, program: RecordedRun) -> int:
        """In a thread: pass the output on until the program has ended, and note how it ended."""
        recording = self._session.recording
        try:
            code = program.wait()
            settle(recording.store, [recording.info], program)
            return code
        finally:
            self._program = None

    async def close(self) -> None:
        """End the program: the thread can go on from there another time."""
        program, waiting = self._program, self._waiting
        if program is None or waiting is None:
            return
        program.stop()
        _, going_on = await asyncio.wait([waiting], timeout=END_SECONDS)
        if going_on:
            # A node may ignore that, and the thread that waits keeps the debugger from ending.
            program.stop(signal.SIGKILL)
            await asyncio.wait([waiting])
