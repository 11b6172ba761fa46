"""The main screen's way on: a run that stopped goes on, one that waits gets a person's answer.

What is asked is typed into the line in place of the event line; the session does the rest.
"""

from __future__ import annotations

from collections.abc import Callable

from lar_debug.model.problem import Problem
from lar_debug.model.threads import Question
from lar_debug.shell.panes_screen import PanesScreen


class ThreadsScreen(PanesScreen, inherit_bindings=False):
    """The action of the key `run.continue`."""

    def action_go_on(self) -> None:
        """Ask what has to be asked, then go on."""
        try:
            question = self.session.going_on.question()
        except Problem as error:
            self.session.say(str(error), "error")
            return
        if question.choices:
            self.ask(f"{question.question} {'/'.join(question.choices)}:", self._answered(question))
        else:
            self.ask(f"{question.question}:", self._agreed)

    def _agreed(self, text: str) -> bool:
        if text.strip().lower() in ("y", "yes"):
            self._go_on("", "")
        return True

    def _answered(self, question: Question) -> Callable[[str], bool]:
        """Takes a choice, or enough of one to tell it from the others."""

        def taken(text: str) -> bool:
            said = text.strip().lower()
            meant = [one for one in question.choices if said and one.startswith(said)]
            if said in question.choices:
                meant = [said]
            if len(meant) != 1:
                if said:
                    self.session.say(f"{said} is none of {', '.join(question.choices)}", "error")
                return not said
            if question.needs_rationale:
                self.ask(f"{meant[0]}, because:", self._because(meant[0]))
                return False
            self._go_on(meant[0], "")
            return True

        return taken

    def _because(self, answer: str) -> Callable[[str], bool]:
        def taken(text: str) -> bool:
            self._go_on(answer, text.strip())
            return True

        return taken

    def _go_on(self, answer: str, rationale: str) -> None:
        try:
            self.session.going_on.start(answer, rationale)
        except Problem as error:
            self.session.say(str(error), "error")
