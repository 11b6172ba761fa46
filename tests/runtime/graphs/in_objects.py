"""No main block; nodes in lists and objects; several runs, two of them at the same time."""

import threading

import helpers
from lar import AddValueNode, FunctionalNode, GraphExecutor, ToolNode


class Team:
    def __init__(self, lead, workers):
        self.lead = lead
        self.workers = workers


workers = [
    FunctionalNode(lambda state: state.get("n", 0) + 1, output_key="n"),
    ToolNode(helpers.count_words, ["text"], "count", next_node=None),
]
workers[0].next_node = workers[1]
team = Team(AddValueNode("text", "one two", next_node=workers[0]), workers)

list(GraphExecutor(log_dir="logs").run_step_by_step(team.lead, {"n": 1}))
for step in GraphExecutor(log_dir="logs").run_step_by_step(team.lead, {"n": 5}):
    break


def work(n):
    for _ in GraphExecutor(log_dir="logs").run_step_by_step(team.lead, {"n": n}):
        barrier.wait()


barrier = threading.Barrier(2)
threads = [threading.Thread(target=work, args=(n,)) for n in (100, 200)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
