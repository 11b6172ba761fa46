"""The thread of the run that is shown goes on: what it asks a person, and the program that does it.

The program is one of its own, as `lar-debug resume` starts it; what it records is followed like
any run that goes on. Knows no screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunStatus
from lar_debug.model.threads import Answer, Question, questions_in
from lar_debug.runtime.threads import beginning_of
from lar_debug.session.at_work import REFUSED, AtWork
from lar_debug.session.header import how_it_ended
from lar_debug.session.programs import check_can_go_on, resuming, settle, started_again
from lar_debug.session.rerunning import Rerunning

if TYPE_CHECKING:
    from lar_debug.session.session import Session


class GoingOn:
    """At most one program at a time is at the run; those before it may still be at their end."""

    def __init__(self, session: Session, rerunning: Rerunning) -> None:
        self._session = session
        self._rerunning = rerunning
        self._programs: list[AtWork] = []

    @property
    def is_at_work(self) -> bool:
        """Whether the program runs, from its start on."""
        return bool(self._programs)

    def questions(self) -> tuple[Question, ...]:
        """What a person is asked before the run goes on; one without choices where it only needs
        a yes. Raises Problem where it cannot go on."""
        session = self._session
        recording, info = session.recording, session.recording.info
        if not self._rerunning.trusted:
            raise Problem("recorded elsewhere: lar-debug resume asks before it runs anything of it")
        if self._programs and info.status is RunStatus.RUNNING:
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
        if not steps and (first := beginning_of(info).node) is not None:
            following = [first.label]
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
        recording = self._session.recording
        program = resuming(recording, self._rerunning.interpreter, wanted)

        def note_end() -> None:
            settle(recording.store, [recording.info], program)

        self.take_over(AtWork(program, note_end))
        self._session.follow_run()
        how = started_again(recording)
        self._session.say(f"going on: {how or 'k looks back, G follows again'}")
        self._session.changed("header")

    def take_over(self, program: AtWork) -> None:
        """A program that is at work on the run."""
        self._programs.append(program)
        self._session.spawn(self._see_through(program))

    async def _see_through(self, program: AtWork) -> None:
        code = await program.ended()
        is_newest = self._programs[-1] is program
        self._programs.remove(program)
        if not is_newest:
            return
        if code == REFUSED:
            self._session.say(program.last_line or "it did not go on", "error")
        else:
            self._session.say(*how_it_ended(self._session.recording))
        self._session.changed("header")

    async def close(self) -> None:
        """End the program: the thread can go on from there another time."""
        for program in self._programs:
            await program.close()
