"""The screen's speed in a real terminal, beside two plain Textual apps: one run, one size.

A pty of 100x40 takes the place of the terminal; the program is the installed `lar-debug`, on a
recording of support_reply and on one of 1,000 steps. Measured from outside: a key is written, and
every byte that comes back is timed until none has come for 0.1 s. May not know panes or Textual.
Run: python -m benchmarks.screen [REPETITIONS]
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._pty import Program, Repaint

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_graphs" / "support_reply"
STEP = 5
REPETITIONS = 20
STARTS = 15
SAVES = 10
WARM_UP = 3
STEPS = 1_000
IDLE = 10.0
"""Seconds that an idle screen is watched."""

SLOW = 4.0
"""Seconds of a slow node that are watched; it takes longer."""

LONG_RUN = '''
"""A thousand steps of three nodes: plan, look up, answer, and again."""
import random

from lar import GraphExecutor, RouterNode, node

STEPS = 1_000
chance = random.Random(7)
WORDS = "the order has been with our carrier since Monday and a refund is on its way".split()


def sentence(words=60):
    return " ".join(chance.choices(WORDS, k=words)) + "."


@node(output_key="plan")
def plan(state):
    return {"round": len(state.get("messages")), "ask": sentence(8), "items": [1, 2, 3]}


@node(output_key="found", next_node=None)
def look_up(state):
    return [{"id": number, "text": sentence(12)} for number in range(6)]


@node(output_key="count")
def answer(state):
    state.get("messages").append({"role": "assistant", "content": sentence()})
    return len(state.get("messages"))


plan.next_node, look_up.next_node, answer.next_node = look_up, answer, plan
executor = GraphExecutor(log_dir="logs", max_node_fatigue=STEPS)
steps = executor.run_step_by_step(plan, {"messages": []}, max_steps=STEPS + 1)
for _ in range(STEPS):
    next(steps)
'''

SLEEP = """

import time as _time

_before = OfflineModel.completion


def _slowly(self, *args, **kwargs):
    _time.sleep(20)
    return _before(self, *args, **kwargs)


OfflineModel.completion = _slowly
"""


class Desk:
    """A folder with the two recordings, and an environment of its own."""

    def __init__(self, folder: Path) -> None:
        left_out = ("NO_COLOR", "COLORFGBG", "TMUX", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
        self.environ = {name: text for name, text in os.environ.items() if name not in left_out}
        self.environ |= {
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            # Compiled once, as an installed program is, and not into the checkout.
            "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        ignored = shutil.ignore_patterns("__pycache__", "lar_logs", ".lar-debug")
        self.sample = Path(shutil.copytree(SAMPLE, folder / "support_reply", ignore=ignored))
        self.long = folder / "long_run"
        self.long.mkdir()
        (self.long / "agent.py").write_text(LONG_RUN, encoding="utf-8")
        self.command = [str(Path(sys.executable).with_name("lar-debug"))]
        for project in (self.sample, self.long):
            self.say(project, "--json", "run", "agent.py")

    def say(self, project: Path, *arguments: str) -> Any:
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=project,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout)

    def open(self, project: Path, step: int) -> Program:
        return Program([*self.command, "open", f"last:{step}"], project, self.environ)

    def plain(self, kind: str, steps: Path) -> Program:
        command = [sys.executable, "-m", "benchmarks._plain_textual", kind, str(steps)]
        return Program(command, ROOT, self.environ)


def _row(name: str, low: float, middle: float, high: float, promise: str = "") -> None:
    print(f"  {name:46} {low:9,.1f} {middle:9,.1f} {high:9,.1f}   {promise}")


def _times(name: str, values: list[float], promise: float | None = None) -> None:
    middle = statistics.median(values)
    _row(name, min(values), middle, max(values), _kept(middle, promise))


def _kept(value: float, promise: float | None) -> str:
    if promise is None:
        return ""
    return f"promise {promise:,.0f}: {'kept' if value <= promise else 'MISSED'}"


def keys(name: str, program: Program, pressed: str, times: int, *, promised: bool = True) -> None:
    """`pressed` are keys that lead to and fro, so that they can be pressed again and again."""
    found: list[Repaint] = []
    for number in range(WARM_UP + times):
        for key in pressed.split():
            repaint = program.press(NAMED.get(key, key))
            if repaint is not None and number >= WARM_UP:
                found.append(repaint)
    if not found:
        raise SystemExit(f"{name}: {pressed} painted nothing")
    _times(f"{name}: {pressed}, to the first byte, ms", [one.first for one in found])
    promise = 16.0 if promised else None
    _times("    to the last byte, ms", [one.last for one in found], promise)
    sizes = [float(one.bytes) for one in found]
    # Of bytes the worst has to keep it.
    _row(
        "    bytes",
        min(sizes),
        statistics.median(sizes),
        max(sizes),
        _kept(max(sizes), 6_000 if promised else None),
    )


NAMED = {"PgUp": "\x1b[5~", "PgDn": "\x1b[6~"}


def first_paints(cases: dict[str, tuple[Callable[[], Program], str, str]]) -> None:
    """From right before the process is made until a step of the timeline, and something that
    only the step's own view has, are on the terminal. In turn: the machine is the same for all."""
    painted: dict[str, list[float]] = {name: [] for name in cases}
    told: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(WARM_UP + STARTS):
        for name, (start, label, detail) in cases.items():
            with start() as program:
                first, then = program.until(label), program.until(detail)
            if number >= WARM_UP:
                painted[name].append(first)
                told[name].append(then)
    print(f"starts, {STARTS} of each in turn")
    for name in cases:
        promise = 200.0 if name.startswith("lar") else None
        _times(f"{name}: exec -> first cells, ms", painted[name], promise)
        if told[name] != painted[name]:
            _times("    -> the step's own view, ms", told[name])


def walk(desk: Desk, times: int) -> None:
    print(f"keys, {times} times each")
    with desk.open(desk.sample, STEP) as program:
        program.until("ready")
        program.settle()
        keys("lar-debug, 7 steps", program, "k j", times)
        keys("lar-debug, 7 steps", program, "] [", times)
        keys("lar-debug, 7 steps", program, "2 1 3 1 4 1 5 1", times // 2)
        program.settle()
        _row(f"    bytes in {IDLE:.0f} s idle", *[program.watch(IDLE)] * 3, promise="promise 0")
    with desk.open(desk.long, STEPS // 2) as program:
        program.until("500")
        program.settle(3)
        keys("lar-debug, 1,000 steps", program, "k j", times)
        keys("lar-debug, 1,000 steps", program, "PgUp PgDn", times)
        keys("lar-debug, 1,000 steps", program, "g G", times)


def attempts(desk: Desk) -> None:
    """Saves with an attempt each, then h and l between them, then a node that takes long."""
    prompt = desk.sample / "prompts" / "reply.md"
    original = prompt.read_text(encoding="utf-8")
    model = desk.sample / "offline_model" / "__init__.py"
    sizes: list[float] = []
    print(f"attempts, {SAVES} saves")
    with desk.open(desk.sample, STEP) as program:
        program.until("ready")
        program.settle()
        for number in range(WARM_UP + SAVES):
            new = prompt.with_name("new")
            rule = f"Write a formal answer in at most {40 + number} words."
            new.write_text(original.replace("Write the answer to the customer.", rule))
            os.replace(new, prompt)
            size = program.watch(2.0)
            if number >= WARM_UP:
                sizes.append(size)
        _row(
            "    bytes from a save on, with its attempt",
            min(sizes),
            statistics.median(sizes),
            max(sizes),
            _kept(max(sizes), 6_000),
        )
        made = len(
            desk.say(desk.sample, "--json", "show", f"last:{STEP}", "--attempts")["attempts"]
        )
        if made != WARM_UP + SAVES + 1:
            raise SystemExit(f"{WARM_UP + SAVES} saves made {made - 1} attempts")
        keys("lar-debug, between attempts", program, "h l", REPETITIONS)
        model.write_text(model.read_text(encoding="utf-8") + SLEEP, encoding="utf-8")
        program.settle()
        program.press("r")
        program.watch(1.0)
        rate = program.watch(SLOW) / SLOW
        _row("    bytes a second while one runs", rate, rate, rate, _kept(rate, 300))


def plain_steps(desk: Desk, folder: Path) -> Path:
    """The steps of the long run for the plain apps, the same texts that ours shows."""
    told = desk.say(desk.long, "--json", "show", "last")
    steps = [
        {
            "step": one["step"],
            "node": one["node"],
            "changed": " ".join(f"~{key}" for key in one["changes"]["updated"]),
            "tok": one["tokens"]["total"],
            "ms": one["duration_ms"],
        }
        for one in told["steps"]
    ]
    diffs = subprocess.run(
        [*desk.command, "--no-ui", "diff", f"last:{STEPS // 2}"],
        cwd=desk.long,
        env=desk.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    for one in steps:
        one["detail"] = f"{one['step']} {one['node']}\n{diffs.stdout}"
    file = folder / "steps.json"
    file.write_text(json.dumps(steps), encoding="utf-8")
    return file


def beside(desk: Desk, steps: Path, times: int) -> None:
    print("beside: plain Textual apps on the same 1,000 steps")
    for kind in ("table", "static"):
        with desk.plain(kind, steps) as program:
            program.until("answer")
            program.settle()
            keys(f"plain {kind}", program, "k j", times, promised=False)


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS
    with tempfile.TemporaryDirectory(prefix="lar-debug-screen-") as name:
        load = os.getloadavg()[0]
        print(f"{os.cpu_count()} cores, load {load:.1f}, Python {sys.version.split()[0]}")
        desk = Desk(Path(name))
        steps = plain_steps(desk, Path(name))
        print(f"{'':48} {'min':>9} {'median':>9} {'max':>9}")
        first_paints(
            {
                "lar-debug, 7 steps": (
                    lambda: desk.open(desk.sample, STEP),
                    "write_reply",
                    "hey!!",
                ),
                "lar-debug, 1,000 steps": (
                    lambda: desk.open(desk.long, STEPS // 2),
                    "look_up",
                    "wrote",
                ),
                "plain table": (lambda: desk.plain("table", steps), "answer", "answer"),
                "plain static": (lambda: desk.plain("static", steps), "answer", "answer"),
            }
        )
        walk(desk, times)
        attempts(desk)
        beside(desk, steps, times)
        print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
