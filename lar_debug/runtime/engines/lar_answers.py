"""A model's answer as plain data and back: what the engine and the user's nodes can see of it.

The text of an answer is kept apart, as the output of its call. Answers that are given back are
litellm's own objects where it is there, so that a node reads them as it read the first ones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from lar_debug.model.records import Call

_TYPES = "litellm.types.utils"
_CONTENT = "content"


def plain_answer(response: Any) -> dict[str, Any]:
    """All of an answer but its text; {} of one that is no object of litellm's."""
    whole = _dumped(response)
    message = _first_part(whole, "message")
    if message.get(_CONTENT):
        del message[_CONTENT]
    return whole


class StreamedAnswer:
    """An answer that comes in parts, put together."""

    def __init__(self) -> None:
        self._reasoning: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._whole: dict[str, Any] = {}
        self._choice: dict[str, Any] = {}

    def add(self, part: Any) -> None:
        """One part, as the provider sent it."""
        known = _dumped(part)
        delta = _first_part(known, "delta")
        for choice in known.pop("choices", [])[:1]:
            self._choice.update({key: item for key, item in choice.items() if key != "delta"})
        self._whole.update(known)
        self._reasoning.append(str(delta.get("reasoning_content", "")))
        for call in delta.get("tool_calls", []):
            self._add_call(call)

    def _add_call(self, part: dict[str, Any]) -> None:
        call = self._calls.setdefault(int(part.get("index", 0)), {"function": {"arguments": ""}})
        function: dict[str, Any] = part.get("function", {})
        arguments = call["function"]["arguments"] + function.get("arguments", "")
        call.update({key: item for key, item in part.items() if key != "function"})
        call["function"] = {**call["function"], **function, "arguments": arguments}

    @property
    def plain(self) -> dict[str, Any]:
        """As `plain_answer` gives it."""
        if not self._whole:
            return {}
        reasoning = "".join(self._reasoning)
        message: dict[str, Any] = {"reasoning_content": reasoning} if reasoning else {}
        if self._calls:
            message["tool_calls"] = list(self._calls.values())
        return {**self._whole, "choices": [{**self._choice, "message": message}]}


def response_of(call: Call) -> Any:
    """A recorded answer in the shape that nodes read."""
    whole, choice, message = _recorded(call)
    choices = [{**choice, "message": message}, *whole.get("choices", [])[1:]]
    return _typed("ModelResponse", {**whole, "choices": choices})


def chunks_of(call: Call) -> Iterator[Any]:
    """A recorded answer as a stream of two parts: all it says, then what it cost."""
    whole, choice, message = _recorded(call)
    usage = whole.pop("usage", None)
    said = {**whole, "choices": [{**choice, "delta": message}]}
    yield _typed("ModelResponseStream", said)
    if usage is not None:
        yield _typed("ModelResponseStream", {**whole, "choices": [], "usage": usage})


def _recorded(call: Call) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The answer, its first choice, and the message of that."""
    whole: dict[str, Any] = dict(call.answer)
    if not whole:
        # Of a recording that kept no more than this, or of a model of the user's own making.
        whole = {"model": call.model, "usage": _usage(call)}
    choice: dict[str, Any] = {"index": 0, "finish_reason": call.finish or None}
    for known in whole.get("choices", [])[:1]:
        choice.update(known)
    text = call.output or None
    message = {"role": "assistant", _CONTENT: text, **choice.pop("message", {})}
    return whole, choice, message


def _usage(call: Call) -> dict[str, int]:
    tokens = call.tokens
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.total,
    }


def _first_part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """The message (or delta) of the first choice; an empty one where there is none."""
    choices: list[dict[str, Any]] = whole.get("choices") or [{}]
    return choices[0].get(name, {})


def _dumped(response: Any) -> dict[str, Any]:
    try:
        found: Any = response.model_dump(mode="json")
    except Exception:
        return {}
    return _without_none(found) if isinstance(found, dict) else {}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _without_none(item) for key, item in items if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in cast("list[Any]", value)]
    return value


def _typed(name: str, data: dict[str, Any]) -> Any:
    kind: Any = getattr(sys.modules.get(_TYPES), name, None)
    if kind is not None:
        try:
            return kind(**data)
        except Exception:
            # Another version of it, which wants something else.
            return _namespace(data)
    return _namespace(data)


def _namespace(value: Any) -> Any:
    if isinstance(value, dict):
        names = cast("dict[str, Any]", value)
        unset = dict.fromkeys(("reasoning_content", "tool_calls")) if _CONTENT in names else {}
        known = {key: _namespace(item) for key, item in names.items()}
        return SimpleNamespace(**{**unset, **known})
    if isinstance(value, list):
        return [_namespace(item) for item in cast("list[Any]", value)]
    return value
