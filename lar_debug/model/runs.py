"""What the list of runs shows of one. Frozen data, raw recorded text: panes clean it."""

from __future__ import annotations

from typing import NamedTuple

from lar_debug.model.records import RunStatus


class RunRow(NamedTuple):
    """One run. `name` is its target, or where it was forked from; `depth` how many forks deep it
    stands under its parent. `steps` is -1 until the run has been looked into."""

    run: str
    short: str
    name: str
    depth: int
    status: RunStatus
    started: float
    target: str = ""
    failed_at: int | None = None
    steps: int = -1
    tokens: int = 0
    note: str = ""
    """Its thread, where that has a name; what resuming saved; its error, or where it was run
    again."""


class RunsView(NamedTuple):
    """All runs of a store, newest first, forks under their parent. `size` in bytes."""

    place: str
    rows: tuple[RunRow, ...] = ()
    size: int = 0
    read: bool = False
    """False until the store has been looked at."""
