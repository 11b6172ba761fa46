"""What programs of ours recorded, told at their end: how runs stand, what can be done next."""

from __future__ import annotations

from typing import Any

from lar_debug.cli import DONE, FAILED
from lar_debug.cli.listing import run_json
from lar_debug.cli.output import say
from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.session.references import command_line, short_ids
from lar_debug.store.database import Store


def runs_of(store: Store, process: int, since: float) -> list[RunInfo]:
    """The runs that a process of ours recorded, oldest first."""
    found = [
        info
        for info in store.runs()
        if info.started >= since
        and any(f"/{process}/" in segment.process for segment in store.segments(info.run))
    ]
    return found[::-1]


def summarise(store: Store, runs: list[RunInfo]) -> None:
    """Tell a person how runs ended, and what can be done next."""
    short = short_ids(store.runs())
    for info in runs:
        row = run_json(store, info)
        name = short[info.run]
        steps = f"{row['steps']} step{'' if row['steps'] == 1 else 's'}"
        error = info.error.split("\n", 1)[0]
        why = f": {error}" if error else ""
        say(f"lar-debug: {info.target} {name} {row['status']}, {steps}, {row['tokens']} tok{why}")
        _next_for(store, info, row)
    if runs:
        look = command_line(store.path, "open", short[runs[-1].run])
        say(f"lar-debug: look at it: {look}")


def _next_for(store: Store, info: RunInfo, row: dict[str, Any]) -> None:
    """What lets a run go on that has not come to its end."""
    again = command_line(store.path, "resume", info.thread)
    for asked in row["interrupts"]:
        choices = "|".join(asked["choices"])
        name = f"{asked['id']}=" if len(row["interrupts"]) > 1 else ""
        say(f"lar-debug: it asks: {asked['question']} {again} --answer {name}{choices}")
    if info.status is not RunStatus.FINISHED and not row["interrupts"] and info.thread != info.run:
        say(f"lar-debug: go on with it: {again}")


def exit_code(runs: list[RunInfo], code: int) -> int:
    """The exit code of a graph that lar-debug ran itself, in a program that ended with `code`."""
    bad = (RunStatus.FAILED, RunStatus.CRASHED)
    return code or (FAILED if any(info.status in bad for info in runs) else DONE)
