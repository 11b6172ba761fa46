"""A recorded run of Lár read back: the entries that the engine had yielded, and how it ended."""

from __future__ import annotations

import importlib
from collections.abc import Generator
from typing import Any, Protocol

from lar_debug.model.records import Execution, Outcome, RunInfo, Step
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_nodes import HIDDEN_KEYS
from lar_debug.runtime.forking import session_of, whole_way
from lar_debug.runtime.identity import Unreachable
from lar_debug.store.database import Store


class Played(Protocol):
    """What is played back: runs of the program that recorded `info`."""

    @property
    def store(self) -> Store: ...

    @property
    def info(self) -> RunInfo: ...

    def snapshot(self, reference: str, run: str) -> dict[str, Any]:
        """A recorded state of a run, as real objects."""
        ...


def played_back(played: Played, ordinal: int, started: lar.Started) -> Generator[Any, Any, None]:
    """Stands for a run that came before the wanted one. Raises Unreachable for one not recorded."""
    info = _earlier_run(played, ordinal)
    given: Any = started.initial_state
    for step, execution in whole_way(played.store, info):
        if execution.outcome is Outcome.RUNNING:
            return
        if execution.outcome in (Outcome.CRASHED, Outcome.WAITING):
            # The run went on with another try of it.
            continue
        before = played.snapshot(execution.before, step.run)
        after = played.snapshot(execution.after, step.run)
        if isinstance(given, dict) and given:
            # The engine works on the very dictionary that it is given, unless that is empty.
            _fill(given, after)
        if execution.error.startswith(("SystemExit", "KeyboardInterrupt")):
            raise _ending(execution.error)
        yield _entry(played, step, execution, before, after)


def _fill(state: Any, content: dict[str, Any]) -> None:
    state.clear()
    state.update(content)


def _earlier_run(played: Played, ordinal: int) -> RunInfo:
    session = session_of(str(played.info.entry.get("session", "")), ordinal)
    for info in played.store.runs():
        if info.entry.get("session") == session and info.entry.get("ordinal") == ordinal:
            return info
    raise Unreachable(f"run number {ordinal} of the recorded program is not in the store any more")


def _ending(error: str) -> BaseException:
    kind, _, code = error.partition(": ")
    if kind == "KeyboardInterrupt":
        return KeyboardInterrupt()
    return SystemExit(int(code) if code.lstrip("-").isdigit() else code or None)


def _entry(
    played: Played,
    step: Step,
    execution: Execution,
    before: dict[str, Any],
    after: dict[str, Any],
) -> dict[str, Any]:
    clean = {key: value for key, value in after.items() if key not in HIDDEN_KEYS or key in before}
    difference: Any = importlib.import_module("lar.utils").compute_state_diff(before, clean)
    node = played.store.nodes(step.run).get(step.node.address)
    entry: dict[str, Any] = {
        "step": step.engine_step,
        "node": node.type if node is not None else step.node.label,
        "state_before": before,
        "state_diff": difference,
        "run_metadata": _metadata(played, execution),
        "outcome": "error" if execution.error else "success",
        "state_after": clean,
    }
    if execution.error:
        entry["error"] = execution.error
    return entry


def _metadata(played: Played, execution: Execution) -> dict[str, Any]:
    calls = [
        call
        for call in played.store.calls(execution.run, execution.step, execution.attempt)
        if call.kind == "llm" and not call.error
    ]
    if not calls:
        return {}
    last = calls[-1]
    return {
        "prompt_tokens": last.tokens.prompt,
        "output_tokens": last.tokens.output,
        "total_tokens": last.tokens.total,
        "model": last.model,
    }
