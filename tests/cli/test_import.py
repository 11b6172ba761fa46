"""Files of other programs become timelines: looked at, compared and, with a graph, run again."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import GRAPHS, Desk

LOOKALIKES = """
from lar import GraphExecutor, LLMNode, RouterNode, ToolNode

def text(value):
    return str(value)

def same(name, following=None):
    return ToolNode(text, ["value"], "result", following)

def asking(template, following):
    config = {"mock_response": "so be it"}
    return LLMNode("gpt-4o-mini", template, "answer", following, generation_config=config)

left, right = same("left"), same("right")
either = RouterNode(lambda state: state.get("side"), {"left": left, "right": right})
kind_left, kind_right = asking("Be kind to {name}", left), asking("Be stern to {name}", right)

class Choice(RouterNode):
    def execute(self, state):
        return kind_left if state.get("side") == "left" else kind_right

choice = Choice(lambda state: state.get("side"), {"left": kind_left, "right": kind_right})

class Silent(RouterNode):
    def execute(self, state):
        return left

silent = Silent(lambda state: "", {"left": left, "right": right})

if __name__ == "__main__":
    import sys
    start, side = {"either": either, "choice": choice, "silent": silent}[sys.argv[1]], sys.argv[2]
    state = {"side": side, "value": 1, "name": "Eva"}
    for _ in GraphExecutor(log_dir=sys.argv[1]).run_step_by_step(start, state):
        pass
"""


def _log(desk: Desk, folder: str) -> Path:
    (found,) = (desk.folder / folder).glob("*.json")
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A person whose program has left the engine's own log; nothing was recorded."""
    desk = Desk.new(tmp_path_factory.mktemp("made"), GRAPHS)
    desk.write("pyproject.toml", "")
    desk.write("lookalikes.py", LOOKALIKES)
    for arguments in (("every_kind.py",), *(("lookalikes.py", name, "right") for name in STARTS)):
        ended = desk.script(*arguments)
        assert ended.code == 0, ended.err
    return desk


STARTS = ("either", "choice", "silent")


@pytest.fixture
def desk(made: Desk) -> Desk:
    """The same person, with an empty store."""
    for file in made.store.parent.glob("recordings.db*"):
        file.unlink()
    return made


def _taken_in(desk: Desk, at: Here, *arguments: str) -> Any:
    said = at(desk, "import", "--json", *arguments)
    assert said.code == 0, said.err
    return said.json["runs"]


# -- a log ------------------------------------------------------------------------------------


def test_every_entry_of_a_log_is_a_step(desk: Desk, at: Here) -> None:
    log = _log(desk, "logs")
    entries = json.loads(log.read_text())["steps"]
    (run,) = _taken_in(desk, at, str(log))
    assert run["status"] == "finished"
    assert run["steps"] == len(entries)
    assert run["tokens"] == json.loads(log.read_text())["summary"]["total_tokens"]
    told = at(desk, "show", run["run"], "--json").json["steps"]
    assert [step["node"] for step in told] == [entry["node"] for entry in entries]
    for step, entry in zip(told, entries, strict=True):
        one = at(desk, "show", run["run"], "--step", str(step["step"]), "--all", "--json").json
        assert one["before"] == entry["state_before"]
        left = {key: value for key, value in one["after"].items() if value is not None}
        assert left == {k: v for k, v in entry["state_after"].items() if v is not None}
        assert one["prompt"] == entry.get("prompt")
        assert one["tokens"]["total"] == (entry["run_metadata"] or {}).get("total_tokens", 0)
        assert one["next"] == ([] if entry is entries[-1] else [entries[step["step"] + 1]["node"]])


def test_only_the_step_that_failed_is_an_error(desk: Desk, at: Here) -> None:
    # The engine calls the step that clears the error one as well.
    (run,) = _taken_in(desk, at, str(_log(desk, "logs")))
    told = at(desk, "show", run["run"], "--json").json["steps"]
    failed = [step for step in told if step["outcome"] != "success"]
    assert [(step["step"], step["node"]) for step in failed] == [(8, "ToolNode")]
    assert failed[0]["error"]


def test_an_unchanged_file_is_taken_in_once(desk: Desk, at: Here) -> None:
    log = str(_log(desk, "logs"))
    first = at(desk, "open", log, "--json")
    again = at(desk, "open", log, "--json")
    assert (first.code, again.code) == (0, 0)
    assert again.json == first.json
    assert "in the store already" in again.err
    assert len(at(desk, "list", "--json").json) == 1
    changed = desk.write("changed.json", Path(log).read_text().replace("Eva", "Ida"))
    at(desk, "open", str(changed))
    assert len(at(desk, "list", "--json").json) == 2


def test_a_run_without_its_graph_cannot_be_run_and_says_what_to_do(desk: Desk, at: Here) -> None:
    log = _log(desk, "logs")
    (run,) = _taken_in(desk, at, str(log))
    for arguments in (("rerun", run["run"], "--step", "3"), ("verify", run["run"])):
        said = at(desk, *arguments)
        assert said.code == 2
        assert f"lar-debug import logs/{log.name} --graph" in said.complaint


# -- with its graph ---------------------------------------------------------------------------


def test_with_its_graph_every_step_has_its_node_and_runs_again(desk: Desk, at: Here) -> None:
    (run,) = _taken_in(desk, at, str(_log(desk, "logs")), "--graph", "every_kind.py:first")
    told = at(desk, "show", run["run"], "--json").json["steps"]
    names = [step["node"] for step in told]
    assert names[:9] == [
        "first",
        "copy_items",
        "grow",
        "route",
        "branches",
        "summary",
        "writer",
        "counter",
        "broken",
    ]
    # Made by the AdaptiveNode of step 16, from the answer in the log.
    assert told[17]["address"] == "step16()"
    for step in (6, 8, 17, 18):
        attempt = at(desk, "rerun", run["run"], "--step", str(step), "--json").json["attempts"][0]
        assert attempt["outcome"] == told[step]["outcome"]
        assert attempt["next"] == told[step]["next"]
        assert attempt["same_as"] == 0
        assert attempt["cause"] == []
    checks = at(desk, "verify", run["run"], "--json")
    assert (checks.code, checks.json["ok"]) == (0, True)
    assert [check["step"] for check in checks.json["checks"]] == [3]


def test_a_graph_can_be_named_later(desk: Desk, at: Here) -> None:
    log = str(_log(desk, "logs"))
    (before,) = _taken_in(desk, at, log)
    said = desk.started("import", "--json", log, "--graph", "every_kind.py:first")
    assert said.code == 0, said.err
    (after,) = said.json["runs"]
    assert after["run"] == before["run"]
    assert at(desk, "show", "last", "--step", "3", "--json").json["node"] == "route"


def test_router_decisions_tell_nodes_apart_that_do_the_same(desk: Desk, at: Here) -> None:
    _taken_in(desk, at, str(_log(desk, "either")), "--graph", "lookalikes.py:either")
    assert at(desk, "show", "last", "--step", "1", "--json").json["node"] == "right"


def test_prompts_tell_nodes_apart_where_nothing_else_does(desk: Desk, at: Here) -> None:
    _taken_in(desk, at, str(_log(desk, "choice")), "--graph", "lookalikes.py:choice")
    told = at(desk, "show", "last", "--json").json["steps"]
    assert [step["node"] for step in told] == ["choice", "kind_right", "right"]


def test_what_fits_two_nodes_is_asked_and_never_guessed(desk: Desk, at: Here) -> None:
    log = str(_log(desk, "silent"))
    said = at(desk, "import", log, "--graph", "lookalikes.py:silent")
    assert said.code == 2
    assert "step 1, ToolNode, could be ToolNode left or ToolNode right" in said.complaint
    assert "--at 1=NODE" in said.complaint
    assert at(desk, "list", "--json").json == []
    _taken_in(desk, at, log, "--graph", "lookalikes.py:silent", "--at", "1=right")
    assert at(desk, "show", "last", "--step", "1", "--json").json["node"] == "right"


def test_a_log_that_begins_in_the_middle_of_its_graph_fits_too(desk: Desk, at: Here) -> None:
    content = json.loads(_log(desk, "logs").read_text())
    content["steps"] = content["steps"][5:]
    middle = desk.write("middle.json", json.dumps(content))
    _taken_in(desk, at, str(middle), "--graph", "every_kind.py:first")
    assert at(desk, "show", "last", "--step", "0", "--json").json["node"] == "summary"


WRONG_GRAPHS = {
    "a graph that the log does not fit": ("every_kind.py:counter", "the log does not fit"),
    "a name that is not there": ("every_kind.py:nope", "has no nope"),
    "no node": ("every_kind.py:MARKER", "gives a str"),
    "no file": ("nope.py:start", "nope.py: no such file"),
    "no name": ("every_kind.py", "every_kind.py:NAME"),
    "code that fails": ("failing.py:start", "ZeroDivisionError"),
    "code that is none": ("torn.py:start", "torn.py:1"),
}


@pytest.mark.parametrize("case", WRONG_GRAPHS)
def test_a_wrong_graph_is_one_line_and_nothing_is_kept(desk: Desk, at: Here, case: str) -> None:
    desk.write("failing.py", "start = 1 / 0\n")
    desk.write("torn.py", "start = (\n")
    target, words = WRONG_GRAPHS[case]
    said = at(desk, "import", str(_log(desk, "logs")), "--graph", target)
    assert (said.code, said.out) == (2, "")
    assert words in said.complaint
    assert at(desk, "list", "--json").json == []


def test_another_graph_does_not_take_attempts_with_it(desk: Desk, at: Here) -> None:
    log = str(_log(desk, "logs"))
    _taken_in(desk, at, log, "--graph", "every_kind.py:first")
    assert at(desk, "rerun", "last", "--step", "3").code == 0
    said = at(desk, "import", log, "--graph", "every_kind.py:first")
    assert said.code == 2
    assert "has attempts" in said.err
    assert at(desk, "show", "last", "--json").json["steps"][3]["attempts"] == 1


# -- one state --------------------------------------------------------------------------------


def test_any_node_can_be_run_from_a_checkpoint(desk: Desk, at: Here) -> None:
    state = {"customer": "Eva", "topic": "tents", "raw": "A long story"}
    file = desk.write("checkpoint.json", json.dumps(state))
    (bare,) = _taken_in(desk, at, str(file))
    assert (bare["steps"], bare["status"]) == (1, "stopped")
    assert at(desk, "show", "last", "--step", "0", "--json").json["after"] == state
    _taken_in(desk, at, str(file), "--graph", "every_kind.py:first")
    told = at(desk, "show", bare["run"], "--json").json["steps"]
    assert {step["outcome"] for step in told[1:]} == {"not_run"}
    writer = next(step["step"] for step in told if step["node"] == "writer")
    made = at(desk, "rerun", bare["run"], "--step", str(writer), "--json").json["attempts"][0]
    assert made["outcome"] == "success"
    assert made["calls"][0]["prompt"] == "Write about tents for Eva"
    assert [change["path"] for change in made["diff_to_base"]] == ["reply"]
    assert made["cause"] == []


# -- what is wrong ----------------------------------------------------------------------------

NO_FILES = {
    "a log that is none": ('{"run_id": "x", "steps": [1, 2]}', "its steps are no entries"),
    "a log without steps": ('{"run_id": "x", "timestamp": "", "summary": {}}', "it has no steps"),
    "a log with no steps in it": ('{"run_id": "x", "steps": []}', "nothing to look at"),
    "a log with a step beyond any number": (
        '{"run_id": "x", "steps": [{"step": 1%s, "node": "N", "state_before": {}, '
        '"outcome": "success", "state_after": {}}]}' % ("0" * 30),
        "entry 0 is none of Lár: its step",
    ),
    "a text": ("hello", "holds no JSON object"),
    "no JSON behind a brace": ("{hello}", "is no JSON: line 1"),
    "a list": ("[1, 2]", "holds a JSON list"),
    "nothing": ("", "is empty"),
    "an empty object": ("{}", "empty object"),
    "a checkpoint that is cut off": ('{"a": {"b": [1, 2', "cut off"),
    "a Go store with a hole": (
        '{"1": {"node_name": "a", "state": {}, "id": "1", "version": 1, "timestamp": "now"}}',
        "its timestamp is no time",
    ),
}


@pytest.mark.parametrize("case", NO_FILES)
def test_a_file_that_is_none_is_one_line_and_nothing_is_kept(
    desk: Desk, at: Here, case: str
) -> None:
    text, words = NO_FILES[case]
    file = str(desk.write("none.json", text))
    for command in ("import", "open"):
        said = at(desk, command, file)
        assert (said.code, said.out) == (2, "")
        assert words in said.complaint
        assert "none.json" in said.complaint
    assert at(desk, "list", "--json").json == []


def test_files_that_cannot_be_read_are_one_line(desk: Desk, at: Here) -> None:
    for name, words in (
        ("./nope.json", "No such file"),
        ("/dev/zero", "no file"),
        (".", "no file"),
    ):
        said = at(desk, "import", name)
        assert (said.code, words in said.complaint) == (2, True), said.err


@pytest.mark.parametrize("part", [0.2, 0.5, 0.97])
def test_a_log_that_is_cut_off_leaves_nothing_behind(desk: Desk, at: Here, part: float) -> None:
    text = _log(desk, "logs").read_text()
    (desk.folder / "cut.json").write_text(text[: int(len(text) * part)])
    said = at(desk, "import", "cut.json")
    assert (said.code, "cut off" in said.complaint) == (2, True), said.err
    with sqlite3.connect(desk.store) as database:
        for table in ("run", "step", "execution", "object"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_nothing_in_a_file_is_more_than_text(desk: Desk, at: Here) -> None:
    nasty = {
        "\x1b]0;owned\x07": "\x1b[2J\u202e",
        "pickled": {"$type": "object", "$pickle": "gASVDQAAAAAAAACMBXBvc2l4lIwGc3lzdGVt"},
        "$at": 0,
        "half": "\ud800",
        "nan": float("nan"),
        "one": 1.0,
        "deep": json.loads("[" * 150 + "]" * 150),
    }
    content = json.loads(_log(desk, "logs").read_text())
    content["steps"] = [
        {
            "step": 0,
            "node": "\x1b[31mNode",
            "state_before": nasty,
            "state_diff": {},
            "run_metadata": {"prompt_tokens": 10**30, "model": ["x"]},
            "outcome": "error",
            "error": {"\x1b[2J": 1},
            "prompt": ["\x1b[2J"],
            "state_after": nasty,
        }
    ]
    file = desk.write("nasty.json", json.dumps(content))
    _taken_in(desk, at, str(file))
    told = at(desk, "show", "last", "--step", "0", "--json").json
    assert told["before"]["half"] == "\ud800"
    assert told["before"]["one"] == 1.0
    assert told["before"]["pickled"]["$type"] == "plain"
    # What is nested too deep to be kept is lost, and nobody takes the state for whole.
    assert told["fidelity"]["state"] == "lost"
    assert {value["at"][0] for value in told["fidelity"]["values"]} == {"deep"}
    for arguments in (("show", "last"), ("show", "last:0"), ("list",), ("open", "nasty.json")):
        said = at(desk, *arguments, "--no-ui")
        assert said.code == 0
        assert "\x1b" not in said.out + said.err
        assert "\u202e" not in said.out


def test_a_log_from_the_end_of_time_goes_out_again(desk: Desk, at: Here) -> None:
    content = json.loads(_log(desk, "logs").read_text())
    content["timestamp"] = "9999-12-31T23:59:59.999999999+00:00"
    _taken_in(desk, at, str(desk.write("late.json", json.dumps(content))))
    said = at(desk, "export", "last", "--format", "lar-audit-log")
    assert (said.code, json.loads(said.out)["steps"]) == (0, content["steps"])
