"""A model that answers in this process: litellm's `offline/echo`. No key, no network, no cost.

It reads a prompt as someone in a hurry would, and does what the prompt asks with what the prompt
tells. So an edit of the prompt shows in the answer, and the same prompt always gives the same
answer; only a `seed` together with a temperature above 0 varies its wording.

Importing this package registers the model with litellm. MODEL is what the sample uses:
`offline/echo`, or a real model when the environment variable LAR_DEMO_MODEL names one. It opens
no file and no connection.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

# litellm would ask a server for its price list while it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

import litellm
from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import Usage

from .answers import answer, pieces

MODEL = os.environ.get("LAR_DEMO_MODEL") or "offline/echo"


class OfflineModel(CustomLLM):
    """The provider behind `offline/...`, called by litellm.completion, streaming or not."""

    def completion(self, *_args: Any, **kwargs: Any) -> Any:
        """Answer at once, with the tokens counted."""
        given = answer(kwargs["messages"], kwargs["optional_params"])
        response = kwargs["model_response"]
        response.choices[0].message.content = given.text
        response.choices[0].finish_reason = given.finish
        response.usage = Usage(**given.usage)
        return response

    def streaming(self, *_args: Any, **kwargs: Any) -> Iterator[Any]:
        """The same answer, word by word."""
        given = answer(kwargs["messages"], kwargs["optional_params"])
        for piece in pieces(given.text):
            yield _chunk(piece)
        yield _chunk("", given.finish, given.usage)


def _chunk(text: str, finish: str = "", usage: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "text": text,
        "is_finished": bool(finish),
        "finish_reason": finish,
        "usage": usage,
        "index": 0,
        "tool_use": None,
    }


litellm.custom_provider_map = [
    *(known for known in litellm.custom_provider_map if known["provider"] != "offline"),
    {"provider": "offline", "custom_handler": OfflineModel()},
]
