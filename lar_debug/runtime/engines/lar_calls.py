"""Model calls of Lár's nodes: noted as they are made, or answered from a recording.

Lár calls the model through one name, `lar.node.completion`, which litellm provides. The wrapper
changes nothing about a call that it does not answer itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, Protocol, cast

from lar_debug.model.records import Call, Tokens
from lar_debug.runtime.engines.lar_answers import (
    StreamedAnswer,
    chunks_of,
    plain_answer,
    response_of,
)
from lar_debug.runtime.observation import Observation, current_node, is_quiet, observed, quiet
from lar_debug.runtime.sources import type_of
from lar_debug.runtime.tracebacks import describe

_WRAPPED = "_lar_debug_inner"

_SECRET_NAMES = ("secret", "password", "credential", "headers")


class Asked(Protocol):
    """Who knows the nodes that calls come from."""

    def address(self, node: object) -> str:
        """Address of a node, "" when it has none."""
        ...


class NotRecorded(LookupError):
    """The node asked its model something that the recording has no answer to."""


class RecordedError(RuntimeError):
    """The recorded call had failed; the text is what it failed with."""


class Answers:
    """Recorded answers, each given once, in order, for the same node, prompt and model."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._left = [call for call in calls if call.kind == "llm"]

    def take(self, address: str, model: str, prompt: str, system: str) -> Call:
        """The next answer. Raises NotRecorded."""
        for index, call in enumerate(self._left):
            asked = (call.address, call.model, call.prompt, call.system_instruction)
            if asked == (address, model, prompt, system):
                return self._left.pop(index)
        same_node = [call for call in self._left if call.address == address]
        why = "its prompt is another one now" if same_node else "it made no such call"
        raise NotRecorded(f"no recorded answer for {address or 'this call'}: {why}")


def wrap_completion(inner: Callable[..., Any], host: Asked) -> Any:
    """The function that stands for `completion` from now on; wrapping twice changes nothing."""
    if hasattr(inner, _WRAPPED):
        return inner

    @wraps(inner)
    def completion(*args: Any, **kwargs: Any) -> Any:
        running = observed()
        if not running or is_quiet():
            return inner(*args, **kwargs)
        answers = next((one.answers for one in running if one.answers is not None), None)
        return _Noted(running, host.address, args, kwargs).make(inner, answers)

    setattr(completion, _WRAPPED, inner)
    return completion


class _Noted:
    """One call of the model while it is made."""

    def __init__(
        self,
        running: tuple[Observation, ...],
        address: Callable[[object], str],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> None:
        self._args, self._kwargs = args, dict(kwargs)
        self.model = str(kwargs.get("model", args[0] if args else ""))
        messages = kwargs.get("messages", args[1] if len(args) > 1 else ())
        self.prompt = _text_of_role(messages, "user")
        self.system = _text_of_role(messages, "system")
        node = current_node()
        self.address = address(node) if node is not None else ""
        known = {
            "address": self.address,
            "model": self.model,
            "prompt": self.prompt,
            "system_instruction": self.system,
            "settings": _settings(kwargs),
        }
        self._places = [(one, one.begin_call("llm", **known)) for one in running]
        self._started = time.perf_counter_ns()

    def make(self, inner: Callable[..., Any], answers: Answers | None) -> Any:
        try:
            if answers is not None:
                response = self._from_record(answers)
            else:
                # What litellm does to reach the model is the call itself, no effect beside it.
                with quiet():
                    response = inner(*self._args, **self._kwargs)
        except BaseException as error:
            self._end(error=describe(error))
            raise
        if self._kwargs.get("stream"):
            return _Stream(response, self)
        self.answered(response)
        return response

    def answered(self, response: Any) -> None:
        choice = _first(getattr(response, "choices", None))
        message = getattr(choice, "message", None)
        self._end(
            output=_string(getattr(message, "content", None)),
            tokens=_tokens(getattr(response, "usage", None)),
            finish=_string(getattr(choice, "finish_reason", None)),
            answer=plain_answer(response),
        )

    def ended(self, **learned: Any) -> None:
        """A streamed answer has been read."""
        self._end(**learned)

    def _end(self, **learned: Any) -> None:
        duration = time.perf_counter_ns() - self._started
        for one, place in self._places:
            one.end_call(place, duration_ns=duration, **learned)

    def _from_record(self, answers: Answers) -> Any:
        call = answers.take(self.address, self.model, self.prompt, self.system)
        if call.error:
            raise RecordedError(call.error)
        return chunks_of(call) if self._kwargs.get("stream") else response_of(call)


class _Stream:
    """A streamed answer, noted while it is read; everything else is the response's own."""

    def __init__(self, response: Any, call: _Noted) -> None:
        self._response = response
        self._parts = iter(response)
        self._call = call
        self._texts: list[str] = []
        self._answer = StreamedAnswer()
        self._tokens = Tokens()
        self._finish = ""
        self._over = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            with quiet():
                part = next(self._parts)
        except StopIteration:
            self._end("")
            raise
        except BaseException as error:
            self._end(describe(error))
            raise
        choice = _first(getattr(part, "choices", None))
        self._texts.append(_string(getattr(getattr(choice, "delta", None), "content", None)))
        self._finish = _string(getattr(choice, "finish_reason", None)) or self._finish
        self._answer.add(part)
        usage = getattr(part, "usage", None)
        self._tokens = _tokens(usage) if usage else self._tokens
        return part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    def __del__(self) -> None:
        self._end("")

    def _end(self, error: str) -> None:
        if not self._over:
            self._over = True
            self._call.ended(
                output="".join(self._texts),
                tokens=self._tokens,
                finish=self._finish,
                error=error,
                answer=self._answer.plain,
            )


def _first(items: Any) -> Any:
    return items[0] if items else None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _tokens(usage: Any) -> Tokens:
    prompt = getattr(usage, "prompt_tokens", 0)
    output = getattr(usage, "completion_tokens", 0)
    return Tokens(
        prompt if isinstance(prompt, int) else 0, output if isinstance(output, int) else 0
    )


def _text_of_role(messages: Any, role: str) -> str:
    """The last message of a role; parts that are no text are left out."""
    found = ""
    for message in messages or ():
        known = _mapping(message)
        if known.get("role") == role:
            content: Any = known.get("content")
            if isinstance(content, list):
                parts = cast("list[object]", content)
                content = "".join(_string(_mapping(part).get("text", part)) for part in parts)
            found = _string(content)
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _settings(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent beside model and messages, as plain data. Secrets are not kept."""
    return {
        name: "(not kept)" if _is_secret(name) else _plain(value)
        for name, value in kwargs.items()
        if name not in ("model", "messages")
    }


def _is_secret(name: str) -> bool:
    low = name.lower()
    return low.endswith(("_key", "_key_id", "_token", "token_secret")) or any(
        word in low for word in _SECRET_NAMES
    )


def _plain(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if depth < 6 and isinstance(value, Mapping):
        return {
            str(key): "(not kept)" if _is_secret(str(key)) else _plain(item, depth + 1)
            for key, item in _mapping(cast("object", value)).items()
        }
    if depth < 6 and isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in cast("tuple[object, ...]", value)]
    kind = type_of(value)
    return f"{kind.__module__}.{kind.__qualname__}"
