"""What a recording costs, in bytes and per step: the real recorder into the real store.

A program of Lár's own nodes appends a message of 1 KB of noise at each step, 1,000 times. It is
run alone and under `lar-debug run`, in turn, and beside them with the engine's own audit log
and with a plain recording (the state as JSON, a row a step, in SQLite). The two that grow with
the square of the steps are run with fewer and say so. May not know the screen.
Run: python -m benchmarks.store [STEPS [TIMES]]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENVIRON = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
"""For the programs that are run: lar_debug as it stands beside this file."""

STEPS = 1_000
TIMES = 5
FEW = (200, 400)
"""Steps for what writes the whole state at each: two counts, to show how it grows."""

PROGRAM = '''
"""steps.py STEPS messages|transcript quiet|log|plain TIMINGS"""
import gc, json, os, random, sqlite3, string, sys, time

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
import litellm
from lar import GraphExecutor, LLMNode, node
from lar.logger import AuditLogger
from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import Usage

STEPS, KIND, HOW, TIMINGS = int(sys.argv[1]), *sys.argv[2:]
chance = random.Random(7)
LETTERS = string.ascii_letters + string.digits + "-_"
texts = iter(["".join(chance.choices(LETTERS, k=1_024)) for _ in range(STEPS)])
left = STEPS


def following(this):
    global left
    left -= 1
    return this if left else None


@node(output_key="count")
def append(state):
    state.get("messages").append({"role": "user", "content": next(texts)})
    append.next_node = following(append)
    return len(state.get("messages"))


class Echo(CustomLLM):
    def completion(self, *args, **kwargs):
        response = kwargs["model_response"]
        response.choices[0].message.content = "Noted."
        response.usage = Usage(prompt_tokens=1, completion_tokens=1, total_tokens=2)
        return response


litellm.custom_provider_map = [{"provider": "offline", "custom_handler": Echo()}]


class Write(LLMNode):
    def execute(self, state):
        super().execute(state)
        state.set("transcript", state.get("transcript") + next(texts) + "\\n")
        return following(self)


class NoLog(AuditLogger):
    def log_step(self, step_data):
        pass

    def save_to_file(self, *args, **kwargs):
        pass


if KIND == "messages":
    start, state = append, {"messages": [], "topic": "tents"}
else:
    template = "The talk so far:\\n{transcript}\\nGo on."
    start = Write(model_name="offline/echo", prompt_template=template, output_key="line")
    state = {"transcript": "", "topic": "tents"}
logger = AuditLogger("logs") if HOW == "log" else NoLog("logs")
executor = GraphExecutor(logger=logger, max_node_fatigue=STEPS + 1)
table = sqlite3.connect("plain.db")
table.execute("PRAGMA journal_mode=WAL")
table.execute("CREATE TABLE IF NOT EXISTS step (step INTEGER PRIMARY KEY, state TEXT)")
table.commit()
# What the imports left takes 0.2 s to collect: by chance that falls into some of the runs.
gc.collect()
times = []
steps = executor.run_step_by_step(start, state, max_steps=STEPS + 1)
while True:
    begun = time.perf_counter(), time.process_time()
    entry = next(steps, None)
    if entry is None:
        break
    if HOW == "plain":
        row = entry["step"], json.dumps(entry["state_after"])
        table.execute("INSERT INTO step VALUES (?, ?)", row)
        table.commit()
    times.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
table.close()
with open(TIMINGS, "w") as file:
    json.dump(times, file)
'''


@dataclass(frozen=True)
class Ran:
    """One run of the program, and the bytes it left. Milliseconds of each step: by the clock,
    and of the processor, which a busy machine disturbs less."""

    steps: list[float]
    processor: list[float]
    bytes: int


def run(steps: int, kind: str, how: str) -> Ran:
    """Run the program in a folder of its own: alone (quiet), with the log, plain, or recorded."""
    with tempfile.TemporaryDirectory(prefix="lar-debug-store-") as name:
        folder = Path(name)
        (folder / "steps.py").write_text(PROGRAM)
        inside = "quiet" if how == "recorded" else how
        arguments = ["steps.py", str(steps), kind, inside, "timings.json"]
        lar_debug = ["-m", "lar_debug", "run", "--json", "--store", str(folder / "store.db")]
        command = [*lar_debug, *arguments] if how == "recorded" else arguments
        # Its output goes through a pipe in either case.
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=ENVIRON,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{how}: {done.stderr[-2_000:]}")
        if how == "recorded":
            _check(json.loads(done.stdout), steps)
        times: list[list[float]] = json.loads((folder / "timings.json").read_text())
        left = {"recorded": "store.db*", "log": "logs/*", "plain": "plain.db*", "quiet": "none"}
        size = sum(file.stat().st_size for file in folder.glob(left[how]))
    clock, processor = ([seconds * 1e3 for seconds in one] for one in zip(*times, strict=True))
    return Ran(clock, processor, size)


def _check(answer: dict[str, Any], steps: int) -> None:
    (row,) = answer["runs"]
    if row["status"] != "finished" or row["steps"] != steps:
        raise SystemExit(f"recorded {row['steps']} steps, the run is {row['status']}")


def _typical(runs: list[Ran]) -> Ran:
    """Each step's median over the runs, so that a busy moment of the machine does not count."""
    return Ran(
        [statistics.median(times) for times in zip(*(one.steps for one in runs), strict=True)],
        [statistics.median(times) for times in zip(*(one.processor for one in runs), strict=True)],
        max(one.bytes for one in runs),
    )


def _line(name: str, ran: Ran, bare: Ran | None, size: str = "") -> None:
    over = ""
    if bare is not None:
        medians = statistics.median(ran.steps) / statistics.median(bare.steps) - 1
        whole = sum(ran.steps) / sum(bare.steps) - 1
        processor = sum(ran.processor) / sum(bare.processor) - 1
        over = f"{medians:+8.0%} {whole:+8.0%} {processor:+10.0%}"
    print(f"  {name:34} {statistics.median(ran.steps):8.2f} ms {over:29} {size}")


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.2f} MB"


def recorded_beside_bare(steps: int, times: int, kind: str, promised: float) -> None:
    """Alone and recorded in turn."""
    alone: list[Ran] = []
    recorded: list[Ran] = []
    for _ in range(times):
        alone.append(run(steps, kind, "quiet"))
        recorded.append(run(steps, kind, "recorded"))
    bare, ours = _typical(alone), _typical(recorded)
    kept = "kept" if ours.bytes <= promised * 1e6 else "MISSED"
    print(f"{kind}, {steps} steps, {times} runs of each in turn")
    print(f"  {'':34} {'a step':>11} {'medians':>8} {'in all':>8} {'processor':>10}")
    _line("the engine alone, no log", bare, None)
    note = f"{megabytes(ours.bytes)}, promise {promised:.0f}: {kept}"
    _line("recorded by lar-debug", ours, bare, note)


def growing(kind: str, steps: int) -> None:
    """What writes the whole state at each step, for two counts of steps."""
    print(f"{kind}, what grows with the square of the steps; over the engine alone, no log")
    for few in FEW:
        bare = run(few, kind, "quiet")
        for how, name in (("log", "engine with its audit log"), ("plain", "JSON rows in SQLite")):
            ran = run(few, kind, how)
            at_all = ran.bytes * (steps / few) ** 2
            size = f"{megabytes(ran.bytes)}, so {megabytes(round(at_all))} at {steps} steps"
            _line(f"{name}, {few} steps", ran, bare, size)
        ran = run(few, kind, "recorded")
        _line(f"recorded by lar-debug, {few} steps", ran, bare, megabytes(ran.bytes))


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else STEPS
    times = int(sys.argv[2]) if len(sys.argv) > 2 else TIMES
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}, Python {sys.version.split()[0]}")
    recorded_beside_bare(steps, times, "messages", 3.0)
    recorded_beside_bare(steps, times, "transcript", 6.0)
    growing("messages", steps)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
