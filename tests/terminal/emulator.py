"""A terminal in small: what it shows, and whatever it was told beyond that.

Understands what our screen writes and no more; anything else that a terminal could obey is kept
in `foreign`, for a test to find nothing there.
"""

from __future__ import annotations

import base64
import codecs
import re
from typing import NamedTuple

from rich.cells import get_character_cell_size

from tests.hostile import obeyed

_TOKEN = re.compile(
    "(?P<csi>\x1b\\[[0-?]*[ -/]*[@-~])"
    "|(?P<string>(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c))"
    "|(?P<escape>\x1b[ -/]*[0-OQ-WYZ\\\\`-~])"
    "|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    "|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])"
)
_CSI = re.compile("\x1b\\[(?P<private>[<=>?]?)(?P<parameters>[0-9;:]*)(?P<final>.+)")
_COLOUR = "[34]8;2;[0-9]+;[0-9]+;[0-9]+"
_STYLES = re.compile(f"|0|(?:{_COLOUR}|[1-9])(?:;(?:{_COLOUR}|[1-9]))*")
"""Ours gives colours as red, green and blue: one out of a palette is somebody else's."""

_TITLE = re.compile("\x1b]2;([✓✗?†○.x!o] [^\x1b\x07]*)\x07")
"""As ours begin: a title of another kind is somebody else's."""

_COPY = re.compile("\x1b]52;c;([A-Za-z0-9+/=]*)\x07")
_KEEP_TITLE, _GIVE_BACK_TITLE = ("t", "", [22, 2]), ("t", "", [23, 2])
_POINTER = re.compile("\x1b]22;[a-z-]*\x07")
_ALTERNATE, _CURSOR, _WRAP = 1049, 25, 7
_MODES = frozenset((_WRAP, _CURSOR, 1000, 1003, 1004, 1006, 1015, _ALTERNATE, 2004, 2026, 2048))
_QUESTIONS = frozenset((("$p", "?"), ("u", "?"), ("u", ">"), ("u", "<")))


class Place(NamedTuple):
    """A cell, from 0."""

    column: int
    row: int


class Emulator:
    """Feed it bytes; read `lines`, `scrollback`, `modes` and `foreign`."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.modes: set[int] = {_CURSOR, _WRAP}
        self.foreign: list[str] = []
        self.title = ""
        self.copied: list[str] = []
        """What is in the clipboard, the newest last; empty until somebody presses a key for it."""
        self._titles: list[str] = []
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._pending = ""
        self._at = self._at_below = Place(0, 0)
        self._gone: list[str] = []
        self._cells = self._below = self._blank()

    def resize(self, columns: int, rows: int) -> None:
        """Another size; a full-screen program paints everything again."""
        self.columns, self.rows = columns, rows
        self._cells = self._blank()
        self._at = Place(0, 0)

    def _blank(self) -> list[list[str]]:
        return [[" "] * self.columns for _ in range(self.rows)]

    @property
    def lines(self) -> list[str]:
        """The rows of the screen, without the blanks at their ends."""
        return ["".join(row).rstrip() for row in self._cells]

    @property
    def scrollback(self) -> list[str]:
        """The lines of the ordinary screen, those that have left it included."""
        rows = self._below if self.is_full_screen else self._cells
        return [*self._gone, *("".join(row).rstrip() for row in rows)]

    @property
    def is_full_screen(self) -> bool:
        return _ALTERNATE in self.modes

    @property
    def is_as_before(self) -> bool:
        """Whether the terminal is in no other mode than it was at first, under its own title."""
        return self.modes == {_CURSOR, _WRAP} and not self.title and not self._titles

    def places(self, text: str) -> list[Place]:
        """Where a text stands on the screen, at most once in a row."""
        found: list[Place] = []
        for row, cells in enumerate(self._cells):
            at = "".join(cells).find(text)
            if at >= 0:
                # A wide character has two cells, an accent none.
                columns = [column for column, cell in enumerate(cells) for _ in cell]
                found.append(Place(columns[at], row))
        return found

    def feed(self, data: bytes) -> None:
        """Obey what a program wrote."""
        text = self._pending + self._decode(data)
        end = 0
        while (match := _TOKEN.match(text, end)) is not None:
            end = match.end()
            self._obey(match.lastgroup, match.group())
        self._pending = text[end:]

    def _obey(self, kind: str | None, token: str) -> None:
        if kind == "text":
            self.foreign += obeyed(token)
            for character in token:
                self._put(character)
        elif kind == "csi":
            self._sequence(token)
        elif token == "\n":
            self._line_feed()
        elif token == "\r":
            self._at = Place(0, self._at.row)
        elif title := _TITLE.fullmatch(token):
            self.title = title[1]
            self.foreign += obeyed(self.title)
        elif copied := _COPY.fullmatch(token):
            self.copied.append(base64.b64decode(copied[1]).decode())
        elif not _POINTER.fullmatch(token):
            self.foreign.append(token)

    def _put(self, character: str) -> None:
        width = get_character_cell_size(character)
        column, row = self._at
        if width == 0:
            self._cells[row][max(0, column - 1)] += character
            return
        if column + width > self.columns:
            # Past the edge a full-screen program writes by mistake alone: it must be seen.
            self._line_feed()
            column, row = 0, self._at.row
        self._cells[row][column : column + width] = (character, "")[:width]
        self._at = Place(column + width, row)

    def _line_feed(self) -> None:
        column, row = self._at
        if row + 1 == self.rows:
            gone = "".join(self._cells.pop(0)).rstrip()
            self._cells.append([" "] * self.columns)
            if not self.is_full_screen:
                self._gone.append(gone)
        self._at = Place(column, min(row + 1, self.rows - 1))

    def _sequence(self, token: str) -> None:
        match = _CSI.fullmatch(token)
        private, parameters, final = match.groups() if match is not None else ("", "", "")
        numbers = [int(number or 0) for number in re.split("[;:]", parameters)]
        if (final, private, len(numbers)) == ("H", "", 2):
            row, column = (max(number, 1) - 1 for number in numbers)
            self._at = Place(min(column, self.columns - 1), min(row, self.rows - 1))
        elif final in ("h", "l") and private == "?" and _MODES.issuperset(numbers):
            for mode in numbers:
                self._switch(mode, on=final == "h")
        elif (final, private, numbers) == _KEEP_TITLE:
            self._titles.append(self.title)
        elif (final, private, numbers) == _GIVE_BACK_TITLE and self._titles:
            self.title = self._titles.pop()
        elif (final, private) not in _QUESTIONS and not (
            (final, private) == ("m", "") and _STYLES.fullmatch(parameters)
        ):
            self.foreign.append(token)

    def _switch(self, mode: int, *, on: bool) -> None:
        if mode == _ALTERNATE and on and not self.is_full_screen:
            self._below, self._at_below = self._cells, self._at
            self._cells = self._blank()
        elif mode == _ALTERNATE and not on and self.is_full_screen:
            kept = [[*row, *" " * self.columns][: self.columns] for row in self._below]
            self._cells = (kept + self._blank())[: self.rows]
            self._at = Place(self._at_below.column, min(self._at_below.row, self.rows - 1))
        (self.modes.add if on else self.modes.discard)(mode)
