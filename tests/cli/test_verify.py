"""`verify` says what holds and what does not, for logs, for routers and for the store."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Here
from tests.cli.desk import Desk
from tests.formats.logs import SECRET, chain, engine_log, rewritten

ROUTERS = """
from pathlib import Path
from lar import GraphExecutor, RouterNode, ToolNode

def word(name):
    return ToolNode(lambda: name, [], name, None)

left, right = word("left"), word("right")

def by_state(state):
    return state.get("side")

def by_file(state):
    return Path("side.txt").read_text()

second = RouterNode(by_file, {"left": left, "right": right})

class Named(RouterNode):
    pass

first = Named(by_state, {"on": second}, default_node=left)

if __name__ == "__main__":
    for _ in GraphExecutor().run_step_by_step(first, {"side": "on"}):
        pass
"""


@pytest.fixture
def routed(tmp_path: Path) -> Desk:
    """A run over two routers: one goes by the state, one by a file beside it."""
    desk = Desk.new(tmp_path)
    desk.write("routers.py", ROUTERS)
    desk.write("side.txt", "left")
    assert desk.lar_debug("run", "--no-ui", "routers.py").code == 0
    return desk


def test_routers_that_go_the_recorded_way_hold(routed: Desk, at: Here) -> None:
    said = at(routed, "verify", "last", "--json")
    assert (said.code, said.json["ok"]) == (0, True)
    checks = said.json["checks"]
    assert [(one["name"], one["step"], one["ok"], one["why"]) for one in checks] == [
        ("step 0 first", 0, True, None),
        ("step 1 second", 1, True, None),
    ]
    # Nothing of it stays.
    assert [one["attempts"] for one in at(routed, "show", "last", "--json").json["steps"]] == [
        0
    ] * 3


def test_a_router_that_goes_another_way_is_named_with_both_answers(routed: Desk, at: Here) -> None:
    routed.write("side.txt", "right")
    said = at(routed, "verify", "last", "--json")
    assert (said.code, said.json["ok"]) == (1, False)
    first, second = said.json["checks"]
    assert first["ok"]
    assert (second["step"], second["ok"]) == (1, False)
    assert second["why"] == (
        "answered 'left' and went to left; on the same state 'right', to right"
    )


def test_a_run_without_routers_says_that_there_is_nothing_to_check(
    tmp_path: Path, at: Here
) -> None:
    desk = Desk.new(tmp_path)
    desk.write("routers.py", ROUTERS)
    assert desk.lar_debug("run", "--no-ui", "routers.py:left").code == 0
    said = at(desk, "verify", "last", "--json")
    assert (said.code, said.json) == (0, {"ok": True, "checks": []})
    assert "came to no router" in said.err


# -- a log ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = chain(*[lambda state: state.get("count")] * 3)
    return engine_log(tmp_path_factory.mktemp("logs"), graph, {"count": 1}, SECRET)


def test_a_log_that_was_changed_is_told_with_its_first_wrong_entry(
    log: Path, sample: Desk, at: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT", SECRET)
    good = at(sample, "verify", str(log), "--secret-env", "AUDIT", "--json")
    assert (good.code, good.json["ok"]) == (0, True)

    def change(content: Any) -> None:
        content["steps"][1]["state_after"]["count"] = 2

    changed = rewritten(log, change)
    bad = at(sample, "verify", str(changed), "--secret-env", "AUDIT", "--json")
    assert (bad.code, bad.json["ok"]) == (1, False)
    why = {one["name"]: (one["step"], one["why"]) for one in bad.json["checks"] if not one["ok"]}
    assert why["signature"] == (
        None,
        "the signature does not match: another secret, or another content",
    )
    assert why["diffs"][0] == 1
    assert why["states"][0] == 2


def test_a_wrong_secret_does_not_match_and_no_word_of_tampering(
    log: Path, sample: Desk, at: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT", "wrong")
    said = at(sample, "verify", str(log), "--secret-env", "AUDIT")
    assert said.code == 1
    assert "NOT signature  the signature does not match" in said.out
    assert "tamper" not in said.out
    monkeypatch.setenv("AUDIT", "")
    assert "it is empty" in at(sample, "verify", str(log), "--secret-env", "AUDIT").complaint


def test_a_signed_log_without_a_secret_says_that_it_was_not_looked_at(
    log: Path, sample: Desk, at: Here
) -> None:
    said = at(sample, "verify", str(log))
    assert said.code == 0
    assert "signature" not in said.out
    assert "--secret-env NAME" in said.err


def test_a_log_that_is_cut_off_is_no_failed_check(
    log: Path, sample: Desk, at: Here, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.json"
    cut.write_text(log.read_text()[:-40])
    said = at(sample, "verify", str(cut), "--json")
    assert said.code == 2
    assert "cut off" in said.err


# -- the store --------------------------------------------------------------------------------


def _store_checks(desk: Desk, at: Here, store: Path) -> dict[str, tuple[bool, str]]:
    said = at(desk, "verify", "--json", "--store", str(store))
    assert said.code == (0 if said.json["ok"] else 1)
    return {one["name"]: (one["ok"], one["why"] or "") for one in said.json["checks"]}


def test_a_whole_store_holds(sample: Desk, at: Here) -> None:
    said = at(sample, "verify", "--store")
    assert (said.code, said.out.split()) == (
        0,
        ["ok", "database", "ok", "objects", "ok", "references", "ok", "runs"],
    )


def test_an_object_that_was_altered_is_found(sample: Desk, at: Here, tmp_path: Path) -> None:
    copy = sample.copy_of_store(tmp_path / "copy.db")
    with sqlite3.connect(copy) as database:
        (digest,) = database.execute("SELECT digest FROM object WHERE length(data)>40").fetchone()
        database.execute("UPDATE object SET data=x'0100007b7d' WHERE digest=?", (digest,))
    ok, why = _store_checks(sample, at, copy)["objects"]
    assert not ok
    assert digest.hex() in why


def test_an_object_that_is_missing_is_found(sample: Desk, at: Here, tmp_path: Path) -> None:
    copy = sample.copy_of_store(tmp_path / "copy.db")
    with sqlite3.connect(copy) as database:
        run, digest = database.execute(
            "SELECT run, before FROM execution WHERE step=5 AND attempt=0"
        ).fetchone()
        database.execute("DELETE FROM object WHERE digest=?", (digest,))
    ok, why = _store_checks(sample, at, copy)["references"]
    assert not ok
    assert run in why
    assert digest.hex() in why


def test_a_row_that_nobody_of_us_wrote_is_found(sample: Desk, at: Here, tmp_path: Path) -> None:
    copy = sample.copy_of_store(tmp_path / "copy.db")
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE execution SET outcome='fine' WHERE step=3")
    assert not _store_checks(sample, at, copy)["runs"][0]


def test_a_step_without_what_was_recorded_is_found(sample: Desk, at: Here, tmp_path: Path) -> None:
    copy = sample.copy_of_store(tmp_path / "copy.db")
    with sqlite3.connect(copy) as database:
        database.execute("DELETE FROM execution WHERE step=3")
    assert not _store_checks(sample, at, copy)["runs"][0]
