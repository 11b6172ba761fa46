"""What a verification found. Frozen data; imports nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a verification; `why` is "" when it held, `step` None for a whole run."""

    name: str
    ok: bool
    step: int | None
    why: str
