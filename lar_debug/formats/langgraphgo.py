"""LangGraphGo's file store `checkpoints.json`: what its durable execution example keeps.

One object of id to {"id", "node_name", "state", "metadata", "timestamp", "version"}, each the
state that a node left. Threads are told apart by metadata.thread_id, else metadata.execution_id.
Nodes are Go code: nothing of it can be run here.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from lar_debug.formats.json_stream import JsonStream, NotReadable, as_object
from lar_debug.formats.recorded import ForeignStep, Heading, Source, written_run
from lar_debug.model.foreign import GO_ENGINE
from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.store.database import Store

NAME: Final = "langgraphgo"
END: Final = "END"
"""How LangGraphGo names the end of a graph."""

_PARTS: Final = (("id", str), ("node_name", str), ("timestamp", str), ("version", int))
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint; `at` are seconds since the epoch and nanoseconds in that second."""

    id: str
    node: str
    state: Any
    metadata: dict[str, Any]
    at: tuple[int, int]
    version: int

    @property
    def thread(self) -> str:
        named = (self.metadata.get(name) for name in ("thread_id", "execution_id"))
        return next((name for name in named if isinstance(name, str) and name), "")


def is_checkpoint(value: Any) -> bool:
    """Whether a value looks like a checkpoint of the store."""
    return isinstance(value, dict) and "node_name" in value and "state" in value


def read_checkpoints(path: Path) -> list[Checkpoint]:
    """All checkpoints of a file, oldest first. Raises NotReadable, and OSError."""
    with JsonStream(path) as stream:
        found = [_checkpoint(path, key, stream.value()) for key in stream.members()]
        stream.end()
    return sorted(found, key=lambda one: (one.at, one.version, one.id))


def _checkpoint(path: Path, key: str, value: Any) -> Checkpoint:
    def wrong(why: str) -> NotReadable:
        return NotReadable(f"{path}: {key} is no checkpoint of LangGraphGo: {why}")

    if not is_checkpoint(value):
        raise wrong("it has no node_name or no state")
    found = as_object(value)
    for name, kind in _PARTS:
        if not isinstance(found.get(name), kind):
            raise wrong(f"its {name} is missing" if name not in found else f"its {name}")
    at = _time(found["timestamp"])
    if at is None:
        raise wrong("its timestamp is no time")
    metadata = as_object(found.get("metadata"))
    return Checkpoint(
        found["id"], found["node_name"], found["state"], metadata, at, found["version"]
    )


def _time(text: str) -> tuple[int, int] | None:
    """Go writes up to nine digits of a second, more than Python's datetime keeps."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(match[1] + match[3])
        return int(moment.timestamp()), int((match[2] or "").ljust(9, "0"))
    except (ValueError, OverflowError):
        return None


# -- into the store ---------------------------------------------------------------------------


def import_checkpoints(store: Store, source: Source) -> list[RunInfo]:
    """One run per thread, the one that was written last at the end.

    Raises NotReadable and StoreError; threads that were imported until then are the caller's to
    take away again.
    """
    threads: dict[str, list[Checkpoint]] = defaultdict(list)
    for checkpoint in read_checkpoints(source.path):
        threads[checkpoint.thread].append(checkpoint)
    if not threads:
        raise NotReadable(f"{source.path} holds no checkpoints: there is nothing to look at")
    follows = _followers(threads.values())
    newest_last = sorted(threads.items(), key=lambda item: item[1][-1].at)
    return [_write(store, source, name, thread, follows) for name, thread in newest_last]


def _followers(threads: Iterable[list[Checkpoint]]) -> Mapping[str, set[str]]:
    """For each node those that came right after it in the same execution, anywhere in the file."""
    found: dict[str, set[str]] = defaultdict(set)
    for thread in threads:
        for before, after in itertools.pairwise(thread):
            if before.metadata.get("execution_id") == after.metadata.get("execution_id"):
                found[before.node].add(after.node)
    return found


def _write(
    store: Store,
    source: Source,
    name: str,
    thread: list[Checkpoint],
    follows: Mapping[str, set[str]],
) -> RunInfo:
    began = thread[0].at[0] + thread[0].at[1] / 1e9
    heading = Heading(NAME, GO_ENGINE, name or source.path.stem, began)
    with written_run(store, source, heading) as writer:
        before: dict[str, Any] | None = None
        for number, one in enumerate(thread):
            # A graph of messages has a list for its state, others may have anything.
            after = as_object(one.state) or {"state": one.state}
            started = one.at[0] + one.at[1] / 1e9
            writer.add(ForeignStep(one.node, "", number, before, after, started))
            before = after
        following = _next(thread[-1], follows)
        writer.end(RunStatus.STOPPED, following=following)
    return store.run(writer.info.run)


def _next(last: Checkpoint, follows: Mapping[str, set[str]]) -> list[str]:
    """Where the thread would go on: as its checkpoint says, else as every other execution in the
    file went on from that node; nothing where that is not sure."""
    said = last.metadata.get("next")
    if isinstance(said, (str, list)):
        names = [said] if isinstance(said, str) else cast("list[Any]", said)
        return [name for name in names if isinstance(name, str) and name != END]
    after = follows.get(last.node, set())
    return list(after) if len(after) == 1 else []
