"""What a store of recordings promises, with real files and real processes."""

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lar_debug.model.records import Call, Execution, FileUse, Node, Outcome, RunStatus
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.session.recording import Recording
from lar_debug.store.database import Store, StoreError, StoreInUse
from tests.unit import store_process
from tests.unit.store_process import add_run, begin, info, record

ROOT = Path(__file__).parents[2]
WORDS = ("the", "order", "has", "been", "with", "the", "carrier", "since", "and", "not", "moved")


def long_text(seed: int, words: int = 20_000) -> str:
    chosen = random.Random(seed)
    return " ".join(chosen.choice(WORDS) + str(chosen.randrange(1000)) for _ in range(words))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Store.open(tmp_path / "recordings.db", create=True).close()
    return tmp_path / "recordings.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store.open(path)
    yield store
    store.close()


def start(path: Path, what: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, store_process.__file__, str(path), what],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


# -- what a step leaves -------------------------------------------------------------------------


def test_a_step_is_kept_before_its_node_runs(store: Store, path: Path):
    add_run(store, "r")
    execution = begin(store, "r", {"order": {"total": 89.0}})
    other = Store.open(path)
    ((step, found),) = other.steps("r")
    assert (step.step, found.outcome) == (0, Outcome.RUNNING)
    assert other.reader.value(found.before) == {"order": {"total": 89.0}}
    assert execution.before == found.before
    other.close()


def test_everything_of_an_execution_comes_back(store: Store):
    add_run(store, "r")
    before = begin(store, "r", {"a": 1})
    ended = Execution(
        "r",
        0,
        0,
        Outcome.ERROR,
        before.started,
        before=before.before,
        after=before.before,
        duration_ns=7,
        error="KeyError: 'oder'\nsecond line",
        traceback=long_text(1, 500),
        error_at=("/agent.py", 38),
        reads=("order", "a.b"),
        written=("reply",),
        effects=("connect",),
        fingerprint={"prompt_template": "abc"},
        source="def f(): ...\n" * 40,
        edits={"set": {"order.total": 0}},
        note="a note",
        how="ran main()",
    )
    call = Call(0, "llm", model="m", prompt=long_text(2, 400), output="ok", settings={"t": 0.2})
    uses = [FileUse("/prompt.md", "r", "00ff", ""), FileUse("/absent.txt", "missing")]
    store.end_execution(ended, calls=[call], files=uses)
    assert store.execution("r", 0, 0) == ended
    assert store.calls("r", 0, 0) == [call]
    assert set(store.files("r", 0, 0)) == set(uses)


def test_lone_surrogates_and_control_codes_lose_no_recording(store: Store):
    odd = "a\x00b\x1b[31m \ud800 \u202e"
    store.add_run(info("r", error=""), [Node("start", odd, odd, odd)])
    store.set_status("r", RunStatus.FAILED, error=odd)
    store.add_console("r", 0, 0, "stdout", b"\xff\xfe\x00 not utf-8")
    store.texts.write(odd)
    assert store.console("r", 0, 0) == [("stdout", b"\xff\xfe\x00 not utf-8")]
    assert store.run("r").error.startswith("a\x00b\x1b[31m ")
    assert "start" in store.nodes("r")


def test_a_kill_between_begin_and_end_leaves_the_state_and_names_the_step(path: Path):
    process = start(path, "dies")
    assert process.wait(30) == -signal.SIGKILL
    store = Store.open(path)
    assert store.execution("r", 0, 0).outcome is Outcome.RUNNING
    recording = Recording(store, store.run("r"))
    assert recording.info.status is RunStatus.CRASHED
    assert recording.default_step() == 0
    assert [line.outcome for line in recording.summaries()] == [Outcome.CRASHED]
    found = recording.execution(0, 0)
    assert found.outcome is Outcome.CRASHED
    assert recording.value(found.before) == {"order": {"total": 89.0}}
    store.close()


def test_attempts_are_numbered_once_over_all_processes(store: Store, path: Path):
    add_run(store, "r")
    begin(store, "r", {})
    processes = [start(path, "numbers") for _ in range(4)]
    printed = [process.communicate(timeout=60)[0].split() for process in processes]
    numbers = [int(number) for each in printed for number in each]
    assert sorted(numbers) == list(range(1, 101))
    assert all(sorted(each, key=int) == each for each in printed)


def test_an_attempt_that_ended_is_not_ended_a_second_time(store: Store):
    add_run(store, "r")
    begin(store, "r", {})
    number = store.begin_attempt("r", 0, before="", edits={}, started=1.0)
    assert store.end_attempt_as("r", 0, number, Outcome.TIMEOUT, "stopped after 1 s")
    assert not store.end_attempt_as("r", 0, number, Outcome.SUPERSEDED, "")
    assert store.execution("r", 0, number).outcome is Outcome.TIMEOUT


# -- who may use it -----------------------------------------------------------------------------


def test_only_this_user_can_read_it(path: Path):
    os.umask(os.umask(0))
    store = Store.open(path)
    add_run(store, "r")
    files = [path, *path.parent.glob(f"{path.name}-*")]
    assert len(files) > 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    store.close()


CLOSES = """
import os, sys
from pathlib import Path
from lar_debug.store.database import Store
from tests.unit.store_process import add_run
store = Store.open(Path(sys.argv[1]))
add_run(store, "before")
os.closerange(3, 4096)
mine = [os.open(f"{sys.argv[1]}.{number}", os.O_RDWR | os.O_CREAT) for number in range(8)]
add_run(store, "after")
assert len(store.runs()) == 2
store.close()
for number in mine:
    os.write(number, b"mine")
"""


def test_a_program_that_closes_every_file_loses_neither_its_own_nor_the_recording(path: Path):
    done = subprocess.run(
        [sys.executable, "-c", CLOSES, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    with closing(Store.open(path)) as store:
        assert {info.run for info in store.runs()} == {"before", "after"}
    assert {file.read_bytes() for file in path.parent.glob("recordings.db.?")} == {b"mine"}


def test_a_forked_child_is_refused_and_harms_nothing(store: Store):
    add_run(store, "r")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            add_run(store, "from the child")
            os.write(writing, b"written")
        except StoreError as error:
            os.write(writing, str(error).encode())
        finally:
            store.close()
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    assert said == f"{store.path} was opened by another process; open it again"
    add_run(store, "s")
    assert {one.run for one in store.runs()} == {"r", "s"}


def test_a_store_of_another_version_is_refused_in_one_line(path: Path):
    with sqlite3.connect(path) as sql:
        sql.execute("UPDATE meta SET value='99' WHERE name='schema'")
    sql.close()
    with pytest.raises(StoreError) as refused:
        Store.open(path)
    assert "its format is 99" in str(refused.value)
    assert "open it with the version that made it" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"not a database" * 100, "is damaged"), (b"", "is no store of lar-debug")],
)
def test_what_is_no_store_is_told_in_one_line(tmp_path: Path, content: bytes, told: str):
    file = tmp_path / "recordings.db"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=told) as refused:
        Store.open(file)
    assert "\n" not in str(refused.value)


def test_a_missing_store_is_not_made_by_looking(tmp_path: Path):
    told = "it is not there; lar-debug run SCRIPT.py makes one, --store PATH names another$"
    with pytest.raises(StoreError, match=told):
        Store.open(tmp_path / "recordings.db")
    assert not list(tmp_path.iterdir())


def test_opening_it_a_second_time_in_a_process_leaves_the_locks_of_the_first(path: Path):
    """Another process may otherwise take itself for the last one and remove the log."""
    first = Store.open(path)
    add_run(first, "r")
    Store.open(path, create=True).close()
    looks = (
        "import sqlite3, sys; sql = sqlite3.connect(sys.argv[1]);"
        "print(sql.execute('SELECT count(*) FROM run').fetchone()[0]); sql.close()"
    )
    command = [sys.executable, "-c", looks, str(path)]
    assert subprocess.check_output(command) == b"1\n"
    add_run(first, "s")
    assert subprocess.check_output(command) == b"2\n"
    first.close()


# -- giving room back ---------------------------------------------------------------------------


def objects(path: Path) -> int:
    with sqlite3.connect(path) as sql:
        count = sql.execute("SELECT count(*) FROM object").fetchone()[0]
    sql.close()
    return count


def test_deleting_a_run_frees_what_only_it_used(store: Store, path: Path):
    shared, own = long_text(3), long_text(4)
    record(store, "keeps", shared)
    before, size = objects(path), store.size()
    record(store, "goes", shared + own)
    assert objects(path) > before
    store.delete_run("goes")
    assert store.collect_garbage() > len(own) / 8
    store.compact()
    assert objects(path) == before
    assert store.size() < size + 100_000
    assert store.calls("keeps", 0, 0)[0].prompt == shared
    assert store.reader.value(store.execution("keeps", 0, 0).before) == {"text": shared}


def test_nothing_is_freed_while_every_run_needs_it(store: Store):
    record(store, "keeps", long_text(5))
    assert store.collect_garbage() == 0


def test_what_is_put_and_not_named_yet_is_kept(store: Store):
    reference = store.texts.write(long_text(6))
    store.collect_garbage()
    add_run(store, "r")
    begin(store, "r", {})
    store.add_files("r", [FileUse("/prompt.md", "import", "00", reference)])
    assert store.reader.text(reference) == long_text(6)


def test_who_has_collected_puts_again_what_was_freed(store: Store, path: Path):
    text = long_text(7)
    record(store, "first", text)
    store.delete_run("first")
    assert store.collect_garbage() > 0
    record(store, "second", text)
    other = Store.open(path)
    assert other.calls("second", 0, 0)[0].prompt == text
    other.close()


def test_nothing_is_freed_under_a_program_that_remembers_it(store: Store, path: Path):
    text = long_text(8, 2_000)
    writer = start(path, "remembers")
    assert writer.stdin is not None
    assert writer.stdout is not None
    print(text, file=writer.stdin, flush=True)
    assert writer.stdout.readline() == "recorded\n"
    store.delete_run("first")
    with pytest.raises(StoreInUse) as refused:
        store.collect_garbage()
    assert "try again when it is done" in str(refused.value)
    print("go on", file=writer.stdin, flush=True)
    assert writer.stdout.readline() == "again\n"
    assert writer.wait(30) == 0
    store.collect_garbage()
    other = Store.open(path)
    assert other.calls("second", 0, 0)[0].prompt == text
    assert other.reader.value(other.execution("second", 0, 0).before) == {"text": text}
    other.close()


def test_a_killed_writer_keeps_nobody_from_collecting(store: Store, path: Path):
    writer = start(path, "remembers")
    assert writer.stdin is not None
    assert writer.stdout is not None
    print(long_text(9, 500), file=writer.stdin, flush=True)
    assert writer.stdout.readline() == "recorded\n"
    writer.kill()
    writer.wait()
    store.delete_run("first")
    assert store.collect_garbage() > 0


def test_who_only_reads_keeps_nobody_from_collecting(store: Store, path: Path):
    record(store, "r", long_text(10, 500))
    store.close()
    reader = Store.open(path)
    assert reader.runs()
    collector = Store.open(path)
    collector.delete_run("r")
    assert collector.collect_garbage() > 0
    collector.close()
    reader.close()


def test_a_forked_child_that_lives_on_keeps_nobody_from_collecting(store: Store, path: Path):
    record(store, "r", long_text(11, 500))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    store.close()
    collector = Store.open(path)
    collector.delete_run("r")
    freed = collector.collect_garbage()
    os.close(writing)
    os.waitpid(child, 0)
    collector.close()
    assert freed > 0


def test_a_run_that_is_deleted_while_a_step_runs_leaves_no_rows(store: Store, path: Path):
    add_run(store, "r")
    execution = begin(store, "r", {})
    other = Store.open(path)
    other.delete_run("r")
    other.close()
    with pytest.raises(StoreError, match="was deleted"):
        store.end_execution(execution)
    with sqlite3.connect(path) as sql:
        assert sql.execute("SELECT count(*) FROM execution").fetchone() == (0,)
    sql.close()


def test_two_threads_lose_nothing_that_one_puts_while_the_other_writes(store: Store):
    """What is put between the flush of a transaction and its end waits for the next one."""
    add_run(store, "r")
    with store.objects.transaction():
        reference = store.texts.write(long_text(12, 300))
    add_run(store, "s")
    other = Store.open(store.path)
    assert other.reader.text(reference) == long_text(12, 300)
    other.close()


def test_a_state_that_grows_costs_its_growth(store: Store, path: Path):
    add_run(store, "r")
    snapshotter = Snapshotter(store.objects, store.texts, run="r", key=None)
    messages: list[str] = []
    for step in range(50):
        messages.append(long_text(step, 60))
        snapshotter.take({"messages": messages})
    add_run(store, "s")
    total = sum(map(len, messages))
    with sqlite3.connect(path) as sql:
        (kept,) = sql.execute("SELECT sum(length(data)) FROM object").fetchone()
    sql.close()
    assert kept < 2 * total
