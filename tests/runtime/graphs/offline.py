"""A model that answers without a network, through litellm's own path for custom providers."""

import json
import os

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import litellm
from litellm import CustomLLM
from litellm.types.utils import GenericStreamingChunk

SPEC = {
    "nodes": [
        {
            "id": "count",
            "type": "ToolNode",
            "tool_name": "count_words",
            "input_keys": ["reply"],
            "output_key": "words",
            "next": "tell",
        },
        {
            "id": "tell",
            "type": "LLMNode",
            "prompt": "Say {words}",
            "output_key": "told",
            "next": None,
        },
    ],
    "entry_point": "count",
}


def answer(prompt: str) -> str:
    if "JSON object with this structure" in prompt:
        return json.dumps(SPEC)
    if "risk" in prompt:
        return '{"risk_level": "LOW", "finding": "nothing"}'
    return f"answer to: {prompt}"


class Offline(CustomLLM):
    def completion(self, *args, **kwargs):
        prompt = kwargs["messages"][-1]["content"]
        return litellm.completion(
            model="gpt-4o-mini", messages=kwargs["messages"], mock_response=answer(prompt)
        )

    def streaming(self, *args, **kwargs):
        prompt = kwargs["messages"][-1]["content"]
        words = answer(prompt).split(" ")
        for index, word in enumerate(words):
            last = index == len(words) - 1
            usage = (
                {
                    "prompt_tokens": 5,
                    "completion_tokens": len(words),
                    "total_tokens": 5 + len(words),
                }
                if last
                else None
            )
            yield GenericStreamingChunk(
                text=word if last else word + " ",
                is_finished=last,
                finish_reason="stop" if last else "",
                index=0,
                tool_use=None,
                usage=usage,
            )


litellm.custom_provider_map = [{"provider": "offline", "custom_handler": Offline()}]
MODEL = "offline/echo"
