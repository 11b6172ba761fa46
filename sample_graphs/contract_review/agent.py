"""contract_review: four steps, three of them calls of a model, and one that can crash.

    python agent.py                 the whole review
    CRASH=true python agent.py      the process dies in step 2, after the first two calls

What the crash costs is the point: with lar-debug the review goes on at step 2 and pays for the
summary alone; without it all three calls are made again.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

# Before lar: litellm would ask a server for its price list while it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

from lar import BaseNode, GraphExecutor, GraphState, LLMNode, node

from offline_model import MODEL

HERE = Path(__file__).parent
PROMPTS = HERE / "prompts"


class PromptFileNode(LLMNode):
    """An LLMNode whose prompt is read from its file each time it runs, not when it is made."""

    def __init__(self, prompt_file: Path, **settings: Any) -> None:
        super().__init__(MODEL, f"(read from {prompt_file.name})", **settings)
        self.prompt_file = prompt_file

    def execute(self, state: GraphState) -> BaseNode | None:
        self.prompt_template = self.prompt_file.read_text(encoding="utf-8")
        return super().execute(state)


summarise = PromptFileNode(PROMPTS / "summary.md", output_key="summary")


@node(output_key="rating", next_node=summarise)
def rate_risks(state: GraphState) -> str:
    """Count the grades. With CRASH=true the process ends here, as if it had been killed."""
    if os.environ.get("CRASH", "").lower() == "true":
        print("!!! CRASHING AT STEP 2 !!!", flush=True)
        os._exit(1)
    grades = re.findall(r"\((high|medium)\)", state["risks"])
    return f"{grades.count('high')} high, {grades.count('medium')} medium"


find_risks = PromptFileNode(PROMPTS / "risks.md", output_key="risks", next_node=rate_risks)

list_clauses = PromptFileNode(PROMPTS / "clauses.md", output_key="clauses", next_node=find_risks)


def contract() -> dict[str, Any]:
    """The state that the review starts from."""
    return {"contract": (HERE / "contract.md").read_text(encoding="utf-8")}


def main() -> int:
    last: dict[str, Any] = {}
    executor = GraphExecutor(log_dir=str(HERE / "lar_logs"))
    for entry in executor.run_step_by_step(list_clauses, contract()):
        last = entry
    state = last["state_after"]
    if "summary" not in state:
        print(f"The review stopped: {last['error']}", file=sys.stderr)
        return 1
    print(state["summary"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
