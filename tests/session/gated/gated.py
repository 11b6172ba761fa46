"""Three steps, each of which waits at a gate of its own; then it asks a person, if told to."""

import sys
from functools import partial
from pathlib import Path

from lar import FunctionalNode, GraphExecutor, HumanJuryNode


def wait(name, _state):
    Path(f"{name}.gate").open("r").close()
    return "went on"


ask = HumanJuryNode("Refund 89 EUR?", ["approve", "reject"], "decision", context_keys=["order"])
third = FunctionalNode(partial(wait, "three"), "three", ask if sys.argv[1:] else None)
second = FunctionalNode(partial(wait, "two"), "two", third)
first = FunctionalNode(partial(wait, "one"), "one", second)

if __name__ == "__main__":
    executor = GraphExecutor(log_dir="logs")
    list(executor.run_step_by_step(first, {"order": {"id": "A-1042", "total": 89.0}}))
