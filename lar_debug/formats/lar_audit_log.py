"""Lár's audit log, `run_<id>.json`: what the engine 2.x writes at the end of a run.

One object {"run_id", "user_id", "timestamp", "steps": [entry], "summary", "signature"?}; an entry
has the whole state before and after its step. Entries are read one by one: logs grow large.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lar_debug.formats.json_stream import JsonStream, NotReadable, as_object
from lar_debug.formats.recorded import ForeignStep, Heading, Source, written_run
from lar_debug.model.engines import bookkeeping
from lar_debug.model.records import Call, Outcome, RunInfo, RunStatus, Tokens
from lar_debug.store.database import Store

NAME: Final = "lar-audit-log"
STEPS: Final = "steps"
SIGNATURE: Final = "signature"

REASONING: Final = "reasoning_content"
METADATA: Final = "__last_run_metadata"
MOVED: Final = (
    ("prompt", "__last_prompt"),
    ("system_instruction", "__last_system_instruction"),
    ("reasoning_trace", "__reasoning_trace"),
)
"""Names in an entry, and the keys of the state that the engine moves there after a step."""

TAKEN: Final = frozenset({METADATA, *(key for _, key in MOVED)})
"""All keys that the engine takes out of the state so."""

_HIDDEN: Final = bookkeeping("lar")
_SETS_ERROR: Final = frozenset({"ToolNode", "BatchNode", "LLMNode", "ReduceNode"})
"""Classes of the engine whose nodes leave `last_error` behind instead of raising."""

MOST_STEPS: Final = 1 << 62
"""A number beyond that is none of a step, and none that a store has room for."""

Progress = Callable[[int, int], None]
"""(bytes read, bytes of the file)"""


@dataclass(slots=True)
class AuditLog:
    """A log while it is read: `entries` yields its steps, `members` has the rest of it as far as
    it was read, `behind` the names of those that stand behind the steps."""

    path: Path
    members: dict[str, Any] = field(default_factory=dict[str, Any])
    behind: list[str] = field(default_factory=list[str])
    progress: Progress | None = None

    def entries(self) -> Iterator[dict[str, Any]]:
        """The entries in order. Raises NotReadable for what no log can be."""
        with JsonStream(self.path) as stream:
            found = False
            for key in stream.members():
                if key != STEPS:
                    self.members[key] = stream.value()
                    self.behind += [key] if found else []
                    continue
                if found:
                    raise NotReadable(f"{self.path} is no run log of Lár: it has steps twice")
                found = True
                for index, entry in enumerate(stream.items()):
                    yield checked(entry, index, self.path)
                    if self.progress is not None:
                        self.progress(stream.read, stream.size)
            stream.end()
        if not found:
            raise NotReadable(f"{self.path} is no run log of Lár: it has no steps")


def is_entry(value: Any) -> bool:
    """Whether a value looks like an entry of a log."""
    return isinstance(value, dict) and "node" in value and "state_before" in value


def checked(entry: Any, index: int, path: Path) -> dict[str, Any]:
    """An entry whose parts have the types that the engine gives them. Raises NotReadable."""

    def wrong(why: str) -> NotReadable:
        return NotReadable(f"{path}: entry {index} is none of Lár: {why}")

    if not isinstance(entry, dict):
        raise wrong(f"a {type(entry).__name__} instead of an object")
    found = as_object(entry)
    for name, kind in (("step", int), ("node", str), ("state_before", dict), ("outcome", str)):
        if not isinstance(found.get(name), kind) or isinstance(found.get(name), bool):
            raise wrong(f"its {name} is missing" if name not in found else f"its {name}")
    if abs(found["step"]) > MOST_STEPS:
        raise wrong("its step")
    for name in ("state_after", "state_diff", "run_metadata"):
        if found.get(name) is not None and not isinstance(found[name], dict):
            raise wrong(f"its {name} is no object")
    return found


def is_step(entry: dict[str, Any]) -> bool:
    """False where the engine only says why it will not go on: visits or steps are used up."""
    return "state_after" in entry


# -- into the store ---------------------------------------------------------------------------


def import_log(store: Store, source: Source, progress: Progress | None = None) -> list[RunInfo]:
    """The one run of a log. Raises NotReadable and StoreError, with nothing left behind."""
    log = AuditLog(source.path, progress=progress)
    entries = log.entries()
    first = next(entries, None)
    if first is None:
        raise NotReadable(f"{source.path} holds no steps: there is nothing to look at")
    heading = _heading(log, source)
    with written_run(store, source, heading) as writer:
        entry, last = first, first
        count = 0
        while entry is not None:
            count, last = count + 1, entry
            if is_step(entry):
                writer.add(_step(entry, heading.started))
            entry = next(entries, None)
        writer.end(*_end(log, last, count))
    return [store.run(writer.info.run)]


def _heading(log: AuditLog, source: Source) -> Heading:
    run_id = log.members.get("run_id")
    thread = run_id if isinstance(run_id, str) and run_id else source.path.stem
    return Heading(NAME, "lar", thread, _time(log.members.get("timestamp"), source.path))


def _time(text: Any, path: Path) -> float:
    """The engine writes local time without a zone, when the run has ended."""
    try:
        moment = datetime.datetime.fromisoformat(text).timestamp()
        # The end of the year 9999 has no way back from a number.
        datetime.datetime.fromtimestamp(moment)
        return moment
    except (TypeError, ValueError, OverflowError, OSError):
        return path.stat().st_mtime


def _end(log: AuditLog, last: dict[str, Any], count: int) -> tuple[RunStatus, str]:
    """How the run ended: the engine counts a step as done when it is asked for the next one."""
    if _failed(last) or not is_step(last):
        return RunStatus.FAILED, _text(last.get("error", ""))
    counted = as_object(log.members.get("summary")).get("total_steps")
    return (RunStatus.STOPPED, "") if counted == count - 1 else (RunStatus.FINISHED, "")


def _failed(entry: dict[str, Any]) -> bool:
    """Whether this very step failed: the engine calls every step an error while an earlier one's
    `last_error` is still in the state."""
    if entry["outcome"] != "error":
        return False
    left_over = entry["state_before"].get("last_error")
    if not left_over or entry.get("error") != left_over:
        return True
    return entry["node"] in _SETS_ERROR and not _changed(entry)


def _changed(entry: dict[str, Any]) -> list[str]:
    """Keys that the entry says were added or updated, bookkeeping apart."""
    diff = as_object(entry.get("state_diff"))
    parts = (as_object(diff.get(name)) for name in ("added", "updated"))
    return [key for part in parts for key in part if key not in _HIDDEN]


def _step(entry: dict[str, Any], started: float) -> ForeignStep:
    failed = _failed(entry)
    error = _text(entry.get("error", "")) if failed else ""
    metadata = as_object(entry.get("run_metadata"))
    return ForeignStep(
        node=entry["node"],
        type=entry["node"],
        number=entry["step"],
        before=entry["state_before"],
        after=_left(entry),
        started=started,
        outcome=Outcome.ERROR if failed else Outcome.SUCCESS,
        error=error,
        tokens=_tokens(metadata),
        calls=_calls(entry, metadata, error),
    )


def _left(entry: dict[str, Any]) -> dict[str, Any]:
    """The state as the engine left it: what it took out of the entry's is None there."""
    moved = [key for name, key in MOVED if name in entry]
    return {**as_object(entry["state_after"]), METADATA: None, **dict.fromkeys(moved)}


def _tokens(metadata: dict[str, Any]) -> Tokens:
    counts = (metadata.get(name) for name in ("prompt_tokens", "output_tokens"))
    prompt, output = (one if type(one) is int and abs(one) < 1 << 62 else 0 for one in counts)
    return Tokens(prompt, output)


def _calls(entry: dict[str, Any], metadata: dict[str, Any], error: str) -> tuple[Call, ...]:
    """The one model call that an entry has room for, where there was one."""
    prompt = entry.get("prompt")
    if prompt is None and not metadata.get("model"):
        return ()
    tokens = _tokens(metadata)
    return (
        Call(
            0,
            "llm",
            address=entry["node"],
            model=_text(metadata.get("model", "")),
            prompt=_text(prompt),
            system_instruction=_text(entry.get("system_instruction")),
            output=_answer(entry),
            tokens=tokens,
            error=error,
            answer=_rest_of_answer(metadata, tokens),
        ),
    )


def _rest_of_answer(metadata: dict[str, Any], tokens: Tokens) -> dict[str, Any]:
    """What the model said beside its answer, in the shape of its client's own objects."""
    reasoning = metadata.get(REASONING)
    if not isinstance(reasoning, str):
        return {}
    return {
        "model": _text(metadata.get("model")),
        "usage": {
            "prompt_tokens": tokens.prompt,
            "completion_tokens": tokens.output,
            "total_tokens": tokens.total,
        },
        "choices": [{"message": {REASONING: reasoning}}],
    }


def _answer(entry: dict[str, Any]) -> str:
    """What the model answered, where the step wrote one text and nothing else."""
    after = as_object(entry["state_after"])
    written = [after.get(key) for key in _changed(entry) if key != "token_budget"]
    return written[0] if len(written) == 1 and isinstance(written[0], str) else ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
