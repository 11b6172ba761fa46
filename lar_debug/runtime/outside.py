"""What the user's own code does to the world while no node runs: on the way to its graph.

Where only a script can make a node again, running the node again does all that once more.
Knows no engine but by name, and no store.
"""

from __future__ import annotations

import sys
from typing import Final

from lar_debug.model.engines import BOOKKEEPING
from lar_debug.runtime.sources import UserFiles
from lar_debug.runtime.tracebacks import is_own

MOST_KEPT: Final = 50
"""That it reached the outside is known after the first; the rest is told to people."""

_IMPORTING: Final = "<frozen importlib"
_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]


class Outside:
    """`note` what happens; `reached` is what the user's code has done since the program began."""

    def __init__(self, files: UserFiles) -> None:
        self._files = files
        self._reached: dict[tuple[str, str], None] = {}

    def note(self, kind: str, where: str) -> None:
        """A file was written, a program started, a host connected to."""
        if len(self._reached) < MOST_KEPT and self._is_by_user():
            self._reached[kind, where] = None

    @property
    def reached(self) -> list[list[str]]:
        """[kind, where] of each, as plain data."""
        return [[kind, where] for kind, where in self._reached]

    def _is_by_user(self) -> bool:
        """False for what a package does while it is imported (it may be loaded ahead), and for the
        engine's own logs, which no re-execution writes."""
        frame = _frame(2)
        while frame is not None:
            file = frame.f_code.co_filename
            package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if file.startswith(_IMPORTING) or package in BOOKKEEPING:
                return False
            if not is_own(file) and self._files.is_source(file):
                return True
            frame = frame.f_back
        return False
