"""What is looked at, taken at one moment, for whoever reads a view of it. Reads nothing.

Apart from what makes the view: that is loaded when the screen has been painted once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lar_debug.session.attempted import LoadError
from lar_debug.session.looking import Base
from lar_debug.session.tabs import TabWish

IsWanted = Callable[[], bool]


class Outdated(Exception):
    """Somebody looks elsewhere already; what was being read is not wanted any more."""


class Shown(NamedTuple):
    """What is looked at, taken at one moment. `seen` is the newest attempt that is no news,
    `running` the attempt of the step that runs, `accepted` the one that a person took for good."""

    step: int
    attempt: int | None = None
    base: Base = Base.PREVIOUS
    held: int | None = None
    seen: int = 0
    stale: str = ""
    impure: str = ""
    accepted: int | None = None
    running: int | None = None
    load_error: LoadError | None = None
    tab: TabWish = TabWish()
    since: int | None = None
    """The step at the other end of the range that is compared."""
