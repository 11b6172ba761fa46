"""Asks a model that answers here; a prompt with "slowly" holds it until the gate is opened."""

import os
from pathlib import Path

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import litellm
from gate import held
from lar import LLMNode
from litellm import CustomLLM


class Echo(CustomLLM):
    def completion(self, *_args, **kwargs):
        prompt = kwargs["messages"][-1]["content"]
        if "slowly" in prompt:
            held("model")
        return litellm.completion(
            model="gpt-4o-mini", messages=kwargs["messages"], mock_response=f"answer to: {prompt}"
        )


litellm.custom_provider_map = [{"provider": "echo", "custom_handler": Echo()}]

asks = LLMNode("echo/one", Path("prompt.md").read_text(), "answer")
