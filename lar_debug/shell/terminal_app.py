"""The app's side of the terminal: writing to it beside what is painted, its mouse, its colours.

Textual has no public way to some of it; what is private of it is touched here alone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual._compositor import CompositorUpdate
from textual._time import get_time
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver
from textual.screen import Screen
from textual.widget import Widget

from lar_debug.panes import _paint
from lar_debug.panes._paint import GROUNDS, TONES, TONES_CSS
from lar_debug.panes.text_field import TextField
from lar_debug.settings import DIFF_COLORS, Settings
from lar_debug.shell.clipboard import cleaned, osc52
from lar_debug.shell.repaint import Painted
from lar_debug.shell.terminal_input import read_by_us
from lar_debug.shell.themes import diff_variables
from lar_debug.shell.waited_screen import WaitedScreen

_WITHOUT = ("dumb", "linux")
"""Terminals that would print what they do not know."""

AHEAD_SECONDS = 0.25
"""A key that comes sooner after the one before it was typed before a person saw what that did."""

PATIENCE_SECONDS = 5.0
"""How long a key that was typed ahead waits; then it means what stands there."""


class TerminalApp(App[None], inherit_bindings=False):
    """An app in a terminal; `environ` tells which kind of one that is."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONES, *GROUNDS}
    CSS = TONES_CSS
    environ: Mapping[str, str] = {}
    settings = Settings()
    diff_colors = DIFF_COLORS[0]

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.when_painted: Callable[[], None] | None = None
        """Called once, when the first picture is on its way to the terminal."""
        self._painted = Painted()
        self._pressed = 0.0
        """When the last key was dealt with."""

    def get_driver_class(self) -> type[Driver]:
        """What reads the terminal."""
        driver = read_by_us(super().get_driver_class())
        if driver.__name__ != "LinuxDriver":
            return driver
        from lar_debug.shell.terminal_driver import TerminalDriver

        return TerminalDriver

    def action_suspend_process(self) -> None:
        """Back to the shell, as it would send us there."""
        if self._driver is not None and self._driver.can_suspend:
            os.kill(os.getpid(), signal.SIGTSTP)

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """What Textual writes a picture with: of that, what is not on the terminal already."""
        if isinstance(renderable, CompositorUpdate):
            renderable = self._painted.changed(renderable)
        # The first one is complete, but Textual would hold it back, throw it away and
        # paint the next, a tenth of the whole start later.
        first = not self._painted.ever
        held = self._batch_count if first else 0
        self._batch_count -= held
        super()._display(screen, renderable)  # pyright: ignore[reportUnknownMemberType]
        self._batch_count += held
        if first and self._painted.ever and self.when_painted is not None:
            self.when_painted()

    def begin_with(self, theme: str) -> None:
        """The theme of the first picture."""
        self.theme = theme
        self.stylesheet.set_variables(self.get_css_variables())

    def refresh_css(self, animate: bool = True) -> None:
        """What Textual does for another theme, at its start also for the one it began with: all
        styles were read twice."""
        if self.screen_stack:
            super().refresh_css(animate=animate)
        else:
            self.stylesheet.update(self, animate=animate)

    def on_mount(self) -> None:
        """Who had the terminal in the meantime wrote to it."""

        def comes(_: object) -> None:
            self._painted.forget()

        app: Any = self
        app.app_resume_signal.subscribe(self, comes, immediate=True)

    def on_resize(self) -> None:
        """A terminal of another size shows something else."""
        self._painted.forget()

    def _check_resize(self) -> None:
        """Textual tells the screen its new size. Of one that was pulled away and back within a
        moment the screen never knew, and would paint nothing on what the terminal has cleared."""
        event = self._resize_event
        super()._check_resize()
        if event is not None and self.screen.size == event.size:
            self.screen.refresh()

    def action_redraw(self) -> None:
        """Paint everything again, over what other programs wrote."""
        self._painted.forget()
        self.refresh(layout=True)

    async def on_event(self, event: events.Event) -> None:
        """A key is dealt with to its end before the next one is read."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            for key in self._meant(event):
                await self._press(key)
        else:
            await super().on_event(event)

    def _meant(self, event: events.Key) -> Sequence[events.Key]:
        """Esc and a letter right behind it come as one key, which is another one nowhere here."""
        bare = event.key.removeprefix("alt+")
        chain: Any = self._binding_chain
        if bare == event.key or any(event.key in own.key_to_bindings for _, own in chain):
            return (event,)
        character = event.character
        behind = events.Key(character or bare, character)
        for key in (escape := events.Key("escape", None), behind):
            key.time = event.time
        return (escape, behind)

    async def _press(self, event: events.Key) -> None:
        """Textual hands keys on in messages, and what they lead to comes in more of them: keys
        that are typed faster would go where the focus no longer is, and mean what is gone."""
        await _patiently(self._catch_up(event))
        focused = self.focused
        await super().on_event(event)
        await _patiently(_passed_on(focused, self.screen))
        self._pressed = get_time()

    async def _catch_up(self, event: events.Key) -> None:
        """Wait until the screen is one that can be typed into."""
        screen: Any = None
        while screen is not self.screen:
            screen = self.screen
            await _laid_out(screen)
            if event.time < self._pressed + AHEAD_SECONDS and isinstance(screen, WaitedScreen):
                await screen.caught_up(event.key)
                await _passed_on(self.focused, self.screen)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """Done here and now, and not where a forwarded key comes to; those without a meaning are
        dropped, so that they get none on the screen that comes after this one."""
        if await super()._check_bindings(key, priority):
            return True
        if isinstance(self.focused, TextField) and self.focused.takes(key):
            return False
        await super()._check_bindings(key)
        return True

    def tell_terminal(self, data: str) -> None:
        """Write a sequence that paints nothing."""
        driver = self._driver
        knows = self.environ.get("TERM", "") not in _WITHOUT
        if driver is not None and knows and not self.is_headless:
            driver.write(data)

    def when_away(self, node: DOMNode, told: Callable[[bool], None]) -> None:
        """Call `told` when the terminal is somebody else's from now on, and ours again."""
        app: Any = self

        def goes(_: object) -> None:
            told(True)

        def comes(_: object) -> None:
            told(False)

        # At once: a moment later what is written would be for somebody else.
        app.app_suspend_signal.subscribe(node, goes, immediate=True)
        app.app_resume_signal.subscribe(node, comes, immediate=True)

    def copy_to_clipboard(self, text: str) -> None:
        """What Textual's own text fields copy."""
        self.copy_data(cleaned(text))

    def copy_data(self, data: bytes) -> None:
        """Have the terminal take over a cleaned text."""
        self._clipboard = data.decode()
        self.tell_terminal(osc52(data, self.environ))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours of a diff, in every theme."""
        return diff_variables(self.current_theme, self.diff_colors, self.environ)

    def change_diff_colors(self) -> str:
        """The other pair of colours; says which."""
        self.diff_colors = DIFF_COLORS[1 - DIFF_COLORS.index(self.diff_colors)]
        self.refresh_css(animate=False)
        # The tones are the app's, so Textual does not know which panes to paint again.
        for screen in self.screen_stack:
            for pane in screen.query(_paint.Painted):
                pane.refresh(layout=False)
        return self.diff_colors

    def toggle_mouse(self) -> bool:
        """Take the mouse, or leave it to the terminal; says whether we have it."""
        driver: Any = self._driver
        if driver is None or self.is_headless:
            return False
        if driver._mouse:
            driver._disable_mouse_support()
            driver._mouse = False
        else:
            driver._mouse = True
            driver._enable_mouse_support()
        return bool(driver._mouse)

    def save_svg(self) -> str:
        """Write what is on the screen as SVG into the current folder; its name. Raises OSError."""
        name = time.strftime("lar-debug-%Y%m%d-%H%M%S.svg")
        with (Path.cwd() / name).open("x", encoding="utf-8") as file:
            file.write(self.export_screenshot(title="lar-debug"))
        return name


async def _patiently(waiting: Coroutine[Any, Any, None]) -> None:
    """Wait for something, but not for ever."""
    with suppress(TimeoutError):
        await asyncio.wait_for(waiting, PATIENCE_SECONDS)


async def _laid_out(screen: Any) -> None:
    """Wait until a screen has its panes, and they their sizes."""
    if getattr(screen, "_is_laid_out", False):
        return
    await screen._mounted_event.wait()
    laid_out = asyncio.Event()
    if screen.call_after_refresh(laid_out.set):
        await laid_out.wait()
    for pane in screen.children:
        await _passed_on(pane)
    screen._is_laid_out = True


async def _passed_on(*nodes: Widget | None) -> None:
    """Wait until the messages that wait in some widgets, and those that these post to themselves
    meanwhile, have been dealt with or have gone up."""
    for node in nodes:
        for _ in range(2):
            passed = asyncio.Event()
            if node is not None and node.call_later(passed.set):
                await passed.wait()


def terminal_app(node: Any) -> TerminalApp:
    """The app of a screen; Textual leaves open which one that is."""
    app = node.app
    assert isinstance(app, TerminalApp)
    return app
