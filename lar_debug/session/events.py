"""The one place for messages: the newest is on the event line, the old ones are kept."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal

from lar_debug.model.views import EventLine

KEPT = 200

Tone = Literal["", "error", "note"]


class Events:
    """Messages of one session, oldest first."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        """`names` are what people call what messages name at length: a path that fills the line
        hides what is said of it."""
        self._names = dict(names or {})
        self._lines: deque[EventLine] = deque(maxlen=KEPT)
        self._of = ""

    def add(self, text: str, tone: Tone = "", *, of: str = "", shorter: Sequence[str] = ()) -> None:
        """A newer message `of` one thing that goes on takes the place of the one before;
        `shorter` is the same in fewer words, the longest first."""
        if of and of == self._of:
            self._lines.pop()
        self._of = of
        line, *others = (self._named(one) for one in (text, *shorter))
        self._lines.append(EventLine(time.strftime("%H:%M:%S"), line, tone, tuple(others)))

    def _named(self, text: str) -> str:
        line = " ".join(text.splitlines())
        for name, short in self._names.items():
            line = line.replace(name, short)
        return line

    @property
    def newest(self) -> EventLine:
        return self._lines[-1] if self._lines else EventLine("", "")

    @property
    def lines(self) -> Sequence[EventLine]:
        return tuple(self._lines)
