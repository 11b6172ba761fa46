"""The main screen's way on: a run that stopped goes on, one that waits gets a person's answer.

What is asked is typed into the line in place of the event line; the session does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lar_debug.model.problem import Problem
from lar_debug.model.threads import Answer, Question
from lar_debug.shell.panes_screen import PanesScreen


class ThreadsScreen(PanesScreen, inherit_bindings=False):
    """The action of the key `run.continue`."""

    def action_go_on(self) -> None:
        """Ask what has to be asked, one after the other, then go on."""
        try:
            questions = self.session.going_on.questions()
        except Problem as error:
            self.session.say(str(error), "error")
            return
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
        try:
            self.session.going_on.start(answers)
        except Problem as error:
            self.session.say(str(error), "error")
