"""approval: a refund that a person must allow, maybe days later and in another process.

    lar-debug run --thread refund-7 agent.py                  prints the question and ends
    lar-debug resume refund-7 --answer approve                goes on from it

The script knows nothing of lar-debug: the engine's own HumanJuryNode asks.
"""

from __future__ import annotations

import os
import sys

# Before lar: litellm would ask a server for its price list while it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from lar import GraphExecutor, GraphState, HumanJuryNode, RouterNode, node


@node(output_key="letter")
def pay(state: GraphState) -> str:
    """What the customer reads after a yes."""
    return f"Your refund of {state['amount']} is on its way."


@node(output_key="letter")
def refuse(state: GraphState) -> str:
    """What the customer reads after a no."""
    return f"We cannot refund {state['amount']}."


def verdict(state: GraphState) -> str:
    """What the person said."""
    return str(state["verdict"])


decide = RouterNode(verdict, {"approve": pay, "reject": refuse}, default_node=refuse)

ask = HumanJuryNode(
    "Pay this refund?",
    ["approve", "reject"],
    "verdict",
    context_keys=["order", "amount"],
    next_node=decide,
)


@node(output_key="amount", next_node=ask)
def work_out(state: GraphState) -> str:
    """What the refund would be."""
    return f"{state['order']['price'] * state['order']['count']} EUR"


def main() -> int:
    order = {"item": "tent", "price": 120, "count": 2}
    for entry in GraphExecutor(log_dir="lar_logs").run_step_by_step(work_out, {"order": order}):
        letter = entry["state_after"].get("letter")
        print(f"step {entry['step']}: {letter or entry['outcome']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
