"""What the keys of the Prompt and Attempts tabs do: the session is asked, or a person first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

from textual.screen import Screen

from lar_debug.model.records import Outcome
from lar_debug.model.tabs import AttemptRow
from lar_debug.model.views import EventLine
from lar_debug.panes._signs import Signs
from lar_debug.panes.attempts_pane import Act
from lar_debug.shell.session_port import SessionPort


class Desk(Protocol):
    """What of the main screen is needed here."""

    def action_tab(self, number: int) -> None: ...

    def ask(self, prompt: str, taken: Callable[[str], bool], text: str = "") -> None: ...

    def tell(self, event: EventLine) -> None:
        """Show a message that is no event of the session."""
        ...


class AttemptKeys:
    """Acts for one screen."""

    def __init__(
        self, screen: Screen[None], desk: Desk, session: SessionPort, signs: Signs
    ) -> None:
        self._screen = screen
        self._desk = desk
        self._session = session
        self._signs = signs

    def act(self, act: Act, row: AttemptRow) -> None:
        """A key of the Attempts tab."""
        acts, put_back = self._session.attempt_acts, self._session.put_back
        whats: dict[Act, Callable[[], None]] = {
            "show": lambda: self._show_in_diff(row),
            "hold": lambda: acts.hold(row.attempt),
            "accept": lambda: acts.accept(row.attempt),
            "repeat": lambda: acts.repeat(row.attempt),
            "note": lambda: self._ask_note(row),
            "put_back": lambda: put_back.ask(row.attempt),
            "undo": put_back.undo,
            "killed": self._toggle_killed,
        }
        whats[act]()

    def _show_in_diff(self, row: AttemptRow) -> None:
        if row.outcome is Outcome.SUPERSEDED:
            ended = f"#{row.attempt} was ended before it had an output"
            self._desk.tell(EventLine("", ended, "note"))
            return
        self._session.show_attempt(row.attempt)
        self._desk.action_tab(1)

    def _toggle_killed(self) -> None:
        listed = self._session.tabs.toggle_killed()
        which = "are listed too" if listed else "are left out"
        told = f"attempts that something newer ended {which}"
        self._desk.tell(EventLine("", told, "note"))

    def _ask_note(self, row: AttemptRow) -> None:
        def taken(text: str) -> bool:
            self._session.attempt_acts.note(row.attempt, text)
            return True

        self._desk.ask(f"note beside #{row.attempt}:", taken, row.note)

    def put_back_section(self, attempt: int, file: str) -> None:
        """A key of the Prompt tab."""
        if file:
            self._session.put_back.ask(attempt, (file,))
        else:
            told = "this text stands in no file; the template and the source below it do"
            self._desk.tell(EventLine("", told, "note"))

    def question(self) -> None:
        """The session wants an answer before it writes."""
        from lar_debug.shell.confirm_screen import ConfirmScreen

        question = self._session.put_back.question
        if question is not None:
            screen = ConfirmScreen(self._signs, question.title, question.document)
            cast("Any", self._screen).app.push_screen(screen, self._answered)

    def _answered(self, yes: bool | None) -> None:
        if yes:
            self._session.put_back.write()
        else:
            self._session.put_back.leave()
