"""What programs rely on: with --json stdout is one JSON document with the promised keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import Desk

RUN = {
    "run", "thread", "target", "engine", "status", "steps", "started", "tokens", "parent", "next",
    "interrupts", "saved", "thread_total",
}  # fmt: skip
STEP = {
    "step", "engine_step", "segment", "node", "type", "address", "outcome", "error", "next",
    "tokens", "duration_ms", "changes", "attempts", "stale",
}  # fmt: skip
EXECUTION = {
    "input", "before", "after", "diff", "calls", "prompt", "system_instruction", "stdout",
    "stderr", "traceback", "source", "reads", "writes", "files", "fidelity",
}  # fmt: skip
CALL = {
    "call", "kind", "address", "model", "prompt", "system_instruction", "output", "tokens",
    "duration_ms", "error",
}  # fmt: skip
ATTEMPT = {
    "attempt", "outcome", "error", "traceback", "next", "before", "after", "base", "diff_to_base",
    "diff_to_recorded", "cause", "same_as", "calls", "prompt", "stdout", "stderr", "duration_ms",
    "tokens",
}  # fmt: skip
CHANGE = {"path", "at_old", "at_new", "kind", "old", "new"}


def holds(document: dict[str, Any], keys: set[str]) -> None:
    assert keys <= document.keys(), keys - document.keys()


def test_list_tells_of_each_run(sample: Desk, at: Here) -> None:
    rows = at(sample, "list", "--json").json
    assert [set(row) for row in rows] == [RUN]
    row = rows[0]
    assert (row["target"], row["engine"], row["status"], row["steps"]) == (
        "agent.py",
        "lar",
        "finished",
        7,
    )
    assert row["tokens"] > 0
    assert isinstance(row["started"], float)
    assert row["parent"] is None
    assert row["next"] == row["interrupts"] == []
    assert row["thread"]
    assert row["saved"] == 0
    assert row["thread_total"] == {"runs": 1, "tokens": row["tokens"], "saved": 0}


def test_show_tells_of_each_step(sample: Desk, at: Here) -> None:
    told = at(sample, "show", "last", "--json").json
    assert set(told) == {"run", "steps", "resumes", "attempts"}
    assert (told["resumes"], told["attempts"]["made"]) == ([], 2)
    holds(told["run"], RUN)
    assert [step["step"] for step in told["steps"]] == list(range(7))
    for step in told["steps"]:
        holds(step, STEP)
        assert set(step["tokens"]) == {"prompt", "output", "total"}
        assert set(step["changes"]) == {"added", "updated", "removed"}
    fifth = told["steps"][5]
    assert (fifth["node"], fifth["type"], fifth["attempts"]) == ("write_reply", "LLMNode", 2)
    assert fifth["next"] == ["check_reply"]
    assert fifth["changes"]["added"] == ["reply"]


def test_show_prints_what_the_timeline_shows(sample: Desk, at: Here) -> None:
    lines = at(sample, "show", "last").out.splitlines()
    assert "  +topic +mood  " in lines[3]
    assert "  → late_delivery  " in lines[4]
    assert not [line for line in lines if " +_" in line], "bookkeeping"


def test_show_takes_a_range_of_steps(sample: Desk, at: Here) -> None:
    told = at(sample, "show", "last", "--from", "2", "--to", "4", "--json").json
    assert [step["step"] for step in told["steps"]] == [2, 3, 4]


def test_a_step_is_told_in_full(sample: Desk, at: Here) -> None:
    told = at(sample, "show", "last", "--step", "5", "--json").json
    holds(told, STEP | EXECUTION)
    assert [set(change) for change in told["diff"]] == [CHANGE]
    assert told["diff"][0]["path"] == "reply"
    assert "reply" not in told["before"]
    assert told["input"] == told["before"]
    assert told["after"]["reply"] == told["diff"][0]["new"]
    (call,) = told["calls"]
    holds(call, CALL)
    assert call["kind"] == "llm"
    assert told["prompt"] == call["prompt"]
    assert told["system_instruction"] == call["system_instruction"]
    assert told["tokens"] == call["tokens"]
    assert "[LLMNode]" in told["stdout"]
    assert set(told["reads"]) >= {"ticket", "order", "policy"}
    assert told["writes"] == ["reply"]
    assert told["fidelity"]["state"] == "exact"


def test_a_step_with_two_calls_has_no_single_prompt(sample: Desk, at: Here) -> None:
    told = at(sample, "show", "last:2", "--json").json
    assert len(told["calls"]) == 2
    assert told["prompt"] is told["system_instruction"] is None
    assert told["tokens"]["total"] == sum(call["tokens"]["total"] for call in told["calls"])


def test_the_engines_bookkeeping_is_shown_only_when_asked_for(sample: Desk, at: Here) -> None:
    usual = at(sample, "show", "last:5", "--json").json
    whole = at(sample, "show", "last:5", "--all", "--json").json
    assert not [key for key in usual["after"] if key.startswith("__")]
    assert [key for key in whole["after"] if key.startswith("__")]


def test_attempts_can_be_shown_one_by_one_and_all(sample: Desk, at: Here) -> None:
    told = at(sample, "show", "last", "--step", "5", "--attempts", "--json").json
    assert [one["attempt"] for one in told["attempts"]] == [0, 1, 2]
    edits = [one["edit"] for one in told["attempts"]]
    assert edits[0] == "recorded"
    assert edits[2].endswith("mood 'annoyed' → 'calm'")
    assert (told["accepted"], told["attempts"][2]["note"]) == (None, None)
    *lines, cost = at(sample, "show", "last", "--step", "5", "--attempts").out.splitlines()
    assert cost == "2 attempts: 782 tokens, whole runs 1,266"
    assert told["cost"] == {"made": 2, "tokens": 782, "whole_runs": 1266}
    assert [line.endswith(f"  {edit}") for line, edit in zip(lines, edits, strict=True)] == (
        [True] * 3
    )
    last = at(sample, "show", "last:5", "--attempt", "last", "--json").json
    assert last["attempt"] == 2
    assert last["before"]["mood"] == "calm"
    assert at(sample, "show", "last:5@2", "--json").json == last


def test_one_value_of_a_state_can_be_had(sample: Desk, at: Here) -> None:
    asked = ("show", "last:5", "--path")
    assert at(sample, *asked, "order.total", "--json").json == 89.0
    assert at(sample, *asked, "order.id").out == "A-1042\n"
    assert at(sample, *asked, "order", "--json").json["item"] == "Fjell 2 tent"


def test_rerun_tells_of_the_attempts_of_this_call_only(sample: Desk) -> None:
    said = sample.started(
        *("--json", "rerun", "last", "--step", "6", "--repeat", "2"),
        *("--set", 'reply="Dear all"', "--set", "order.total=0", "--unset", "policy.name"),
    )
    assert said.code == 0, said.err
    assert set(said.json) == {"run", "step", "attempts"}
    assert said.json["step"] == 6
    first, second = said.json["attempts"]
    for attempt in (first, second):
        holds(attempt, ATTEMPT)
        assert attempt["outcome"] == "success"
    assert (first["attempt"], first["base"]) == (1, 0)
    assert (second["attempt"], second["base"], second["same_as"]) == (2, 1, 1)
    assert second["diff_to_base"] == []
    assert [set(change) for change in first["diff_to_recorded"]]
    assert {cause["kind"] for cause in first["cause"]} == {"state"}
    assert all(set(cause) == {"kind", "where", "old", "new"} for cause in first["cause"])
    assert {"reply", "order.total", "policy.name"} == {cause["where"] for cause in first["cause"]}
    assert first["before"]["reply"] == "Dear all"
    assert first["before"]["order"]["total"] == 0


def test_a_failed_attempt_is_told_and_the_exit_code_is_1(sample: Desk) -> None:
    said = sample.lar_debug("rerun", "last:1", "--set", "ticket=3", "--set", "x=1", "--json")
    assert said.code == 1
    (attempt,) = said.json["attempts"]
    assert attempt["outcome"] == "error"
    assert attempt["error"]
    assert "agent.py" in attempt["traceback"]
    assert "lar_debug" not in attempt["traceback"]


def test_diff_compares_what_was_asked_for(sample: Desk, at: Here) -> None:
    def diff(*sides: str) -> list[dict[str, Any]]:
        said = at(sample, "diff", *sides, "--json")
        assert said.code == 0
        return said.json

    assert [change["path"] for change in diff("last:5")] == ["reply"]
    assert [change["path"] for change in diff("last:5@2")] == ["mood"]
    (change,) = diff("last:5@1", "last:5@2")
    assert change == {
        "path": "mood",
        "at_old": ["mood"],
        "at_new": ["mood"],
        "kind": "changed",
        "old": "annoyed",
        "new": "calm",
    }
    assert diff("last:4.after", "last:5.before") == []
    assert diff("last:5.input", "last:5.before") == []
    (prompt,) = diff("last:5.prompt", "last:5@last.prompt")
    assert "Mood: annoyed" in prompt["old"]
    assert "Mood: calm" in prompt["new"]
    assert prompt["path"] == ""


def test_diff_of_a_run_with_itself_is_the_same_in_every_step(sample: Desk, at: Here) -> None:
    rows = at(sample, "diff", "last", "last", "--json").json
    assert rows == [{"step_a": step, "step_b": step, "changes": []} for step in range(7)]


def test_the_rows_for_people_have_the_signs_of_the_screen(sample: Desk, at: Here) -> None:
    lines = at(sample, "diff", "last:5@2").out.split("\n")
    assert lines[0].startswith("#1 → #2")
    assert " ~ mood  'annoyed' → 'calm'" in lines
    ascii_lines = at(sample, "--ascii", "diff", "last:5@2").out
    assert ascii_lines.isascii()
    assert "#1 > #2" in ascii_lines


def test_the_rows_name_no_key_that_a_command_line_lacks(sample: Desk, at: Here) -> None:
    rows = at(sample, "diff", "last:3.source", "last:5.prompt").out
    assert " rows  --json shows\n" in rows
    assert "opens" not in rows


def test_common_options_may_stand_before_and_after_the_command(sample: Desk, at: Here) -> None:
    assert at(sample, "--json", "list").json == at(sample, "list", "--json").json
    elsewhere = sample.folder.parent
    store = str(sample.store)
    before = at(sample, "--store", store, "list", "--json", folder=elsewhere)
    after = at(sample, "list", "--store", store, "--json", folder=elsewhere)
    assert before.json == after.json == at(sample, "--json", "list").json
    assert at(sample, "--version").out == at(sample, "list", "--version").out


def test_without_a_terminal_the_screens_commands_print(sample: Desk, at: Here) -> None:
    run = at(sample, "list", "--json").json[0]["run"]
    assert run[:4] in at(sample).out
    assert at(sample, "open").out == at(sample, "show", run).out
    assert (
        at(sample, "open", f"{run}:5", "--json").json
        == at(sample, "show", f"{run}:5", "--json").json
    )


def test_verify_checks_every_step_and_leaves_no_attempt(
    sample: Desk, tmp_path: Path, at: Here
) -> None:
    store = ("--store", str(sample.copy_of_store(tmp_path / "copy.db")))
    said = sample.started("verify", "last", "--steps", "--json", *store)
    assert (said.code, said.json["ok"]) == (0, True), said.err
    assert [set(check) for check in said.json["checks"]] == [{"name", "ok", "step", "why"}] * 7
    steps = at(sample, "show", "last", "--json", *store).json["steps"]
    assert [step["attempts"] for step in steps][5] == 2


def test_delete_takes_runs_with_all_they_hold(sample: Desk, tmp_path: Path, at: Here) -> None:
    store = ("--store", str(sample.copy_of_store(tmp_path / "copy.db")))
    run = at(sample, "list", "--json", *store).json[0]["run"]
    assert at(sample, "delete", run[:4], "--json", *store).json == {"deleted": [run]}
    assert at(sample, "list", "--json", *store).json == []
    freed = at(sample, "gc", "--json", *store)
    assert freed.code == 0
    assert freed.json["size"] < sample.store.stat().st_size


def test_the_demo_shows_its_story_without_a_screen(tmp_path: Path, at: Here) -> None:
    desk = Desk.new(tmp_path)
    said = desk.started("demo", "--json")
    assert said.code == 0, said.err
    (attempt,) = said.json["attempts"]
    assert attempt["after"]["reply"].startswith("Dear Ms Lindqvist")
    assert [cause["where"] for cause in attempt["cause"]] == ["prompts/reply.md:9"]
    assert "No key, no network" in said.err
    store = desk.folder / "lar-debug-demo" / ".lar-debug" / "recordings.db"
    assert len(at(desk, "list", "--store", str(store), "--json").json) == 1


@pytest.fixture(scope="module")
def run_of_graph(graphs: Desk) -> dict[str, Any]:
    """A graph given by name that stops at its limit, on a thread with an odd name."""
    graphs.write("in.json", '{"customer": "Eva"}')
    said = graphs.lar_debug(
        *("run", "--max-steps", "3", "--json", "every_kind.py:first"),
        *("--input", "@in.json", "--thread", "case:5", "--audit-log", "audit"),
    )
    assert said.code == 1, said.err
    return said.json


def test_a_graph_runs_with_its_options(graphs: Desk, run_of_graph: dict[str, Any]) -> None:
    assert set(run_of_graph) == {"runs", "exit_code"}
    assert run_of_graph["exit_code"] == 1
    (row,) = run_of_graph["runs"]
    holds(row, RUN)
    assert (row["thread"], row["status"], row["steps"]) == ("case:5", "failed", 3)
    assert row["next"] == ["route"]
    assert list((graphs.folder / "audit").iterdir())
    assert not (graphs.folder / "lar_logs").exists()


def test_a_run_is_found_by_its_thread(graphs: Desk, run_of_graph: dict[str, Any], at: Here) -> None:
    run = run_of_graph["runs"][0]["run"]
    assert at(graphs, "show", "thread=case:5", "--json").json["run"]["run"] == run
    assert at(graphs, "show", "thread=case:5:1", "--json").json["step"] == 1
    assert at(graphs, "show", "case:5", "--json").code == 2


def test_a_run_that_asks_a_person_says_what(graphs: Desk) -> None:
    said = graphs.started("run", "jury.py:make", "--json")
    assert said.code == 0, said.err
    (row,) = said.json["runs"]
    assert row["status"] == "waiting"
    (asked,) = row["interrupts"]
    assert set(asked) == {"id", "question", "choices", "context", "needs_rationale"}
    assert asked["question"] == "Refund 89 EUR?"
    assert asked["choices"] == ["approve", "reject"]
    assert asked["context"] == {"order": {"id": "A-1042"}}
