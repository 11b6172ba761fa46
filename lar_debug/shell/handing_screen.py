"""The main screen's ways out: the editor, the clipboard, the title and the bell of the terminal.

The session says what is to be handed over; editor.py, clipboard.py and title.py know how.
"""

from __future__ import annotations

import asyncio
from functools import cached_property

from textual.events import MouseDown
from textual.selection import Selection
from textual.widget import Widget

from lar_debug.panes.step_rule import StepRule
from lar_debug.shell.clipboard import (
    MOST_BYTES,
    cleaned,
    terminal_takes,
    to_file,
    to_tmux,
)
from lar_debug.shell.editor import editor_command, open_editor
from lar_debug.shell.panes_screen import PanesScreen
from lar_debug.shell.session_port import Topic
from lar_debug.shell.terminal_app import TerminalApp, terminal_app
from lar_debug.shell.title import Bell, Title, title_of


class HandingScreen(PanesScreen, inherit_bindings=False):
    """Actions of shell/keys.py and of the palette."""

    _pressed: Widget | None = None
    """Where the mouse went down last."""
    _away = False
    """Whether the terminal is somebody else's just now."""

    @cached_property
    def _title(self) -> Title:
        return Title(self._outside.tell_terminal)

    @cached_property
    def _bell(self) -> Bell:
        return Bell(self.clock)

    @property
    def _outside(self) -> TerminalApp:
        return terminal_app(self)

    def on_mount(self) -> None:
        """While the screen is away the title is as it was."""
        self._outside.when_away(self, self._go_away)

    async def on_unmount(self) -> None:
        """The title that was there before."""
        self._title.give_back()

    def _show(self, topics: Topic) -> None:
        super()._show(topics)
        if topics & {"all", "step"}:
            self._show_title()
        if "running" in topics:
            after = self._outside.settings.bell_after
            running, seen = self.session.running(), self._outside.app_focus
            if self._bell.told(running, after) and not seen:
                self._outside.bell()

    def _go_away(self, away: bool) -> None:
        self._away = away
        self._title.give_back()
        self._show_title()

    def _show_title(self) -> None:
        view = self.session.step_view()
        if view is not None and not self._away:
            self._title.show(title_of(view, self._signs))

    # The editor

    def on_step_rule_where_clicked(self, message: StepRule.WhereClicked) -> None:
        """A click on the file and line of the step."""
        message.stop()
        self.action_edit("prompt")

    def action_edit(self, what: str) -> None:
        """Open the prompt of the step, or its node, in the person's editor."""
        self.run_worker(self._edit(what), group="edit")

    async def _edit(self, what: str) -> None:
        handing, outside = self.session.handing, self._outside
        with self.problems_told():
            asked = handing.prompt_place() if what == "prompt" else handing.source_place()
            place = await asked
            command = editor_command(outside.settings.editor, outside.environ, place)
            await open_editor(outside, command, place, outside.environ, self.session.say)

    # The clipboard

    def action_copy(self, what: str) -> None:
        """Copy what the open tab shows, the command that shows it, or where `e` would open."""
        whats = {
            "value": self._copy_value,
            "command": self._copy_command,
            "path": self._copy_path,
        }
        self.run_worker(whats[what]())

    def on_mouse_down(self, event: MouseDown) -> None:
        """What is dragged over from here on is text of this pane."""
        self._pressed, _ = self.get_widget_at(event.screen_x, event.screen_y)

    def validate_selections(self, selections: dict[Widget, Selection]) -> dict[Widget, Selection]:
        """Between two panes Textual takes all that lies between them on the screen; here what is
        selected stays as it was when the mouse left its pane."""
        known = selections if len(selections) < 2 else self.selections
        return {pane: one for pane, one in known.items() if pane is self._pressed}

    def action_copy_text(self) -> None:
        """Copy the text that was dragged over."""
        selected = self.get_selected_text()
        if selected:
            self.run_worker(self._copy("the selection", selected))

    async def _copy_command(self) -> None:
        with self.problems_told():
            place, _ = self._detail.state.chosen or ("", False)
            command = await self.session.handing.command(place)
            await self._copy(command, command)

    async def _copy_path(self) -> None:
        with self.problems_told():
            place = await self.session.handing.prompt_place()
            where = f"{place.file}:{place.line}"
            await self._copy(where, where)

    async def _copy_value(self) -> None:
        with self.problems_told():
            shown = await self.shown_value()
            if shown is not None:
                await self._copy(*shown)

    async def shown_value(self) -> tuple[str, str] | None:
        """What the focused pane shows: a name and the text. Raises Problem."""
        detail, pane, handing = self._detail, self._detail.pane, self.session.handing
        if self.focused is self._dock:
            return "the cause", self._dock.text
        if pane is detail.diff:
            return "the output", await handing.output()
        if pane is detail.state:
            place, before = detail.state.chosen or ("", False)
            return place or "the state", await handing.state(place, before=before)
        if pane is detail.prompt:
            section = detail.prompt.section
            return (section.title, section.text) if section is not None else None
        return f"the {detail.tab.name.lower()}", pane.text

    async def _copy(self, name: str, text: str) -> None:
        """Hand a text to the terminal, or write it to a file where that cannot be."""
        outside = self._outside
        data = await asyncio.to_thread(cleaned, text)
        if len(data) > MOST_BYTES or not terminal_takes(outside.environ):
            path = await asyncio.to_thread(to_file, data)
            self.session.say(f"{name}: {len(data):,} bytes, copied into {path}")
            return
        outside.copy_data(data)
        if outside.environ.get("TMUX"):
            await asyncio.to_thread(to_tmux, data, outside.environ)
        self.session.say(f"copied: {name}")

    # The terminal

    def action_change_diff_colors(self) -> None:
        """The other pair of colours, until the end; the settings say which one is first."""
        self.session.say(f"diff colours: {self._outside.change_diff_colors()}")

    def action_toggle_mouse(self) -> None:
        """Leave the mouse to the terminal, or take it again."""
        ours = self._outside.toggle_mouse()
        self.session.say("the mouse is ours" if ours else "the mouse is left to the terminal")

    def action_save_screenshot(self) -> None:
        """Write the screen as SVG, as it is once the palette is gone."""
        self.call_after_refresh(self._save_screenshot)

    def _save_screenshot(self) -> None:
        try:
            self.session.say(f"screenshot: {self._outside.save_svg()}")
        except OSError as error:
            self.session.say(f"the screenshot cannot be written: {error.strerror}", "error")

    def action_which_python(self) -> None:
        """Say which interpreter runs the steps."""
        self.session.say(self.session.handing.python())
