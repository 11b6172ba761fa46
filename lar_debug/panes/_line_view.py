"""The base of every pane that can be long: only the lines in sight are ever built.

A line is built once for a width and kept among the recent ones; nothing is mounted per line.
"""

from __future__ import annotations

from typing import cast

from rich.segment import Segment
from textual.cache import LRUCache
from textual.geometry import Offset, Region, Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from lar_debug.panes._paint import Painted
from lar_debug.panes._signs import Signs
from lar_debug.text import cells

_RECENT_LINES = 512
_MOST_COPIED_LINES = 20_000


class LineView(Painted, ScrollView, can_focus=True, inherit_bindings=False):
    """Lines numbered from 0, each one row high, that scroll under `head` fixed rows."""

    THUMB = True
    """Whether the last column shows where one is; the lines then leave it free."""
    DEFAULT_CSS = """
    LineView { overflow-x: hidden; overflow-y: scroll; scrollbar-size: 0 0; }
    """

    def __init__(self, signs: Signs, *, id: str) -> None:
        super().__init__(signs, id=id)
        self.head = 0
        self.line_count = 0
        self._recent: LRUCache[int, Strip] = LRUCache(_RECENT_LINES)
        self._recent_width = 0

    def build_line(self, line: int, width: int) -> Strip:
        """Line number `line` in `width` cells, without selection."""
        raise NotImplementedError

    def build_head(self, width: int) -> Strip:
        """The fixed row above the lines; asked for only where `head` is 1."""
        return Strip.blank(width, self.rich_style)

    def set_line_count(self, count: int) -> None:
        """Say how many lines there are.

        Set without the reactive's own reaction, a new layout, which would repaint the screen.
        """
        self.line_count = count
        self.set_reactive(cast("Reactive[Size]", LineView.virtual_size), Size(1, count + self.head))
        if self.first_line > self.max_scroll_y:
            self.scroll_lines_to(self.max_scroll_y)

    def forget_lines(self) -> None:
        """Build every line in sight again, and paint it."""
        self.forget_kept_lines()
        self.refresh(layout=False)

    def forget_kept_lines(self) -> None:
        """Build a line again whenever it is painted next."""
        self._recent.clear()

    def forget_line(self, line: int) -> None:
        """Build one line again, and paint it if it is in sight."""
        self._recent.discard(line)
        row = line - self.first_line + self.head
        if self.head <= row < self.size.height:
            self.refresh(Region(0, row, self.size.width, 1))

    def repaint_head(self) -> None:
        """Paint the fixed row again, wherever the lines are scrolled to."""
        self.refresh(Region(0, 0, self.size.width, self.head))

    @property
    def first_line(self) -> int:
        """The number of the line at the top."""
        return self.scroll_offset.y

    @property
    def page(self) -> int:
        """How many lines are in sight."""
        return max(1, self.size.height - self.head)

    def scroll_lines_to(self, line: int) -> None:
        """Bring `line` to the top, or as near to it as the end allows, at once."""
        self.scroll_to(y=line, animate=False)

    def scroll_lines_by(self, lines: int) -> None:
        """Scroll down (or up) by a number of lines, at once."""
        self.scroll_lines_to(self.first_line + lines)

    def walk(self, by: int) -> None:
        """What the step keys do while this has the focus: scroll, or move a cursor of its own."""
        self.scroll_lines_by(by)

    def walk_pages(self, by: int) -> None:
        """The same by pages."""
        self.scroll_lines_by(by * self.page)

    def walk_to(self, line: int) -> None:
        """The same to the first line, or for `line_count` to the last one."""
        self.scroll_lines_to(line)

    def notify_style_update(self) -> None:
        """Another theme: the kept lines carry the old colours."""
        super().notify_style_update()
        self._recent.clear()

    def render_line(self, y: int) -> Strip:
        """The line API of Textual."""
        width = self.size.width
        if width <= 0:
            return Strip.blank(0)
        if y < self.head:
            self.built += 1
            return self.build_head(width)
        line = self.first_line + y - self.head
        if line >= self.line_count:
            # With a place too: a drag that ends below the text has not left the pane.
            return Strip.blank(width, self.rich_style).apply_offsets(0, line)
        strip = self._selected(self._line(line, width), line)
        return self._with_thumb(strip, y - self.head, width).apply_offsets(0, line)

    def _line(self, line: int, width: int) -> Strip:
        if width != self._recent_width:
            self._recent.clear()
            self._recent_width = width
        strip = self._recent.get(line)
        if strip is None:
            self.built += 1
            strip = self._recent[line] = self.build_line(line, width)
        return strip

    def _with_thumb(self, strip: Strip, row: int, width: int) -> Strip:
        """A mark in the last column shows where one is, when not all lines are in sight."""
        rows = self.page
        if not self.THUMB or self.line_count <= rows or width < 4:
            return strip
        length = max(1, rows * rows // self.line_count)
        top = self.first_line * (rows - length) // max(1, self.line_count - rows)
        if not top <= row < top + length:
            return strip
        mark = "|" if self.signs.ascii else "▐"
        thumb = Strip([Segment(mark, self.rich_style + self.tone("dim"))], 1)
        return Strip.join([strip.crop(0, width - 1), thumb])

    def _selected(self, strip: Strip, line: int) -> Strip:
        selection = self.text_selection
        span = selection.get_span(line) if selection is not None else None
        if span is None:
            return strip
        text = strip.text
        start, end = span
        first = cells(text[:start])
        after = strip.cell_length if end == -1 else cells(text[:end])
        style = self.screen.get_component_rich_style("screen--selection")
        parts = [
            strip.crop(0, first),
            strip.crop(first, after).apply_style(style),
            strip.crop(after, strip.cell_length),
        ]
        return Strip.join(parts)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that is selected, built only for the lines it spans."""
        start, end = selection
        if end is not None and end.y >= self.line_count:
            end = None
        first = start.y if start is not None else 0
        last = end.y if end is not None else self.line_count - 1
        last = min(last, self.line_count - 1, first + _MOST_COPIED_LINES)
        width = self.size.width
        lines = [self._line(line, width).text.rstrip() for line in range(first, last + 1)]
        before = [self.before_text(line) for line in range(first, last + 1)]
        shifted = Selection(
            None if start is None else Offset(max(0, start.x - before[0]), 0),
            None if end is None else Offset(max(0, end.x - before[-1]), end.y - first),
        )
        texts = (line[skipped:] for line, skipped in zip(lines, before, strict=True))
        return shifted.extract("\n".join(texts)), "\n"

    def before_text(self, line: int) -> int:  # noqa: ARG002
        """How many characters of a line are ours: they are not copied with what was recorded."""
        return 0
