"""What the screen tells while something runs: the one thing on it that moves by itself."""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from lar_debug.model.views import RunningView, StepView

_STARTS_AFTER = 0.15
_TURNS_EVERY = 0.2


class Spinner:
    """Calls `turn` with a frame number 5 times a second, from 150 ms after `start` to `stop`."""

    def __init__(self, owner: Widget, turn: Callable[[int], None]) -> None:
        self._owner = owner
        self._turn = turn
        self._timer: Timer | None = None
        self._frame = 0

    @property
    def at_work(self) -> bool:
        """True from `start` to `stop`."""
        return self._timer is not None

    def start(self) -> None:
        """Begin, unless it has begun already."""
        if self._timer is None:
            self._timer = self._owner.set_timer(_STARTS_AFTER, self._begin)

    def stop(self) -> None:
        """End; no timer is left."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _begin(self) -> None:
        self._timer = self._owner.set_interval(_TURNS_EVERY, self._next)
        self._next()

    def _next(self) -> None:
        self._frame += 1
        self._turn(self._frame)


def told_seconds(elapsed: float) -> int:
    """Whole seconds, told more rarely as they grow: each telling repaints a line."""
    seconds = max(0, int(elapsed))
    if seconds < 3:
        return seconds
    return seconds - seconds % (10 if seconds >= 30 else 5) if seconds >= 5 else 2


def running_words(running: RunningView, view: StepView | None, seconds: int) -> str:
    """`#4 running 2 s | x stops it | still showing #3`."""
    words = f"#{running.attempt} running {seconds} s | x stops it"
    shown = next((chip for chip in view.strip.chips if chip.shown), None) if view else None
    if shown is None or shown.attempt == running.attempt:
        return words
    return f"{words} | still showing #{shown.attempt}"
