"""What the terminal's window tells while a person looks elsewhere: its title, and its bell.

The title names the attempt that is shown; the bell rings when one that took long has ended. Both
are left as they were found. Knows no session.
"""

from __future__ import annotations

from collections.abc import Callable

from lar_debug.model.views import RunningView, StepView
from lar_debug.panes._signs import Signs
from lar_debug.text import clean_line, elide

_LONGEST = 80
_KEEP, _GIVE_BACK = "\x1b[22;2t", "\x1b[23;2t"


def title_of(view: StepView, signs: Signs) -> str:
    """`✓ #3 write_reply`; for the recording itself `✓ 5 write_reply`."""
    shown = next((chip for chip in view.strip.chips if chip.shown), None)
    if shown is None:
        return ""
    name = f"#{shown.attempt}" if shown.attempt else str(view.step)
    label = clean_line(view.label)
    return elide(f"{signs.outcome(shown.outcome)} {name} {label}", _LONGEST)


class Title:
    """The title of the terminal; `write` gets what tells it."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._told = ""

    def show(self, title: str) -> None:
        """Tell another title, if it is another."""
        if title and title != self._told:
            keep = "" if self._told else _KEEP
            self._told = title
            self._write(f"{keep}\x1b]2;{title}\x07")

    def give_back(self) -> None:
        """The title that was there before; `show` takes it anew."""
        if self._told:
            self._told = ""
            self._write(_GIVE_BACK)


class Bell:
    """Knows when an attempt that took long has ended."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._running: RunningView | None = None

    def told(self, running: RunningView | None, after: float) -> bool:
        """What runs now; True when an attempt that ran for at least `after` seconds no longer
        does."""
        before, self._running = self._running, running
        if before is None or not before.attempt:
            return False
        goes_on = running is not None and running.attempt == before.attempt
        return not goes_on and self._clock() - before.started >= after
