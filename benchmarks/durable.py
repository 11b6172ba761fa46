"""What durability costs per step, beside the bare engine and LangGraph with SqliteSaver.

Each program appends a message of 1 KB of noise at each step, 1,000 times, in a process of its
own; the programs take turns. The engine alone keeps no history and writes no log. LangGraph is
measured where `langgraph` and `langgraph-checkpoint-sqlite` are installed. Each mode of the two
is compared with its own engine without durability.
Run: python -m benchmarks.durable [STEPS [TIMES]]
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

STEPS = 1_000
TIMES = 3
MODES = ("exit", "async", "sync")
PROMISED = 0.25
"""Over the bare engine, in `async`."""

ENVIRON = {
    **os.environ,
    "PYTHONPATH": str(Path(__file__).parents[1]),
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}

TEXTS = """
import gc, json, os, random, string, sys, time

STEPS, MODE = int(sys.argv[1]), sys.argv[2]
chance = random.Random(7)
LETTERS = string.ascii_letters + string.digits + "-_"
texts = iter(["".join(chance.choices(LETTERS, k=1_024)) for _ in range(STEPS)])


def measured(steps):
    gc.collect()
    times, processor = [], []
    while True:
        begun = time.perf_counter(), time.process_time()
        if next(steps, None) is None:
            break
        times.append(time.perf_counter() - begun[0])
        processor.append(time.process_time() - begun[1])
    # The last call ends the run: what a mode writes only then is a cost of its steps too.
    end = time.perf_counter() - begun[0]
    with open("timings.json", "w") as file:
        json.dump({"steps": times, "processor": processor, "end": end}, file)
"""

LAR = (
    TEXTS
    + """
from lar import node

import lar_debug
from lar_debug.runtime.engines.lar_engine import make_executor

left = STEPS


@node(output_key="count")
def append(state):
    global left
    left -= 1
    state.get("messages").append({"role": "user", "content": next(texts)})
    append.next_node = append if left else None
    return len(state.get("messages"))


state = {"messages": [], "topic": "tents"}
if MODE == "bare":
    steps = make_executor(max_node_fatigue=STEPS + 1)
    measured(steps.run_step_by_step(append, state, max_steps=STEPS + 1))
else:
    executor = lar_debug.DurableExecutor(
        store="threads.db", durability=MODE, max_node_fatigue=STEPS + 1
    )
    measured(executor.run_step_by_step(append, state, max_steps=STEPS + 1, thread_id="t"))
"""
)

LANGGRAPH = (
    TEXTS
    + """
import operator, sqlite3
from typing import Annotated, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph


class State(TypedDict):
    messages: Annotated[list, operator.add]
    count: int


def append(state):
    made = {"role": "user", "content": next(texts)}
    return {"messages": [made], "count": len(state["messages"]) + 1}


graph = StateGraph(State)
graph.add_node("append", append)
graph.add_edge(START, "append")
graph.add_conditional_edges("append", lambda state: END if state["count"] >= STEPS else "append")
config = {"recursion_limit": STEPS + 10, "configurable": {"thread_id": "t"}}
first = {"messages": [], "count": 0}
if MODE == "bare":
    measured(graph.compile().stream(first, config, stream_mode="updates"))
else:
    saver = SqliteSaver(sqlite3.connect("threads.db", check_same_thread=False))
    made = graph.compile(checkpointer=saver)
    measured(made.stream(first, config, stream_mode="updates", durability=MODE))
"""
)


@dataclass(frozen=True)
class Ran:
    """One run: milliseconds of each step and of the end, by the clock and of the processor."""

    steps: list[float]
    processor: list[float]
    end: float
    bytes: int

    @property
    def whole(self) -> float:
        return sum(self.steps) + self.end


def run(program: str, steps: int, mode: str) -> Ran:
    with tempfile.TemporaryDirectory(prefix="lar-debug-durable-") as name:
        folder = Path(name)
        (folder / "program.py").write_text(program)
        done = subprocess.run(
            [sys.executable, "program.py", str(steps), mode],
            cwd=folder,
            env=ENVIRON,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{mode}: {done.stderr[-2_000:]}")
        found = json.loads((folder / "timings.json").read_text())
        size = sum(file.stat().st_size for file in folder.glob("threads.db*"))
    in_ms = [[seconds * 1e3 for seconds in found[one]] for one in ("steps", "processor")]
    return Ran(in_ms[0], in_ms[1], found["end"] * 1e3, size)


def typical(runs: list[Ran]) -> Ran:
    """Each step's median over the runs, so that a busy moment of the machine does not count."""
    return Ran(
        [statistics.median(times) for times in zip(*(one.steps for one in runs), strict=True)],
        [statistics.median(times) for times in zip(*(one.processor for one in runs), strict=True)],
        statistics.median(one.end for one in runs),
        max(one.bytes for one in runs),
    )


def compare(name: str, program: str, steps: int, times: int) -> dict[str, float]:
    """All modes in turn; the part that each adds to the whole of the bare run."""
    runs: dict[str, list[Ran]] = {mode: [] for mode in ("bare", *MODES)}
    for _ in range(times):
        for mode, found in runs.items():
            found.append(run(program, steps, mode))
    bare = typical(runs["bare"])
    print(f"{name}, {steps} steps, {times} runs of each in turn")
    print(f"  {'':10} {'a step':>10} {'the end':>9} {'added/step':>11} {'over bare':>10}", end="")
    print(f" {'processor':>10} {'store':>10}")
    over: dict[str, float] = {}
    for mode, found in runs.items():
        one = typical(found)
        over[mode] = one.whole / bare.whole - 1
        processor = sum(one.processor) / sum(bare.processor) - 1
        added = (one.whole - bare.whole) / steps
        print(
            f"  {mode:10} {statistics.median(one.steps):7.2f} ms {one.end:6.1f} ms "
            f"{added:8.2f} ms {over[mode]:+10.0%} {processor:+10.0%} {one.bytes / 1e6:7.2f} MB"
        )
    return over


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else STEPS
    times = int(sys.argv[2]) if len(sys.argv) > 2 else TIMES
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    ours = compare("DurableExecutor over GraphExecutor", LAR, steps, times)
    kept = "kept" if ours["async"] <= PROMISED else "MISSED"
    print(f"  async, promise {PROMISED:+.0%}: {kept}")
    installed = all(map(importlib.util.find_spec, ("langgraph", "langgraph.checkpoint.sqlite")))
    if installed:
        compare("LangGraph: SqliteSaver over no saver", LANGGRAPH, steps, times)
    else:
        print("LangGraph: not measured; pip install langgraph langgraph-checkpoint-sqlite")
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
