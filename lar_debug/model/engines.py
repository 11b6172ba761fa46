"""What every room must know about the engines: which keys of a state are their bookkeeping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

BOOKKEEPING: dict[str, frozenset[str]] = {
    "lar": frozenset(
        {
            "__node_counts",
            "__last_run_metadata",
            "__last_prompt",
            "__last_system_instruction",
            "__reasoning_trace",
        }
    ),
}
"""Keys that an engine keeps in the state for itself; left out of views and diffs."""


def bookkeeping(engine: str) -> frozenset[str]:
    """The bookkeeping keys of an engine; none for one that is not known."""
    return BOOKKEEPING.get(engine, frozenset())


CONFLICT_KEY = {"lar": "_batch_conflicts"}
"""The key in which parallel branches leave the names of keys that more than one of them wrote."""

ROUTE_KEY = {"lar": "_router_decision"}
"""The key in which a router leaves its decision: shown as the route, not as a change."""


def quiet_keys(engine: str, state: Mapping[str, Any]) -> frozenset[str]:
    """Keys of a state that views leave out: bookkeeping, the route (told apart), and a report
    of conflicts that names nothing but bookkeeping."""
    hidden = bookkeeping(engine)
    quiet = {key for key in (route_key(engine),) if key}
    conflict = conflict_key(engine)
    named = state.get(conflict)
    if isinstance(named, list) and hidden.issuperset(cast("list[Any]", named)):
        quiet.add(conflict)
    return hidden | quiet


def conflict_key(engine: str) -> str:
    """The key that names conflicts of parallel branches, "" for an engine without one."""
    return CONFLICT_KEY.get(engine, "")


def route_key(engine: str) -> str:
    """The key that holds a router's decision, "" for an engine without one."""
    return ROUTE_KEY.get(engine, "")
