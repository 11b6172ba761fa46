"""Which tab is open, and what a person chose to see in it. Reads nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lar_debug.model.tabs import StateWish


class TabWish(NamedTuple):
    """What a step view is to hold beside what every tab needs. `pane` is the id of the open one."""

    pane: str = "diff-pane"
    state: StateWish = StateWish()
    killed: bool = False
    """Whether attempts that a newer save killed are listed."""


class Tabs:
    """Holds the wish; `on_change` is called when there is another one."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self.wish = TabWish()

    @property
    def pane(self) -> str:
        """The id of the open one."""
        return self.wish.pane

    def open(self, pane: str) -> None:
        """Another tab is open: its contents come with the next step view."""
        self._set(TabWish(pane, self.wish.state, self.wish.killed))

    def see_state(self, state: StateWish) -> None:
        """Open or close parts of the state, or look at its other side."""
        self._set(TabWish(self.wish.pane, state, self.wish.killed))

    def toggle_killed(self) -> bool:
        """List killed attempts, or leave them out; whether they are listed now."""
        self._set(TabWish(self.wish.pane, self.wish.state, not self.wish.killed))
        return self.wish.killed

    def _set(self, wish: TabWish) -> None:
        if wish != self.wish:
            self.wish = wish
            self._on_change()
