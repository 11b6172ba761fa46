"""What was recorded goes out again as the files that Lár and its programs read."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import GRAPHS, Desk

SECRET = "open sesame"

VALUES = """
import datetime
from lar import ToolNode

def many(state):
    shared = ["x"]
    state.set("pair", (1, 2.0))
    state.set("ages", {2: "two", 10: "ten"})
    state.set("nan", float("nan"))
    state.set("shared", [shared, shared])
    return "done"

def odd(state):
    state.set("when", datetime.date(2026, 11, 20))
    return "done"

after = ToolNode(odd, ["__state__"], "result", None)
start = ToolNode(many, ["__state__"], "result", after)
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Every kind of node, recorded while the engine wrote its own log too."""
    desk = Desk.new(tmp_path_factory.mktemp("desk"), GRAPHS)
    desk.write("pyproject.toml", "")
    assert desk.lar_debug("run", "--no-ui", "every_kind.py").code == 0
    return desk


def _exported(desk: Desk, at: Here, *arguments: str) -> Any:
    said = at(desk, "export", *arguments)
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_a_run_goes_out_as_the_log_that_the_engine_wrote(desk: Desk, at: Here) -> None:
    (own,) = (desk.folder / "logs").glob("*.json")
    written = json.loads(own.read_text())
    said = at(desk, "export", "last", "--format", "lar-audit-log")
    made = json.loads(said.out)
    assert made["steps"] == written["steps"]
    assert [list(entry) for entry in made["steps"]] == [list(one) for one in written["steps"]]
    assert made["summary"] == written["summary"]
    assert list(made) == list(written)
    # Laid out alike; the engine writes the keys of a diff in no order.
    assert said.out == json.dumps(made, indent=2)


def test_an_imported_log_goes_out_as_it_came(desk: Desk, at: Here, tmp_path: Path) -> None:
    (own,) = (desk.folder / "logs").glob("*.json")
    store = str(tmp_path / "own.db")
    assert at(desk, "import", str(own), "--store", store).code == 0
    made = _exported(desk, at, "last", "--format", "lar-audit-log", "--store", store)
    assert made == json.loads(own.read_text())


def test_the_engine_takes_our_signature_for_its_own(
    desk: Desk, at: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lar.logger import AuditLogger

    monkeypatch.setenv("AUDIT", SECRET)
    file = tmp_path / "signed.json"
    arguments = ("--format", "lar-audit-log", "--secret-env", "AUDIT", "-o", str(file))
    assert at(desk, "export", "last", *arguments).code == 0
    log = json.loads(file.read_text())
    engine = AuditLogger(log_dir=str(tmp_path), hmac_secret=SECRET)
    assert log["signature"] == engine._generate_signature(log)
    assert file.stat().st_mode & 0o077 == 0
    checks = at(desk, "verify", str(file), "--secret-env", "AUDIT", "--json").json
    assert checks["checks"][0] == {"name": "signature", "ok": True, "step": None, "why": None}
    assert checks["ok"]


def test_the_secret_is_nowhere(
    desk: Desk, at: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT", SECRET)
    file = tmp_path / "signed.json"
    store = tmp_path / "own.db"
    at(
        desk,
        "export",
        "last",
        "--format",
        "lar-audit-log",
        "--secret-env",
        "AUDIT",
        "-o",
        str(file),
    )
    said = [
        at(desk, "verify", str(file), "--secret-env", "AUDIT"),
        at(desk, "import", str(file), "--store", str(store)),
        at(desk, "show", "last", "--all", "--json", "--store", str(store)),
    ]
    for one in said:
        assert one.code == 0
        assert SECRET not in one.out + one.err
    assert SECRET not in file.read_text()
    assert SECRET.encode() not in store.read_bytes()


def test_a_state_goes_out_as_the_programs_of_the_engine_save_it(desk: Desk, at: Here) -> None:
    from lar import FunctionalNode, GraphExecutor, GraphState

    (own,) = (desk.folder / "logs").glob("*.json")
    for entry in json.loads(own.read_text())["steps"]:
        step = str(entry["step"])
        made = _exported(desk, at, "last", "--format", "checkpoint", "--step", step)
        assert made == entry["state_after"]
    last = _exported(desk, at, "last", "--format", "checkpoint")
    node = FunctionalNode(lambda state: len(state.get_all()), "keys")
    state = GraphState(last)
    (_,) = GraphExecutor(log_dir=str(desk.folder / "more")).run_step_by_step(node, state.get_all())


def test_a_file_that_is_there_is_not_lost(desk: Desk, at: Here, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text("mine")
    said = at(desk, "export", "last", "--format", "checkpoint", "-o", str(file))
    assert (said.code, "nothing is overwritten" in said.complaint) == (2, True)
    assert file.read_text() == "mine"
    assert [one.name for one in tmp_path.iterdir()] == ["mine.json"]


def test_values_go_out_as_pythons_json_writes_them(tmp_path: Path, at: Here) -> None:
    desk = Desk.new(tmp_path)
    desk.write("values.py", VALUES)
    assert desk.lar_debug("run", "--no-ui", "values.py:start").code == 0
    made = _exported(desk, at, "last", "--format", "checkpoint", "--step", "0")
    assert made["pair"] == [1, 2.0]
    assert made["ages"] == {"2": "two", "10": "ten"}
    assert repr(made["nan"]) == "nan"
    assert made["shared"] == [["x"], ["x"]]
    said = at(desk, "export", "last", "--format", "checkpoint")
    assert json.loads(said.out)["when"] == {"$type": "date", "$value": "2026-11-20"}
    assert "JSON has no such value: when" in said.err


def test_a_signed_log_with_numbers_as_keys_matches(
    tmp_path: Path, at: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.new(tmp_path)
    desk.write("values.py", VALUES)
    monkeypatch.setenv("AUDIT", SECRET)
    assert desk.lar_debug("run", "--no-ui", "values.py:start").code == 0
    arguments = ("--format", "lar-audit-log", "--secret-env", "AUDIT")
    log = json.loads(at(desk, "export", "last", *arguments).out)
    signature = log.pop("signature")
    text = json.dumps(log, sort_keys=True, separators=(",", ":"))
    assert signature == hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
