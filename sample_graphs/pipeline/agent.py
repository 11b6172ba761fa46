"""pipeline: a long line of steps that is stopped near its end, and goes on there.

    RATE_LIMITED=true python agent.py             100 steps; the model refuses the last one
    python agent.py                               runs step 99 alone
    KILLED=true python agent.py --steps 50        50 steps; kill -9 in step 48
    python agent.py --steps 50                    runs steps 48 and 49

Each step prints its number, so that what ran can be counted. The model's answers and its refusal
are litellm's own mock: no key, no network.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import Any

# Before lar: litellm would ask a server for its price list while it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from lar import BaseNode, GraphState, LLMNode, node

from lar_debug import DurableExecutor

KILLED_IN = 48


def wanted(name: str) -> bool:
    """Whether an environment variable says true."""
    return os.environ.get(name, "").lower() == "true"


def cleaning(number: int, following: BaseNode) -> BaseNode:
    """One step of the line: it cleans one row."""

    @node(output_key="rows", next_node=following)
    def clean_row(state: GraphState) -> list[str]:
        print(f"step {number}", flush=True)
        if number == KILLED_IN and wanted("KILLED"):
            os.kill(os.getpid(), signal.SIGKILL)
        return [*state["rows"], f"row {number} is clean"]

    return clean_row


def line_of(steps: int) -> BaseNode:
    """The first node of a line that ends with a call of a model."""
    answer = "litellm.RateLimitError" if wanted("RATE_LIMITED") else "All rows are clean."
    first: BaseNode = LLMNode(
        "gpt-4o-mini",
        "Sum these rows up in one sentence: {rows}",
        output_key="report",
        generation_config={"mock_response": answer},
    )
    for number in reversed(range(steps - 1)):
        first = cleaning(number, first)
    return first


def main() -> int:
    options = argparse.ArgumentParser(description="A long line of steps.")
    options.add_argument("--steps", type=int, default=100)
    steps = options.parse_args().steps
    # The engine's limits are made for loops: this is a line, longer than they allow.
    executor = DurableExecutor(max_node_fatigue=steps + 1)
    last: dict[str, Any] = {}
    for entry in executor.run_step_by_step(
        line_of(steps), {"rows": []}, max_steps=steps + 1, thread_id=f"pipeline-{steps}"
    ):
        last = entry
    if last.get("error"):
        print(f"stopped at step {last['step']}: {last['error']}", file=sys.stderr)
        return 1
    print(last["state_after"]["report"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
