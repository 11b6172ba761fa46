"""The detail of the main screen: five tabs, one of them open. Knows no session."""

from __future__ import annotations

from collections.abc import Iterator

from lar_debug.model.views import StepView
from lar_debug.panes._rows_view import RowsView
from lar_debug.panes._signs import Signs
from lar_debug.panes.attempts_pane import AttemptsPane
from lar_debug.panes.console import Console
from lar_debug.panes.diff_pane import DiffPane
from lar_debug.panes.prompt_pane import PromptPane
from lar_debug.panes.state_pane import StatePane
from lar_debug.panes.tab_bar import Tab
from lar_debug.shell.plan import TABS


class Detail:
    """The panes of the tabs; the open one is shown what the others will read when they open."""

    def __init__(self, signs: Signs) -> None:
        self.diff = DiffPane(signs)
        self.state = StatePane(signs)
        self.prompt = PromptPane(signs)
        self.attempts = AttemptsPane(signs)
        self.console = Console(signs)
        panes = (self.diff, self.state, self.prompt, self.attempts, self.console)
        self._panes = {str(pane.id): pane for pane in panes}
        self.tab = TABS[0]

    def __iter__(self) -> Iterator[RowsView]:
        return iter(self._panes.values())

    @property
    def pane(self) -> RowsView:
        """The pane of the open tab."""
        return self._panes[self.tab.pane]

    def open(self, number: int) -> bool:
        """Open a tab by its number; False when it is open, or there is none."""
        tab = next((tab for tab in TABS if tab.number == number), self.tab)
        opened = tab is not self.tab
        self.tab = tab
        return opened

    def beside(self, by: int) -> Tab:
        """The tab `by` places after the open one; they go round."""
        return TABS[(TABS.index(self.tab) + by) % len(TABS)]

    def show(self, view: StepView) -> None:
        """Hand a view to the open pane."""
        self._panes[self.tab.pane].show(view)
