"""The page with the history of one key: a row for each step that wrote it, as they are found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from lar_debug.model.problem import Problem
from lar_debug.model.views import KeyChange
from lar_debug.panes._signs import Signs
from lar_debug.panes.history_list import HistoryList
from lar_debug.panes.pick_list import PickList
from lar_debug.shell.list_keys import LIST_BINDINGS
from lar_debug.shell.waited_screen import WaitedScreen


class HistoryScreen(WaitedScreen[int | None], inherit_bindings=False):
    """Ends with the step that was chosen, or with None. `changes` may come at any speed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *LIST_BINDINGS,
        Binding("q,escape", "close", "Close", show=False),
    ]

    def __init__(self, signs: Signs, key: str, changes: AsyncIterator[list[KeyChange]]) -> None:
        super().__init__()
        self._list = HistoryList(signs, key)
        self._changes = changes

    def compose(self) -> ComposeResult:
        """The page fills the screen."""
        yield self._list

    def on_mount(self) -> None:
        """Rows come while the page is looked at."""
        self._list.focus(scroll_visible=False)
        self.do_first(self._read())

    async def _read(self) -> None:
        try:
            async for found in self._changes:
                self._list.add(found)
            self._list.end()
        except Problem as error:
            self._list.end(str(error))

    def on_pick_list_chosen(self, message: PickList.Chosen) -> None:
        """Enter, or a click on the row that has the cursor."""
        message.stop()
        change = self._list.change(message.line)
        if change is not None:
            self.dismiss(change.step)

    def action_walk(self, by: int) -> None:
        self._list.walk(by)

    def action_walk_pages(self, by: int) -> None:
        self._list.walk_pages(by)

    def action_walk_to(self, last: bool) -> None:
        self._list.walk_to(self._list.line_count if last else 0)

    def action_choose(self) -> None:
        self._list.choose()

    def action_close(self) -> None:
        """Back to the screen below, at the step it is at."""
        self.dismiss(None)
