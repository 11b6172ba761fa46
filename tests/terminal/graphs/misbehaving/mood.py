"""One word here turns every node of the graph into what a debugger has to survive."""

HOSTILE = False
