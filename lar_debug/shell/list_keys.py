"""The keys of a page that is one list: the same as on the main screen, as far as they fit."""

from __future__ import annotations

from textual.binding import Binding

LIST_BINDINGS: tuple[Binding, ...] = (
    Binding("j,down", "walk(1)", "Down", show=False),
    Binding("k,up", "walk(-1)", "Up", show=False),
    Binding("ctrl+d,pagedown", "walk_pages(1)", "Page down", show=False),
    Binding("ctrl+u,pageup", "walk_pages(-1)", "Page up", show=False),
    Binding("g,home", "walk_to(False)", "First", show=False),
    Binding("G,end", "walk_to(True)", "Last", show=False),
    Binding("enter", "choose", "Choose", show=False),
)
