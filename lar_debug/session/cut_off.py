"""Answers that a model could not bring to an end: its limit of tokens came first. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lar_debug.model.records import Call

_LIMITS = ("max_tokens", "max_completion_tokens")


def cut_off(call: Call) -> str:
    """ "cut off at 256 tok", "" for an answer that came to its end."""
    if call.kind != "llm" or call.finish != "length":
        return ""
    limits = (call.settings.get(name) for name in _LIMITS)
    limit = next((one for one in limits if type(one) is int), call.tokens.output)
    return f"cut off at {limit:,} tok" if limit else "cut off"


def cut_off_calls(calls: Iterable[Call]) -> str:
    """The same for all calls of a step; of several answers it says how many were."""
    asked = [call for call in calls if call.kind == "llm"]
    cut = [found for call in asked if (found := cut_off(call))]
    if len(asked) > 1 and cut:
        return f"{len(cut)} of {len(asked)} answers {cut[0]}"
    return cut[0] if cut else ""
