"""Whatever a node does, the debugger goes on, says what happened, and nothing is left of it."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from lar_debug.client import attempt as client
from lar_debug.client.attempt import AttemptResult
from lar_debug.client.captured import OUTPUT_LIMIT
from tests.runtime.process_tools import (
    PATIENCE,
    a_worker,
    in_overtime,
    run,
    until,
    wait_until_gone,
)


def outcome_of(
    job: str,
    request: dict[str, Any] | None = None,
    *,
    memory: int | None = None,
) -> AttemptResult:
    """How a hostile job ends; after it a good one has to do well in the same worker."""

    async def both() -> AttemptResult:
        async with a_worker() as worker:
            result = await worker.run(f"jobs.hostile:{job}", request or {}, memory=memory)
            good = await worker.run("jobs.plain:where", {})
            assert good.how == "done"
            return result

    return run(both())


def test_sys_exit_is_an_exception_like_others() -> None:
    result = outcome_of("exits")
    assert result.how == "raised"
    assert result.raised is not None
    assert (result.raised.type, result.raised.message) == ("SystemExit", "3")


def test_os_exit_is_told_by_its_code_and_the_output_before_it_is_kept() -> None:
    result = outcome_of("exits_at_once")
    assert (result.how, result.code, result.signal) == ("died", 7, None)
    assert result.stdout.data == b"before the end\n"


@pytest.mark.parametrize(
    ("job", "number"), [("segfaults", signal.SIGSEGV), ("aborts", signal.SIGABRT)]
)
def test_a_crash_is_told_by_its_signal_and_shows_where_it_happened(job: str, number: int) -> None:
    result = outcome_of(job)
    assert (result.how, result.code, result.signal) == ("died", None, number)
    assert f"in {job}".encode() in result.stderr.data


def test_endless_recursion_is_an_exception_with_a_short_traceback() -> None:
    result = outcome_of("recurses")
    assert result.raised is not None
    assert result.raised.type == "RecursionError"
    assert len(result.raised.traceback) < 5_000


def test_a_keyboard_interrupt_of_the_nodes_own_is_an_exception() -> None:
    result = outcome_of("raises_interrupt")
    assert (result.how, result.raised and result.raised.type) == ("raised", "KeyboardInterrupt")


def test_an_exception_whose_text_cannot_be_read_is_still_told() -> None:
    result = outcome_of("raises_what_cannot_be_shown")
    assert result.raised is not None
    assert result.raised.type == "Unspeakable"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is killed for being slow to take an interrupt."""
    monkeypatch.setattr(client, "INTERRUPT_GRACE", PATIENCE)


def outcome_out_of_time(job: str) -> AttemptResult:
    async def ended() -> AttemptResult:
        async with a_worker() as worker:
            return await (await in_overtime(worker, f"jobs.hostile:{job}")).finished()

    return run(ended())


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("job", ["loops", "backtracks"])
def test_a_timeout_interrupts_the_node_and_shows_the_place(job: str) -> None:
    result = outcome_out_of_time(job)
    assert result.how == "timeout"
    assert result.raised is not None
    assert result.raised.type == "KeyboardInterrupt"
    assert f"in {job}" in result.raised.traceback


@pytest.mark.usefixtures("patient")
def test_a_node_that_takes_the_interrupt_of_a_timeout_may_still_answer() -> None:
    result = outcome_out_of_time("takes_the_interrupt")
    assert (result.how, result.result) == ("timeout", {"interrupted": True})


def test_a_node_that_ignores_all_signals_is_killed() -> None:
    result = outcome_out_of_time("ignores_signals")
    assert (result.how, result.signal) == ("timeout", signal.SIGKILL)


def test_a_node_that_ignores_all_signals_shows_its_stacks_before_it_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "STACKS_GRACE", PATIENCE)

    async def shown() -> None:
        async with a_worker() as worker:
            attempt = await in_overtime(worker, "jobs.hostile:ignores_signals")
            assert attempt._outputs is not None
            _, stderr = attempt._outputs
            await until(lambda: b"in ignores_signals" in stderr.captured().data)
            attempt.stop()
            assert (await attempt.finished()).how == "timeout"

    run(shown())


def test_a_hundred_megabytes_of_prints_are_kept_in_part_and_counted() -> None:
    result = outcome_of("prints_much")
    assert result.how == "done"
    assert result.stdout.data.startswith(b"the first line\n")
    assert result.stdout.data.endswith(b"the last line\n")
    kept = len(result.stdout.head) + len(result.stdout.tail)
    assert kept <= OUTPUT_LIMIT
    assert kept + result.stdout.dropped == len("the first line\nthe last line\n") + 100_000_000


def test_what_a_node_leaves_running_is_ended_after_it() -> None:
    pids: list[int] = []

    async def leave() -> AttemptResult:
        async with a_worker() as worker:
            return await worker.run(
                "jobs.hostile:leaves_processes",
                {},
                on_report=lambda data: pids.extend(data["pids"]),
            )

    result = run(leave())
    assert (result.how, result.leftovers) == ("done", 3)
    wait_until_gone(pids)


def test_the_processes_of_another_attempt_that_still_runs_are_left_alone() -> None:
    async def both() -> None:
        async with a_worker() as worker:
            reported = asyncio.Event()
            pids: list[int] = []

            def hear(data: dict[str, Any]) -> None:
                pids.extend(data["pids"])
                reported.set()

            staying = worker.begin("jobs.hostile:leaves_processes", {"wait": True}, on_report=hear)
            await reported.wait()
            other = await worker.run("jobs.hostile:leaves_processes", {})
            assert other.leftovers == 3
            assert all(Path(f"/proc/{pid}").exists() for pid in pids)
            staying.stop()
            result = await staying.finished()
            assert result.how == "killed"
            wait_until_gone(pids)

    run(both())


@pytest.mark.parametrize("request_", [{}, {"wait": True}])
def test_a_node_that_forks_answers_once(request_: dict[str, Any]) -> None:
    result = outcome_of("forks", request_)
    assert result.how == "done"
    assert result.result is not None
    assert result.result["copy"] > 0


def test_an_exception_in_a_forked_copy_is_not_taken_for_the_nodes() -> None:
    result = outcome_of("forks_and_raises")
    assert (result.how, result.raised) == ("done", None)


def test_a_memory_hog_under_a_limit_is_an_exception() -> None:
    result = outcome_of("eats_memory", memory=256 << 20)
    assert (result.how, result.raised and result.raised.type) == ("raised", "MemoryError")


def test_input_finds_no_one_to_answer() -> None:
    result = outcome_of("asks")
    assert (result.how, result.raised and result.raised.type) == ("raised", "EOFError")


def test_a_node_that_closes_every_descriptor_still_ends() -> None:
    result = outcome_of("closes_everything")
    assert (result.how, result.result) == ("died", None)


def test_the_answer_is_never_sent_over_a_connection_of_the_nodes_own(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "server"))
        server.listen(128)
        result = outcome_of("takes_the_socket", {"address": str(tmp_path / "server")})
        assert (result.how, result.result) == ("died", None)
        for _ in range(64):
            connection, _ = server.accept()
            with connection:
                assert connection.recv(1) == b""


def test_any_bytes_may_be_printed() -> None:
    result = outcome_of("prints_bytes")
    assert result.stdout.data == b"\xff\xfe \x1b[2J\x1b]52;c;aGk=\x07\n\\ud800 alone\n"


def test_threads_that_go_on_do_not_hold_the_end_back() -> None:
    result = outcome_of("leaves_threads")
    assert (result.how, result.result) == ("done", {"threads": 5})


@pytest.mark.parametrize("job", ["returns_much", "returns_no_data"])
def test_a_result_that_cannot_travel_is_a_clear_error(job: str) -> None:
    result = outcome_of(job)
    assert result.raised is not None
    assert result.raised.type == "ProtocolError"
    assert "\n" not in result.raised.message


def test_a_node_that_writes_on_our_socket_is_ended_with_a_line() -> None:
    result = outcome_of("talks_nonsense")
    assert result.result is None
    assert result.problem
    assert "\n" not in result.problem


def test_a_stdout_that_cannot_be_flushed_does_not_cost_the_result() -> None:
    assert outcome_of("flushes_never").result == {"flushed": False}


def test_the_event_loop_goes_on_while_nodes_misbehave() -> None:
    async def all_at_once() -> None:
        async with a_worker() as worker:
            jobs = ("loops", "backtracks", "prints_for_ever", "reports_for_ever")
            begun = {job: asyncio.Event() for job in jobs}
            attempts = [
                worker.begin(
                    f"jobs.hostile:{job}", {}, on_report=lambda _, job=job: begun[job].set()
                )
                for job in jobs
            ]
            for event in begun.values():
                await event.wait()
            # Others come to their end beside them, one after the other.
            for _ in range(10):
                assert (await worker.run("jobs.plain:where", {})).how == "done"
            assert not any(attempt.over for attempt in attempts)
            for attempt in attempts:
                attempt.stop()
                assert (await attempt.finished()).how == "killed"

    run(all_at_once())
