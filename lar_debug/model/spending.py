"""What steps and attempts took in tokens, as the store has it. May import the standard library."""

from __future__ import annotations

from typing import NamedTuple

from lar_debug.model.records import Outcome


class StepTokens(NamedTuple):
    """What a step took when it was recorded; `engine_step` is the same for all tries of one step,
    `started` in seconds since the epoch."""

    step: int
    engine_step: int
    segment: int
    started: float
    tokens: int


class AttemptTokens(NamedTuple):
    """What an attempt took; `leads_on` is True when it named a next node."""

    step: int
    outcome: Outcome
    leads_on: bool
    tokens: int
