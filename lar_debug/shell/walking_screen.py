"""The main screen's ways through a run: find, the history of a key, a range, the next failed step.

What is asked for is typed into the line in place of the event line; the session does the rest.
"""

from __future__ import annotations

from typing import cast

from textual.app import App

from lar_debug.model import views
from lar_debug.shell.commanding_screen import CommandingScreen

_ASKING = ("find", "palette", "edit_value", "note", "go_on")


class WalkingScreen(CommandingScreen, inherit_bindings=False):
    """Actions of shell/keys.py and of the palette."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One thing is asked after the other: what was typed may not have been taken yet."""
        if action in _ASKING and self._taken is not None:
            return False
        return super().check_action(action, parameters)

    def action_find(self) -> None:
        """Ask for a text and go to the next step that has it."""
        self.ask("/", self._find)

    def _find(self, text: str) -> bool:
        self.session.walking.find.start(text)
        return True

    def action_find_step(self, by: int) -> None:
        """The next match, or the one before; where nothing is looked for the next change."""
        if self.session.walking.find.text:
            self.session.walking.find.step(by)
        elif self._detail.pane is self._detail.diff and not self._detail.diff.go_to_change(by):
            where = "below" if by > 0 else "above"
            self._event.show(views.EventLine("", f"no change further {where}", "note"))

    def action_walk(self, where: str) -> None:
        """A range from here on, or the next step of some kind."""
        walking = self.session.walking
        ways = {
            "range": walking.toggle_range,
            "failed": walking.next_failed,
            "stale": walking.next_stale,
        }
        ways[where]()

    def action_ask_step(self) -> None:
        """Go to a step by its number."""
        self.ask("go to step:", self._go_to)

    def _go_to(self, text: str) -> bool:
        if not text.strip().isdecimal():
            self.session.say(f"{text.strip() or 'nothing'} is no step number", "error")
            return not text.strip()
        self.session.go(int(text.strip()[:9]))
        return True

    def action_ask_compared(self) -> None:
        """Compare what is shown with something else, on a page of its own."""
        self.ask("compare with STEP, STEP@ATTEMPT, RUN or RUN:STEP:", self._ask_compared)

    def _ask_compared(self, text: str) -> bool:
        view = self.session.step_view()
        if text.strip() and view is not None:
            shown = next((chip.attempt for chip in view.strip.chips if chip.shown), 0)
            self.do_first(self._compare(shown, text))
        return True

    async def _compare(self, attempt: int, text: str) -> None:
        from lar_debug.shell.help_screen import TextScreen
        from lar_debug.shell.page_screen import diff_rows

        with self.problems_told():
            title, document = await self.session.walking.compare_with(attempt, text)
            rows = diff_rows(document, self._signs, folded=False)
            app = cast("App[None]", self.app)  # pyright: ignore[reportUnknownMemberType]
            app.push_screen(TextScreen(self._signs, title, rows))

    def action_ask_key(self) -> None:
        """The history of a key by its name."""
        self.ask("history of key:", self._ask_history)

    def _ask_history(self, text: str) -> bool:
        if text.strip():
            self.action_history(text.strip())
        return True

    def action_history(self, key: str) -> None:
        """What became of a key over all steps; Enter there goes to a step."""
        from lar_debug.shell.history_screen import HistoryScreen

        screen = HistoryScreen(self._signs, key, self.session.walking.history.of(key))
        app = cast("App[None]", self.app)  # pyright: ignore[reportUnknownMemberType]
        app.push_screen(screen, self._go_from_history)

    def _go_from_history(self, step: int | None) -> None:
        if step is not None:
            self.session.go(step)
