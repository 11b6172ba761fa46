"""Changes as strict JSON: the contract of every command that prints a diff. Pure."""

from __future__ import annotations

from typing import Any

from lar_debug.diff.paths import path_text
from lar_debug.diff.value_form import value_json
from lar_debug.model.changes import Change
from lar_debug.model.values import Path

__all__ = ["change_json", "path_json", "value_json"]


def path_json(path: Path | None) -> list[Any] | None:
    """A path as an array of keys and indexes; None where there is no such side."""
    return None if path is None else [value_json(key) for key in path]


def change_json(change: Change) -> dict[str, Any]:
    """A change as the command line's contract has it."""
    path = change.at_new if change.at_new is not None else change.at_old
    return {
        "path": path_text(path or ()),
        "at_old": path_json(change.at_old),
        "at_new": path_json(change.at_new),
        "kind": change.kind,
        "old": value_json(change.old),
        "new": value_json(change.new),
    }
