"""A recording from elsewhere: reading it runs nothing; running it needs a person's yes."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import sqlite3
from hashlib import blake2b
from pathlib import Path

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import Desk


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.file,))


@pytest.fixture(scope="module")
def recorded(graphs: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one run."""
    store = tmp_path_factory.mktemp("recorded") / "recordings.db"
    said = graphs.lar_debug("--store", str(store), "run", "endings.py", "fine")
    assert said.code == 0, said.err
    return store


@pytest.fixture
def foreign(recorded: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A store that names a script and an interpreter which would leave a file, and that file.

    Its state holds a pickle which would do so too.
    """
    trace = tmp_path / "something ran"
    script = tmp_path / "agent.py"
    script.write_text(f"open({str(trace)!r}, 'w').close()\n", encoding="utf-8")
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\ntouch {str(trace)!r}\n", encoding="utf-8")
    interpreter.chmod(0o755)
    store = tmp_path / "foreign.db"
    shutil.copyfile(recorded, store)
    with sqlite3.connect(store) as database:
        database.execute(
            "UPDATE run SET script=?, interpreter=?, cwd=?",
            (str(script), str(interpreter), str(tmp_path)),
        )
        _plant(database, pickle.dumps(Evil(trace)))
    return store, trace


def _plant(database: sqlite3.Connection, data: bytes) -> None:
    """Put a pickle where a state refers to one."""
    digest = blake2b(b"\x06" + data, digest_size=16).digest()
    database.execute("INSERT INTO object VALUES (?, ?)", (digest, b"\x06" + data))
    text = json.dumps({"$type": "pickle", "$value": {"$at": 0}}, separators=(",", ":")).encode()
    payload = b"\x01\x00" + digest + text
    value = blake2b(b"\x01" + payload, digest_size=16).digest()
    database.execute("INSERT INTO object VALUES (?, ?)", (value, b"\x01" + payload))
    database.execute("UPDATE execution SET before=? WHERE step=1", (value,))


READING = [
    ("list",),
    ("show", "last"),
    ("show", "last:1"),
    ("show", "last:0", "--all"),
    ("show", "last:0", "--attempts"),
    ("diff", "last:0"),
    ("diff", "last:0", "last:1"),
    ("diff", "last", "last"),
    ("open", "last"),
    (),
]


def test_reading_it_runs_no_code_and_no_pickle(
    foreign: tuple[Path, Path], sample: Desk, at: Here
) -> None:
    store, trace = foreign
    for arguments in READING:
        for form in ((), ("--json",)):
            said = at(sample, "--store", str(store), *form, *arguments)
            assert "Traceback" not in said.err
    assert not trace.exists()


@pytest.mark.parametrize("arguments", [("rerun", "last:1"), ("verify", "last", "--steps")])
def test_running_it_without_a_terminal_is_refused_in_one_line(
    foreign: tuple[Path, Path], sample: Desk, at: Here, arguments: tuple[str, ...]
) -> None:
    store, trace = foreign
    said = at(sample, "--store", str(store), *arguments)
    assert (said.code, said.out) == (2, "")
    assert "was not recorded by this machine" in said.complaint
    assert f"{store.parent / 'python'} {store.parent / 'agent.py'}" in said.complaint
    assert not trace.exists()


def test_a_run_of_our_own_is_not_asked_about_and_a_changed_one_is(
    sample: Desk, tmp_path: Path, at: Here
) -> None:
    copy = sample.copy_of_store(tmp_path / "copy.db")
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE run SET argv='[\"--pay\"]'")
    said = at(sample, "--store", str(copy), "rerun", "last:6")
    assert said.code == 2
    assert re.search(r"agent\.py --pay in ", said.complaint)
    # Where the machine's key is another, the run is another's.
    stranger = {"XDG_CONFIG_HOME": str(tmp_path / "stranger")}
    said = sample.lar_debug("rerun", "last:6", environ=stranger)
    assert (said.code, "was not recorded by this machine" in said.complaint) == (2, True)
    # And where there can be no key, it says what to do about that.
    (tmp_path / "file").touch()
    said = sample.lar_debug("rerun", "last:6", environ={"XDG_CONFIG_HOME": str(tmp_path / "file")})
    assert (said.code, "LAR_DEBUG_KEY_FILE" in said.complaint) == (2, True)
