"""What a script did to the outside before its run came to a node. Pure.

It is done again whenever the node is re-executed, where only the script can make that node.
"""

from __future__ import annotations

from typing import Any, cast

from lar_debug.model.records import RunInfo

EFFECTS = {"file": "write", "http": "connect", "process": "process"}
"""What a kind of call is as an effect of a step."""


def reached_on_the_way(info: RunInfo, address: str) -> tuple[tuple[str, str], ...]:
    """(kind, where) of each; nothing where a module holds the node or its start node."""
    names, reached = (cast("Any", info.entry.get(key)) for key in ("names", "reached"))
    if info.entry.get("kind") != "script" or not isinstance(reached, list):
        return ()
    if isinstance(names, dict) and ("start" in names or address in names):
        return ()
    pairs = (tuple(cast("list[Any]", one)) for one in cast("list[Any]", reached))
    return tuple((kind, where) for kind, where in pairs if kind in EFFECTS)


def script_part(info: RunInfo) -> str:
    """What of the script runs again: "main()", "agent.py"."""
    function = info.entry.get("function")
    return info.target if function in ("", None, "<module>") else f"{function}()"
