"""A step runs again from exactly the state it began with, by the engine's own rules."""

import shutil
from pathlib import Path

import pytest

from lar_debug.model.records import Outcome
from tests.runtime.recording import GRAPHS, Forks, runs_of, store_of

DIFFERENT_EACH_TIME = {("every_kind.py", "marker")}
"""Steps whose output holds the time of day."""


@pytest.mark.parametrize("recorded", ["every_kind", "in_functions", "in_objects"])
def test_every_step_comes_out_as_it_was_recorded(recorded, forks: Forks, request):
    folder = request.getfixturevalue(recorded)
    with store_of(folder) as store:
        todo = [(run, step, old) for run in runs_of(store) for step, old in store.steps(run.run)]
        for run, step, old in todo:
            result, _ = forks.attempt(folder, run.run, step.step)
            assert result["ran"], (step, result)
            new = store.execution(run.run, step.step, result["attempt"])
            assert new.outcome is old.outcome
            assert (new.next, new.error, new.error_at) == (old.next, old.error, old.error_at)
            assert new.before == old.before
            assert set(new.reads) == set(old.reads)
            assert set(new.written) == set(old.written)
            assert new.fingerprint == old.fingerprint
            assert new.source == old.source
            assert new.tokens == old.tokens
            if (Path(run.script).name, step.node.label) not in DIFFERENT_EACH_TIME:
                assert new.after == old.after, step


def test_nodes_of_functions_are_reached_by_running_the_script_and_it_is_said(
    in_functions: Path, forks: Forks
):
    with store_of(in_functions) as store:
        second = runs_of(store)[1]
        result, _ = forks.attempt(in_functions, second.run, 1)
        assert store.execution(second.run, 1, result["attempt"]).how == "ran main()"


def test_a_named_node_is_reached_without_running_the_main_block(reaching_out: Path, forks: Forks):
    with store_of(reaching_out) as store:
        (run,) = runs_of(store)
        result, _ = forks.attempt(reaching_out, run.run, 0)
        assert store.execution(run.run, 0, result["attempt"]).how == ""


def test_no_log_and_no_folder_is_left_behind(in_functions: Path, forks: Forks):
    with store_of(in_functions) as store:
        run = runs_of(store)[0]
    shutil.rmtree(in_functions / "logs", ignore_errors=True)
    forks.attempt(in_functions, run.run, 2)
    assert not (in_functions / "logs").exists()


@pytest.fixture
def project(tmp_path: Path, forks: Forks, port: int):
    """A project of one's own: a script, a prompt, a recording."""
    for name in ("reaching_out.py",):
        shutil.copy(GRAPHS / name, tmp_path)
    for name in ("settings.txt", "prompt.txt", "count.txt"):
        (tmp_path / name).write_text("3")
    done = forks.record(tmp_path, tmp_path / "reaching_out.py", str(port), roots=[str(tmp_path)])
    assert done.returncode == 0, done.stderr.decode()
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
        yield tmp_path, store, run.run


def test_edits_are_made_to_the_state_first_and_kept_with_the_attempt(project, forks: Forks):
    folder, store, run = project
    edits = {"set": {"port": "none"}, "unset": ["prompt"]}
    result, _ = forks.attempt(folder, run, 4, edits=edits, roots=[str(folder)])
    attempt = store.execution(run, 4, result["attempt"])
    assert attempt.edits == edits
    before = store.reader.value(attempt.before)
    assert (before["port"], "prompt" in before) == ("none", False)


def test_an_edit_that_does_not_fit_is_one_line_and_no_attempt(project, forks: Forks):
    folder, store, run = project
    result, _ = forks.attempt(
        folder, run, 0, edits={"set": {"order.total": 1}}, roots=[str(folder)]
    )
    assert result == {"ran": False, "problem": "order.total: the state has no 'order' there"}
    assert len(store.executions(run, 0)) == 1


def test_new_code_runs_and_fingerprint_and_source_say_what_is_new(project, forks: Forks):
    folder, store, run = project
    script = folder / "reaching_out.py"
    script.write_text(script.read_text().replace('"done")', '"other")\n    return "new"'))
    result, reports = forks.attempt(folder, run, 1, roots=[str(folder)])
    old, new = store.execution(run, 1, 0), store.execution(run, 1, result["attempt"])
    assert store.reader.value(new.after)["result"] == "new"
    assert (folder / "out.txt").read_text() == "other"
    changed = {part for part in new.fingerprint if new.fingerprint[part] != old.fingerprint[part]}
    assert changed == {"func:writes"}
    assert 'return "new"' in new.source
    loaded, begun = reports[:2]
    assert loaded["event"] == "loaded"
    assert str(script) in loaded["modules"]
    assert loaded["opened"] == [str(folder / "settings.txt")]
    assert begun == {"event": "begun", "attempt": result["attempt"]}


def test_an_attempt_keeps_only_the_modules_that_are_not_as_they_were_recorded(project, forks):
    folder, store, run = project

    def modules() -> list[str]:
        result, _ = forks.attempt(folder, run, 0, roots=[str(folder)])
        uses = store.files(run, 0, result["attempt"])
        return [use.path for use in uses if use.mode in ("module", "gone")]

    script = folder / "reaching_out.py"
    assert modules() == []
    script.write_text("# a comment\n" + script.read_text())
    assert modules() == [str(script)]


def test_nothing_runs_when_neither_the_node_nor_its_files_changed(project, forks: Forks):
    folder, store, run = project
    against = {
        "fingerprint": store.execution(run, 0, 0).fingerprint,
        "files": {use.path: use.digest for use in store.files(run, 0)},
    }
    same = {"if_stale_against": against, "roots": [str(folder)]}
    script = folder / "reaching_out.py"
    script.write_text("# a comment\n" + script.read_text())
    assert forks.attempt(folder, run, 0, **same)[0] == {"ran": False}
    assert len(store.executions(run, 0)) == 1
    (folder / "prompt.txt").write_text("another one")
    assert forks.attempt(folder, run, 0, **same)[0]["ran"]
    (folder / "prompt.txt").write_text("3")
    (folder / "absent.txt").write_text("now it is there")
    assert forks.attempt(folder, run, 0, **same)[0]["ran"]


@pytest.mark.parametrize(
    ("text", "line", "message", "shown"),
    [
        ("x = (1,\n", 1, "'(' was never closed", "x = (1,"),
        (
            "ok = 1\nno_such_name\n",
            2,
            "NameError: name 'no_such_name' is not defined",
            "no_such_name",
        ),
        ("", 0, "is empty", ""),
    ],
)
def test_code_that_does_not_load_is_told_with_its_line_and_is_no_attempt(
    project, forks: Forks, text, line, message, shown
):
    folder, store, run = project
    (folder / "reaching_out.py").write_text(text)
    result, reports = forks.attempt(folder, run, 0, roots=[str(folder)])
    error = result["load_error"]
    assert (result["ran"], reports) == (False, [])
    assert (Path(error["file"]).name, error["line"]) == ("reaching_out.py", line)
    assert (error["message"], error["text"]) == (message, shown)
    assert len(store.executions(run, 0)) == 1


def test_a_node_that_is_gone_from_the_code_is_said_to_be(project, forks: Forks):
    folder, _, run = project
    (folder / "reaching_out.py").write_text("from lar import AddValueNode\nnodes = []\n")
    result, _ = forks.attempt(folder, run, 0, roots=[str(folder)])
    assert "ended without coming to the run that step 0 belongs to" in result["problem"]


@pytest.mark.parametrize(("step", "what"), [(1, "write"), (2, "process"), (3, "connect")])
def test_a_step_that_is_only_checked_does_not_reach_the_outside(
    project, forks: Forks, step: int, what: str
):
    folder, store, run = project
    (folder / "out.txt").unlink()
    result, _ = forks.attempt(folder, run, step, block=True, roots=[str(folder)])
    attempt = store.execution(run, step, result["attempt"])
    assert attempt.outcome is Outcome.BLOCKED
    assert attempt.error.startswith(f"not done while it is only checked: {what} ")
    assert not (folder / "out.txt").exists()


def test_answers_come_from_the_recording_when_asked_for(every_kind: Path, forks: Forks):
    with store_of(every_kind) as store:
        (run,) = runs_of(store)
        for step in (4, 6, 16):
            result, _ = forks.attempt(every_kind, run.run, step, answers="recorded", block=True)
            old, new = (store.execution(run.run, step, n) for n in (0, result["attempt"]))
            assert (new.outcome, new.after) == (Outcome.SUCCESS, old.after)


def test_a_recorded_answer_has_all_that_the_model_gave(tmp_path: Path, forks: Forks):
    done = forks.record(tmp_path, "thinking.py")
    assert done.returncode == 0, done.stderr.decode()
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
        steps = list(store.steps(run.run))
        assert [step.node.label for step, _ in steps] == ["asks", "streams", "engine", "plain"]
        for step, old in steps:
            assert old.outcome is Outcome.SUCCESS, old.error
            number = forks.attempt(tmp_path, run.run, step.step, answers="recorded", block=True)[0]
            new = store.execution(run.run, step.step, number["attempt"])
            assert new.outcome is Outcome.SUCCESS, new.error
            # The output, and what the engine keeps of the reasoning in its own keys.
            assert store.reader.value(new.after) == store.reader.value(old.after)
        seen = store.reader.value(steps[-1][1].after)
    assert seen["asked"]["tools"] == [["look_up", '{"id": "A-1"}']]
    assert seen["asked"]["reasoning"] == "step by step"
    assert seen["streamed"]["tools"] == [["look_up", '{"id": "A-1"}']]


def test_a_call_that_was_not_recorded_is_an_error_that_says_so(every_kind: Path, forks: Forks):
    with store_of(every_kind) as store:
        (run,) = runs_of(store)
        result, _ = forks.attempt(
            every_kind, run.run, 6, answers="recorded", edits={"set": {"customer": "Ada"}}
        )
    assert result["outcome"] == "error"
    assert "its prompt is another one now" in result["error"]


def test_a_question_to_a_person_does_not_hang(tmp_path: Path, forks: Forks):
    forks.record(tmp_path, "jury.py")
    with store_of(tmp_path) as store:
        (run,) = runs_of(store)
        result, _ = forks.attempt(tmp_path, run.run, 1)
        attempt = store.execution(run.run, 1, result["attempt"])
    assert attempt.outcome is Outcome.WAITING
    assert "Refund 89 EUR?" in attempt.note


def test_looking_only_reports_the_fingerprints_of_the_whole_graph(every_kind: Path, forks: Forks):
    with store_of(every_kind) as store:
        (run,) = runs_of(store)
        recorded = store.nodes(run.run)
        result, (loaded, *_) = forks.attempt(every_kind, run.run, 0, probe=True)
    assert result == {"ran": False}
    for address, parts in loaded["fingerprints"].items():
        assert parts == recorded[address].fingerprint
