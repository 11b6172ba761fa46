"""A list of which one line is chosen: a cursor, and a message when Enter or a click means it."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.panes._line_view import LineView


class PickList(LineView):
    """A subclass says what stands in a line."""

    class Chosen(Message):
        """A person meant a line."""

        def __init__(self, line: int) -> None:
            super().__init__()
            self.line = line

    cursor = 0

    def spans(self, line: int, width: int) -> Iterable[Span]:
        """What stands in a line, behind its mark."""
        raise NotImplementedError

    def set_lines(self, count: int, cursor: int) -> None:
        """Show so many lines, all of them new, the cursor on one of them."""
        self.set_line_count(count)
        self.cursor = max(0, min(cursor, count - 1))
        self.forget_lines()
        self._keep_in_sight()

    def walk(self, by: int) -> None:
        """Move the cursor."""
        self.move_to(self.cursor + by)

    def walk_pages(self, by: int) -> None:
        """Move the cursor by pages."""
        self.move_to(self.cursor + by * self.page)

    def walk_to(self, line: int) -> None:
        """Move the cursor to a line, or for `line_count` to the last one."""
        self.move_to(line)

    def move_to(self, line: int) -> None:
        """Put the cursor on a line: two lines are built."""
        before = self.cursor
        self.cursor = max(0, min(line, self.line_count - 1))
        if before != self.cursor:
            self.forget_line(before)
            self.forget_line(self.cursor)
        self._keep_in_sight()

    def choose(self) -> None:
        """The line under the cursor is meant."""
        if self.line_count:
            self.post_message(self.Chosen(self.cursor))

    def on_resize(self) -> None:
        """The cursor stays in sight at every size."""
        self._keep_in_sight()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a line; on that line again, it is meant."""
        line = self.first_line + event.y - self.head
        if event.y < self.head or line >= self.line_count:
            return
        if line == self.cursor:
            self.choose()
        self.move_to(line)

    def build_line(self, line: int, width: int) -> Strip:
        """The line; that of the cursor is on its own ground."""
        here = line == self.cursor
        mark = Span("> " if here else "  ", "strong")
        room = max(0, width - 1 if self.THUMB else width)
        return self.strip((mark, *self.spans(line, room)), width, "cursor" if here else "")

    def _keep_in_sight(self) -> None:
        top = min(self.first_line, self.cursor)
        top = max(top, self.cursor - self.page + 1)
        if top != self.first_line:
            self.scroll_lines_to(top)
