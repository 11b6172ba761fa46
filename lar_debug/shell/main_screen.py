"""The main screen: the only wire between the session and the panes.

Panes post up, the screen commands the session; what is shown stands in panes_screen.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, Protocol, cast

from textual import on
from textual.binding import BindingType

from lar_debug.model import views
from lar_debug.model.tabs import AttemptRow
from lar_debug.panes.attempts_pane import Act, AttemptsPane
from lar_debug.panes.attempts_strip import AttemptsStrip
from lar_debug.panes.header import Header
from lar_debug.panes.prompt_pane import PromptPane
from lar_debug.panes.tab_bar import TabBar
from lar_debug.panes.timeline import Timeline
from lar_debug.panes.timeline_line import TimelineLine
from lar_debug.shell.attempt_keys import AttemptKeys
from lar_debug.shell.keys import bindings
from lar_debug.shell.session_port import SessionPort
from lar_debug.shell.sizing_screen import SizingScreen
from lar_debug.shell.state_screen import StateScreen
from lar_debug.shell.threads_screen import ThreadsScreen
from lar_debug.shell.walking_screen import WalkingScreen


class LeavingApp(Protocol):
    """What of the app is needed here."""

    def take_place(self, screen: MainScreen, session: SessionPort) -> None:
        """Show another session in the place of a screen."""
        ...


class MainScreen(WalkingScreen, ThreadsScreen, StateScreen, SizingScreen, inherit_bindings=False):
    """What keys and clicks do."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    @cached_property
    def _attempt_keys(self) -> AttemptKeys:
        return AttemptKeys(self, self, self.session, self._signs)

    @cached_property
    def _commands(self) -> dict[str, Callable[[], None]]:
        session = self.session
        return {
            "older": session.show_older,
            "newer": session.show_newer,
            "newest": session.show_newest,
            "rerun": session.rerun,
            "rerun_live": session.rerun_live,
            "stop": self._stop,
            "toggle_on_save": session.toggle_on_save,
            "toggle_pin": session.toggle_pin,
            "cycle_base": session.cycle_base,
            "hold_base": session.hold_base,
        }

    # What panes post

    @on(Timeline.StepChosen)
    @on(TimelineLine.StepChosen)
    def go_where_pointed(self, message: Timeline.StepChosen | TimelineLine.StepChosen) -> None:
        """A click on a step."""
        message.stop()
        self.session.go(message.step)

    def on_attempts_strip_attempt_chosen(self, message: AttemptsStrip.AttemptChosen) -> None:
        """A click on an attempt."""
        message.stop()
        self.session.show_attempt(message.attempt)

    def on_tab_bar_tab_chosen(self, message: TabBar.TabChosen) -> None:
        """A click on a tab."""
        message.stop()
        self.action_tab(message.number)

    def on_header_on_save_clicked(self, message: Header.OnSaveClicked) -> None:
        """A click on what a save does."""
        message.stop()
        self.session.toggle_on_save()

    @on(AttemptsPane.Asked)
    def act_on_attempt(self, message: AttemptsPane.Asked) -> None:
        """A key of the Attempts tab."""
        message.stop()
        self._attempt_keys.act(message.act, message.row)

    @on(PromptPane.Asked)
    def act_on_section(self, message: PromptPane.Asked) -> None:
        """A key of the Prompt tab."""
        message.stop()
        if message.act == "undo":
            self.session.put_back.undo()
        else:
            self._attempt_keys.put_back_section(message.attempt, message.file)

    # Actions of shell/keys.py

    def action_move(self, by: int) -> None:
        if (pane := self._scrolled) is not None:
            pane.walk(by)
        else:
            self.session.move(by)

    def action_go(self, step: int) -> None:
        self.session.go(step)

    def action_first(self) -> None:
        if (pane := self._scrolled) is not None:
            pane.walk_to(0)
        else:
            self.session.go(self.session.timeline().steps.start)

    def action_last(self) -> None:
        if (pane := self._scrolled) is not None:
            pane.walk_to(pane.line_count)
        else:
            self.session.go(self.session.timeline().steps.stop - 1)

    def action_page(self, by: int) -> None:
        if (pane := self._scrolled) is not None:
            pane.walk_pages(by)
        else:
            self.session.move(by * self._timeline.page)

    def action_scroll_detail(self, by: int) -> None:
        self._detail.pane.scroll_lines_by(by)

    def action_tab(self, number: int) -> None:
        self.show_both()
        was_in_detail = self.focused is self._detail.pane
        if not self._detail.open(number):
            return
        self.session.tabs.open(self._detail.tab.pane)
        self._tab_bar.show(number)
        self._replan(self.size)
        if was_in_detail:
            self._focus_pane("detail")

    def action_next_tab(self, by: int) -> None:
        self.action_tab(self._detail.beside(by).number)

    def action_session(self, command: str) -> None:
        self._commands[command]()

    def action_attempt(self, act: Act) -> None:
        """What the Attempts tab does with the attempt under its cursor, for the shown one."""
        view = self.session.step_view()
        chips = view.strip.chips if view is not None else ()
        for chip in chips:
            if chip.shown:
                self._attempt_keys.act(act, AttemptRow(chip.attempt, chip.outcome))

    async def action_note_shown(self) -> None:
        """A note beside the shown attempt: the list has it under its cursor."""
        self.action_tab(4)
        await self.session.settled()
        await self.refreshed()
        self.action_note()

    def action_note(self) -> None:
        if (row := self._detail.attempts.here) is not None:
            self._attempt_keys.act("note", row)

    def action_diff_view(self) -> None:
        if self._detail.pane is self._detail.diff:
            told = self._detail.diff.change_view()
            self.tell(views.EventLine("", told, "note") if told else self.session.event())

    def action_context(self, by: int) -> None:
        if self._detail.pane is self._detail.diff:
            around = self._detail.diff.change_context(by)
            lines = f"{around} unchanged line" + ("" if around == 1 else "s")
            self.tell(views.EventLine("", f"at most {lines} around a change", "note"))

    def action_stream(self) -> None:
        if self._detail.pane is self._detail.console:
            stream = self._detail.console.change_stream()
            shown = {"": "stdout and stderr", "out": "stdout", "err": "stderr"}[stream]
            self._event.show(views.EventLine("", f"console shows {shown}", "note"))

    def action_copy_or_stop(self) -> None:
        if self.session.running() is not None:
            self._stop()
        elif not self.get_selected_text():
            self.tell(views.EventLine("", "nothing runs and nothing is selected; q quits", "note"))
        else:
            self.action_copy_text()

    def tell(self, event: views.EventLine) -> None:
        """A message of the screen itself."""
        self._event.show(event)

    def leave_for(self, session: SessionPort) -> None:
        """A run that continues this one takes its place."""
        cast("LeavingApp", cast("Any", self).app).take_place(self, session)

    def answer_question(self) -> None:
        """The session wants an answer before it writes."""
        self._attempt_keys.question()

    def _stop(self) -> None:
        running = self.session.running()
        if running is None or running.attempt:
            self.session.stop()
        else:
            self._event.show(views.EventLine("", "the run itself goes on: q ends it", "note"))

    async def action_quit(self) -> None:
        running = self.session.running()
        if running is not None and running.attempt == 0 and not self._asked_to_quit:
            self._asked_to_quit = True
            then = "goes back" if self.session.came_from else "quits"
            self._event.show(views.EventLine("", f"q again stops it and {then}", "note"))
            return
        await self.run_action("app.quit")
