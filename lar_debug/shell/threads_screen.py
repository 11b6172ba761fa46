"""The main screen's way on: a run that stopped goes on, one that waits gets a person's answer, and
an attempt that is right is continued from as a new run.

What is asked is typed into the line in place of the event line; the session does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lar_debug.model.threads import Answer, Question
from lar_debug.panes.text_field import TextField
from lar_debug.shell.panes_screen import PanesScreen
from lar_debug.shell.session_port import SessionPort, Topic


class ThreadsScreen(PanesScreen, inherit_bindings=False):
    """The action of the key `run.continue`."""

    _by_key: Mapping[str, Callable[[], None]] | None = None
    """What the keys do that are asked for."""
    _fork_begun = False
    """Whether a new run waits to be opened."""

    def action_go_on(self) -> None:
        """Go on with the run itself, or continue from the shown attempt."""
        with self.problems_told():
            if self.session.continuing.goes_on_itself:
                self._go_on_itself()
            else:
                self.action_fork()

    # A new run

    def action_fork(self) -> None:
        """Ask how far a new run is to go that continues from the shown attempt."""
        with self.problems_told():
            questions = self.session.continuing.questions()
            self._by_key = {
                "n": lambda: self._fork(one_step=True),
                "c": lambda: self._fork(one_step=False),
                "q": lambda: None,
            }
            self.ask(questions[0], lambda _: False)
            self._field.ask_key(*questions)

    def on_text_field_typed(self, message: TextField.Typed) -> None:
        """Where a key is asked for, it is taken at once; those without a meaning are dropped."""
        message.stop()
        if self._by_key is None or not message.text:
            return
        act = self._by_key.get(message.text[0])
        if act is None:
            self._field.clear()
            return
        self.stop_asking()
        act()

    def stop_asking(self) -> None:
        """A run that has begun meanwhile is opened now."""
        self._by_key = None
        super().stop_asking()
        self._open_fork()

    def _fork(self, *, one_step: bool) -> None:
        with self.problems_told():
            self.session.continuing.start(one_step=one_step)

    def _show(self, topics: Topic) -> None:
        super()._show(topics)
        if "fork" in topics:
            self._fork_begun = True
            self._open_fork()

    def _open_fork(self) -> None:
        """Not while something is typed here: that would be lost."""
        if self._fork_begun and self._taken is None:
            self._fork_begun = False
            self.do_first(self._opened_fork())

    async def _opened_fork(self) -> None:
        with self.problems_told():
            self.leave_for(await self.session.continuing.opened())

    def leave_for(self, session: SessionPort) -> None:
        """Another session takes the place of this one."""
        raise NotImplementedError

    # The run itself

    def _go_on_itself(self) -> None:
        """Ask what has to be asked, one after the other, then go on."""
        with self.problems_told():
            questions = self.session.going_on.questions()
            if questions[0].choices:
                self._ask_next(questions, {})
            else:
                self.ask(f"{questions[0].question}:", self._agreed)

    def _agreed(self, text: str) -> bool:
        if text.strip().lower() in ("y", "yes"):
            self._go_on({})
        return True

    def _ask_next(self, questions: Sequence[Question], answers: dict[str, Answer]) -> bool:
        """Ask the first of the questions that are left; True when there is none."""
        if not questions:
            self._go_on(answers)
            return True
        question, *others = questions

        def taken(answer: Answer) -> bool:
            return self._ask_next(others, {**answers, question.id: answer})

        choices = "/".join(question.choices)
        self.ask(f"{question.question} {choices}:", self._answered(question, taken))
        return False

    def _answered(
        self, question: Question, taken: Callable[[Answer], bool]
    ) -> Callable[[str], bool]:
        """Takes a choice, or enough of one to tell it from the others."""

        def typed(text: str) -> bool:
            said = text.strip().lower()
            meant = [one for one in question.choices if said and one.startswith(said)]
            if said in question.choices:
                meant = [said]
            if len(meant) != 1:
                if said:
                    self.session.say(f"{said} is none of {', '.join(question.choices)}", "error")
                return not said
            if not question.needs_rationale:
                return taken(Answer(meant[0]))
            self.ask(f"{meant[0]}, because:", lambda why: taken(Answer(meant[0], why.strip())))
            return False

        return typed

    def _go_on(self, answers: Mapping[str, Answer]) -> None:
        with self.problems_told():
            self.session.going_on.start(answers)
