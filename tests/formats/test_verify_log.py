"""A log is checked against its signature and against itself; the first entry that lies is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lar_debug.formats import json_stream
from lar_debug.formats.json_stream import NotReadable
from lar_debug.formats.lar_coherence import check_log
from lar_debug.formats.lar_signature import NO_MATCH, UNSIGNED, why_not_signed
from lar_debug.model.checks import Check
from tests.formats.logs import SECRET, chain, engine_log, rewritten


def _set(key: str, value: Any) -> Callable[[Any], Any]:
    def work(state: Any) -> str:
        state.set(key, value)
        return key

    return work


def _raise(state: Any) -> None:
    del state
    raise LookupError("nothing there")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = chain(
        _set("name", "Zoë \ud800"),
        _set("ratio", float("nan")),
        _set("pair", (1, 2)),
        _set("flag", True),
        _set("flag", False),
        _raise,
    )
    return engine_log(tmp_path_factory.mktemp("logs"), graph, {"account": {"balance": 10}}, SECRET)


def _signed(path: Path, secret: str = SECRET) -> str:
    return why_not_signed(path, secret.encode())


def _failed(path: Path) -> list[Check]:
    return [check for check in check_log(path)[0] if not check.ok]


def test_an_honest_log_holds(log: Path) -> None:
    assert _signed(log) == ""
    checks, signed = check_log(log)
    assert [(check.name, check.ok) for check in checks] == [
        ("step numbers", True),
        ("states", True),
        ("diffs", True),
    ]
    assert signed


def test_another_secret_does_not_match(log: Path) -> None:
    assert _signed(log, "open sesam") == NO_MATCH


def test_numbers_as_keys_are_signed_in_the_order_of_numbers(tmp_path: Path) -> None:
    # The engine sorts 2 before 10; once loaded they are texts, and "10" comes first.
    graph = chain(_set("by_age", {2: "a", 10: {1.5: "b", -1: "c"}}))
    log = engine_log(tmp_path, graph, {"x": 1}, SECRET)
    assert _signed(log) == ""
    assert _signed(log, "other") == NO_MATCH


def test_what_is_nested_too_deep_for_a_signature_is_one_line(tmp_path: Path) -> None:
    log = engine_log(tmp_path, chain(_set("x", 1)), {"deep": 0}, SECRET)
    deep = tmp_path / "deep.json"
    deep.write_text(log.read_text().replace('"deep": 0', f'"deep": {"[" * 800}{"]" * 800}'))
    with pytest.raises(NotReadable, match="nested too deep"):
        _signed(deep)


def test_texts_that_look_like_numbers_are_signed_in_the_order_of_texts(tmp_path: Path) -> None:
    graph = chain(_set("by_id", {"2": "a", "10": "b", "007": "c"}))
    assert _signed(engine_log(tmp_path, graph, {"x": 1}, SECRET)) == ""


@pytest.mark.parametrize("order", [sorted, lambda names: sorted(names, reverse=True)])
def test_a_log_that_was_written_again_in_another_order_still_matches(
    log: Path, tmp_path: Path, order: Callable[[Any], list[str]]
) -> None:
    content = json.loads(log.read_text())
    again = tmp_path / "again.json"
    again.write_text(json.dumps({name: content[name] for name in order(content)}))
    assert _signed(again) == ""


def test_a_log_is_signed_over_every_part(log: Path) -> None:
    changes: list[Callable[[Any], Any]] = [
        lambda log: log.update(user_id="someone"),
        lambda log: log.update(more=1),
        lambda log: log["summary"].update(total_steps=7),
        lambda log: log["steps"].pop(),
        lambda log: log["steps"][1].update(outcome="error"),
        lambda log: log["steps"][3]["state_after"].update(flag=1),
    ]
    for change in changes:
        assert _signed(rewritten(log, change)) == NO_MATCH


def test_a_log_without_a_signature_says_so(log: Path) -> None:
    assert _signed(rewritten(log, lambda log: log.pop("signature"))) == UNSIGNED


def test_a_changed_state_is_found_where_it_no_longer_fits(log: Path) -> None:
    changed = rewritten(
        log, lambda log: log["steps"][3]["state_before"]["account"].update(balance=1000)
    )
    states, diffs = _failed(changed)
    assert (states.name, states.step) == ("states", 3)
    assert "account in the state before entry 3 is not what entry 2 left" in states.why
    assert (diffs.name, diffs.step) == ("diffs", 3)


def test_a_value_of_another_type_is_another_value(log: Path) -> None:
    # 1 == True and 10 == 10.0, and neither is what was recorded.
    for change in (
        lambda log: log["steps"][4]["state_before"].update(flag=1),
        lambda log: log["steps"][2]["state_before"]["account"].update(balance=10.0),
    ):
        assert _failed(rewritten(log, change))[0].name == "states"


def test_a_diff_that_hides_a_change_is_found(log: Path) -> None:
    changed = rewritten(log, lambda log: log["steps"][4]["state_diff"]["updated"].pop("flag"))
    (check,) = _failed(changed)
    assert (check.name, check.step) == ("diffs", 4)
    assert "flag among the updated" in check.why


def test_an_entry_that_was_taken_out_is_found(log: Path) -> None:
    found = {
        check.name: check for check in _failed(rewritten(log, lambda log: log["steps"].pop(1)))
    }
    assert found["step numbers"].step == 1
    assert "entry 1 says it is step 2" in found["step numbers"].why
    assert found["states"].step == 1


def test_what_the_engine_changes_itself_between_two_steps_is_no_lie(tmp_path: Path) -> None:
    from lar import GraphExecutor
    from lar.compliance.runtime_versioner import RuntimeStateVersioner

    def offer(state: Any) -> int:
        state.set("tool_catalogue", [*state.get("tool_catalogue", []), "send_mail"])
        return 1

    executor = GraphExecutor(log_dir=str(tmp_path), versioner=RuntimeStateVersioner())
    for _ in executor.run_step_by_step(chain(*[offer] * 12), {"tool_catalogue": []}):
        pass
    (log,) = tmp_path.glob("*.json")
    assert "drift_report" in log.read_text()
    assert _failed(log) == []


def test_all_of_it_holds_when_the_log_is_read_in_small_parts(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "_READ_BYTES", 7)
    assert _signed(log) == ""
    assert _failed(log) == []
