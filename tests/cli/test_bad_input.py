"""What a person can get wrong, or meet: one clear line, the right exit code, nothing lost."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import COMMAND, Desk

WRONG = {
    "an unknown run": (("show", "nope"), "no run nope"),
    "an empty name": (("show", ""), "names no run"),
    "an unknown thread": (("show", "thread=nope"), "no run thread=nope"),
    "a step out of range": (("show", "last", "--step", "7"), "its steps are 0 to 6"),
    "a step before the first": (("show", "last", "--step", "-1"), "its steps are 0 to 6"),
    "a step beyond any number": (("show", "last", "--step", "9" * 30), "its steps are 0 to 6"),
    "a step that is no number": (("show", "last", "--step", "five"), "five"),
    "a step out of range in a reference": (("diff", "last:7"), "its steps are 0 to 6"),
    "a huge step in a reference": (("diff", "last:" + "9" * 5_000), "no step number"),
    "an attempt that is not there": (("show", "last:5", "--attempt", "9"), "they are 0 to 2"),
    "an attempt that is no number": (("show", "last:5", "--attempt", "x"), "a number or last"),
    "an attempt without a step": (("show", "last@2"), "an attempt needs a step"),
    "a step said twice": (("show", "last:5", "--step", "4"), "Say it once"),
    "a range that ends before it begins": (("show", "last", "--from", "5", "--to", "3"), "before"),
    "a range beyond the end": (("show", "last", "--from", "50"), "its steps are 0 to 6"),
    "a path without a step": (("show", "last", "--path", "a"), "need --step"),
    "a path that is none": (("show", "last:5", "--path", "a..b"), "is no path"),
    "a path to nothing": (("show", "last:5", "--path", "order.nope"), "nothing at order.nope"),
    "a facet of no step": (("diff", "last.prompt", "last.prompt"), "needs a step"),
    "a facet for show": (("show", "last:5.prompt"), "is for diff"),
    "one side of a diff alone": (("diff", "last"), "compare last with what?"),
    "one prompt alone": (("diff", "last:5.prompt"), "with what?"),
    "a run against a step": (("diff", "last", "last:5"), "a step with a step"),
    "a step without a prompt": (("diff", "last:1.prompt", "last:5.prompt"), "no single prompt"),
    "rerun without a step": (("rerun", "last"), "--step N"),
    "rerun of a step out of range": (("rerun", "last:7"), "its steps are 0 to 6"),
    "rerun from an attempt": (("rerun", "last:5@2"), "the recorded state"),
    "--set without a value": (("rerun", "last:5", "--set", "mood"), "PATH=JSON"),
    "--set without JSON": (("rerun", "last:5", "--set", "mood=calm"), "text needs quotes"),
    "--set to NaN": (("rerun", "last:5", "--set", "mood=NaN"), "no JSON"),
    "--set to no path": (("rerun", "last:5", "--set", "=1"), "is no path"),
    "--set of an unknown type": (("rerun", "last:5", "--set", 'a={"$type": 3}'), "$type"),
    "--unset of no path": (("rerun", "last:5", "--unset", "a..b"), "is no path"),
    "--repeat of nothing": (("rerun", "last:5", "--repeat", "0"), "0"),
    "--repeat with --watch": (("rerun", "last:5", "--repeat", "2", "--watch"), "--watch"),
    "--timeout of no time": (("rerun", "last:5", "--timeout", "nan"), "--timeout nan"),
    "deleting a step": (("delete", "last:5"), "a whole run"),
    "deleting an unknown run": (("delete", "last", "nope"), "no run nope"),
    "verifying a step": (("verify", "last:5", "--steps"), "a whole run"),
    "verifying what?": (("verify",), "--store for the whole store"),
    "verifying steps of a file": (("verify", "./agent.py", "--steps"), "--steps is for a run"),
    "verifying what is no log": (("verify", "./policies.json"), "only a run log"),
    "a secret for a run": (("verify", "last", "--secret-env", "HOME"), "signature of a log"),
    "a secret that is not there": (
        ("verify", "./policies.json", "--secret-env", "NO_SUCH_NAME"),
        "there is no such variable",
    ),
    "exporting in no format": (("export", "last"), "--format"),
    "exporting in an unknown format": (("export", "last", "--format", "xml"), "xml"),
    "exporting over a file": (
        ("export", "last", "--format", "checkpoint", "-o", "agent.py"),
        "nothing is overwritten",
    ),
    "exporting a step that is not there": (
        ("export", "last", "--format", "checkpoint", "--step", "7"),
        "its steps are 0 to 6",
    ),
    "a step of a log": (
        ("export", "last", "--format", "lar-audit-log", "--step", "1"),
        "for --format checkpoint",
    ),
    "a signed checkpoint": (
        ("export", "last", "--format", "checkpoint", "--secret-env", "HOME"),
        "has no signature",
    ),
    "importing what is not there": (("import", "nope.json"), "No such file"),
    "a choice without a graph": (("import", "policies.json", "--at", "1=x"), "--graph names"),
    "a choice that is none": (
        ("import", "policies.json", "--graph", "agent.py:load_ticket", "--at", "x"),
        "write STEP=NODE",
    ),
    "opening a step out of range": (("open", "last:7"), "its steps are 0 to 6"),
    "opening a file that is none": (("open", "./agent.py"), "holds no JSON object"),
    "a script as a command": (("agent.py",), "lar-debug run agent.py"),
    "an unknown command": (("replay", "last"), "replay"),
    "an unknown option": (("list", "--nope"), "--nope"),
    "a script of its own durability": (("run", "--durability", "sync", "agent.py"), "--durability"),
    "a missing argument": (("show",), "RUN"),
    "a script that is not there": (("run", "nope.py"), "nope.py: no such file"),
    "a graph in no file": (("run", "nope.py:start"), "nope.py: no such file"),
    "a folder as a script": (("run", "."), "give SCRIPT.py"),
    "a graph with no name": (("run", "agent.py:"), "is no name of a graph"),
    "arguments for a graph": (("run", "agent.py:load_ticket", "x"), "takes no arguments"),
    "input that is no JSON": (("run", "--input", "{", "agent.py:load_ticket"), "is no JSON"),
    "input that is no object": (("run", "--input", "[1]", "agent.py:load_ticket"), "not a list"),
    "input with NaN": (("run", "--input", '{"a": NaN}', "agent.py:load_ticket"), "NaN"),
    "input in no file": (("run", "--input", "@no.json", "agent.py:load_ticket"), "No such file"),
    "input for a script": (("run", "--input", "{}", "agent.py"), "for a graph"),
    "an interpreter that is not there": (
        ("run", "--python", "/no", "agent.py"),
        "no Python at /no",
    ),
    "no interpreter at all": (("run", "--python", "agent.py", "agent.py"), "cannot be run"),
    "a store that is not there": (("list", "--store", "no.db"), "no.db"),
    "a run in a store that is not there": (("show", "last", "--store", "no.db"), "no.db"),
    "a store that is a folder": (("list", "--store", "prompts"), "names a folder"),
    "a store that is no store": (("list", "--store", "agent.py"), "not a database"),
    "a demo in a folder with other things": (("demo", "prompts"), "no demo of ours"),
    "a demo in a file": (("demo", "agent.py"), "agent.py"),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_line_says_what_is_wrong(sample: Desk, at: Here, case: str) -> None:
    arguments, words = WRONG[case]
    said = at(sample, *arguments)
    assert words in said.complaint
    assert said.complaint.startswith("lar-debug: ")
    assert len(said.complaint) < 400 or "9999" in said.complaint
    assert (said.code, said.out) == (2, "")


def test_nothing_was_lost_by_any_of_it(sample: Desk, at: Here) -> None:
    test_one_line_says_what_is_wrong(sample, at, "deleting an unknown run")
    told = at(sample, "show", "last", "--json").json
    assert len(told["steps"]) == 7
    assert told["steps"][5]["attempts"] == 2


def test_an_ambiguous_prefix_lists_what_it_could_be(sample: Desk, tmp_path: Path, at: Here) -> None:
    copy = sample.copy_of_store(tmp_path / "copy.db")
    with sqlite3.connect(copy) as database:
        (run,) = database.execute("SELECT run FROM run").fetchone()
        columns = [row[1] for row in database.execute("PRAGMA table_info(run)")][1:]
        names = ", ".join(columns)
        query = f"INSERT INTO run SELECT ?, {names} FROM run WHERE run=?"
        database.execute(query, (f"{run}a", run))
        database.execute(query, (f"{run[:6]}zz", run))
    said = at(sample, "show", run[:5], "--store", str(copy))
    assert said.code == 2
    for known in (run, f"{run}a", f"{run[:6]}zz"):
        assert known in said.complaint
    # An exact id is meant even where it is the beginning of another.
    assert at(sample, "show", run, "--store", str(copy)).code == 0


def test_an_interpreter_without_the_engine_is_named(sample: Desk, tmp_path: Path, at: Here) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    said = at(sample, "run", "--python", str(bare), "agent.py")
    assert (said.code, "no lar-engine in" in said.complaint) == (2, True)
    said = at(sample, "rerun", "last:5", "--python", str(bare))
    assert (said.code, "no lar-engine in" in said.complaint) == (2, True)


def test_a_script_that_runs_no_graph_is_told_so(graphs: Desk, tmp_path: Path) -> None:
    graphs.write("no_graph.py", "print('hello')")
    said = graphs.lar_debug("run", "--store", str(tmp_path / "r.db"), "no_graph.py")
    assert (said.code, said.out) == (2, "hello\n")
    assert "made no graph run" in said.complaint


@pytest.mark.parametrize("name", ["nope", "NUMBER"])
def test_a_name_that_is_no_graph_is_told_so(graphs: Desk, tmp_path: Path, name: str) -> None:
    graphs.write("numbers_only.py", "NUMBER = 1")
    said = graphs.lar_debug("run", "--store", str(tmp_path / "r.db"), f"numbers_only.py:{name}")
    assert said.code == 2
    assert name in said.complaint


def test_a_locked_store_is_told_before_anything_runs(
    sample: Desk, tmp_path: Path, at: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lar_debug.store.connection.BUSY_MS", 50)
    copy = sample.copy_of_store(tmp_path / "copy.db")
    sample.write("touches.py", "open('ran', 'w')")
    holder = (
        "import sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('BEGIN EXCLUSIVE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", holder, str(copy)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holding:
        assert holding.stdout is not None
        assert holding.stdin is not None
        holding.stdout.readline()
        for arguments in (("run", "touches.py"), ("rerun", "last:5"), ("delete", "last")):
            said = at(sample, "--store", str(copy), *arguments)
            assert (said.code, "is locked by another program" in said.complaint) == (2, True)
        holding.stdin.close()
    assert not (sample.folder / "ran").exists()
    assert len(at(sample, "show", "last", "--json", "--store", str(copy)).json["steps"]) == 7


def test_a_damaged_store_is_told(sample: Desk, tmp_path: Path, at: Here) -> None:
    damaged = sample.copy_of_store(tmp_path / "copy.db")
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    for arguments in (
        ("list",),
        ("show", "last"),
        ("diff", "last:5"),
        ("rerun", "last:5"),
        ("gc",),
    ):
        said = at(sample, *arguments, "--store", str(damaged))
        assert (said.code, "damaged" in said.complaint) == (2, True), said.err
    damaged.write_bytes(whole[: len(whole) // 2])
    said = at(sample, "show", "last:5", "--store", str(damaged))
    assert (said.code, len(said.complaint) > 0) == (2, True)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE run SET status='odd'",
        "UPDATE run SET argv='{'",
        "UPDATE run SET entry='[[[[['",
        "UPDATE execution SET outcome='odd'",
        "UPDATE execution SET changes='[1]'",
        "UPDATE execution SET next='[3]'",
        "UPDATE execution SET before=x'00'",
        "UPDATE execution SET after=x'00112233445566778899aabbccddeeff'",
        "UPDATE call SET prompt=x'00112233445566778899aabbccddeeff'",
        "UPDATE call SET settings='nope'",
        "UPDATE object SET data=x'01'",
        "DELETE FROM object",
        "DROP TABLE step",
        "UPDATE meta SET value='99'",
        "UPDATE meta SET value='x'",
    ],
)
def test_what_nobody_of_us_wrote_is_told(
    sample: Desk, tmp_path: Path, at: Here, damage: str
) -> None:
    copy = sample.copy_of_store(tmp_path / "copy.db")
    with sqlite3.connect(copy) as database:
        database.execute(damage)
    said = at(sample, "show", "last", "--step", "5", "--store", str(copy))
    assert (said.code, said.out) == (2, "")
    assert said.complaint.startswith("lar-debug: ")


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path, None, None]:
    """A disk of 300 KB; skips where none can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_loses_nothing_of_what_was_there(
    sample: Desk, small_disk: Path, at: Here
) -> None:
    store = sample.copy_of_store(small_disk / "recordings.db")
    room = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize))
    for arguments in (("run", "agent.py"), ("rerun", "last:5"), ("delete", "last"), ("list",)):
        said = at(sample, "--store", str(store), *arguments)
        assert (said.code, "no room left" in said.complaint) == (2, True), said.err
    (small_disk / "filler").unlink()
    told = at(sample, "show", "last", "--json", "--store", str(store)).json
    assert [step["outcome"] for step in told["steps"]] == ["success"] * 7


def test_a_file_for_which_there_is_no_room_is_no_run(
    sample: Desk, small_disk: Path, at: Here, tmp_path: Path
) -> None:
    store = ("--store", str(sample.copy_of_store(small_disk / "recordings.db")))
    made = json.loads(at(sample, "export", "last", "--format", "lar-audit-log", *store).out)
    made["steps"] += [
        dict(made["steps"][0], state_after={"noise": os.urandom(50_000).hex()}) for _ in range(9)
    ]
    log = tmp_path / "run_large.json"
    log.write_text(json.dumps(made))
    before = at(sample, "list", "--json", *store).json
    said = sample.lar_debug("import", str(log), *store)
    assert (said.code, "no room left" in said.complaint) == (2, True), said.err
    assert at(sample, "list", "--json", *store).json == before
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert at(sample, "gc", *store).code == 0
    with sqlite3.connect(store[1]) as database:
        assert database.execute("SELECT count(*) FROM run").fetchone() == (len(before),)


def test_a_disk_that_fills_up_stops_the_recording_and_not_the_script(
    graphs: Desk, small_disk: Path, at: Here
) -> None:
    graphs.write(
        "fills.py",
        "import os\n"
        "from lar import AddValueNode, FunctionalNode, GraphExecutor\n"
        "def grow(state):\n"
        "    return os.urandom(400_000).hex()\n"
        "first = AddValueNode('a', 1, next_node=FunctionalNode(grow, output_key='b'))\n"
        "list(GraphExecutor(log_dir='logs').run_step_by_step(first, {}))\n"
        "print('done')\n",
    )
    store = ("--store", str(small_disk / "recordings.db"))
    said = graphs.lar_debug("run", *store, "fills.py")
    assert said.out.endswith("done\n")
    assert said.code in (0, 2)
    assert "no room left" in said.err
    assert "Traceback" not in said.err
    steps = at(graphs, "show", "last", "--json", *store).json["steps"]
    assert steps[0]["outcome"] == "success"
    assert at(graphs, "show", "last:0", "--path", "a", "--json", *store).json == 1


def test_a_read_only_disk_can_be_read_and_says_so_when_written(
    sample: Desk, tmp_path: Path, at: Here
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    store = sample.copy_of_store(disk / "recordings.db")
    if subprocess.run(["mount", "--bind", disk, disk], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", disk], check=True)
        told = at(sample, "show", "last", "--json", "--store", str(store))
        assert len(told.json["steps"]) == 7
        for arguments in (("run", "agent.py"), ("rerun", "last:5"), ("delete", "last"), ("gc",)):
            said = at(sample, "--store", str(store), *arguments)
            assert (said.code, "read-only" in said.complaint.lower()) == (2, True), said.err
        said = at(sample, "--store", str(disk / "new.db"), "run", "agent.py")
        assert said.code == 2
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_output_that_cannot_be_written_is_told(sample: Desk) -> None:
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [*COMMAND, "list"],
            cwd=sample.folder,
            env=sample.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr.decode() == "lar-debug: stdout cannot be written: No space left on device\n"


def test_a_reader_that_leaves_is_no_error(sample: Desk) -> None:
    said = sample.call(["sh", "-c", f"{' '.join(COMMAND)} show last --json | head -c 1"])
    assert (said.out, said.err) == ("{", "")


def test_a_terminal_without_unicode_gets_escapes(sample: Desk) -> None:
    said = sample.started("diff", "last:5@2", environ={"PYTHONIOENCODING": "ascii"})
    assert said.code == 0, said.err
    assert "#1 > #2" in said.out


def test_a_folder_that_is_gone_is_one_line(sample: Desk) -> None:
    command = f"mkdir gone && cd gone && rmdir ../gone && {' '.join(COMMAND)} list"
    said = sample.call(["sh", "-c", command])
    assert said.code == 2
    assert said.complaint.startswith("lar-debug: ")
