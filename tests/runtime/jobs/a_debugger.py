"""A debugger for the tests to kill: runs a job that stays, and prints all pids below it as JSON.

Started as `python -m tests.runtime.jobs.a_debugger JOB`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from lar_debug.client.worker import Worker

JOBS = Path(__file__).parents[1]


async def main() -> None:
    told = asyncio.Event()
    pids: list[int] = []

    def hear(data: dict[str, Any]) -> None:
        pids.extend(data.get("pids", []))
        told.set()

    environ = {**os.environ, "PYTHONPATH": str(JOBS)}
    worker = await Worker.start(sys.executable, cwd=JOBS, environ=environ)
    where = await worker.run("jobs.plain:where", {})
    attempt = worker.begin(sys.argv[1], {"wait": True}, on_report=hear)
    await told.wait()
    assert where.result is not None
    assert attempt.pid is not None
    assert worker.pid is not None
    pids.extend([attempt.pid, worker.pid, where.result["parent"]])
    print(json.dumps(pids), flush=True)
    await attempt.finished()


asyncio.run(main())
