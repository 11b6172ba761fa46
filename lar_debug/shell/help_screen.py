"""Pages of text on top of the main screen: all keys, and the messages of before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.strip import Strip

from lar_debug.model.changes import Row, Span
from lar_debug.model.views import EventLine
from lar_debug.panes._rows_view import RowsView
from lar_debug.panes._signs import Signs
from lar_debug.shell.keys import Key, keys_by_place


class TextPage(RowsView):
    """Rows under a rule with a title."""

    def __init__(self, signs: Signs, title: str, rows: Sequence[Row]) -> None:
        super().__init__(signs, id="text-page")
        self.head = 1
        self._title = title
        self._given = rows

    def on_mount(self) -> None:
        """The rows are known from the start."""
        self.set_rows(0, self._given)

    def build_head(self, width: int) -> Strip:
        """The rule over the rows."""
        return self.rule(self._title, ("q closes",), width, focused=True)


class TextScreen(Screen[None], inherit_bindings=False):
    """A page to read; `q`, `Esc` or `?` closes it."""

    CSS = "TextScreen TextPage { width: 100%; height: 100%; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,question_mark", "close", "Close"),
        Binding("j,down", "scroll_rows(1)", "Down"),
        Binding("k,up", "scroll_rows(-1)", "Up"),
        Binding("ctrl+d,pagedown,space", "scroll_rows(10)", "Page down"),
        Binding("ctrl+u,pageup", "scroll_rows(-10)", "Page up"),
    ]

    def __init__(self, signs: Signs, title: str, rows: Sequence[Row]) -> None:
        super().__init__()
        self._page = TextPage(signs, title, rows)

    def compose(self) -> ComposeResult:
        """The page fills the screen."""
        yield self._page

    def action_scroll_rows(self, by: int) -> None:
        """Scroll the page."""
        self._page.scroll_lines_by(by)

    def action_close(self) -> None:
        """Back to the screen below."""
        self.dismiss()


def key_rows(keys: Sequence[Key]) -> list[Row]:
    """Every key with what it does and its id, by where it counts."""
    wide = max(len(key.shown) for key in keys) + 2
    rows: list[Row] = []
    for place, own in keys_by_place(keys).items():
        rows += [Row(), Row(spans=(Span(place, "strong"),))]
        rows += [
            Row(
                spans=(
                    Span(key.shown.ljust(wide), "key"),
                    Span(f"{key.tooltip}  "),
                    Span(key.id, "dim"),
                )
            )
            for key in own
        ]
    return rows[1:]


def event_rows(events: Sequence[EventLine]) -> list[Row]:
    """Old messages, the newest first."""
    return [
        Row(spans=(Span(f"{event.time}  ", "dim"), Span(event.text, event.tone)))
        for event in reversed(events)
    ]
