"""Which file a prompt came from. Pure.

A prompt is a text with its placeholders filled in. Which node a module gave a text to is known
only by running it; that a prompt holds the longest part of the text that is no placeholder is a
sign that needs no run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from lar_debug.model.records import Call

_PLACEHOLDER = re.compile(r"\{[^{}\n]*\}")
_LEAST = 4
"""Characters without which a part is no sign of anything."""


def in_prompt(text: str, calls: Iterable[Call]) -> bool:
    """True when a text went into what a model was sent, its system instruction included."""
    part = _telling_part(text)
    return bool(part) and any(
        part in call.prompt or part in call.system_instruction for call in calls
    )


def in_user_prompt(text: str, calls: Iterable[Call]) -> bool:
    """True when it went into the prompt itself."""
    part = _telling_part(text)
    return bool(part) and any(part in call.prompt for call in calls)


def _telling_part(text: str) -> str:
    """The longest part of one line without a placeholder, "" when all are too short."""
    parts = (part.strip() for line in text.splitlines() for part in _PLACEHOLDER.split(line))
    longest = max(parts, key=len, default="")
    return longest if len(longest) >= _LEAST else ""
