from gate import held
from lar import FunctionalNode

HOLD = False


def wait(_state):
    if HOLD:
        held("node")
    return "waited"


waits = FunctionalNode(wait, output_key="waited")
