"""The main screen's ways from keys to actions: the palette, and which keys act on what is shown.

Keys that act on what is shown wait for it where they were typed ahead; walking from step to step
waits for nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from lar_debug.model.problem import Problem
from lar_debug.panes._line_view import LineView
from lar_debug.shell.commands import Command, commands_of, theme_commands
from lar_debug.shell.panes_screen import PanesScreen
from lar_debug.shell.terminal_app import terminal_app

_WALKING = frozenset(("move", "first", "last", "page"))
"""They walk the steps, or what the focused pane shows."""

_LOOKING = frozenset(("scroll_detail", "find_step", "copy", "open_value", "copy_or_stop", "go_on"))


class CommandingScreen(PanesScreen, inherit_bindings=False):
    """The actions of the palette are those of the main screen."""

    async def caught_up(self, key: str) -> None:
        """A key is meant for what those before it asked for."""
        await super().caught_up(key)
        await self.session.answered()
        if self._acts_on_shown(key):
            await self.session.settled()
            if self._scrolled is not None and not self._scrolled.size:
                # A pane that was just opened has no rows before it has its place.
                await self.refreshed()

    def _acts_on_shown(self, key: str) -> bool:
        for node, own in self._binding_chain:
            for binding in own.key_to_bindings.get(key, ()):
                action = binding.action.partition("(")[0]
                in_pane = isinstance(node, LineView)
                walks = action in _WALKING and self._scrolled is not None
                return in_pane or walks or action in _LOOKING
        return False

    async def action_palette(self) -> None:
        """All commands; what is typed next is for them."""
        commands = commands_of(self._keys_held)
        await self._choose("commands", commands, known=True)

    async def action_choose_theme(self) -> None:
        """The themes, ours first."""
        app = terminal_app(self)
        names = sorted(app.available_themes, key=lambda name: (not name.startswith("lar-"), name))
        await self._choose("themes", theme_commands(names), known=False)

    async def _choose(self, title: str, commands: tuple[Command, ...], *, known: bool) -> None:
        from lar_debug.shell.palette_screen import PaletteScreen

        keys = self._known_keys if known else None
        screen = PaletteScreen(self._signs, title, commands, keys)
        await terminal_app(self).push_screen(screen, self._command_chosen)

    async def _known_keys(self) -> Collection[str]:
        try:
            return await self.session.walking.history.known()
        except Problem:
            return ()

    async def _command_chosen(self, command: Command | None) -> None:
        if command is None:
            return
        if command.key:
            self.action_history(command.key)
            return
        # What it acts on may still be on its way.
        await self.session.answered()
        await self.session.settled()
        await self.run_action(command.action)

    def action_history(self, key: str) -> None:
        """What became of a key over all steps."""
        raise NotImplementedError

    def action_use_theme(self, name: str) -> None:
        """Other colours, until the end; the settings say which ones are first."""
        terminal_app(self).theme = name
