"""three_steps: a job whose process dies in step 2, and the same command that finishes it.

    CRASH=true python agent.py      steps 1 and 2 begin, step 2 kills the process
    python agent.py                 finds the thread, goes on with step 2, then step 3

The first start and the second are one program: the thread knows where it stands.
"""

from __future__ import annotations

import os
import sys

# Before lar: litellm would ask a server for its price list while it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from lar import GraphState, node

from lar_debug import DurableExecutor

THREAD = os.environ.get("THREAD", "three-steps")


@node(output_key="report")
def step_3(state: GraphState) -> str:
    """The last step."""
    print("Executing step 3...", flush=True)
    return f"{state['fetched']} and {state['counted']}: done"


@node(output_key="counted", next_node=step_3)
def step_2(state: GraphState) -> str:
    """Dies with CRASH=true, as if the power had gone."""
    print("Executing step 2...", flush=True)
    if os.environ.get("CRASH", "").lower() == "true":
        print("!!! CRASHING AT STEP 2 !!!", flush=True)
        os._exit(1)
    return f"{len(state['fetched'])} letters"


@node(output_key="fetched", next_node=step_2)
def step_1(state: GraphState) -> str:
    """The first step; it never runs twice."""
    print("Executing step 1...", flush=True)
    return f"order of {state['customer']}"


def main() -> int:
    executor = DurableExecutor(durability="sync")
    last: dict[str, object] = {}
    for entry in executor.run_step_by_step(step_1, {"customer": "Ada"}, thread_id=THREAD):
        last = entry["state_after"]
    print(f"Final result: {last.get('report')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
