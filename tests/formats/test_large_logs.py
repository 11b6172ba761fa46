"""A log is taken in piece by piece: memory does not grow with the file, and an import that is
killed leaves nothing that is taken for the whole."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lar_debug.formats.foreign import import_file
from lar_debug.formats.json_stream import NotReadable
from lar_debug.model.records import RunStatus
from lar_debug.store.database import Store
from tests.cli.desk import COMMAND, PATIENCE, Desk

MB = 1 << 20
ROOM = 24 * MB
"""More memory than this for the larger file, and it was read whole: as text alone it has more."""


def _write_log(path: Path, size: int) -> int:
    """A log of at least that size, of entries that are all alike; how many there are."""
    state = {"text": "a word and another one " * 200, "numbers": list(range(200))}
    count = 0
    with path.open("w", encoding="ascii") as file:
        file.write('{\n  "run_id": "large",\n  "timestamp": "2026-11-20T10:00:00",\n  "steps": [')
        while file.tell() < size:
            entry: dict[str, Any] = {
                "step": count,
                "node": "ToolNode",
                "state_before": {**state, "count": count},
                "state_diff": {"added": {}, "removed": {}, "updated": {"count": count + 1}},
                "run_metadata": None,
                "outcome": "success",
                "state_after": {**state, "count": count + 1},
            }
            file.write(("," if count else "") + "\n" + json.dumps(entry, indent=2))
            count += 1
        file.write(f'\n  ],\n  "summary": {{"total_steps": {count}}}\n}}')
    return count


def _peak(desk: Desk, *arguments: str) -> int:
    """Bytes of memory that a command took at most."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=desk.folder,
        env=desk.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.new(tmp_path)


def test_memory_does_not_grow_with_the_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(desk.environ, "AUDIT", "secret")
    _write_log(desk.folder / "small.json", MB)
    _write_log(desk.folder / "large.json", 40 * MB)
    for command in ("import",), ("verify",):
        small, large = (_peak(desk, *command, f"./{name}.json") for name in ("small", "large"))
        assert large - small < ROOM


def test_a_killed_import_is_not_taken_for_a_whole_one(desk: Desk) -> None:
    count = _write_log(desk.folder / "log.json", 10 * MB)
    process = desk.begin("import", "./log.json", stdout=subprocess.DEVNULL)
    try:
        _wait_for_steps(desk.store, process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    # What there is of it is no run, neither crashed nor anything else.
    runs = desk.lar_debug("list", "--json").json
    assert [run["steps"] for run in runs] in ([], [count])
    said = desk.lar_debug("import", "./log.json", "--json")
    assert said.code == 0, said.err
    (run,) = desk.lar_debug("list", "--json").json
    assert run == said.json["runs"][0]
    assert (run["status"], run["steps"]) == ("finished", count)
    assert desk.lar_debug("verify", "--store").code == 0


def test_a_file_that_is_written_to_while_it_is_read_leaves_nothing_behind(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    _write_log(log, MB)

    def read_on(at: int, size: int) -> None:
        del at, size
        with log.open("a") as file:
            file.write(" ")

    with closing(Store.open(tmp_path / "recordings.db", create=True)) as store:
        with pytest.raises(NotReadable, match="was changed while it was read"):
            import_file(store, log, read_on)
        assert store.runs() == store.unfinished_imports() == []
        (run,), new = import_file(store, log)
        assert (new, run.status) == (True, RunStatus.FINISHED)


def _wait_for_steps(store: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the import has begun to write, or is through already."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
                if database.execute("SELECT count(*) FROM step").fetchone()[0]:
                    return
        except sqlite3.Error:
            # It is only being made.
            continue
