"""One node for each thing that a save can do to a step; each stands in a file of its own."""

from itertools import pairwise

from asking import asks
from counting import counts
from failing import looks_up
from lar import GraphExecutor
from picking import picks
from posting import posts
from reading import reads
from varying import varies
from waiting import waits

nodes = [counts, reads, asks, posts, varies, waits, picks, looks_up]
for one, following in pairwise(nodes):
    if one is picks:
        one.path_map["far"] = one.default_node = looks_up
    else:
        one.next_node = following

if __name__ == "__main__":
    list(
        GraphExecutor(log_dir="logs").run_step_by_step(
            counts, {"order": {"id": "A-1", "total": 89.0}}
        )
    )
