"""The JSON of steps, attempts and calls: the command line's contract, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lar_debug.diff.equality import kind_of
from lar_debug.diff.json_form import change_json, path_json, value_json
from lar_debug.diff.paths import path_text
from lar_debug.diff.structural import compare
from lar_debug.diff.value_form import from_json
from lar_debug.model.records import (
    STORED,
    Call,
    Changes,
    Execution,
    FileUse,
    Node,
    NodeRef,
    StepSummary,
    Tokens,
)
from lar_debug.model.values import Fidelity, Value
from lar_debug.session.costs import AttemptsCost, Resume
from lar_debug.session.recording import Recording

MS = 1_000_000


def milliseconds(duration_ns: int) -> float:
    """A duration as the contract has it."""
    return round(duration_ns / MS, 3)


def tokens_json(tokens: Tokens) -> dict[str, int]:
    return {"prompt": tokens.prompt, "output": tokens.output, "total": tokens.total}


def resume_json(resume: Resume) -> dict[str, Any]:
    """One time that a run was gone on with, in `show RUN`."""
    return {
        "segment": resume.segment,
        "step": resume.step,
        "started": resume.started,
        "spent": resume.spent,
        "saved": resume.saved,
    }


def cost_json(cost: AttemptsCost) -> dict[str, int]:
    """What attempts took, beside as many whole runs."""
    return {"made": cost.made, "tokens": cost.tokens, "whole_runs": cost.whole_runs}


def changes_json(changes: Changes) -> dict[str, list[str]]:
    return {
        "added": list(changes.added),
        "updated": list(changes.updated),
        "removed": list(changes.removed),
    }


def next_json(following: tuple[NodeRef, ...]) -> list[str]:
    return [node.label for node in following]


def step_json(nodes: Mapping[str, Node], line: StepSummary, stale: str | None) -> dict[str, Any]:
    """One step as in `show RUN`; `nodes` are those of the run."""
    node = nodes.get(line.node.address)
    return {
        "step": line.step,
        "engine_step": line.engine_step,
        "segment": line.segment,
        "node": line.node.label,
        "type": node.type if node is not None else "",
        "address": line.node.address,
        "outcome": line.outcome.value,
        "error": line.error or None,
        "next": next_json(line.next),
        "tokens": tokens_json(line.tokens),
        "duration_ms": milliseconds(line.duration_ns),
        "changes": changes_json(line.changes),
        "attempts": line.attempts,
        "stale": stale,
        "impure": line.impure or None,
    }


def call_json(call: Call) -> dict[str, Any]:
    return {
        "call": call.call,
        "kind": call.kind,
        "address": call.address,
        "model": call.model or None,
        "prompt": call.prompt or None,
        "system_instruction": call.system_instruction or None,
        "output": call.output or None,
        "settings": value_json(call.settings),
        "tokens": tokens_json(call.tokens),
        "duration_ms": milliseconds(call.duration_ns),
        "error": call.error or None,
        **({"stored": call.finish == STORED} if call.kind == "task" else {}),
    }


def file_json(use: FileUse) -> dict[str, Any]:
    return {"path": use.path, "mode": use.mode, "digest": use.digest}


def visible(value: Value, recording: Recording, *, everything: bool) -> Value:
    """A state without the engine's bookkeeping, unless everything is asked for."""
    if everything or kind_of(value) is not dict:
        return value
    return {key: item for key, item in value.items() if key not in recording.hidden}


def state_json(recording: Recording, reference: str, *, everything: bool = False) -> Any:
    """A snapshot; None where there is none."""
    if not reference:
        return None
    return value_json(visible(recording.value(reference), recording, everything=everything))


def diff_json(recording: Recording, old: str, new: str, *, everything: bool = False) -> list[Any]:
    """The changes from one snapshot to another; none where there is no second one."""
    if not new:
        return []
    before = visible(recording.value(old), recording, everything=everything)
    after = visible(recording.value(new), recording, everything=everything)
    return [change_json(change) for change in compare(before, after)]


def llm_call(calls: list[Call]) -> Call | None:
    """The model call of an execution, when there is exactly one."""
    found = [call for call in calls if call.kind == "llm"]
    return found[0] if len(found) == 1 else None


def console_text(pieces: list[tuple[str, bytes]], stream: str) -> str:
    """What was printed to one stream."""
    data = b"".join(piece for name, piece in pieces if name == stream)
    return data.decode("utf-8", "backslashreplace")


def edits_json(edits: Mapping[str, Value]) -> Any:
    """What a person changed first, as they wrote it."""
    try:
        return value_json(from_json(edits))
    except ValueError:
        # Of a store that was tampered with: shown as plain data.
        return value_json(edits)


def fidelity_json(execution: Execution) -> dict[str, Any]:
    """Whether the snapshot is the state as it was, and if not, which values are not."""
    worst = Fidelity.EXACT
    for mark in execution.marks:
        worst = Fidelity.LOST if Fidelity.LOST in (worst, mark.fidelity) else mark.fidelity
    return {
        "state": worst.value,
        "values": [
            {
                "path": path_text(mark.path),
                "at": path_json(mark.path),
                "fidelity": mark.fidelity.value,
                "reason": mark.reason,
            }
            for mark in execution.marks
        ],
    }


def execution_json(
    recording: Recording, execution: Execution, *, everything: bool = False
) -> dict[str, Any]:
    """What `show RUN --step N` adds to the step: one execution in full."""
    calls = recording.calls(execution)
    single = llm_call(calls)
    console = recording.console(execution)
    changes = diff_json(recording, execution.before, execution.after, everything=everything)
    return {
        "attempt": execution.attempt,
        "outcome": execution.outcome.value,
        "error": execution.error or None,
        "next": next_json(execution.next),
        "tokens": tokens_json(execution.tokens),
        "duration_ms": milliseconds(execution.duration_ns),
        "changes": changes_json(execution.changes),
        "input": state_json(recording, execution.input or execution.before, everything=everything),
        "before": state_json(recording, execution.before, everything=everything),
        "after": state_json(recording, execution.after, everything=everything),
        "diff": changes,
        "calls": [call_json(call) for call in calls],
        "prompt": single.prompt if single else None,
        "system_instruction": (single.system_instruction or None) if single else None,
        "stdout": console_text(console, "stdout"),
        "stderr": console_text(console, "stderr"),
        "traceback": execution.traceback or None,
        "source": execution.source or None,
        "reads": list(execution.reads),
        "writes": list(execution.written),
        "files": [
            file_json(use) for use in recording.files(execution).values() if use.mode != "module"
        ],
        "effects": list(execution.effects),
        "fidelity": fidelity_json(execution),
        "edits": edits_json(execution.edits),
        "note": execution.note or None,
    }
