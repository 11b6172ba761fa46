"""However a run ends, what was finished is kept, and the step it died in is named."""

import errno
from pathlib import Path

import pytest

from lar_debug.model.records import Outcome, RunStatus
from lar_debug.runtime.console_marks import MarkParser
from lar_debug.store.liveness import is_alive
from tests.runtime.recording import Forks, runs_of, store_of


def ended(forks: Forks, folder: Path, how: str):
    """(exit code, [(status, error, [(outcome, error)])]) of the script that ends like that."""
    done = forks.record(folder, "endings.py", how)
    with store_of(folder) as store:
        runs = [
            (
                run.status,
                run.error,
                [(execution.outcome, execution.error) for _, execution in store.steps(run.run)],
            )
            for run in runs_of(store)
        ]
    return done.returncode, runs


OK = (Outcome.SUCCESS, "")


@pytest.mark.parametrize(
    ("how", "code", "status", "why"),
    [
        ("raises", 0, RunStatus.FAILED, "KeyError: 'oder'"),
        ("exits", 5, RunStatus.FAILED, "SystemExit: 5"),
        ("interrupted", -2, RunStatus.STOPPED, "KeyboardInterrupt"),
    ],
)
def test_a_node_that_raises_ends_its_step_and_its_run(forks, tmp_path, how, code, status, why):
    assert ended(forks, tmp_path, how) == (code, [(status, why, [OK, (Outcome.ERROR, why)])])


@pytest.mark.parametrize(("how", "code"), [("dies", 9), ("killed", -9)])
def test_a_process_that_dies_leaves_the_step_it_died_in(forks, tmp_path, how, code):
    running = (Outcome.RUNNING, "")
    assert ended(forks, tmp_path, how) == (code, [(RunStatus.RUNNING, "", [OK, running])])
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
        (segment,) = store.segments(run.run)
        state = store.reader.value(store.execution(run.run, 1, 0).before)
    assert not is_alive(segment.process)
    assert state["begun"] is True


def test_a_loop_that_is_left_is_stopped(forks, tmp_path):
    assert ended(forks, tmp_path, "leaves") == (0, [(RunStatus.STOPPED, "", [OK])])


def test_too_many_visits_are_the_runs_failure_and_no_step(forks, tmp_path):
    why = "Maximum visits (3) exceeded for AddValueNode."
    assert ended(forks, tmp_path, "fatigue") == (0, [(RunStatus.FAILED, why, [OK] * 3)])


def test_the_circuit_breaker_that_breaks_itself_is_shown_as_what_it_is(forks, tmp_path):
    code, [(status, why, steps)] = ended(forks, tmp_path, "breaker")
    assert (code, status, steps) == (1, RunStatus.FAILED, [OK] * 5)
    assert why.startswith("max_steps 5 reached; the engine's circuit breaker then failed itself")


def test_a_state_that_the_engine_cannot_copy_ends_the_run_but_the_step_is_kept(forks, tmp_path):
    code, [(status, why, steps)] = ended(forks, tmp_path, "locks")
    assert (code, status, steps) == (1, RunStatus.FAILED, [OK, OK])
    assert "cannot pickle '_thread.lock' object" in why
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
        (mark,) = store.execution(run.run, 1, 0).marks
    assert mark.path == ("lock",)


def test_an_old_last_error_makes_no_step_an_error_and_the_same_text_set_again_does(forks, tmp_path):
    for name in ("sticky", "same_error"):
        (tmp_path / name).mkdir()
    assert ended(forks, tmp_path / "sticky", "sticky")[1][1][2] == [OK]
    second = ended(forks, tmp_path / "same_error", "same_error")[1][1]
    assert second == (RunStatus.FAILED, "old trouble", [(Outcome.ERROR, "old trouble")])


def test_a_script_that_closes_its_streams_is_recorded_to_its_end(forks, tmp_path):
    _, [(status, why, steps)] = ended(forks, tmp_path, "closes_files")
    assert status is RunStatus.FAILED
    assert f"[Errno {errno.EBADF}]" in why
    assert steps[0] == OK


def test_a_store_that_fails_in_the_middle_is_one_line_and_the_script_goes_on(forks, tmp_path):
    script = tmp_path / "spoils.py"
    script.write_text(
        "import os, sqlite3\n"
        "from lar import FunctionalNode, GraphExecutor\n"
        "def spoil(state):\n"
        "    other = sqlite3.connect('recordings.db')\n"
        "    other.execute('DROP TABLE execution')\n"
        "    other.close()\n"
        "last = FunctionalNode(lambda state: 'done', 'result')\n"
        "first = FunctionalNode(spoil, next_node=last)\n"
        "*_, end = GraphExecutor().run_step_by_step(first, {})\n"
        "print(end['state_after']['result'])\n"
    )
    done = forks.record(tmp_path, script)
    assert (done.returncode, b"done\n" in done.stdout) == (0, True)
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("lar-debug: recording stopped: ")
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
    assert run.status is RunStatus.STOPPED
    assert f"lar-debug: {run.error}" == line


def test_a_store_that_cannot_be_opened_is_one_line_and_the_script_runs(forks, tmp_path):
    done = forks.record(tmp_path, "endings.py", "fine", store=str(tmp_path / "no" / "such.db"))
    assert done.returncode == 0
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("lar-debug: nothing is recorded: ")


def test_a_forked_child_of_the_script_leaves_the_recording_alone(forks, tmp_path):
    script = tmp_path / "forks.py"
    script.write_text(
        "import os\n"
        "from lar import AddValueNode, GraphExecutor\n"
        "first = AddValueNode('a', 1, next_node=AddValueNode('b', 2))\n"
        "parent = os.getpid()\n"
        "for step in GraphExecutor().run_step_by_step(first, {}):\n"
        "    if step['step'] == 0:\n"
        "        os.fork()\n"
        "if os.getpid() != parent:\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    done = forks.record(tmp_path, script)
    assert (done.returncode, done.stderr) == (0, b"")
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
        assert (run.status, len(store.step_numbers(run.run))) == (RunStatus.FINISHED, 2)


def test_without_anybody_to_ask_the_run_waits_with_its_question(forks, tmp_path):
    done = forks.record(tmp_path, "jury.py")
    assert (done.returncode, b"after" in done.stdout) == (0, False)
    # The loop sees an entry that says so, and then no code of the script takes it for the end.
    assert b"step 1" in done.stdout
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
        execution = store.execution(run.run, 1, 0)
    assert (run.status, execution.outcome) == (RunStatus.WAITING, Outcome.WAITING)
    assert '"question": "Refund 89 EUR?"' in execution.note
    assert '"choices": ["approve", "reject"]' in execution.note
    assert '"context": {"order": {"id": "A-1042"}}' in execution.note


def test_an_answer_that_is_piped_in_is_taken(forks, tmp_path):
    answer = tmp_path / "answer"
    answer.write_text("approve\n")
    done = forks.record(tmp_path, "jury.py", stdin=answer)
    assert b"after" in done.stdout
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
        after = store.reader.value(store.execution(run.run, 2, 0).after)
    assert (run.status, after["decision"]) == (RunStatus.FINISHED, "approve")


def test_a_named_graph_runs_without_the_main_block_and_writes_no_log(forks, tmp_path):
    done = forks.record(
        tmp_path,
        "every_kind.py",
        kind="target",
        name="first",
        input={"customer": "Eva"},
        pause_before="counter",
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"outcome success" not in done.stdout
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
        assert (run.status, len(store.step_numbers(run.run))) == (RunStatus.WAITING, 7)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == []


def test_a_graph_that_goes_on_after_max_steps_has_failed(forks, tmp_path):
    done = forks.record(tmp_path, "jury.py", kind="target", name="make", input={}, max_steps=1)
    assert done.returncode == 1
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
    assert (run.status, run.error) == (RunStatus.FAILED, "max_steps 1 reached, the graph went on")


def test_a_name_that_is_no_node_is_one_line(forks, tmp_path):
    for name, why in (("nothing", "has no nothing"), ("__doc__", "gives a str")):
        done = forks.record(tmp_path, "jury.py", kind="target", name=name, target="jury.py")
        assert done.returncode == 2
        assert why in done.stderr.decode().splitlines()[-1]


def test_what_a_step_prints_stands_between_its_marks(forks, tmp_path):
    done = forks.record(tmp_path, "endings.py", "fine", marks="n0nce")
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
    parser = MarkParser("n0nce")
    printed: dict = {}
    for key, data in parser.feed(done.stdout) + parser.end():
        printed[key] = printed.get(key, b"") + data
    assert set(printed) == {None, (run.run, 0), (run.run, 1)}
    assert b"Setting state['begun']" in printed[run.run, 0]
    assert b"Saved result" in printed[run.run, 1]
    assert b"lar-debug" not in b"".join(printed.values())


LEAVES_OPEN = """
import gc, weakref
from lar import GraphExecutor, node

KEPT = []

def run():
    @node(output_key="x")
    def opens(state):
        KEPT.append(open("left.txt", "w"))
        KEPT[-1].write("what was written")
        return {"large": list(range(1000))}

    for _ in GraphExecutor(log_dir="logs").run_step_by_step(opens, {}):
        pass
    return weakref.ref(opens)

if __name__ == "__main__":
    graph = run()
    gc.collect()
    print("kept" if graph() is not None else "gone")
"""


def test_what_the_program_made_is_its_own_again_when_its_run_is_over(tmp_path: Path, forks: Forks):
    (tmp_path / "script.py").write_text(LEAVES_OPEN)
    done = forks.record(tmp_path, tmp_path / "script.py", roots=[str(tmp_path)])
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines()[-1] == "gone"
    # Python flushes an open file when the last reference to it goes, at the very end.
    assert (tmp_path / "left.txt").read_text() == "what was written"
