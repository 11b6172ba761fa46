"""The state of the shown attempt as a tree, or one value of it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.changes import Row, Span
from lar_debug.model.tabs import Side, StateRow, StateView, StateWish
from lar_debug.model.views import StepView
from lar_debug.panes._items_view import ItemsView
from lar_debug.panes._paint import one_line
from lar_debug.panes._signs import Signs
from lar_debug.panes.console import wrapped
from lar_debug.text import cells, elide

_SIDES: tuple[Side, ...] = ("after", "before", "both")
_WIDEST_NAME, _NAME_CELLS = 20, 400
_INDENT, _DEEPEST = 2, 20


class _Key(NamedTuple):
    """What a row is known by when the rows are others: the cursor stays on it."""

    place: str
    gone: bool
    more: bool


def _key(row: StateRow) -> _Key:
    return _Key(row.place, row.sign == "-", bool(row.more))


class StatePane(ItemsView):
    """One line a value; what is folded has not been read. What is opened stays so for every step
    and attempt; a scroll offset belongs to a step."""

    class Wished(Message):
        """Something else of the state is to be seen."""

        def __init__(self, wish: StateWish) -> None:
            super().__init__()
            self.wish = wish

    def __init__(self, signs: Signs) -> None:
        super().__init__(signs, id="state-pane")
        self.head = 1
        self._wish = StateWish()
        self._view: StateView | None = None
        self._step = -1
        self._at: _Key | None = None

    # -- what is shown ----------------------------------------------------------------------

    def show(self, view: StepView) -> None:
        """Show the state of another step or attempt; the cursor stays on its value."""
        found = view.state_view
        if found is None or (found, view.step) == (self._view, self._step):
            return
        self._view, self._step = found, view.step
        self.lay_out()
        self.repaint_head()

    def lay_out(self) -> None:
        width, view = self.size.width, self._view
        if view is None or width <= 1:
            return
        if view.wish.alone is not None:
            self.set_items(-2 - self._step, wrapped(view.text, width - 1, self.signs), ())
            return
        names = _name_widths(view.rows, self.signs)
        rows = [
            self._row(row, name, width) for row, name in zip(view.rows, names, strict=True)
        ] or [Row(spans=(Span("no state was kept", "dim"),))]
        self.item = self._item_of(view.rows)
        self.set_items(self._step, rows, range(len(view.rows)))

    def _row(self, row: StateRow, name_width: int, width: int) -> Row:
        indent = " " * _INDENT * min(row.depth, _DEEPEST, max(0, width // 4))
        if row.more:
            return Row(spans=(Span(f"{indent}  {row.name}", "note"),))
        fold = {"open": self.signs.opened, "closed": self.signs.closed, "": " "}[row.fold]
        name = elide(one_line(row.name, self.signs), max(4, width // 3))
        blanks = " " * max(0, name_width - cells(name))
        gap = Span("  ") if row.spans and row.note else Span("")
        spans = (Span(f"{indent}{fold} "), Span(name, "key"), Span(f"{blanks}  "))
        return Row(row.sign, (*spans, *row.spans, gap, Span(row.note, "note")))

    def _item_of(self, rows: Sequence[StateRow]) -> int:
        """Where the cursor belongs in other rows: on its value, else on what it stood in."""
        at = self._at
        if at is None:
            return self.item
        nearest = -1, self.item
        for item, row in enumerate(rows):
            if _key(row) == at:
                return item
            if not row.more and at.place.startswith(row.place):
                nearest = max(nearest, (len(row.place), item))
        return nearest[1]

    def build_head(self, width: int) -> Strip:
        """Which side is shown, then what it is and how large."""
        view = self._view
        if view is None:
            return Strip.blank(width, self.rich_style)
        spans: list[Span] = [Span(" ")]
        for side in _SIDES:
            here = side == view.wish.side
            spans.append(Span(f"[{side}]" if here else f" {side} ", "strong" if here else "dim"))
        title = one_line(view.title, self.signs)
        room = width - sum(cells(span.text) for span in spans) - cells(view.size) - 5
        shown = elide(title, room) if room > 0 else ""
        gap = " " * max(1, room + 1 - cells(shown))
        return self.strip((*spans, Span(f"  {shown}{gap}"), Span(view.size, "dim")), width)

    # -- the cursor -------------------------------------------------------------------------

    @property
    def _is_alone(self) -> bool:
        return self._view is not None and self._view.wish.alone is not None

    @property
    def _here(self) -> StateRow | None:
        rows = self._view.rows if self._view is not None else ()
        return rows[self.item] if self.item < len(rows) else None

    def walk(self, by: int) -> None:
        """Move the cursor; scroll a value that is alone."""
        if self._is_alone:
            self.scroll_lines_by(by)
        else:
            super().walk(by)

    def walk_pages(self, by: int) -> None:
        """The same by pages."""
        self.walk(by * self.page)

    def walk_to(self, line: int) -> None:
        """The same to the first line, or to the last."""
        if self._is_alone:
            self.scroll_lines_to(line)
        else:
            super().walk_to(line)

    def move_to(self, item: int) -> None:
        """Put the cursor on a row; it stays on that value."""
        super().move_to(item)
        row = self._here
        self._at = _key(row) if row is not None else None

    def click_again(self, event: events.Click) -> None:  # noqa: ARG002
        """Fold or open the row."""
        self.action_turn()

    # -- keys -------------------------------------------------------------------------------

    def action_fold(self) -> None:
        """Fold what is open; from anything else to what it stands in."""
        row = self._here
        if row is None or self._is_alone:
            return
        if row.fold == "open":
            self._set_open(row, False)
        elif self._view is not None:
            above = self._view.rows[: self.item]
            parents = [item for item, other in enumerate(above) if other.depth < row.depth]
            if parents:
                self.move_to(parents[-1])

    def action_unfold(self) -> None:
        """Open what is folded; of what is open to its first part."""
        row = self._here
        if row is None or self._is_alone:
            return
        if row.more:
            self._show_more(row)
        elif row.fold == "closed":
            self._set_open(row, True)
        elif row.fold == "open":
            self.walk(1)

    def action_turn(self) -> None:
        """Fold or open."""
        row = self._here
        if row is None or self._is_alone:
            return
        if row.more:
            self._show_more(row)
        elif row.fold:
            self._set_open(row, row.fold == "closed")

    def action_side(self) -> None:
        """After the step, before it, both."""
        side = _SIDES[(_SIDES.index(self._wish.side) + 1) % len(_SIDES)]
        self._wish_for(self._wish._replace(side=side))

    def action_hidden(self) -> None:
        """With the engine's bookkeeping, or without."""
        self._wish_for(self._wish._replace(hidden=not self._wish.hidden))

    def action_alone(self) -> None:
        """The value under the cursor alone."""
        row = self._here
        if row is None or self._is_alone:
            return
        if row.more:
            self._show_more(row)
        else:
            self._at = _key(row)
            self._wanted.pop(-2 - self._step, None)
            self._wish_for(self._wish._replace(alone=row.place))

    def back(self) -> bool:
        """From a value alone to the tree; False where the tree is shown."""
        if self._wish.alone is None:
            return False
        self._wish_for(self._wish._replace(alone=None))
        return True

    @property
    def chosen(self) -> tuple[str, bool] | None:
        """The value alone, else the one under the cursor: its place, and whether it is one of the
        state before the step."""
        before = self._wish.side == "before"
        if self._view is not None and self._view.wish.alone is not None:
            return self._view.wish.alone, before
        row = self._here
        return (row.place, before or row.sign == "-") if row is not None and not row.more else None

    def _set_open(self, row: StateRow, is_open: bool) -> None:
        opened = self._wish.opened
        opened = opened | {row.place} if is_open else opened - {row.place}
        self._wish_for(self._wish._replace(opened=opened))

    def _show_more(self, row: StateRow) -> None:
        hundreds = dict(self._wish.further)
        hundreds[row.place] = hundreds.get(row.place, 0) + 1
        # The cursor stays where it is on the screen: on the first of the new rows.
        self._at = None
        self._wish_for(self._wish._replace(further=frozenset(hundreds.items())))

    def _wish_for(self, wish: StateWish) -> None:
        self._wish = wish
        self.post_message(self.Wished(wish))


def _name_widths(rows: Sequence[StateRow], signs: Signs) -> list[int]:
    """How wide the names beside each row are, so that values stand below each other."""
    groups: list[list[int]] = []
    open_groups: list[list[int]] = []
    for row in rows:
        del open_groups[row.depth + 1 :]
        while len(open_groups) <= row.depth:
            open_groups.append([0])
        group = open_groups[row.depth]
        if not row.more:
            name = cells(one_line(row.name[:_NAME_CELLS], signs))
            group[0] = max(group[0], min(_WIDEST_NAME, name))
        groups.append(group)
    return [group[0] for group in groups]
