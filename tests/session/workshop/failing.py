from lar import FunctionalNode


def look_up(state):
    order = state.get("order")
    return order["id"]


looks_up = FunctionalNode(look_up, output_key="found")
