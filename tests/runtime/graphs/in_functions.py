"""Nodes that only locals of functions hold; the script takes arguments and sets its exit code."""

import sys

from lar import AddValueNode, FunctionalNode, GraphExecutor, RouterNode


def make_end(word):
    def say(state):
        return f"{word} {state.get('name')}"

    return FunctionalNode(say, output_key="said")


def main(arguments):
    closing = make_end(arguments[0])
    middle = RouterNode(lambda state: "known", {"known": closing, "other": make_end("Who?")})
    entry = AddValueNode("name", arguments[1], next_node=middle)
    entries = list(GraphExecutor(log_dir="logs").run_step_by_step(entry, {}))
    second = AddValueNode("again", len(entries), next_node=closing)
    for step in GraphExecutor(log_dir="logs").run_step_by_step(second, entries[-1]["state_after"]):
        print(step["state_diff"]["added"])
    sys.exit(3)


if __name__ == "__main__":
    main(sys.argv[1:])
