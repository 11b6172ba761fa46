"""The second half of support_reply: writing the answer and checking it.

agent.py imports this file and puts the graph together. Prompts are read while it is imported.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from lar import GraphState, LLMNode, node

from offline_model import MODEL

PROMPTS = Path(__file__).parent / "prompts"

FORMAL_STARTS = ("Dear ", "Sehr geehrte")


@node(output_key="problems")
def check_reply(state: GraphState) -> list[str]:
    """Name what a good answer has and this one lacks."""
    reply = state["reply"]
    found = {
        "not formal": reply.startswith(FORMAL_STARTS),
        **{f"no {name}": text in reply for name, text in prepare(state).items()},
    }
    return [problem for problem, fine in found.items() if not fine]


write_reply = LLMNode(
    model_name=MODEL,
    generation_config={"temperature": 0.2},
    system_instruction=(PROMPTS / "style.md").read_text(encoding="utf-8"),
    prompt_template=(PROMPTS / "reply.md").read_text(encoding="utf-8"),
    output_key="reply",
    next_node=check_reply,
)


def prepare(state: GraphState) -> dict[str, str]:
    """What the customer has to be told, as it would stand in a letter."""
    order = state["order"]
    received = date.fromisoformat(state["ticket"]["received"])
    due = received + timedelta(days=state["policy"]["pay_within_days"])
    return {
        "order number": order["id"],
        "amount": f"{order['total']:.2f} EUR",
        "date": f"{due.day} {due:%B}",
    }
