from uuid import uuid4

from lar import FunctionalNode


def vary(_state):
    return uuid4().hex


varies = FunctionalNode(vary, output_key="ticket")
