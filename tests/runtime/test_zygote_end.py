"""Nothing outlives the debugger, and no death of ours costs more than the attempts that ran."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lar_debug.client.attempt import AttemptResult
from lar_debug.client.worker import Worker
from lar_debug.client.zygote import WorkerError
from tests.cli.desk import Desk
from tests.runtime.process_tools import HERE, a_worker, run, wait_until_gone
from tests.runtime.test_zygote import write_modules

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("job", ["jobs.hostile:leaves_processes", "jobs.hostile:loops"])
def test_killing_the_debugger_leaves_no_process(job: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.runtime.jobs.a_debugger", job],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as debugger:
        assert debugger.stdout is not None
        pids = json.loads(debugger.stdout.readline())
        debugger.kill()
    assert len(pids) >= 3
    wait_until_gone(pids)


def test_killing_the_debugger_and_its_guard_leaves_no_attempt() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.runtime.jobs.a_debugger", "jobs.hostile:loops"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as debugger:
        assert debugger.stdout is not None
        attempt, guard, zygote = json.loads(debugger.stdout.readline())[-3:]
        above = (debugger.pid, guard)
        # All of them first stand still, so that none can do anything about another's death.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in above:
                os.kill(pid, number)
    wait_until_gone([attempt, zygote])


def test_killing_the_debugger_leaves_no_recorded_script(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", "import os, signal\nprint(os.getpid(), flush=True)\nsignal.pause()\n")
    command = ("run", "--no-ui", "agent.py")
    with desk.begin(*command, stdout=subprocess.PIPE, session=True) as debugger:
        assert debugger.stdout is not None
        script = int(debugger.stdout.readline())
        debugger.kill()
        debugger.stdout.close()
    wait_until_gone([script])


def test_killing_the_debugger_while_it_preloads_leaves_no_process(tmp_path: Path) -> None:
    environ = write_modules(
        tmp_path, {"hangs": "import os; print(os.getpid()); [0 for _ in iter(int, 1)]"}
    )
    program = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from lar_debug.client.worker import Worker\n"
        "async def main():\n"
        "    worker = await Worker.start(sys.executable, cwd=Path('.'), environ=dict(os.environ,\n"
        f"        PYTHONPATH={environ['PYTHONPATH']!r}))\n"
        "    found = await worker.run('jobs.plain:where', {})\n"
        "    print(worker.pid, found.result['parent'], flush=True)\n"
        "    await worker.preload(['hangs'])\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE
    ) as debugger:
        assert debugger.stdout is not None
        pids = [int(pid) for pid in debugger.stdout.readline().split()]
        debugger.kill()
    wait_until_gone(pids)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_when_the_zygote_dies_its_attempts_end_and_the_next_one_works(number: int) -> None:
    events: list[str] = []

    async def use() -> tuple[AttemptResult, list[int]]:
        pids: list[int] = []
        told = asyncio.Event()

        def hear(data: dict[str, Any]) -> None:
            pids.extend(data["pids"])
            told.set()

        async with a_worker(events=events) as worker:
            await worker.preload(["json.tool"])
            before = await worker.run("jobs.plain:where", {})
            assert before.result is not None
            attempt = worker.begin("jobs.hostile:leaves_processes", {"wait": True}, on_report=hear)
            await told.wait()
            os.kill(before.result["parent"], number)
            lost = await attempt.finished()
            after = await worker.run("jobs.plain:preloaded", {"modules": ["json.tool"]})
            assert after.result == {"there": ["json.tool"]}
            return lost, pids

    lost, pids = run(use())
    assert (lost.how, lost.problem) == ("died", "the worker process ended")
    assert len(events) == 1
    assert "\n" not in events[0]
    wait_until_gone(pids)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_guard_dies_its_attempts_end_too(number: int) -> None:
    async def use() -> None:
        looping = asyncio.Event()
        async with a_worker() as worker:
            attempt = worker.begin("jobs.hostile:loops", {}, on_report=lambda _: looping.set())
            await looping.wait()
            assert attempt.pid is not None
            assert worker.pid is not None
            os.kill(worker.pid, number)
            assert (await attempt.finished()).how == "died"
            wait_until_gone([attempt.pid])
            assert (await worker.run("jobs.plain:where", {})).how == "done"

    run(use())


def test_a_module_that_ends_the_interpreter_is_told_and_not_loaded_again(tmp_path: Path) -> None:
    environ = write_modules(tmp_path, {"ends": "import os; os._exit(1)"})

    async def use() -> None:
        async with a_worker(environ=environ) as worker:
            with pytest.raises(WorkerError, match="ends cannot be preloaded"):
                await worker.preload(["ends"])
            assert (await worker.run("jobs.plain:where", {})).how == "done"

    run(use())


def test_closing_ends_what_runs_and_can_be_done_twice() -> None:
    async def use() -> None:
        looping = asyncio.Event()
        worker = await Worker.start(
            sys.executable, cwd=HERE, environ={**os.environ, "PYTHONPATH": str(HERE)}
        )
        attempt = worker.begin("jobs.hostile:loops", {}, on_report=lambda _: looping.set())
        await looping.wait()
        await worker.close()
        assert (await attempt.finished()).how == "killed"
        await worker.close()
        assert attempt.pid is not None
        wait_until_gone([attempt.pid])

    run(use())


@pytest.mark.parametrize("how", ["close", "cancel"])
def test_a_module_that_hangs_while_it_is_loaded_holds_nothing_up(tmp_path: Path, how: str) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    environ = write_modules(tmp_path, {"hangs": f"open({str(gate)!r}).read()"})

    async def use() -> None:
        async with a_worker(environ=environ) as worker:
            loading = asyncio.create_task(worker.preload(["hangs"]))
            # It is let in once it is being loaded, and waits there for what is never written.
            held = await asyncio.to_thread(os.open, gate, os.O_WRONLY)
            if how == "cancel":
                loading.cancel()
                await asyncio.wait([loading])
                assert (await worker.run("jobs.plain:where", {})).how == "done"
            else:
                await worker.close()
                with pytest.raises(WorkerError, match="hangs cannot be preloaded"):
                    await loading
            os.close(held)

    run(use())
