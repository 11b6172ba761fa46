"""The app's side of the terminal: writing to it beside what is painted, its mouse, its colours.

Textual has no public way to some of it; what is private of it is touched here alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual._compositor import CompositorUpdate
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input

from lar_debug.panes import _paint
from lar_debug.panes._paint import GROUNDS, TONES, TONES_CSS
from lar_debug.panes.text_field import TextField
from lar_debug.settings import DIFF_COLORS, Settings
from lar_debug.shell.clipboard import cleaned, osc52
from lar_debug.shell.repaint import Painted
from lar_debug.shell.themes import diff_variables

_WITHOUT = ("dumb", "linux")
"""Terminals that would print what they do not know."""


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

    def action_redraw(self) -> None:
        """Paint everything again, over what other programs wrote."""
        self._painted.forget()
        self.refresh(layout=True)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """What a key does is done before the next one is read. Textual hands a key to the screen,
        and there to wait, while text that was typed behind it goes where the focus still is."""
        if await super()._check_bindings(key, priority):
            return True
        if not priority or isinstance(self.focused, TextField | Input):
            return False
        screen: Any = self.screen
        await screen._mounted_event.wait()
        return await super()._check_bindings(key)

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


def terminal_app(node: Any) -> TerminalApp:
    """The app of a screen; Textual leaves open which one that is."""
    app = node.app
    assert isinstance(app, TerminalApp)
    return app
