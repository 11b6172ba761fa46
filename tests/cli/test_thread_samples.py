"""What the samples of threads claim: the same command finishes what a crash left."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from tests.cli.desk import SAMPLES, Desk, Said


def started(desk: Desk, **environ: str) -> Said:
    """A sample of the library, by Python alone."""
    return Desk(desk.folder, {**desk.environ, **environ}).python("agent.py")


def ran(desk: Desk, *arguments: str, **environ: str) -> Said:
    """The same in a process that need not import the engine."""
    return desk.script("agent.py", *arguments, environ=environ)


def test_the_same_command_finishes_what_a_crash_left(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path, SAMPLES / "three_steps")
    first = started(desk, CRASH="true")
    assert first.code == 1
    assert re.findall(r"Executing step (\d)\.\.\.$", first.out, re.M) == ["1", "2"]
    second = started(desk)
    assert second.code == 0, second.err
    assert re.findall(r"Executing step (\d)\.\.\.$", second.out, re.M) == ["2", "3"]
    assert "Final result: order of Ada and 12 letters: done" in second.out


def test_a_hundred_steps_that_a_rate_limit_stopped_run_the_last_one_alone(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path, SAMPLES / "pipeline")
    first = ran(desk, RATE_LIMITED="true")
    assert first.code == 1
    assert "stopped at step 99: litellm.RateLimitError" in first.err
    assert len(re.findall(r"^step \d+$", first.out, re.M)) == 99
    second = ran(desk)
    assert second.code == 0, second.err
    assert not re.findall(r"^step \d+$", second.out, re.M)
    assert "All rows are clean." in second.out
    (row,) = desk.lar_debug("list", "--json").json
    assert (row["status"], row["steps"]) == ("finished", 101)


def test_fifty_steps_that_were_killed_in_the_forty_ninth_run_two(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path, SAMPLES / "pipeline")
    first = ran(desk, "--steps", "50", KILLED="true")
    assert first.code == 128 + signal.SIGKILL
    second = ran(desk, "--steps", "50")
    assert second.code == 0, second.err
    assert re.findall(r"^step (\d+)$", second.out, re.M) == ["48"]
    steps = desk.lar_debug("show", "last", "--json").json["steps"]
    assert [step["engine_step"] for step in steps] == [*range(49), 48, 49]
