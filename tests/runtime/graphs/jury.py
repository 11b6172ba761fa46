"""A graph that asks a person."""

from lar import AddValueNode, GraphExecutor, HumanJuryNode

done = AddValueNode("done", True)
ask = HumanJuryNode(
    "Refund 89 EUR?", ["approve", "reject"], "decision", context_keys=["order"], next_node=done
)
entry = AddValueNode("order", {"id": "A-1042"}, next_node=ask)


def make():
    return entry


if __name__ == "__main__":
    for step in GraphExecutor(log_dir="logs").run_step_by_step(entry, {}):
        print("step", step["step"])
    print("after")
