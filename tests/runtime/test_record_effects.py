"""What a step does to the world is known, so that nobody does it again by accident."""

from pathlib import Path

import pytest

from tests.runtime.recording import runs_of, store_of


@pytest.fixture
def steps(reaching_out: Path):
    with store_of(reaching_out) as store:
        (run,) = runs_of(store)
        yield [
            (
                execution,
                store.calls(run.run, step.step, 0),
                {(Path(use.path).name, use.mode): use for use in store.files(run.run, step.step)},
            )
            for step, execution in store.steps(run.run)
        ]


def test_files_that_a_step_reads_are_kept_with_their_text_and_absent_ones_count(
    reaching_out: Path, steps
):
    execution, calls, files = steps[0]
    assert set(files) == {("prompt.txt", "r"), ("absent.txt", "missing")}
    with store_of(reaching_out) as store:
        assert store.reader.text(files["prompt.txt", "r"].text) == "Say hello"
    assert (execution.effects, calls) == ((), [])


def test_a_written_file_is_an_effect(steps):
    execution, (call,), files = steps[1]
    assert execution.effects == ("write",)
    assert (call.kind, Path(call.settings["path"]).name) == ("file", "out.txt")
    assert files["out.txt", "w"].digest


def test_a_started_program_is_an_effect(steps):
    execution, (call,), _ = steps[2]
    assert execution.effects == ("process",)
    assert (call.kind, call.settings["argv"][1:]) == ("process", ["-c", "pass"])


def test_a_connection_is_an_effect_named_by_host(steps, port: int):
    execution, calls, _ = steps[3]
    assert execution.effects == ("connect",)
    assert [(call.kind, call.prompt) for call in calls] == [("http", f"localhost:{port}")]


def test_a_file_that_is_read_and_then_written_is_kept_as_it_was_read(reaching_out: Path, steps):
    _, _, files = steps[4]
    with store_of(reaching_out) as store:
        assert store.reader.text(files["count.txt", "r"].text) == "3"
    assert files["count.txt", "w"].digest != files["count.txt", "r"].digest


def test_files_that_importing_reads_belong_to_the_run(reaching_out: Path):
    with store_of(reaching_out) as store:
        (run,) = runs_of(store)
        modes = {Path(use.path).name: use.mode for use in store.files(run.run)}
    assert modes == {"settings.txt": "import", "reaching_out.py": "module"}
