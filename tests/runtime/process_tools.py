"""What the tests of processes share: a worker with the test jobs, and looking for what is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import shutil
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from lar_debug.client.attempt import Attempt
from lar_debug.client.worker import Worker

HERE = Path(__file__).parent
PATIENCE = 60.0
"""Seconds until a test gives up waiting for something that must happen."""

OTHER_PYTHONS = ("3.10", "3.12", "3.13")

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(PATIENCE):
            return await coroutine

    return asyncio.run(bounded())


async def until(condition: Callable[[], object]) -> None:
    """Wait for what nobody tells of; `run` gives up in the end."""
    while not condition():
        await asyncio.sleep(0.01)


async def in_overtime(worker: Worker, job: str) -> Attempt:
    """A job whose time has run out when it was in the midst of it, however slow the machine."""
    at_it = asyncio.Event()
    # Begun ahead of being asked for: its time counts only from `go`.
    attempt = worker.prepare(job, {})
    attempt._on_report = lambda _: at_it.set()
    await at_it.wait()
    return worker.go(attempt, {}, timeout=0)


@contextlib.asynccontextmanager
async def a_worker(
    interpreter: str = sys.executable,
    *,
    cwd: Path = HERE,
    environ: Mapping[str, str] | None = None,
    events: list[str] | None = None,
) -> AsyncIterator[Worker]:
    """A worker that finds the test jobs; when it is closed nothing may be left of it."""
    mark = uuid.uuid4().hex
    everything = {**os.environ, "PYTHONPATH": str(HERE), "LAR_DEBUG_TEST": mark, **(environ or {})}
    heard: list[str] = [] if events is None else events
    worker = await Worker.start(interpreter, cwd=cwd, environ=everything, on_event=heard.append)
    try:
        yield worker
        # One that was retired, or has died, may take a moment to be gone with all of its own.
        await until(lambda: len(marked(mark)) in (0, 2))
    finally:
        await worker.close()
    assert marked(mark) == []


def marked(mark: str) -> list[int]:
    """The living processes that have, or inherited, the environment of a worker."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


def other_python(version: str) -> str:
    """Another Python that is installed beside this one or on the PATH; skips without it."""
    beside = Path(sys.base_prefix).parent.glob(f"*/bin/python{version}")
    found = next((str(path) for path in beside), None) or shutil.which(f"python{version}")
    if found is None or subprocess.run([found, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"no Python {version} here")
    return found


def wait_until_gone(pids: list[int]) -> None:
    """Wait for the end of processes that are no children of ours; fails when one goes on."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            assert select.select([descriptor], [], [], PATIENCE)[0], f"process {pid} is left"
        finally:
            os.close(descriptor)
