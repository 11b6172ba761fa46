"""support_reply: a shop's mail to its customer, read, looked up, routed and answered.

    python agent.py [TICKET.json]

Seven steps. The answer of step 5 is poor, and its prompt (prompts/reply.md, line 9) is why.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

# Before lar: litellm would ask a server for its price list while it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from lar import BatchNode, GraphExecutor, GraphState, LLMNode, RouterNode, ToolNode, node

from answering import PROMPTS, write_reply
from offline_model import MODEL

HERE = Path(__file__).parent


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@node(output_key="handed_over")
def hand_over(state: GraphState) -> str:
    """A colleague takes it from here."""
    return state.get("last_error") or f"no policy for the topic {state.get('topic')}"


def policy_for(topic: str) -> dict[str, Any]:
    return read_json(HERE / "policies.json")[topic]


find_policy = ToolNode(
    tool_function=policy_for,
    input_keys=["topic"],
    output_key="policy",
    next_node=write_reply,
    error_node=hand_over,
)


def topic_of(state: GraphState) -> str:
    return state["topic"]


by_topic = RouterNode(
    decision_function=topic_of,
    path_map={
        "late_delivery": find_policy,
        "damaged_item": find_policy,
        "return_item": find_policy,
    },
    default_node=hand_over,
)

READ = (PROMPTS / "read.md").read_text(encoding="utf-8")

find_topic = LLMNode(
    model_name=MODEL,
    prompt_template=READ + "Topic, one of: late_delivery, damaged_item, return_item, other",
    output_key="topic",
)

find_mood = LLMNode(
    model_name=MODEL,
    prompt_template=READ + "Mood, one of: annoyed, angry, friendly, calm",
    output_key="mood",
)

read_ticket = BatchNode(nodes=[find_topic, find_mood], next_node=by_topic)


def order_of(ticket: dict[str, str]) -> dict[str, Any]:
    """The order that a ticket names; LookupError when there is none."""
    named = re.search(r"A-\d+", ticket["body"])
    for order in read_json(HERE / "orders.json"):
        if named and order["id"] == named.group():
            return order
    raise LookupError(f"no order found for the mail from {ticket['from']}")


look_up_order = ToolNode(
    tool_function=order_of,
    input_keys=["ticket"],
    output_key="order",
    next_node=read_ticket,
    error_node=hand_over,
)


@node(output_key="ticket", next_node=look_up_order)
def load_ticket(state: GraphState) -> dict[str, str]:
    """The start of the graph."""
    return read_json(Path(state.get("ticket_file") or HERE / "tickets" / "late_tent.json"))


def main() -> int:
    given = sys.argv[1:]
    if given and not Path(given[0]).is_file():
        print(f"no ticket file {given[0]}; try tickets/late_tent.json", file=sys.stderr)
        return 2
    state = {"ticket_file": given[0]} if given else {}
    last: dict[str, Any] = {}
    for entry in GraphExecutor(log_dir=str(HERE / "lar_logs")).run_step_by_step(load_ticket, state):
        last = entry
    state = last["state_after"]
    if "handed_over" in state:
        print("For a colleague:", state["handed_over"])
        return 0
    if last["outcome"] == "error":
        print(f"The run stopped: {last['error']}", file=sys.stderr)
        return 1
    print(state["reply"], "", "Problems: " + (", ".join(state["problems"]) or "none"), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
