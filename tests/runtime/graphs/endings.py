"""Runs that end in every way but the good one; the argument says which."""

import os
import signal
import sys
import threading

from lar import AddValueNode, FunctionalNode, GraphExecutor


def raises(state):
    return {}["oder"]


def exits(state):
    state.set("half", True)
    sys.exit(5)


def dies(state):
    os._exit(9)


def killed(state):
    os.kill(os.getpid(), signal.SIGKILL)


def interrupted(state):
    raise KeyboardInterrupt


def closes_files(state):
    os.close(1)
    os.close(2)
    print("into nothing", flush=True)


def locks(state):
    state.set("lock", threading.Lock())


def fine(state):
    return "ok"


how = sys.argv[1]
last = FunctionalNode(globals().get(how, fine), output_key="result")
first = AddValueNode("begun", True, next_node=last)
steps = {"max_steps": 5} if how == "breaker" else {}
if how in ("breaker", "fatigue"):
    first.next_node = first
executor = GraphExecutor(log_dir="logs", max_node_fatigue=3 if how == "fatigue" else 99)
for step in executor.run_step_by_step(first, {}, **steps):
    print(step.get("error"))
    if how == "leaves":
        break
if how == "sticky":
    second = AddValueNode("fine", 1)
    list(executor.run_step_by_step(second, {"last_error": "old trouble"}))
if how == "same_error":

    def complain(state):
        state.set("last_error", "old trouble")

    list(executor.run_step_by_step(FunctionalNode(complain), {"last_error": "old trouble"}))
if how == "after":
    raise ValueError("after the run")
