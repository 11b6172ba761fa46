"""A model's answer is kept whole and given back in the shape that nodes read."""

import os
from typing import Any

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from litellm import ModelResponse
from litellm.types.utils import ModelResponseStream

from lar_debug.model.records import Call, Tokens
from lar_debug.runtime.engines.lar_answers import (
    StreamedAnswer,
    chunks_of,
    plain_answer,
    response_of,
)

TOOL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


def part(**known: Any) -> ModelResponseStream:
    return ModelResponseStream(id="s", model="deep", **known)


def test_an_answer_comes_back_as_it_was():
    message = {"role": "assistant", "content": "yes", "reasoning_content": "hm"}
    choices = [
        {"index": 0, "finish_reason": "length", "message": {**message, "tool_calls": [TOOL]}},
        {"index": 1, "finish_reason": "stop", "message": {"role": "assistant", "content": "no"}},
    ]
    answer = ModelResponse(id="a", created=1, model="deep", choices=choices, usage=USAGE)
    call = Call(0, "llm", output="yes", finish="length", answer=plain_answer(answer))
    assert "yes" not in str(call.answer), "the text is kept once, as the output"
    assert response_of(call) == answer


def test_a_stream_is_put_together_and_comes_back_as_one():
    pieces = [
        {"content": "y", "reasoning_content": "h"},
        {"content": "es", "reasoning_content": "m"},
        {"tool_calls": [{**TOOL, "index": 0, "function": {"name": "look_up", "arguments": "{"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
    ]
    streamed = StreamedAnswer()
    for delta in pieces:
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        streamed.add(part(choices=[choice]))
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    streamed.add(part(choices=[end]))
    streamed.add(part(choices=[], usage=USAGE))

    said, cost = chunks_of(Call(0, "llm", output="yes", answer=streamed.plain))
    delta = said.choices[0].delta
    assert (said.id, said.choices[0].finish_reason) == ("s", "stop")
    assert (delta.content, delta.reasoning_content) == ("yes", "hm")
    assert [one.function.arguments for one in delta.tool_calls] == ["{}"]
    assert (cost.choices, cost.usage.total_tokens) == ([], 8)


def test_a_recording_that_kept_the_text_alone_still_answers():
    call = Call(0, "llm", model="deep", output="yes", finish="stop", tokens=Tokens(3, 5))
    answer = response_of(call)
    assert (answer.choices[0].message.content, answer.usage.total_tokens) == ("yes", 8)
    assert answer.choices[0].finish_reason == "stop"
    said, cost = chunks_of(call)
    assert (said.choices[0].delta.content, cost.usage.prompt_tokens) == ("yes", 3)


def test_an_answer_of_the_users_own_making_harms_nothing():
    assert plain_answer({"choices": []}) == {}
    streamed = StreamedAnswer()
    streamed.add(object())
    assert streamed.plain == {}
