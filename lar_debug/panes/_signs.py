"""The signs that carry every meaning, with their ASCII twins. No Textual, no recorded text."""

from __future__ import annotations

from typing import NamedTuple

from lar_debug.model.records import Outcome
from lar_debug.text import in_ascii

_FAILED = {
    Outcome.ERROR,
    Outcome.TIMEOUT,
    Outcome.BLOCKED,
    Outcome.LOAD_ERROR,
    Outcome.CRASHED,
}


class Signs(NamedTuple):
    """One set of signs; every one is a single cell, so both sets lay out alike."""

    ascii: bool
    success: str
    error: str
    waiting: str
    died: str
    not_run: str
    bar: str
    rule: str
    focused_rule: str
    more: str
    spinner: str
    closed: str
    """What can be opened, and what is."""
    opened: str
    seam: str
    """Before the first step of a process that went on with a run."""

    def outcome(self, outcome: Outcome, frame: int = 0) -> str:
        """The sign of an outcome; `frame` turns the spinner of one that still runs."""
        if outcome is Outcome.RUNNING:
            return self.spinner[frame % len(self.spinner)]
        if outcome is Outcome.SUCCESS:
            return self.success
        if outcome is Outcome.WAITING:
            return self.waiting
        if outcome is Outcome.CRASHED:
            return self.died
        unrun = (Outcome.SUPERSEDED, Outcome.NOT_RUN)
        return self.not_run if outcome in unrun else self.error

    def flags(self, flags: str) -> str:
        """The flags of a step; `#` stands for "depends on more than its state"."""
        return flags.replace("#", "%" if self.ascii else "≠")

    def draw(self, text: str) -> str:
        """`text` with our own signs in this set."""
        return in_ascii(text) if self.ascii else text


def failed(outcome: Outcome) -> bool:
    """True where the sign of the outcome is painted as an error."""
    return outcome in _FAILED


UNICODE_SIGNS = Signs(
    ascii=False,
    success="✓",
    error="✗",
    waiting="?",
    died="†",
    not_run="○",
    bar="│",
    rule="─",
    focused_rule="═",
    more="…",
    spinner="⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏",
    closed="▸",
    opened="▾",
    seam="»",
)

ASCII_SIGNS = Signs(
    ascii=True,
    success=".",
    error="x",
    waiting="?",
    died="!",
    not_run="o",
    bar="|",
    rule="-",
    focused_rule="=",
    more="~",
    spinner="|/-\\",
    closed=">",
    opened="v",
    seam="&",
)
