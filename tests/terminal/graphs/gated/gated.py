"""Two steps that wait at a gate each, with one between them that calls a model. Told to write a
report, it waits once more when the run is over."""

import sys
from functools import partial
from pathlib import Path

from lar import FunctionalNode, GraphExecutor, LLMNode


def wait(name, _state):
    Path(f"{name}.gate").open("r").close()
    return "went on"


last = FunctionalNode(partial(wait, "two"), "two")
answer = {"mock_response": "yes"}
ask = LLMNode("gpt-4o-mini", "Say yes", "said", next_node=last, generation_config=answer)
first = FunctionalNode(partial(wait, "one"), "one", ask)

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(first, {}))
    if sys.argv[1:] == ["report"]:
        print("not seen, the screen is up", flush=True)
        wait("report", {})
        print("the report is written")
        sys.exit(4)
