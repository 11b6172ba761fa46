"""The palette: a line to type into, and the commands that fit what was typed, over the screen.

What is chosen is the answer; whoever opened it runs that. Knows no session.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from lar_debug.panes._signs import Signs
from lar_debug.panes.command_list import CommandList, CommandRow
from lar_debug.panes.pick_list import PickList
from lar_debug.panes.text_field import TextField
from lar_debug.shell.commands import Command, Found, fitting
from lar_debug.shell.waited_screen import WaitedScreen

_WALKING = (
    Binding("up,ctrl+p", "walk(-1)", "Up", show=False),
    Binding("down,ctrl+n", "walk(1)", "Down", show=False),
    Binding("pageup", "walk_pages(-1)", "Page up", show=False),
    Binding("pagedown", "walk_pages(1)", "Page down", show=False),
)


class PaletteScreen(WaitedScreen[Command | None], inherit_bindings=False):
    """Ends with the command that was chosen, or with None. `known` tells the keys of the state,
    which may take a while to be read."""

    AUTO_FOCUS = "TextField"
    BINDINGS: ClassVar[list[BindingType]] = [*_WALKING]

    def __init__(
        self,
        signs: Signs,
        title: str,
        commands: Sequence[Command],
        known: Callable[[], Awaitable[Collection[str]]] | None = None,
    ) -> None:
        super().__init__()
        self._signs = signs
        self._list = CommandList(signs, title)
        self._field = TextField(
            signs, leaves=[key for own in _WALKING for key in own.key.split(",")]
        )
        self._commands = commands
        self._known = known
        self._keys: Collection[str] = ()
        self._found: Sequence[Found] = ()

    def compose(self) -> ComposeResult:
        """The list above the line."""
        yield from (self._list, self._field)

    def on_mount(self) -> None:
        """All commands, until something is typed."""
        self._field.ask(":")
        self._look_for("")
        if self._known is not None:
            self.do_first(self._read_known(self._known))

    async def _read_known(self, known: Callable[[], Awaitable[Collection[str]]]) -> None:
        self._keys = await known()
        if self._field.text.strip():
            self._look_for(self._field.text)

    def _look_for(self, text: str) -> None:
        self._found = fitting(text, self._commands, self._keys)
        self._list.show([_row(found) for found in self._found])

    def on_text_field_typed(self, message: TextField.Typed) -> None:
        """Another letter, other commands."""
        message.stop()
        self._look_for(message.text)

    def on_text_field_taken(self, message: TextField.Taken) -> None:
        """The command under the cursor is meant; without one the line stays."""
        message.stop()
        if self._found:
            self.dismiss(self._found[self._list.cursor].command)
        else:
            self._field.go_on()

    def on_text_field_left(self, message: TextField.Left) -> None:
        """Back to the screen below."""
        message.stop()
        self.dismiss(None)

    def on_pick_list_chosen(self, message: PickList.Chosen) -> None:
        """A click on the row that has the cursor."""
        message.stop()
        self.dismiss(self._found[message.line].command)

    def action_walk(self, by: int) -> None:
        self._list.walk(by)

    def action_walk_pages(self, by: int) -> None:
        self._list.walk_pages(by)


def _row(found: Found) -> CommandRow:
    return CommandRow(found.command.label, found.command.shown, found.command.does, found.at)
