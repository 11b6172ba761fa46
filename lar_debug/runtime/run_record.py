"""One run while it goes on, as it is written into the store: its steps, tasks and its end.

A run that is only watched never disturbs the program: what cannot be written ends the recording.
A durable one promises to be there after a crash, so there the run itself stops. Knows no engine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from lar_debug.model.records import Execution, Node, NodeRef, Outcome, RunStatus, Step
from lar_debug.model.threads import Durability, TaskRow
from lar_debug.runtime.claims import Claim
from lar_debug.runtime.execution import Ran, ended
from lar_debug.runtime.observation import Observation, quiet
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.runtime.threads import refuse_lossy
from lar_debug.store.database import EndedStep, StoreError
from lar_debug.store.threads import Holding

if TYPE_CHECKING:
    from lar_debug.runtime.recorder import Recorder

P = ParamSpec("P")
R = TypeVar("R")


class NotKept(BaseException):
    """A durable run cannot be written any further; `error` says why.

    No Exception, so that neither the engine nor a node takes it for an error of the node.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class Durable:
    """What a run has that goes on after a crash: its claim, and what it may lose."""

    durability: Durability
    claim: Claim
    allow_lossy: bool

    @property
    def holding(self) -> Holding:
        return self.claim.holding

    @property
    def entry(self) -> dict[str, Any]:
        """What the run notes of it."""
        return {"durability": self.durability.value, "begun": True}


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
    shape: str
    """The same for graphs of the same nodes and edges."""
    session: str
    """Names this process among all that ever recorded."""
    ordinal: int
    """Which run of this process it is, from 0."""


@dataclass(slots=True)
class Pending:
    """A step whose node has begun and whose end is not written yet."""

    step: Step
    observation: Observation
    execution: Execution
    ran: Ran | None = None
    next: tuple[NodeRef, ...] = field(default_factory=tuple)


def guarded(
    method: Callable[Concatenate[RunRecord, P], R],
) -> Callable[Concatenate[RunRecord, P], R | None]:
    """A method of a run that does nothing once recording has stopped, and never raises; of a
    durable run: that raises NotKept."""

    @wraps(method)
    def safe(self: RunRecord, *args: P.args, **kwargs: P.kwargs) -> R | None:
        recorder = self.recorder
        if recorder.stopped:
            if self.durable is not None:
                raise NotKept(StoreError("this process does not go on with the thread any more"))
            return None
        try:
            with recorder.lock, quiet():
                return method(self, *args, **kwargs)
        except Exception as error:
            if self.durable is not None:
                self.halt = NotKept(error)
                raise self.halt from error
            recorder.stop(error)
            return None

    return safe


class RunRecord:
    """The engine's part calls it; nothing here raises but NotKept, of a durable run."""

    def __init__(
        self, recorder: Recorder, run: str, beginning: Beginning, durable: Durable | None = None
    ) -> None:
        self.recorder = recorder
        self.run = run
        self.durable = durable
        self.noted: set[tuple[str, str]] = set()
        self.first = 0
        """Its first step: above 0 where it is a fork."""
        self.steps = 0
        """The step to come."""
        self.segment = 0
        self.engine_step = 0
        """The engine's number of the step to come, through all segments."""
        self.tries: tuple[int, ...] = ()
        """Steps that were earlier tries of the one to come."""
        self.pending: Pending | None = None
        self.last: Execution | None = None
        self.status = RunStatus.RUNNING
        self._beginning = beginning
        self._sources = dict(beginning.sources)
        self._fingerprints = {node.address: node.fingerprint for node in beginning.nodes}
        self._snapshotter = recorder.new_snapshotter(run)
        self._of_tasks: Snapshotter | None = None
        self.halt: NotKept | None = None
        """What could not be kept. A node may have caught it, and may not go on in spite of it."""
        self._held: list[EndedStep] = []
        self._held_tasks: list[TaskRow] = []
        self._durability = Durability.ASYNC if durable is None else durable.durability
        self._holding = None if durable is None else durable.holding

    @property
    def thread(self) -> str:
        if self._holding is not None:
            return self._holding.thread
        return self.recorder.origin.thread or self.run

    def keep_input(self, state: dict[str, Any]) -> str:
        """The reference of the state that the run begins with."""
        return self._snapshotter.take(state).ref

    def restore(self, ref: str) -> dict[str, Any]:
        """A recorded state again, as real objects. Raises StoreDamaged."""
        with self.recorder.lock, quiet():
            return self._snapshotter.restore(ref)

    # -- steps --------------------------------------------------------------------------------

    @guarded
    def begin_step(self, node: NodeRef, state: dict[str, Any], observation: Observation) -> None:
        """Write that a node begins now, with the state it begins from."""
        taken = self._snapshotter.take(state)
        if self._durability is Durability.SYNC and not self._allows_lossy and self._holding:
            refuse_lossy(taken.marks, self._holding.thread, self._beginning.hidden)
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
        step = Step(self.run, self.steps, node, self.engine_step, self.segment)
        if self._durability is not Durability.EXIT:
            self.recorder.store.begin_step(step, execution, holding=self._holding)
        self.pending = Pending(step, observation, execution)
        self.steps += 1
        self.engine_step += 1
        self.recorder.mark(self.run, step.step, "b")

    @property
    def _allows_lossy(self) -> bool:
        return self.durable is None or self.durable.allow_lossy

    @guarded
    def add_nodes(self, nodes: tuple[Node, ...], sources: Mapping[str, str]) -> None:
        """Nodes that came into the graph while it runs."""
        self._sources.update(sources)
        self._fingerprints.update((node.address, node.fingerprint) for node in nodes)
        self.recorder.store.add_nodes(self.run, nodes)

    @guarded
    def node_ended(self, ran: Ran, next_node: NodeRef | None) -> None:
        """The node's code is done; the engine goes on in its step."""
        if self.halt is not None:
            raise self.halt
        if self.pending is not None:
            self.pending.ran = ran
            self.pending.next = () if next_node is None else (next_node,)

    @guarded
    def end_step(self, state: dict[str, Any], note: str = "") -> None:
        """Write how the step ended, with the state it left."""
        pending = self.pending
        if pending is None or pending.ran is None:
            return
        self.pending, self.tries = None, ()
        taken = self._snapshotter.take(state)
        before = pending.execution
        execution = ended(
            before,
            pending.observation,
            pending.ran,
            self.recorder.files.roots,
            after=taken.ref,
            marks=taken.marks or before.marks,
            next=pending.next,
            changes=self._snapshotter.changes(before.before, taken.ref, self._beginning.hidden),
        )
        if note and execution.outcome is Outcome.SUCCESS:
            execution = execution._replace(note=note)
        self._write_end(pending, execution)
        self.last = execution
        self.recorder.mark(self.run, pending.step.step, "e")

    def _write_end(self, pending: Pending, execution: Execution) -> None:
        calls = pending.observation.calls
        files = self.recorder.effects.written_files(pending.observation)
        if self._durability is Durability.EXIT:
            tasks, self._held_tasks = self._held_tasks, []
            self._held.append(EndedStep(pending.step, execution, calls, files, tasks))
            return
        self.recorder.store.end_execution(
            execution,
            calls=calls,
            files=files,
            holding=self._holding,
            safe=self._durability is Durability.SYNC,
        )

    # -- tasks --------------------------------------------------------------------------------

    @guarded
    def put_task(self, task: TaskRow, value: Any) -> None:
        """A task has ended with a value; its caller has not got it yet.

        What could not be kept exactly is no result to go on with: it runs again then. Raises
        ThreadProblem for such a value in a run that must not repeat it. A task that nobody waited
        for may end after its run: nothing goes on from it here.
        """
        if self.status is not RunStatus.RUNNING:
            return
        if self._of_tasks is None:
            self._of_tasks = self.recorder.new_snapshotter(self.run)
        taken = self._of_tasks.take({"result": value})
        self._of_tasks.forget()
        if taken.marks:
            if self._durability is Durability.SYNC and not self._allows_lossy and self._holding:
                name = task.name.rpartition(".")[2]
                refuse_lossy(taken.marks, f"{self._holding.thread}, task {name}", frozenset())
            return
        self._keep_task(task._replace(result=taken.ref))

    @guarded
    def put_failed_task(self, task: TaskRow) -> None:
        """A task has ended in an error."""
        if self.status is RunStatus.RUNNING:
            self._keep_task(task)

    def _keep_task(self, task: TaskRow) -> None:
        if self._durability is Durability.EXIT:
            self._held_tasks.append(task)
            return
        safe = self._durability is Durability.SYNC
        self.recorder.store.put_task(task, holding=self._holding, safe=safe)

    # -- the end ------------------------------------------------------------------------------

    def end(self, status: RunStatus, error: str = "") -> None:
        """The run is over, or this process's part of it; what comes after the first time changes
        nothing. Raises NotKept, of a durable run that could not be written."""
        if self.recorder.left:
            return
        try:
            if self.status is RunStatus.RUNNING:
                self.status = status
                self._end(status, error)
        finally:
            self.recorder.forget(self)
            self._snapshotter.forget()
            if self.durable is not None:
                self.durable.claim.release()

    @guarded
    def _end(self, status: RunStatus, error: str) -> None:
        now = time.time()
        store = self.recorder.store
        if self._held:
            store.add_ended_steps(self._held, holding=self._holding)
            self._held = []
        self.recorder.add_files(self)
        store.end_segment(self.run, self.segment, now)
        store.set_status(self.run, status, error=error, ended=now, holding=self._holding)
        if packages := self.recorder.packages():
            # They only make a debugger's first attempt quicker.
            with suppress(StoreError):
                store.note_packages(self.run, packages, holding=self._holding)

    def finish(self) -> None:
        """The engine came to an end of its own: failed when its last step did."""
        last = self.last
        if last is not None and last.outcome is Outcome.ERROR and not last.next:
            self.end(RunStatus.FAILED, f"{last.error}")
        else:
            self.end(RunStatus.FINISHED)
