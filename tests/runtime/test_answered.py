"""A job's answer is there before its process is gone, and nothing of it is missing."""

from __future__ import annotations

import asyncio

import pytest

from lar_debug.client.attempt import AttemptResult
from tests.runtime.jobs.answers import PIPE_BYTES
from tests.runtime.process_tools import a_worker, run, wait_until_gone


def answer_of(job: str) -> tuple[AttemptResult, AttemptResult]:
    """What a job answers, and how it ended; in the end nothing may be left of it."""

    async def both() -> tuple[AttemptResult, AttemptResult]:
        async with a_worker() as worker:
            attempt = worker.begin(job, {})
            return await attempt.answered(), await attempt.finished()

    return run(both())


def test_the_answer_holds_all_that_was_printed_in_whatever_way() -> None:
    answer, end = answer_of("jobs.plain:speak")
    assert answer.how == "done"
    assert answer.stdout.data == end.stdout.data
    assert answer.stderr.data == end.stderr.data == b"from stderr\n"
    for said in (b"from print", b"from os.write", b"from printf", b"from a shell", b"no newline"):
        assert said in answer.stdout.data


def test_the_answer_does_not_overtake_what_waits_in_the_pipe() -> None:
    async def busy_debugger() -> AttemptResult:
        async with a_worker() as worker:
            begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            attempt = worker.begin(
                "jobs.answers:fills_a_large_pipe",
                {},
                on_report=lambda report: begun.set_result(report["pid"]),
            )
            # Nothing is read while this blocks: answer and output then wait side by side.
            wait_until_gone([await begun])
            return await attempt.answered()

    assert run(busy_debugger()).stdout.data == b"x" * PIPE_BYTES


def test_processes_that_a_job_leaves_behind_are_killed_after_its_answer() -> None:
    answer, end = answer_of("jobs.hostile:leaves_processes")
    assert answer.how == end.how == "done"
    assert answer.result == end.result
    assert end.leftovers > 0


def test_a_job_that_dies_without_an_answer_is_told_as_it_ended() -> None:
    answer, end = answer_of("jobs.hostile:exits_at_once")
    assert (answer.how, answer.code) == ("died", 7)
    assert answer == end


def test_who_no_longer_waits_for_the_answer_has_killed_the_job() -> None:
    async def give_up() -> AttemptResult:
        async with a_worker() as worker:
            attempt = worker.begin("jobs.hostile:loops", {})
            waiting = asyncio.create_task(attempt.answered())
            while attempt.pid is None:
                await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            return await attempt.finished()

    assert run(give_up()).how == "killed"
