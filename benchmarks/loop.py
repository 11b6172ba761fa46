"""Save -> new output: lar-debug's loop and starting the script again, side by side in one run.

A process of its own saves the prompt of support_reply's step 5 by renaming a new file onto it;
an open session, as the screen has it, notices and runs that step again. Measured from right
before the rename until the session has the new output, its diff and its cause ready to paint.
Only the offline model's reply is subtracted; what litellm does around it counts.
Clocks are CLOCK_MONOTONIC, which processes share. May not know panes or Textual.
Run: python -m benchmarks.loop [SAVES]
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from lar_debug.model.records import Execution
from lar_debug.session.recording import Recording
from lar_debug.session.rerunning import Rerunning
from lar_debug.session.session import Session
from lar_debug.store.database import Store

ENVIRON = {
    **os.environ,
    "PYTHONPATH": str(Path(__file__).parents[1]),
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
"""For the programs that are run: lar_debug as it stands beside this file, and no network."""

SAMPLE = Path(__file__).parents[1] / "sample_graphs" / "support_reply"
STEP = 5
PROMPT_LINE = 8
SAVES = 30
WARM_UP = 3
"""Saves before the measured ones: the first model call imports a hundred modules of litellm,
which are preloaded from then on."""

PAUSE = 0.3
"""Seconds between an output and the next save; a person needs longer to read it."""

STARTS = 5
PATIENCE = 30.0

SAVER = """
import os, sys, time
for line in sys.stdin:
    target, new = line.rstrip("\\n").split("\\t")
    before = time.monotonic_ns()
    os.replace(new, target)
    print(before, flush=True)
"""

TIMED_MODEL = """

import time

_reply = OfflineModel.completion


def _timed(self, *args, **kwargs):
    begun = time.perf_counter()
    try:
        return _reply(self, *args, **kwargs)
    finally:
        print(f"the reply took {(time.perf_counter() - begun) * 1e3} ms")


OfflineModel.completion = _timed
"""
"""Added to the sample's model: the reply's time goes where the engine prints its own lines."""

LARGE_STATE = '''
"""support_reply with a state of 1 MB from its first step on."""
import random

from agent import HERE, GraphExecutor, load_ticket


def main():
    chance = random.Random(7)
    documents = [{"id": k, "text": chance.randbytes(500).hex()} for k in range(1_000)]
    executor = GraphExecutor(log_dir=str(HERE / "lar_logs"))
    for _ in executor.run_step_by_step(load_ticket, {"documents": documents}):
        pass


if __name__ == "__main__":
    main()
'''

MANY_MODULES = '''
"""support_reply in a project of 30,000 lines."""
import parts

from agent import load_ticket, main

if __name__ == "__main__":
    main()
'''

PART = '''
class Record{k}:
    """A line of stock, as the warehouse counts it."""

    unit = "piece"

    def __init__(self, name: str, amount: int = {k}, tags: tuple[str, ...] = ()) -> None:
        self.name = name
        self.amount = amount
        self.tags = [*tags, "{tag}"]

    def total(self, price: float) -> float:
        if self.amount < 0:
            raise ValueError(f"{{self.name}}: {{self.amount}} is no amount")
        return round(self.amount * price, 2)


def sort_records_{k}(records: list[Record{k}], least: int = LIMITS["least"]) -> list[Record{k}]:
    kept = [one for one in records if one.amount >= least]
    for one in kept:
        one.tags.append("{tag}")
    return sorted(kept, key=lambda one: (one.amount, one.name))
'''

MODULES = 100
LINES = 300


@dataclass
class Times:
    """Milliseconds of each measured save, by stretch of the way."""

    begun: list[float] = field(default_factory=list[float])
    """From the save until the node begins: notice, fork, import, restore."""
    node: list[float] = field(default_factory=list[float])
    """The node as the engine runs it, litellm included, without the model's reply."""
    reply: list[float] = field(default_factory=list[float])
    kept: list[float] = field(default_factory=list[float])
    """From the node's end until the attempt is whole in the store and the session knows it."""
    shown: list[float] = field(default_factory=list[float])
    """From there until diff, verdict and cause are ready to paint."""
    whole: list[float] = field(default_factory=list[float])
    """All of it, without the reply."""


class Saver:
    """The process that saves, as an editor would."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._process = subprocess.Popen(
            [sys.executable, "-c", SAVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def save(self, content: str) -> float:
        """Save; the moment right before the rename, in monotonic seconds."""
        new = self._file.with_name(f".{self._file.name}.new")
        new.write_text(content, encoding="utf-8")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{self._file}\t{new}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline()) / 1e9

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def make_project(folder: Path) -> Path:
    """A copy of the sample with the two larger programs beside it."""
    project = Path(shutil.copytree(SAMPLE, folder / "support_reply"))
    with (project / "offline_model" / "__init__.py").open("a") as file:
        file.write(TIMED_MODEL)
    (project / "large_state.py").write_text(LARGE_STATE)
    (project / "many_modules.py").write_text(MANY_MODULES)
    parts = project / "parts"
    parts.mkdir()
    names = [f"part_{number:02}" for number in range(MODULES)]
    (parts / "__init__.py").write_text("".join(f"from parts import {name}\n" for name in names))
    for name in names:
        (parts / f"{name}.py").write_text(_part(name))
    return project


def _part(name: str) -> str:
    chance = random.Random(name)
    text = (
        f'"""Stock records of {name}."""\n\nfrom __future__ import annotations\n\n'
        'LIMITS = {"least": 3, "most": 4_000}\n'
    )
    kind = 0
    while text.count("\n") < LINES - PART.count("\n"):
        text += PART.format(k=kind, tag=f"{chance.getrandbits(40):x}")
        kind += 1
    return text + "# the rest of the page\n" * (LINES - text.count("\n"))


def edited(prompt: str, number: int) -> str:
    """The prompt with another instruction; `number` makes it unlike all others."""
    lines = prompt.splitlines()
    lines[PROMPT_LINE] = f"Write a formal answer in at most {number + 40} words."
    return "\n".join(lines) + "\n"


def record(project: Path, script: str) -> Store:
    """Record a program of the project with the real recorder."""
    store = project / f"{script}.db"
    command = [sys.executable, "-m", "lar_debug", "run", "--json", "--store", str(store), script]
    done = subprocess.run(
        command, cwd=project, env=ENVIRON, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{script} could not be recorded:\n{done.stderr}")
    return Store.open(store)


class OpenRun:
    """A recorded run with its session open, and a person who looks at step 5."""

    def __init__(self, project: Path, script: str) -> None:
        self.prompt_file = project / "prompts" / "reply.md"
        self._original = self.prompt_file.read_text(encoding="utf-8")
        self._store = record(project, script)
        self.recording = Recording(self._store, self._store.runs()[0])
        rerunning = Rerunning(self.recording, Path(sys.executable))
        self._session = Session(self.recording, rerunning, step=STEP)
        self._moments: dict[str, float] = {}
        self._ready = asyncio.Event()
        self._shown = asyncio.Event()
        self._wanted = 0
        self._session.subscribe(self._hear)
        self._saver = Saver(self.prompt_file)
        self._number = 0
        self.times = Times()

    def _hear(self, topics: frozenset[str]) -> None:
        now = time.monotonic()
        running = self._session.running()
        if "running" in topics and running is not None:
            self._moments["begun"] = now
        elif "running" in topics:
            self._moments["kept"] = now
        if "event" in topics and self._session.event().text.startswith("ready"):
            self._ready.set()
        if "step" in topics and not self._shown.is_set():
            view = self._session.step_view()
            shown = next((chip for chip in view.strip.chips if chip.shown), None) if view else None
            if shown and shown.attempt == self._wanted and shown.outcome.finished:
                self._moments["shown"] = now
                self._shown.set()

    async def open(self) -> None:
        await self._session.open()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ready.wait()
        except TimeoutError:
            raise SystemExit(f"the session is not ready: {self._session.event().text}") from None
        for _ in range(WARM_UP):
            await self.save()
            await asyncio.sleep(PAUSE)
        self.times = Times()

    async def save(self) -> None:
        """One save, measured; fails when the attempt is not of exactly that save."""
        content = edited(self._original, self._number)
        self._number += 1
        self._wanted += 1
        self._shown.clear()
        saved = await asyncio.to_thread(self._saver.save, content)
        async with asyncio.timeout(PATIENCE):
            await self._shown.wait()
        execution = self.recording.execution(STEP, self._wanted)
        (call,) = self.recording.calls(execution)
        assert content.splitlines()[PROMPT_LINE] in call.prompt, "this is another save's attempt"
        self._note(saved, execution, await self._reply_of(execution))

    async def _reply_of(self, execution: Execution) -> float:
        """Milliseconds of the model's reply; what an attempt printed is written after it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                pieces = await asyncio.to_thread(self.recording.console, execution)
                console = b"".join(data for _, data in pieces).decode()
                reply = re.search(r"the reply took ([0-9.]+) ms", console)
                if reply is not None:
                    return float(reply.group(1))
                await asyncio.sleep(PAUSE / 10)

    def _note(self, saved: float, execution: Execution, reply: float) -> None:
        moments, times = self._moments, self.times
        begun = execution.started - time.time() + time.monotonic()
        node = execution.duration_ns / 1e6
        times.begun.append((begun - saved) * 1e3)
        times.node.append(node - reply)
        times.reply.append(reply)
        times.kept.append((moments["kept"] - begun) * 1e3 - node)
        times.shown.append((moments["shown"] - moments["kept"]) * 1e3)
        times.whole.append((moments["shown"] - saved) * 1e3 - reply)

    async def close(self) -> None:
        await self._session.close()
        self._saver.close()
        self._store.close()
        self.prompt_file.write_text(self._original, encoding="utf-8")


def start_again(project: Path, number: int, original: str) -> float:
    """Milliseconds of the other way: save the prompt, start the script, wait for its end."""
    (project / "prompts" / "reply.md").write_text(edited(original, number), encoding="utf-8")
    before = time.monotonic()
    subprocess.run(
        [sys.executable, "agent.py"], cwd=project, env=ENVIRON, capture_output=True, check=True
    )
    return (time.monotonic() - before) * 1e3


def _row(name: str, values: list[float], *, promise: str = "") -> None:
    low, middle, high = min(values), statistics.median(values), max(values)
    print(f"  {name:44} {low:8.1f} {middle:8.1f} {high:8.1f}   {promise}")


def show(name: str, times: Times, promise: float) -> None:
    median = statistics.median(times.whole)
    kept = "kept" if median <= promise else "MISSED"
    print(f"{name}, {len(times.whole)} saves")
    _row(
        "save -> ready to paint, less the reply",
        times.whole,
        promise=f"promise {promise:.0f}: {kept}",
    )
    _row("  save -> the node begins", times.begun)
    _row("  the node, litellm included", times.node)
    _row("  (the model's reply, left out)", times.reply)
    _row("  its end -> in the store, known", times.kept)
    _row("  -> diff, verdict and cause ready", times.shown)


async def measure(saves: int, project: Path) -> None:
    original = (project / "prompts" / "reply.md").read_text(encoding="utf-8")
    cases = (
        ("the sample", "agent.py", 50.0),
        ("with a state of 1 MB", "large_state.py", 50.0),
        ("in a project of 30,000 lines, 100 modules", "many_modules.py", 80.0),
    )
    again: list[float] = []
    print(f"{'milliseconds':46} {'min':>8} {'median':>8} {'max':>8}")
    for name, script, promise in cases:
        run = OpenRun(project, script)
        try:
            await run.open()
            for _ in range(saves):
                await asyncio.sleep(PAUSE)
                await run.save()
        finally:
            await run.close()
        again += [start_again(project, number, original) for number in range(STARTS)]
        (project / "prompts" / "reply.md").write_text(original, encoding="utf-8")
        show(name, run.times, promise)
    print(f"the script started again, {len(again)} times")
    _row("save -> the program has ended", again)


def main() -> None:
    saves = int(sys.argv[1]) if len(sys.argv) > 1 else SAVES
    with tempfile.TemporaryDirectory(prefix="lar-debug-loop-") as folder:
        load = os.getloadavg()[0]
        print(f"{os.cpu_count()} cores, load {load:.1f}, Python {sys.version.split()[0]}")
        asyncio.run(measure(saves, make_project(Path(folder))))
        print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
