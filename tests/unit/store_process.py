"""Writes into a store as a process of its own: store_process.py STORE WHAT; talks by lines.

`numbers`: takes 25 attempt numbers of step 0 and prints them. `dies`: begins a step and is
killed. `remembers`: puts a text for a run, then waits for a line before it records the same text
again in another run.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from lar_debug.model.records import (
    Call,
    Execution,
    NodeRef,
    Outcome,
    RunInfo,
    RunStatus,
    Segment,
    Step,
)
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.store.database import Store
from lar_debug.store.liveness import process_identity

NODE = NodeRef("start", "write_reply")


def info(run: str, **more) -> RunInfo:
    return RunInfo(
        run=run,
        thread=run,
        target="agent.py",
        engine="lar",
        engine_version="2.1.0",
        python="3.11.7",
        interpreter=sys.executable,
        cwd="/",
        script="/agent.py",
        argv=(),
        started=time.time(),
        **more,
    )


def add_run(store: Store, run: str, status: RunStatus = RunStatus.RUNNING) -> None:
    store.add_run(info(run, status=status))
    store.add_segment(Segment(run, 0, process_identity(), time.time()))


def begin(store: Store, run: str, state: dict, step: int = 0) -> Execution:
    taken = Snapshotter(store.objects, store.texts, run=run, key=None).take(state)
    execution = Execution(run, step, 0, Outcome.RUNNING, time.time(), before=taken.ref)
    store.begin_step(Step(run, step, NODE, engine_step=step), execution)
    return execution


def record(store: Store, run: str, text: str) -> None:
    """A run of one step, whose state and whose model's answer hold a text."""
    add_run(store, run, RunStatus.FINISHED)
    execution = begin(store, run, {"text": text})
    ended = Execution(
        run, 0, 0, Outcome.SUCCESS, time.time(), before=execution.before, after=execution.before
    )
    store.end_execution(ended, calls=[Call(0, "llm", prompt=text, output=text)])


def main() -> None:
    store = Store.open(Path(sys.argv[1]))
    what = sys.argv[2]
    if what == "numbers":
        for _ in range(25):
            number = store.begin_attempt("r", 0, before="", edits={}, started=0.0)
            print(number, flush=True)
    elif what == "dies":
        add_run(store, "r")
        begin(store, "r", {"order": {"total": 89.0}})
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "remembers":
        text = sys.stdin.readline().strip()
        record(store, "first", text)
        print("recorded", flush=True)
        sys.stdin.readline()
        record(store, "second", text)
        print("again", flush=True)
        store.close()


if __name__ == "__main__":
    main()
