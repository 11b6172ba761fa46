"""Two fingerprints of a node in words: what of its code has changed."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FUNCTION_OWNER = re.compile(r"^[\w.\[\]']+:(?=\w)")


def explain(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Why two fingerprints differ, in words; empty when they do not.

    "prompt_template changed", "clean changed", "clean uses helpers.text.normalise".
    """
    reasons: dict[str, None] = {}
    for part in [*old, *(part for part in new if part not in old)]:
        if old.get(part) == new.get(part):
            continue
        shown = _FUNCTION_OWNER.sub("", part)
        shown = shown.removeprefix("class.") if shown.startswith("class.") else shown
        if " uses " in shown:
            reasons[shown] = None
        elif part not in old:
            reasons[f"{shown} added"] = None
        elif part not in new:
            reasons[f"{shown} removed"] = None
        else:
            reasons[f"{shown} changed"] = None
    return tuple(reasons)
