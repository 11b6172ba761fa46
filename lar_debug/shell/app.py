"""The Textual app: theme and screens, nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.screen import Screen

from lar_debug.model.problem import Problem
from lar_debug.panes._signs import ASCII_SIGNS, UNICODE_SIGNS
from lar_debug.settings import Settings
from lar_debug.shell.keymap import keys_of, textual_keymap
from lar_debug.shell.main_screen import MainScreen
from lar_debug.shell.session_port import SessionPort
from lar_debug.shell.terminal_app import TerminalApp
from lar_debug.shell.themes import THEMES, theme_for

if TYPE_CHECKING:
    from lar_debug.shell.picker_screen import PickerScreen, RunsPort


class LarDebugApp(TerminalApp, inherit_bindings=False):
    """Shows one session until it is quit, or the list of runs and what is opened from there.

    One that `stays` is not left for the list: its end decides what becomes of its program. `ascii`
    draws every sign in ASCII. With NO_COLOR set, the terminal's own two colours and text
    styles are all that is used. Raises Problem when the keymap of the settings cannot work.
    """

    TITLE = "lar-debug"
    CSS_PATH = "main.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        session: SessionPort | None,
        *,
        runs: RunsPort | None = None,
        stays: bool = False,
        settings: Settings | None = None,
        ascii: bool = False,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.environ = environ
        self.settings = settings or Settings()
        self.keys = keys_of(self.settings)
        self.diff_colors = self.settings.diff_colors
        # Only when the constructor is told does Textual leave colours out altogether;
        # with NO_COLOR alone it paints unreadable greys.
        super().__init__(ansi_color=True if "NO_COLOR" in environ else None)
        self.told_to_end = False
        """Whether a signal ended it rather than a person."""
        self._session = session
        self._runs = runs
        self._stays = stays
        self._comes_from_list = session is None
        self._signs = ASCII_SIGNS if ascii else UNICODE_SIGNS
        for theme in THEMES:
            self.register_theme(theme)
        self.begin_with(theme_for(self.settings.theme, environ))
        self.set_keymap(textual_keymap(self.keys))

    def on_mount(self) -> None:
        """Who ends us with a signal gets the terminal back as it was, and no process behind."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._end)
        if self._runs is not None and self._session is not None:
            self._open_session(self._session)

    def _end(self) -> None:
        self.told_to_end = True
        self.exit()

    def get_default_screen(self) -> Screen[None]:
        """The screen at the bottom, which Textual keeps for ever: where the list of runs may
        take the place of a run, it is an empty one."""
        if self._session is None:
            return self._picker()
        return self._main(self._session) if self._runs is None else Screen()

    def _picker(self) -> PickerScreen:
        from lar_debug.shell.picker_screen import PickerScreen

        assert self._runs is not None
        return PickerScreen(self._runs, self._signs, self._open_session)

    def _main(self, session: SessionPort) -> MainScreen:
        return MainScreen(session, self._signs, keys=self.keys)

    def _open_session(self, session: SessionPort) -> None:
        self._session = session
        self.push_screen(self._main(session))

    async def action_open_another(self) -> None:
        """From the screen of a run to the list of runs."""
        if self._runs is None or self._stays:
            self._say("the run goes on: q ends it, then lar-debug lists all runs")
        elif self._comes_from_list:
            # Not waited for: this may run on behalf of the very screen that goes.
            self.pop_screen()
        else:
            self._comes_from_list = True
            # Not waited for: this may run on behalf of the very screen that goes.
            self.switch_screen(self._picker())  # pyright: ignore[reportUnknownMemberType]

    def _say(self, text: str) -> None:
        if self._session is not None:
            self._session.say(text, "note")

    def take_place(self, screen: MainScreen, session: SessionPort) -> None:
        """Show another session in the place of a screen, and of what is open on top of it."""
        while self.screen is not screen and screen in self.screen_stack:
            self.pop_screen()
        self._session = session
        # Not waited for: this may run on behalf of the very screen that goes.
        self.switch_screen(self._main(session))  # pyright: ignore[reportUnknownMemberType]

    async def _go_back(self, screen: MainScreen) -> None:
        """To the run that was left for the one on the screen."""
        try:
            session = await screen.session.continuing.back()
        except Problem:
            # It was deleted meanwhile.
            self._leave()
        else:
            self.take_place(screen, session)

    async def action_quit(self) -> None:
        """From a run that continues another one back to that, from one that was opened from the
        list back to it, else out."""
        screen = self.screen
        if isinstance(screen, MainScreen) and screen.session.came_from:
            screen.do_first(self._go_back(screen))
        else:
            self._leave()

    def _leave(self) -> None:
        if self._comes_from_list and isinstance(self.screen, MainScreen):
            # Not waited for: this may run on behalf of the very screen that goes.
            self.pop_screen()
        else:
            self.exit()

    def action_show_keys(self) -> None:
        """The page with all keys."""
        from lar_debug.shell.help_screen import TextScreen, key_rows

        self.push_screen(TextScreen.of_rows(self._signs, "keys", key_rows(self.keys)))

    def action_show_events(self) -> None:
        """The page with the messages that the event line has shown."""
        from lar_debug.shell.help_screen import TextScreen, event_rows

        events = self._session.events() if self._session is not None else ()
        self.push_screen(TextScreen.of_rows(self._signs, "events", event_rows(events)))
