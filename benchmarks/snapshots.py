"""What recording a state costs: beside the engine's own step, in one run, in real SQLite.

    LITELLM_LOCAL_MODEL_COST_MAP=True python benchmarks/snapshots.py [STEPS]

Prints medians, the ratio to the engine's step, and bytes. Needs lar-engine. The times of a step
are its snapshots before and after and the two transactions that keep them; texts are base64
noise of 1,000 characters a step.
"""

from __future__ import annotations

import os
import random
import sqlite3
import string
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lar import GraphExecutor  # pyright: ignore
from lar.node import BaseNode  # pyright: ignore

from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.store.texts import TextWriter

LETTERS = string.ascii_letters + string.digits + "-_"


class SqliteObjects:
    """Objects in one SQLite file, and one row for each begin and end of a step."""

    def __init__(self, path: Path) -> None:
        self.sql = sqlite3.connect(path, isolation_level=None)
        self.sql.execute("PRAGMA journal_mode=WAL")
        self.sql.execute("PRAGMA synchronous=NORMAL")
        self.sql.execute("CREATE TABLE object (digest BLOB PRIMARY KEY, data BLOB NOT NULL)")
        self.sql.execute("CREATE TABLE step (step INTEGER, phase INTEGER, ref BLOB, at REAL)")
        self.pending: dict[bytes, bytes] = {}
        self.objects = self.bytes = 0
        self.texts = TextWriter(self)

    def get(self, digest: bytes) -> bytes:
        found = self.sql.execute("SELECT data FROM object WHERE digest=?", (digest,)).fetchone()
        if found is None:
            raise KeyError(digest)
        return bytes(found[0])

    def put(self, digest: bytes, data: bytes) -> None:
        self.pending[digest] = data

    def commit(self, step: int, phase: int, ref: str) -> None:
        self.sql.execute("BEGIN IMMEDIATE")
        items = list(self.pending.items())
        self.sql.executemany("INSERT OR IGNORE INTO object VALUES (?, ?)", items)
        row = (step, phase, bytes.fromhex(ref), time.time())
        self.sql.execute("INSERT INTO step VALUES (?, ?, ?, ?)", row)
        self.sql.execute("COMMIT")
        self.objects += len(items)
        self.bytes += sum(len(data) for _, data in items)
        self.pending.clear()


class Append(BaseNode):
    """Appends one message, and is followed by itself until the steps are done."""

    def __init__(self, steps: int, change: Callable[[Any, str], None]) -> None:
        self.change = change
        self.texts = [noise(number) for number in range(steps)]

    def execute(self, state: Any) -> Any:
        self.change(state, self.texts.pop())
        return self if self.texts else None


def noise(seed: int, size: int = 1000) -> str:
    return "".join(random.Random(seed).choices(LETTERS, k=size))


def append_message(state: Any, text: str) -> None:
    state.get("messages").append({"role": "user", "content": text})


def grow_transcript(state: Any, text: str) -> None:
    state.set("transcript", state.get("transcript") + text)


class Costs:
    """Seconds of each step: the engine's, of its two snapshots, and with the database."""

    def __init__(self) -> None:
        self.engine: list[float] = []
        self.takes: list[float] = []
        self.recording: list[float] = []


def record_step(
    kept: Snapshotter, objects: SqliteObjects, state: dict[str, Any], costs: Costs
) -> None:
    """As a recorder does: before the node (its state differs by bookkeeping), and after."""
    number = len(costs.takes)
    took = spent = 0.0
    for phase in (0, 1):
        state["__phase"] = phase
        begun = time.perf_counter()
        ref = kept.take(state).ref
        took += time.perf_counter() - begun
        if phase and "transcript" in state:
            objects.texts.write(f"Read:\n{state['transcript']}\nStep {number}: answer.")
        objects.commit(number, phase, ref)
        spent += time.perf_counter() - begun
    costs.takes.append(took)
    costs.recording.append(spent)


def run(name: str, steps: int, initial: dict[str, Any], change: Callable[[Any, str], None]) -> None:
    costs = Costs()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recordings.db"
        objects = SqliteObjects(path)
        kept = Snapshotter(objects, objects.texts, run="run", key=b"k" * 32)
        executor: Any = GraphExecutor(max_node_fatigue=10 * steps, log_dir=folder)
        node = Append(steps, change)
        stream: Any = executor.run_step_by_step(node, initial, max_steps=steps + 1)
        begun = time.perf_counter()
        for _ in stream:
            costs.engine.append(time.perf_counter() - begun)
            record_step(kept, objects, stream.gi_frame.f_locals["state"]._state, costs)
            # The engine keeps a copy of every state; without this it needs gigabytes.
            executor.logger.clear_history()
            begun = time.perf_counter()
        objects.sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tell(name, costs, objects, path.stat().st_size)


def tell(name: str, costs: Costs, objects: SqliteObjects, size: int) -> None:
    engine, takes, recording = costs.engine, costs.takes, costs.recording
    print(f"{name}: {len(engine)} steps")
    print(f"  engine's step       median {median(engine) * 1e6:6.0f} us")
    print(f"  two snapshots       median {median(takes) * 1e6:6.0f} us")
    print(f"  with the database   median {median(recording) * 1e6:6.0f} us")
    whole, middle = sum(recording) / sum(engine), median(recording) / median(engine)
    print(f"  of the engine's step: {whole:.1%} in all, {middle:.1%} of the medians")
    print(f"  {objects.objects} objects, {objects.bytes / 1e6:.2f} MB; file {size / 1e6:.2f} MB")


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    run("messages", steps, {"messages": [], "topic": "tents"}, append_message)
    run("transcript and prompt", steps, {"transcript": "", "topic": "tents"}, grow_transcript)


if __name__ == "__main__":
    main()
