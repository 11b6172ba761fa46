"""Nodes that read more of an answer than its text: reasoning, tools to call, details of usage."""

import os

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import litellm
from lar import BaseNode, GraphExecutor, LLMNode
from litellm import CustomLLM, ModelResponse
from litellm.types.utils import GenericStreamingChunk

REASONING = "step by step"
TOOL = {
    "id": "call-1",
    "type": "function",
    "function": {"name": "look_up", "arguments": '{"id": "A-1"}'},
}
USAGE = {
    "prompt_tokens": 3,
    "completion_tokens": 5,
    "total_tokens": 8,
    "completion_tokens_details": {"reasoning_tokens": 4},
}


class Thinks(CustomLLM):
    def completion(self, *args, **kwargs):
        prompt = kwargs["messages"][-1]["content"]
        message = {"role": "assistant", "content": None if prompt == "tools" else "an answer"}
        if prompt != "plain":
            message |= {"reasoning_content": REASONING, "tool_calls": [TOOL]}
        return ModelResponse(
            model="thinks/deep-1",
            choices=[{"index": 0, "finish_reason": "tool_calls", "message": message}],
            usage=USAGE,
        )

    def streaming(self, *args, **kwargs):
        for text, tool in (("an ", None), ("answer", None), ("", {**TOOL, "index": 0})):
            yield GenericStreamingChunk(
                text=text, is_finished=False, finish_reason="", index=0, tool_use=tool, usage=None
            )
        yield GenericStreamingChunk(
            text="", is_finished=True, finish_reason="stop", index=0, tool_use=None, usage=USAGE
        )


litellm.custom_provider_map = [{"provider": "thinks", "custom_handler": Thinks()}]
MODEL = "thinks/deep"


def told(response, message):
    return {
        "id": response.id,
        "model": response.model,
        "content": message.content,
        "reasoning": message.reasoning_content,
        "tools": [[one.function.name, one.function.arguments] for one in message.tool_calls],
        "finish": response.choices[0].finish_reason,
        "usage": response.usage.completion_tokens_details.reasoning_tokens,
    }


class Asks(BaseNode):
    def __init__(self, next_node):
        self.next_node = next_node

    def execute(self, state):
        messages = [{"role": "user", "content": "tools"}]
        response = litellm.completion(model=MODEL, messages=messages)
        state.set("asked", told(response, response.choices[0].message))
        return self.next_node


class Streams(BaseNode):
    def __init__(self, next_node):
        self.next_node = next_node

    def execute(self, state):
        messages = [{"role": "user", "content": "stream"}]
        asked = {"model": MODEL, "messages": messages, "stream": True}
        asked["stream_options"] = {"include_usage": True}
        text, names, arguments, finish, usage = "", [], "", None, None
        for part in litellm.completion(**asked):
            usage = getattr(part, "usage", None) or usage
            for choice in part.choices:
                delta = choice.delta
                text += delta.content or ""
                finish = choice.finish_reason or finish
                for call in delta.tool_calls or ():
                    names += [call.function.name] if call.function.name else []
                    arguments += call.function.arguments
        tools = [[name, arguments] for name in names]
        seen = {"text": text, "tools": tools, "finish": finish}
        state.set("streamed", {**seen, "tokens": usage.total_tokens})
        return self.next_node


plain = LLMNode(MODEL, "plain", "plainly")
engine = LLMNode(MODEL, "think", "thought", next_node=plain)
streams = Streams(engine)
asks = Asks(streams)

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(asks, {}))
