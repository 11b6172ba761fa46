"""Writes a run as a Lár audit log, entry by entry as the engine lays it out, signed on demand.

What the engine would have written of the same steps: its own bookkeeping is taken out of the
states into the entries, a step is an error while `last_error` stands in the state.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lar_debug.formats import lar_audit_log
from lar_debug.formats.json_stream import as_object
from lar_debug.formats.lar_audit_log import METADATA, MOVED, REASONING, SIGNATURE, STEPS, TAKEN
from lar_debug.formats.lar_signature import Signer
from lar_debug.formats.plain import Form, PlainState
from lar_debug.model.records import Call, Execution, Node, RunInfo, RunStatus, Step
from lar_debug.model.values import Path
from lar_debug.store.database import Store

_BRANCH: Final = re.compile(r"\.nodes\[(\d{1,9})\]", re.ASCII)


def left_state(store: Store, execution: Execution, form: Form) -> PlainState:
    """The state that a step left, without what the engine takes out of it."""
    state = PlainState(store.reader.value(execution.after), form)
    for key in TAKEN:
        state.data.pop(key, None)
    return state


@dataclass(slots=True)
class LogWriter:
    """One run as a log. `odd` are (step, path) of what JSON lacks, once the text is made."""

    store: Store
    info: RunInfo
    form: Form
    secret: bytes | None = None
    odd: list[tuple[int, Path]] = field(default_factory=list[tuple[int, Path]])
    entries: int = 0
    _nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    _tokens: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def text(self) -> Iterator[str]:
        """The text of the log, in parts of one entry. Raises StoreDamaged."""
        self._nodes = self.store.nodes(self.info.run)
        head = {"run_id": self._run_id(), "user_id": None, "timestamp": self._timestamp()}
        # All of the head but run_id belongs behind the steps in the signed text.
        signer = Signer(self.secret, head) if self.secret else None
        lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
        yield "{\n" + ",\n".join(lines) + f',\n  "{STEPS}": ['
        for step, execution in self._steps():
            entry = self._entry(step, execution)
            if signer is not None:
                signer.add(entry)
            yield ("," if self.entries else "") + "\n" + _indented(entry, 4)
            self.entries += 1
        summary = self._summary()
        yield "\n  ]" if self.entries else "]"
        yield f',\n  "summary": {_indented(summary, 2).lstrip()}'
        if signer is not None:
            signature = signer.end({**head, "summary": summary})
            yield f',\n  "{SIGNATURE}": "{signature}"'
        yield "\n}"

    def _steps(self) -> Iterator[tuple[Step, Execution]]:
        """Steps that came to an end: of the others the engine writes nothing."""
        for number in self.store.step_numbers(self.info.run):
            for step, execution in self.store.steps(self.info.run, number, number):
                if execution.before and execution.after:
                    yield step, execution

    def _run_id(self) -> str:
        imported = self.info.entry.get("format") == lar_audit_log.NAME
        return self.info.thread if imported else self.info.run

    def _timestamp(self) -> str:
        ended = self.info.ended or self.info.started
        return datetime.datetime.fromtimestamp(ended).isoformat()

    def _entry(self, step: Step, execution: Execution) -> dict[str, Any]:
        before = PlainState(self.store.reader.value(execution.before), self.form)
        after = left_state(self.store, execution, self.form)
        self.odd += [(step.step, path) for path in dict.fromkeys(before.odd + after.odd)]
        call = self._call(step, execution)
        node = self._nodes.get(step.node.address)
        entry: dict[str, Any] = {
            "step": self.entries,
            "node": (node.type if node is not None else "") or step.node.label,
            "state_before": before.data,
            "state_diff": _difference(before.data, after.data),
            "run_metadata": self._metadata(call, before.data),
            **_outcome(self.info, execution, after.data),
        }
        told = (call.prompt, call.system_instruction) if call is not None else ("", "")
        for (name, key), text in zip(MOVED, (*told, ""), strict=True):
            if text or key in before.data:
                entry[name] = text or None
        entry["state_after"] = after.data
        return entry

    def _call(self, step: Step, execution: Execution) -> Call | None:
        """The call that stands in the engine's one place for it: of parallel branches the first
        one's, of the others the last that was answered."""
        calls = self.store.calls(execution.run, execution.step, 0)
        found = [call for call in calls if call.kind == "llm"]
        if found:
            first = min(_branch(step.node.address, call) for call in found)
            found = [call for call in found if _branch(step.node.address, call) == first]
        return next((call for call in reversed(found) if not call.error), (found or [None])[-1])

    def _metadata(self, call: Call | None, before: dict[str, Any]) -> dict[str, Any] | None:
        if call is None or call.error:
            return None if METADATA in before else {}
        tokens = call.tokens
        spent = self._tokens.setdefault(call.model, [0, 0, 0])
        for index, count in enumerate((tokens.prompt, tokens.output, tokens.total)):
            spent[index] += count
        reasoning = _reasoning(call)
        return {
            "prompt_tokens": tokens.prompt,
            "output_tokens": tokens.output,
            "total_tokens": tokens.total,
            "model": call.model,
            **({REASONING: reasoning} if reasoning else {}),
        }

    def _summary(self) -> dict[str, Any]:
        # The engine counts a step when it is asked for the next one.
        left_open = self.info.status is RunStatus.STOPPED
        sums = [sum(counts) for counts in zip(*self._tokens.values(), strict=True)] or [0, 0, 0]
        return {
            "total_steps": max(self.entries - left_open, 0),
            "total_prompt_tokens": sums[0],
            "total_completion_tokens": sums[1],
            "total_tokens": sums[2],
            "tokens_by_model": {model: counts[2] for model, counts in self._tokens.items()},
        }


def _branch(address: str, call: Call) -> int:
    """Which branch of a BatchNode at `address` made a call; 0 for any other node."""
    match = _BRANCH.match(call.address.removeprefix(address))
    return int(match[1]) if match is not None else 0


def _reasoning(call: Call) -> str:
    choices: Any = call.answer.get("choices") or [{}]
    return as_object(as_object(choices[0]).get("message")).get(REASONING) or ""


def _outcome(info: RunInfo, execution: Execution, after: dict[str, Any]) -> dict[str, Any]:
    left = after.get("last_error")
    if left:
        return {"outcome": "error", "error": left}
    if not execution.error:
        return {"outcome": "success"}
    # The recorder keeps "ValueError: why", the engine writes str(error).
    recorded_here = "format" not in info.entry
    name, colon, why = execution.error.partition(": ")
    text = (why if colon else "") if recorded_here and name.isidentifier() else execution.error
    return {"outcome": "error", "error": text}


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """As the engine computes it: what `!=` finds and JSON does not write alike."""
    return {
        "added": {key: value for key, value in after.items() if key not in before},
        "removed": {key: value for key, value in before.items() if key not in after},
        "updated": {
            key: value
            for key, value in after.items()
            if key in before
            and before[key] != value
            and json.dumps(before[key], sort_keys=True) != json.dumps(value, sort_keys=True)
        },
    }


def _indented(value: Any, level: int) -> str:
    """JSON with an indent of two, as it stands `level` blanks inside of another one."""
    blanks = " " * level
    # A newline inside of a text is an escape there.
    return blanks + json.dumps(value, indent=2).replace("\n", "\n" + blanks)
