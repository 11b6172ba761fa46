"""Whether a Lár audit log fits together: step numbers, states from entry to entry, diffs.

Every entry has the state before and after it and the diff of the two, so a value that was changed
by hand contradicts another one. Compares types strictly; keeps one entry in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lar_debug.formats.json_stream import as_object
from lar_debug.formats.lar_audit_log import SIGNATURE, TAKEN, AuditLog, is_step
from lar_debug.model.checks import Check
from lar_debug.model.engines import bookkeeping

_BETWEEN: Final = bookkeeping("lar") | {"drift_flag", "drift_report"}
"""Keys that the engine itself may change between two entries."""

_PARTS: Final = ("added", "removed", "updated")
_NAMED: Final = 3

States = dict[str, str]
"""Canonical JSON by key."""


def check_log(path: Path) -> tuple[list[Check], bool]:
    """The checks of a log, each with the first entry that does not fit, and whether it is signed.

    Raises NotReadable and OSError.
    """
    found: dict[str, tuple[int, str]] = {}
    previous: States | None = None
    log = AuditLog(path)
    for index, entry in enumerate(log.entries()):
        before = _states(entry["state_before"])
        after = _states(as_object(entry.get("state_after")))
        for name, why in _problems(index, entry, previous, before, after):
            found.setdefault(name, (index, why))
        previous = after if is_step(entry) else None
    names = ("step numbers", "states", "diffs")
    checks = [Check(name, name not in found, *found.get(name, (None, ""))) for name in names]
    return checks, SIGNATURE in log.members


def _problems(
    index: int, entry: dict[str, Any], previous: States | None, before: States, after: States
) -> Iterator[tuple[str, str]]:
    if entry["step"] != index:
        yield "step numbers", f"entry {index} says it is step {entry['step']}"
    if previous is not None:
        differs = _differing(previous, before, _BETWEEN)
        if differs:
            yield (
                "states",
                f"{_named(differs)} in the state before entry {index} is not what entry "
                f"{index - 1} left",
            )
    if is_step(entry):
        why = _wrong_diff(as_object(entry.get("state_diff")), before, after, entry)
        if why:
            yield "diffs", f"the diff of entry {index} does not fit its states: {why}"


def _states(state: dict[str, Any]) -> States:
    return {key: json.dumps(value, sort_keys=True) for key, value in state.items()}


def _differing(one: States, other: States, left_out: frozenset[str]) -> list[str]:
    keys = [*one, *(key for key in other if key not in one)]
    return [key for key in keys if key not in left_out and one.get(key) != other.get(key)]


def _named(keys: list[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more


def _wrong_diff(diff: dict[str, Any], before: States, after: States, entry: dict[str, Any]) -> str:
    """Which keys of a diff are not as the two states say, "" when all are."""
    told = {part: _states(as_object(diff.get(part))) for part in _PARTS}
    real = {
        "added": {key: text for key, text in after.items() if key not in before},
        "removed": {key: text for key, text in before.items() if key not in after},
        "updated": {
            key: text
            for key, text in after.items()
            if key in before and before[key] != text and _is_update(entry, key)
        },
    }
    for part in _PARTS:
        wrong = _differing(told[part], real[part], TAKEN)
        if wrong:
            return f"{_named(wrong)} among the {part}"
    return ""


def _is_update(entry: dict[str, Any], key: str) -> bool:
    """The engine looks with `!=` first, to which 1, 1.0 and True are the same."""
    return bool(entry["state_before"][key] != entry["state_after"][key])
