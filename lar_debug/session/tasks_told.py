"""Whether an attempt's tasks gave what the record has of them, or were done again. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lar_debug.model.records import STORED, Call


def tasks_told(calls: Sequence[Call]) -> str:
    """ "tasks from the record", "tasks live", "1 of 3 tasks live"; "" where there is none."""
    tasks = [call for call in calls if call.kind == "task"]
    live = sum(call.finish != STORED for call in tasks)
    if not tasks:
        return ""
    if live in (0, len(tasks)):
        return f"tasks {'live' if live else 'from the record'}"
    return f"{live} of {len(tasks)} tasks live"


def task_results(calls: Sequence[Call]) -> frozenset[tuple[object, str, str]]:
    """What tasks gave to the node, as far as that was noted."""
    return frozenset(
        (str(call.settings.get("key")), call.output, call.error)
        for call in calls
        if call.kind == "task"
    )
