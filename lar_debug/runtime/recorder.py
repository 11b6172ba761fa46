"""Writes what runs of a graph do into the store, step by step, before and after each.

Whatever goes wrong here must not reach the program that is recorded: recording stops with one
line on stderr and the program goes on. Knows no engine: engines/ tells it what runs.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import platform
import secrets
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from importlib import metadata
from typing import Any, Concatenate, ParamSpec, TypeVar

from lar_debug.model.records import (
    RECORDING_STOPPED,
    Execution,
    Node,
    NodeRef,
    Outcome,
    RunInfo,
    RunStatus,
    Segment,
    Step,
)
from lar_debug.runtime.effects import Effects
from lar_debug.runtime.execution import Ran, ended
from lar_debug.runtime.marking import Marks
from lar_debug.runtime.observation import Observation, quiet
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.runtime.sources import UserFiles
from lar_debug.runtime.user_modules import module_files
from lar_debug.store.database import Store
from lar_debug.store.key import signing_key
from lar_debug.store.liveness import process_identity
from lar_debug.store.trust import sealed

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the recorded program is: the same for all its runs."""

    kind: str
    """script or target."""
    target: str
    script: str
    argv: tuple[str, ...]
    name: str = ""
    thread: str = ""
    marks: str = ""
    """Nonce of the marks in the output; "" for none."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What an engine knows of a run when it begins."""

    engine: str
    package: str
    """Name of the installed package, for its version."""
    start: NodeRef
    function: str
    place: str
    """ "agent.py:31", where the program starts the run."""
    nodes: tuple[Node, ...]
    sources: Mapping[str, str]
    """Source text by address."""
    names: Mapping[str, str]
    """ "module:name" by address, for nodes that a module global holds."""
    hidden: frozenset[str]


class Recorder:
    """Records every run of this process. `effects` must be reporting already."""

    def __init__(
        self,
        store: Store,
        origin: Origin,
        files: UserFiles,
        effects: Effects,
        lock: threading.RLock,
    ) -> None:
        """`lock` is held whenever the store is written, by whoever does it."""
        self.store = store
        self.origin = origin
        self.files = files
        self.effects = effects
        self.stopped = False
        self._lock = lock
        self._session = secrets.token_hex(8)
        self._runs = 0
        self._open: list[RunRecord] = []
        self._key = signing_key(create=True)
        self._marks = Marks(origin.marks) if origin.marks else None
        # Python never forgets what is registered, and this reaches all that was recorded.
        leave = weakref.WeakMethod(self._leave)
        os.register_at_fork(after_in_child=lambda: (leave() or _nothing)())
        atexit.register(self.close)

    def _leave(self) -> None:
        """In a forked child: the store's connection belongs to the parent."""
        self.stopped = True
        self.effects.active = False

    def stop(self, error: BaseException) -> None:
        """Give up recording, with one line; the program goes on."""
        if self.stopped:
            return
        self.stopped = True
        self.effects.active = False
        line = str(error).replace("\n", " ") or type(error).__name__
        # sys.stderr may be the program's own object by now, or closed.
        with contextlib.suppress(OSError):
            os.write(2, f"lar-debug: {RECORDING_STOPPED}{line}\n".encode("utf-8", "replace"))
        if self._marks is not None:
            self._marks.stopped(line)
        self._note_stop(f"{RECORDING_STOPPED}{line}")

    def _note_stop(self, error: str) -> None:
        """Write into the runs that go on why they are recorded no further, if that can be."""
        try:
            with self._lock, quiet():
                # What could not be written must not keep these few bytes from being.
                self.store.objects.drop_pending()
                for record in self._open:
                    run, last = record.run, record.steps - 1
                    self.store.set_status(run, RunStatus.STOPPED, error=error, ended=time.time())
                    self.store.end_attempt_as(run, last, 0, Outcome.CRASHED, error)
        except Exception:
            # A debugger has heard of it by the mark, and writes it down once that can be done.
            return

    def begin_run(self, beginning: Beginning) -> RunRecord | None:
        """A new run; None when recording has stopped."""
        if self.stopped:
            return None
        try:
            with self._lock, quiet():
                record = self._new_run(beginning)
        except Exception as error:
            self.stop(error)
            return None
        return record

    def _new_run(self, beginning: Beginning) -> RunRecord:
        run, origin = secrets.token_hex(4), self.origin
        entry: dict[str, Any] = {
            "kind": origin.kind,
            "name": origin.name,
            "label": beginning.start.label,
            "call_site": beginning.place,
            "function": beginning.function,
            "session": self._session,
            "ordinal": self._runs,
            "names": dict(beginning.names),
            "reached": self.effects.outside.reached,
        }
        info = RunInfo(
            run=run,
            thread=origin.thread or run,
            target=origin.target,
            engine=beginning.engine,
            engine_version=_version(beginning.package),
            python=platform.python_version(),
            interpreter=sys.executable,
            cwd=os.getcwd(),
            script=origin.script,
            argv=origin.argv,
            started=time.time(),
            machine="",
            entry=entry,
        )
        self._runs += 1
        record = RunRecord(self, run, beginning)
        self.store.add_run(sealed(info), beginning.nodes)
        self.store.add_segment(Segment(run, 0, process_identity(), info.started))
        self._open.append(record)
        self.add_files(record)
        return record

    def add_files(self, record: RunRecord) -> None:
        """Modules and files of the run as a whole, those that are not noted yet."""
        uses = [*module_files(self.files, self.store.texts.write)]
        modules = {use.path for use in uses}
        # A module's source is opened like any file when it is imported.
        outside = list(self.effects.read_outside.values())
        uses += [use for use in outside if use.path not in modules]
        new = [use for use in uses if (use.path, use.mode) not in record.noted]
        record.noted.update((use.path, use.mode) for use in new)
        if new:
            self.store.add_files(record.run, new)

    def new_snapshotter(self, run: str) -> Snapshotter:
        return Snapshotter(self.store.objects, self.store.texts, run=run, key=self._key)

    def mark(self, run: str, step: int, edge: Any) -> None:
        if self._marks is not None:
            self._marks.write(run, step, edge)

    def forget(self, record: RunRecord) -> None:
        if record in self._open:
            self._open.remove(record)

    @property
    def runs(self) -> int:
        """How many runs have begun."""
        return self._runs

    def close(self) -> None:
        """The program ends: runs that nobody finished were stopped."""
        for record in list(self._open):
            record.end(RunStatus.STOPPED)
        self.effects.active = False
        if not self.stopped:
            self.stopped = True
            try:
                self.store.close()
            except Exception as error:
                self.stopped = False
                self.stop(error)


def guarded(
    method: Callable[Concatenate[RunRecord, P], R],
) -> Callable[Concatenate[RunRecord, P], R | None]:
    """A method of a run that does nothing once recording has stopped, and never raises."""

    @wraps(method)
    def safe(self: RunRecord, *args: P.args, **kwargs: P.kwargs) -> R | None:
        recorder = self.recorder
        if recorder.stopped:
            return None
        try:
            with recorder._lock, quiet():  # pyright: ignore[reportPrivateUsage]
                return method(self, *args, **kwargs)
        except Exception as error:
            recorder.stop(error)
            return None

    return safe


@dataclass(slots=True)
class Pending:
    """A step whose node has begun and whose end is not written yet."""

    step: int
    node: NodeRef
    observation: Observation
    execution: Execution
    ran: Ran | None = None
    next: tuple[NodeRef, ...] = field(default_factory=tuple)


class RunRecord:
    """One run while it goes on. The engine's part calls it; nothing here raises."""

    def __init__(self, recorder: Recorder, run: str, beginning: Beginning) -> None:
        self.recorder = recorder
        self.run = run
        self.noted: set[tuple[str, str]] = set()
        self.steps = 0
        self.pending: Pending | None = None
        self.last: Execution | None = None
        self.status = RunStatus.RUNNING
        self._beginning = beginning
        self._sources = dict(beginning.sources)
        self._fingerprints = {node.address: node.fingerprint for node in beginning.nodes}
        self._snapshotter = recorder.new_snapshotter(run)

    @guarded
    def begin_step(self, node: NodeRef, state: dict[str, Any], observation: Observation) -> None:
        """Write that a node begins now, with the state it begins from."""
        taken = self._snapshotter.take(state)
        execution = Execution(
            self.run,
            self.steps,
            0,
            Outcome.RUNNING,
            time.time(),
            before=taken.ref,
            marks=taken.marks,
            fingerprint=self._fingerprints.get(node.address, {}),
            source=self._sources.get(node.address, ""),
        )
        step = Step(self.run, self.steps, node, engine_step=self.steps)
        self.recorder.store.begin_step(step, execution)
        self.pending = Pending(self.steps, node, observation, execution)
        self.steps += 1
        self.recorder.mark(self.run, step.step, "b")

    @guarded
    def add_nodes(self, nodes: tuple[Node, ...], sources: Mapping[str, str]) -> None:
        """Nodes that came into the graph while it runs."""
        self._sources.update(sources)
        self._fingerprints.update((node.address, node.fingerprint) for node in nodes)
        self.recorder.store.add_nodes(self.run, nodes)

    @guarded
    def node_ended(self, ran: Ran, next_node: NodeRef | None) -> None:
        """The node's code is done; the engine goes on in its step."""
        if self.pending is not None:
            self.pending.ran = ran
            self.pending.next = () if next_node is None else (next_node,)

    @guarded
    def end_step(self, state: dict[str, Any]) -> None:
        """Write how the step ended, with the state it left."""
        pending = self.pending
        if pending is None or pending.ran is None:
            return
        self.pending = None
        taken = self._snapshotter.take(state)
        recorder, before = self.recorder, pending.execution
        execution = ended(
            before,
            pending.observation,
            pending.ran,
            recorder.files.roots,
            after=taken.ref,
            marks=taken.marks or before.marks,
            next=pending.next,
            changes=self._snapshotter.changes(before.before, taken.ref, self._beginning.hidden),
        )
        recorder.store.end_execution(
            execution,
            calls=pending.observation.calls,
            files=recorder.effects.written_files(pending.observation),
        )
        self.last = execution
        recorder.mark(self.run, pending.step, "e")

    def end(self, status: RunStatus, error: str = "") -> None:
        """The run is over; what comes after the first time changes nothing."""
        if self.status is RunStatus.RUNNING:
            self.status = status
            self._end(status, error)
        self.recorder.forget(self)
        self._snapshotter.forget()

    @guarded
    def _end(self, status: RunStatus, error: str) -> None:
        now = time.time()
        store = self.recorder.store
        self.recorder.add_files(self)
        store.set_status(self.run, status, error=error, ended=now)
        store.end_segment(self.run, 0, now)

    def finish(self) -> None:
        """The engine came to an end of its own: failed when its last step did."""
        last = self.last
        if last is not None and last.outcome is Outcome.ERROR and not last.next:
            self.end(RunStatus.FAILED, f"{last.error}")
        else:
            self.end(RunStatus.FINISHED)


def _nothing() -> None:
    """A recorder that is gone has nothing to leave."""


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
