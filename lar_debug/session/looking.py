"""What a person looks at: the step, the attempt, and what it is compared with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Base(Enum):
    """What the shown attempt is compared with."""

    PREVIOUS = "the last finished attempt before it"
    RECORDED = "the recording"
    BEFORE = "the state before the step"


_CYCLE = (Base.PREVIOUS, Base.RECORDED, Base.BEFORE)


@dataclass
class Looking:
    """`attempt` None follows the newest; `held` is an attempt that stays the base; `tail`
    follows the newest step of a run that goes on. `seen` is the newest attempt that a person who
    stays on an older one has had before their eyes."""

    step: int
    attempt: int | None = None
    base: Base = Base.PREVIOUS
    held: int | None = None
    tail: bool = False
    seen: int = 0

    def go(self, step: int) -> None:
        """Another step: what was chosen for the old one no longer counts."""
        self.step = step
        self.attempt = None
        self.held = None

    def show(self, attempt: int, known: Sequence[int]) -> bool:
        """Look at one of the `known` attempts (oldest first); the newest one is followed.

        False when there is none of that number.
        """
        if attempt not in known:
            return False
        self.seen = known[-1] if self.attempt is None else max(self.seen, attempt)
        self.attempt = None if attempt == known[-1] else attempt
        return True

    def beside(self, by: int, known: Sequence[int]) -> int | None:
        """The attempt `by` places from the shown one, at most the last on that side."""
        if not known:
            return None
        at = known.index(self.attempt) if self.attempt in known else len(known) - 1
        return known[max(0, min(at + by, len(known) - 1))]

    def cycle_base(self) -> None:
        """The next kind of base; one that was held no longer is."""
        self.held = None
        self.base = _CYCLE[(_CYCLE.index(self.base) + 1) % len(_CYCLE)]

    def hold(self, attempt: int) -> None:
        """Make an attempt the base until this is asked for again."""
        self.held = attempt if self.held is None else None
