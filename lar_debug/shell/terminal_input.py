"""What a terminal sends, before Textual makes keys of it: a paste is text, Esc is a key of its own.

Textual takes a pasted escape character for the beginning of a key, and what stands behind it for
more of them; of Esc and what is typed right behind it it keeps the sign alone, waits for more, or
makes a sign of another keyboard of both. Knows no screens.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.message import Message

ESCAPE = "\x1b"
PICTURE = "\N{SYMBOL FOR ESCAPE}"
_BEGINS = "[O]PX^_"
"""What a longer sequence begins with behind its escape character."""

_WORDS = (f"{ESCAPE}b", f"{ESCAPE}f", f"{ESCAPE}\x7f")
"""What terminals send for a word back, a word on and the deletion of one."""

_GIVEN_UP = "escape that began nothing"
"""The name of that key on its way through Textual, which would take it for "^"."""

START, END = f"{ESCAPE}[200~", f"{ESCAPE}[201~"


class Pasted:
    """Goes through what is read, in any pieces: an escape character inside a paste is text."""

    def __init__(self) -> None:
        self._inside = False
        self._seen = ""
        """The last characters outside a paste: one may have begun with them."""
        self._held = ""
        """Characters inside a paste that may be the beginning of its end."""

    def cleaned(self, data: str) -> str:
        """What is to be read on."""
        data, self._held = self._held + data, ""
        parts: list[str] = []
        while data:
            part, data = self._pasted(data) if self._inside else self._typed(data)
            parts.append(part)
        return "".join(parts)

    def _typed(self, data: str) -> tuple[str, str]:
        """(up to the beginning of a paste, the rest)"""
        seen = len(self._seen)
        at = (self._seen + data).find(START)
        if at < 0:
            self._seen = (self._seen + data)[-len(START) + 1 :]
            return data, ""
        self._inside, self._seen = True, ""
        after = at + len(START) - seen
        return data[:after], data[after:]

    def _pasted(self, data: str) -> tuple[str, str]:
        """(up to the end of the paste, the rest)"""
        at = data.find(END)
        if at >= 0:
            self._inside = False
            return data[:at].replace(ESCAPE, PICTURE) + END, data[at + len(END) :]
        begun = (END[:length] for length in range(len(END) - 1, 0, -1))
        self._held = next((part for part in begun if data.endswith(part)), "")
        return data[: len(data) - len(self._held)].replace(ESCAPE, PICTURE), ""


class TerminalParser(XTermParser):
    """Textual's own parser, behind `Pasted`."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pastes = Pasted()

    def feed(self, data: str) -> Iterable[Message]:
        """The messages that are complete with this; "" is the end of what is read."""
        cleaned = self._pastes.cleaned(data) if data else ""
        for message in super().feed(cleaned) if cleaned or not data else ():
            given_up = isinstance(message, events.Key) and message.key == _GIVEN_UP
            yield events.Key("escape", ESCAPE) if given_up else message

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        """The keys of a sequence; with `alt` Esc came right before it."""
        if sequence == ESCAPE:
            yield events.Key(_GIVEN_UP, ESCAPE)
            return
        if len(sequence) == 2 and sequence[0] == ESCAPE and sequence not in _WORDS:
            alt, sequence = (False, sequence) if sequence[1] in _BEGINS else (True, sequence[1])
        if alt and not sequence.isalnum():
            yield events.Key("escape", ESCAPE)
        yield from super()._sequence_to_key_events(sequence, alt)


def read_by_us(driver: type[Driver]) -> type[Driver]:
    """Have a driver, which knows its parser by name, read with ours."""
    module = sys.modules[driver.__module__]
    if hasattr(module, "XTermParser"):
        module.XTermParser = TerminalParser  # pyright: ignore[reportAttributeAccessIssue]
    return driver
