from lar import FunctionalNode

STEP = 1


def count(state):
    return len(state.get("order")) + STEP


counts = FunctionalNode(count, output_key="count")
