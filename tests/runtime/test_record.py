"""A script is recorded as it is: every step of every run, with what it read, wrote and asked."""

from pathlib import Path

import pytest

from lar_debug.model.records import Outcome, RunStatus, Tokens
from tests.runtime.recording import plain, record, runs_of, store_of


@pytest.fixture
def steps(every_kind: Path):
    """Steps of the run over every kind of node, by label."""
    with store_of(every_kind) as store:
        (run,) = runs_of(store)
        yield {
            step.node.label: (step, execution, store.calls(run.run, step.step, 0))
            for step, execution in store.steps(run.run)
        }


def test_every_kind_of_node_is_a_step_with_its_name_and_the_next_one(steps):
    globals_of_the_script = (
        "first copy_items grow route branches summary writer counter broken cleaner triage bias "
        "scorer marker guard critic designer"
    )
    made_by_the_designer = "count_words helpers.py:11, LLMNode [step16().next_node]"
    assert " ".join(list(steps)[:17]) == globals_of_the_script
    assert ", ".join(list(steps)[17:]) == made_by_the_designer
    labels = list(steps)
    following = [[ref.label for ref in execution.next] for _, execution, _ in steps.values()]
    assert following == [[label] for label in labels[1:]] + [[]]


def test_super_execute_of_the_same_node_is_one_step(steps):
    _, execution, _ = steps["critic"]
    assert execution.changes.added == ("strict", "critique")


def test_only_the_step_that_failed_is_an_error_although_the_engine_keeps_saying_so(steps):
    outcomes = {label: execution.outcome for label, (_, execution, _) in steps.items()}
    assert [label for label, outcome in outcomes.items() if outcome is not Outcome.SUCCESS] == [
        "broken"
    ]


def test_an_error_that_a_tool_node_swallowed_comes_with_its_traceback_and_place(steps):
    _, execution, _ = steps["broken"]
    assert execution.error.startswith("KeyError: ")
    assert execution.error_at is not None
    file, line = execution.error_at
    assert (Path(file).name, line) == ("helpers.py", 16)
    assert "raise KeyError(text)" in execution.traceback
    assert "lar_debug" not in execution.traceback


def test_keys_are_those_that_were_read_and_written_and_nothing_of_the_engines(steps):
    def keys(label: str):
        return set(steps[label][1].reads), set(steps[label][1].written)

    assert keys("writer") == ({"topic", "customer"}, {"reply"})
    assert keys("route") == ({"items"}, {"_router_decision"})
    assert keys("guard") == ({"reply"}, set())
    assert keys("critic") == ({"reply"}, {"strict", "critique"})
    assert keys("summary") == ({"raw"}, {"summary", "raw"})


def test_a_key_changed_in_place_is_an_update_although_nobody_set_it(steps):
    _, execution, _ = steps["grow"]
    assert "items" in execution.changes.updated
    assert "items" in execution.written


def test_each_branch_of_a_batch_has_a_call_of_its_own_and_its_tokens_count(steps):
    step, execution, calls = steps["branches"]
    by_address = {call.address.rpartition(".")[2]: call for call in calls}
    assert by_address["nodes[0]"].prompt == "What risk has Eva?"
    assert by_address["nodes[1]"].prompt == "Mood of Eva?"
    assert by_address["nodes[1]"].output == "calm"
    assert execution.tokens == Tokens(
        sum(call.tokens.prompt for call in calls), sum(call.tokens.output for call in calls)
    )
    assert execution.tokens.total > max(call.tokens.total for call in calls) > 0
    assert step.node.label == "branches"


def test_a_streamed_call_is_kept_whole(steps):
    _, execution, (call,) = steps["writer"]
    assert call.system_instruction == "Be kind."
    assert call.output == '{"risk_level": "LOW", "finding": "nothing"}'
    assert call.settings["temperature"] == 0.2
    assert (call.finish, call.tokens.total > 0, call.error) == ("stop", True, "")
    assert call.model == "offline/echo"
    assert execution.effects == ()


def test_a_key_for_the_model_is_not_kept_with_the_call(steps):
    _, _, calls = steps["branches"]
    (mood,) = (call for call in calls if call.model == "gpt-4o-mini")
    assert mood.settings == {"mock_response": "calm", "api_key": "(not kept)"}


def test_the_call_of_an_adaptive_node_belongs_to_the_node_inside_it(steps):
    _, _, (call,) = steps["designer"]
    assert call.address.endswith(".llm_node")


def test_nodes_made_while_the_graph_runs_are_kept_with_the_step_that_made_them(every_kind: Path):
    with store_of(every_kind) as store:
        (run,) = runs_of(store)
        nodes = store.nodes(run.run)
    assert nodes["step16()"].produced_by == 16
    assert nodes["step16().next_node"].type == "LLMNode"


def test_a_step_says_where_its_node_is_written_and_keeps_its_source(every_kind: Path, steps):
    with store_of(every_kind) as store:
        (run,) = runs_of(store)
        where = {node.label: node.where for node in store.nodes(run.run).values()}
    text = (Path(__file__).parent / "graphs" / "every_kind.py").read_text().splitlines()
    place = text.index("writer = LLMNode(") + 1
    assert where["writer"] == f"every_kind.py:{place}"
    assert where["counter"] == "helpers.py:11"
    assert "Write about {{topic}}" in steps["writer"][1].source
    assert steps["counter"][1].source.startswith("def count_words(text):")
    assert steps["critic"][1].source.startswith("class StrictCritic")


def test_modules_of_the_project_are_kept_and_installed_ones_are_not(every_kind: Path):
    with store_of(every_kind) as store:
        (run,) = runs_of(store)
        files = {Path(use.path).name: use for use in store.files(run.run)}
        text = store.reader.text(files["helpers.py"].text)
    modules = {name for name, use in files.items() if use.mode == "module"}
    assert modules == {"every_kind.py", "helpers.py", "offline.py"}
    assert text == (Path(__file__).parent / "graphs" / "helpers.py").read_text()


def test_nodes_that_only_functions_hold_have_the_names_of_their_locals(in_functions: Path):
    with store_of(in_functions) as store:
        runs = runs_of(store)
        labels = [[step.node.label for step, _ in store.steps(run.run)] for run in runs]
    assert labels == [["entry", "middle", "closing"], ["second", "closing"]]
    assert [run.entry["function"] for run in runs] == ["main", "main"]


def test_several_runs_also_at_the_same_time_do_not_mix(in_objects: Path):
    with store_of(in_objects) as store:
        runs = runs_of(store)
        seen = []
        for run in runs:
            steps = store.steps(run.run)
            last = store.reader.value(steps[-1][1].after)
            seen.append((run.status, len(steps), last.get("n")))
    assert seen[:2] == [(RunStatus.FINISHED, 3, 2), (RunStatus.STOPPED, 1, 5)]
    assert sorted(seen[2:], key=lambda one: one[2]) == [
        (RunStatus.FINISHED, 3, 101),
        (RunStatus.FINISHED, 3, 201),
    ]


def test_the_script_does_not_notice(tmp_path: Path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    recorded = record(ours, "endings.py", "after")
    alone = plain(theirs, "endings.py", "after")
    assert recorded.returncode == alone.returncode == 1
    assert recorded.stderr == alone.stderr

    def without_ids(data: bytes) -> list[bytes]:
        return [line for line in data.splitlines() if b"Log saved to" not in line]

    assert without_ids(recorded.stdout) == without_ids(alone.stdout)


def test_a_script_that_does_not_parse_fails_as_it_does_without_us(tmp_path: Path):
    script = tmp_path / "torn.py"
    script.write_text("def f(:\n    pass\n")
    recorded = record(tmp_path, script)
    alone = plain(tmp_path, str(script))
    assert (recorded.returncode, recorded.stderr) == (alone.returncode, alone.stderr)
