"""Pages of text to read: all keys, and the messages of before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from lar_debug.model.changes import Row, Span
from lar_debug.model.views import EventLine
from lar_debug.panes._signs import Signs
from lar_debug.panes.console import wrapped
from lar_debug.shell.keys import Key, keys_by_place
from lar_debug.shell.page_screen import PageScreen, RowsFor


class TextScreen(PageScreen[None]):
    """A page to read; `q`, `Esc` or `?` closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,question_mark", "close", "Close"),
    ]

    def __init__(self, signs: Signs, title: str, rows: RowsFor) -> None:
        super().__init__(signs, title, ("q closes",), rows)

    @classmethod
    def of_rows(cls, signs: Signs, title: str, rows: Sequence[Row]) -> TextScreen:
        """With rows that are told whole at every width."""
        return cls(signs, title, lambda width, _: wrapped(rows, width, signs))

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
