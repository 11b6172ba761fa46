"""Writes what a foreign file holds into the store, as runs like those that were recorded here.

Nothing of the user's runs. A file that turns out broken leaves no run behind.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lar_debug.formats.json_stream import as_object
from lar_debug.model.engines import bookkeeping
from lar_debug.model.foreign import IMPORTED
from lar_debug.model.records import (
    Call,
    Changes,
    Execution,
    Node,
    NodeRef,
    Outcome,
    RunInfo,
    RunStatus,
    Segment,
    Step,
    Tokens,
)
from lar_debug.runtime.snapshots import Snapshotter, Taken
from lar_debug.store.database import Store, StoreInUse
from lar_debug.store.liveness import is_alive, process_identity

NO_TOKENS: Final = Tokens()


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is imported: `digest` is the hex sha256 of its content."""

    path: Path
    digest: str

    @classmethod
    def of(cls, path: Path) -> Source:
        """Reads the file once. Raises OSError."""
        with path.open("rb") as file:
            return cls(path.absolute(), hashlib.file_digest(file, "sha256").hexdigest())


@dataclass(frozen=True, slots=True)
class Heading:
    """What a file says of a run as a whole. `started` in seconds since the epoch."""

    format: str
    engine: str
    thread: str
    started: float


@dataclass(frozen=True, slots=True)
class ForeignStep:
    """One step as a file tells of it; None for a state that it does not hold.

    `node` is what the file calls the node: its class, or its name.
    """

    node: str
    type: str
    number: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    started: float
    outcome: Outcome = Outcome.SUCCESS
    error: str = ""
    tokens: Tokens = NO_TOKENS
    calls: tuple[Call, ...] = ()


@dataclass(slots=True)
class _Written:
    """A step that stands in the store and does not know yet what follows it."""

    execution: Execution
    calls: tuple[Call, ...]


@dataclass(slots=True)
class RunWriter:
    """Writes one run, step by step."""

    store: Store
    info: RunInfo
    _snapshotter: Snapshotter
    _nodes: set[str] = field(default_factory=set[str])
    _last: _Written | None = None
    steps: int = 0

    def add(self, step: ForeignStep) -> None:
        """The next step. Raises StoreError."""
        node = NodeRef(step.node, step.node)
        if step.node not in self._nodes:
            self._nodes.add(step.node)
            self.store.add_nodes(self.info.run, [Node(step.node, step.node, step.type)])
        self._end_last((node,))
        before, after = (self._take(state) for state in (step.before, step.after))
        execution = Execution(
            self.info.run,
            self.steps,
            0,
            step.outcome,
            step.started,
            before=before.ref,
            after=after.ref,
            error=step.error,
            tokens=step.tokens,
            marks=after.marks or before.marks,
        )
        execution = self._with_changes(execution, step.after or {})
        self.store.begin_step(
            Step(self.info.run, self.steps, node, engine_step=step.number), execution
        )
        self._last = _Written(execution, step.calls)
        self.steps += 1

    def _take(self, state: dict[str, Any] | None) -> Taken:
        return Taken("") if state is None else self._snapshotter.take(state)

    def _with_changes(self, execution: Execution, after: dict[str, Any]) -> Execution:
        hidden = bookkeeping(self.info.engine)
        if not execution.after:
            return execution
        if execution.before:
            changes = self._snapshotter.changes(execution.before, execution.after, hidden)
        else:
            changes = Changes(added=tuple(key for key in after if key not in hidden))
        written = (*changes.added, *changes.updated, *changes.removed)
        return execution._replace(changes=changes, written=written)

    def _end_last(self, following: tuple[NodeRef, ...]) -> None:
        last, self._last = self._last, None
        if last is not None:
            execution = last.execution._replace(next=following)
            self.store.end_execution(execution, calls=last.calls)

    def end(self, status: RunStatus, error: str = "", following: Iterable[str] = ()) -> None:
        """The file has no further step; `following` is where it says that the run would go on."""
        self._end_last(tuple(NodeRef(name, name) for name in following))
        self.store.end_segment(self.info.run, 0, time.time())
        self.store.set_status(self.info.run, status, error=error, ended=self.info.started)


@contextmanager
def written_run(store: Store, source: Source, heading: Heading) -> Generator[RunWriter, None, None]:
    """A new run to be filled; it is gone again when filling it raises."""
    run = secrets.token_hex(4)
    info = RunInfo(
        run=run,
        thread=heading.thread,
        target=source.path.name,
        engine=heading.engine,
        engine_version="",
        python="",
        interpreter="",
        cwd=str(source.path.parent),
        script="",
        argv=(),
        started=heading.started,
        entry={
            "kind": IMPORTED,
            "format": heading.format,
            "file": {"path": str(source.path), "digest": source.digest},
        },
    )
    # No key: what JSON holds is never pickled.
    snapshotter = Snapshotter(store.objects, store.texts, run=run, key=None)
    store.add_run(info)
    store.add_segment(Segment(run, 0, process_identity(), time.time()))
    try:
        yield RunWriter(store, info, snapshotter)
    except BaseException:
        forget_run(store, run)
        raise


def forget_run(store: Store, run: str) -> None:
    """Delete a run that is not wanted after all, with its snapshots where nobody else writes."""
    store.objects.drop_pending()
    store.delete_run(run)
    with suppress(StoreInUse):
        store.collect_garbage()


def runs_of_file(store: Store, digest: str) -> list[RunInfo]:
    """The runs that a file of that content was imported as, in their order of importing."""
    return [info for info in store.runs() if _is_of(info, digest)]


def forget_broken_imports(store: Store) -> None:
    """Delete what an import left behind that died on the way, or had no room to take it back."""
    for info in store.unfinished_imports():
        if not any(is_alive(segment.process) for segment in store.segments(info.run)):
            forget_run(store, info.run)


def _is_of(info: RunInfo, digest: str) -> bool:
    return as_object(info.entry.get("file")).get("digest") == digest
