"""Run logs as lar-engine writes them, made by the real engine."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

Entry = dict[str, Any]
SECRET = "open sesame"


def engine_log(folder: Path, start: Any, state: dict[str, Any], secret: str | None = None) -> Path:
    """Run a graph to its end with the engine's own audit log; the file that it wrote."""
    from lar import GraphExecutor

    before = set(folder.glob("*.json"))
    executor = GraphExecutor(log_dir=str(folder), hmac_secret=secret, max_node_fatigue=1000)
    for _ in executor.run_step_by_step(start, state, max_steps=2000):
        pass
    (made,) = set(folder.glob("*.json")) - before
    return made


def chain(*functions: Callable[[Any], Any]) -> Any:
    """A straight graph: a node for each function of the state."""
    from lar import ToolNode

    following: Any = None
    for function in reversed(functions):
        following = ToolNode(function, ["__state__"], "result", following)
    return following


def growing(steps: int) -> Any:
    """A graph whose every step appends a message of 1 KB."""

    def grow(state: Any) -> int:
        messages = [*(state.get("messages") or []), {"content": secrets.token_hex(500)}]
        state.set("messages", messages)
        return len(messages)

    return chain(*[grow] * steps)


def rewritten(log: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A copy of a log in which something was changed by hand."""
    content = json.loads(log.read_text())
    change(content)
    copy = log.with_name(f"changed_{secrets.token_hex(4)}.json")
    copy.write_text(json.dumps(content, indent=2))
    return copy
