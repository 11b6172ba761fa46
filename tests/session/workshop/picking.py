from lar import AddValueNode, RouterNode

aside = AddValueNode("aside", True)


def way(_state):
    return "far"


picks = RouterNode(way, {"near": aside})
