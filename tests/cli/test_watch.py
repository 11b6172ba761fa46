"""`rerun --watch`: a line at once, then one for each save that changed what the step runs."""

from __future__ import annotations

import json
import select
import signal
import sqlite3
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import PATIENCE, SAMPLES, Desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A sample of our own to edit."""
    desk = Desk.new(tmp_path_factory.mktemp("watch"), SAMPLES / "support_reply")
    assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
    return desk


@pytest.fixture(scope="module")
def watching(desk: Desk) -> Generator[subprocess.Popen[bytes], None, None]:
    arguments = ("rerun", "last", "--step", "5", "--watch", "--json")
    pipe = subprocess.PIPE
    with desk.begin(*arguments, stdout=pipe, stderr=pipe, bufsize=0, session=True) as command:
        yield command
        command.kill()


def next_line(stream: IO[bytes] | None) -> bytes:
    """A whole line of an unbuffered pipe, within the time a person would wait."""
    assert stream is not None
    line = b""
    while not line.endswith(b"\n"):
        assert select.select([stream], [], [], PATIENCE)[0], f"nothing more came: {line!r}"
        piece = stream.read(1)
        assert piece, f"it ended: {line!r}"
        line += piece
    return line


def next_attempt(watching: subprocess.Popen[bytes]) -> dict[str, Any]:
    line = next_line(watching.stdout)
    assert line.isascii()
    return json.loads(line)


def edit(file: Path, old: str, new: str) -> None:
    """Save as most editors do: nobody ever sees half of it."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    draft = file.with_name(f"{file.name}.draft")
    draft.write_text(text.replace(old, new), encoding="utf-8")
    draft.replace(file)


def test_saves_become_attempts(desk: Desk, watching: subprocess.Popen[bytes], at: Here) -> None:
    assert watching.stderr is not None
    prompt = desk.folder / "prompts" / "reply.md"
    first = next_attempt(watching)
    assert (first["attempt"], first["outcome"], first["cause"]) == (1, "success", [])

    edit(prompt, "Write the answer to the customer.", "Write a formal answer.")
    second = next_attempt(watching)
    assert (second["attempt"], second["base"]) == (2, 1)
    assert second["after"]["reply"].startswith("Dear Ms Lindqvist")
    assert [cause["where"] for cause in second["cause"]] == ["prompts/reply.md:9"]

    # A save that changes nothing of this step says so.
    edit(desk.folder / "agent.py", "A colleague takes it", "A colleague will take it")
    line = next_line(watching.stderr).decode()
    assert "nothing that step 5 runs has changed, not run" in line

    # A file that does not parse is an answer too, and the next save that does goes on.
    edit(desk.folder / "answering.py", "FORMAL_STARTS = (", "FORMAL_STARTS = ((")
    broken = next_attempt(watching)
    assert (broken["attempt"], broken["outcome"]) == (None, "load_error")
    assert broken["where"]["file"].endswith("answering.py")
    edit(desk.folder / "answering.py", "FORMAL_STARTS = ((", "FORMAL_STARTS = (")
    edit(prompt, "Write a formal answer.", "Write a formal answer. Name the amount.")
    third = next_attempt(watching)
    assert (third["attempt"], third["base"], third["outcome"]) == (3, 2, "success")

    watching.send_signal(signal.SIGINT)
    assert watching.wait(PATIENCE) == 130
    assert b"Traceback" not in watching.stderr.read()
    assert at(desk, "show", "last:5", "--json").json["attempts"] == 3


def test_a_step_that_reached_the_outside_is_not_run_by_saves(
    sample: Desk, tmp_path: Path, at: Here
) -> None:
    copy = sample.copy_of_store(tmp_path / "copy.db")
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE execution SET effects='[\"connect\"]' WHERE step=6")
    said = at(sample, "--store", str(copy), "rerun", "last:6", "--watch")
    assert (said.code, "--live lets saves run it" in said.complaint) == (2, True)
    assert "check_reply reached the outside" in said.complaint
