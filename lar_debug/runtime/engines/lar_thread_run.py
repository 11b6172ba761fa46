"""One process's part in a thread of Lár: from its claim to the end of the run, or its pause.

A run begins, goes on where the record ends, or continues another one as a fork. The engine's own
executor runs every step. Standard library only beside the engine.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from lar_debug.model.records import NodeRef, RunInfo, RunStatus
from lar_debug.model.threads import Durability
from lar_debug.runtime.claims import Claim, ThreadInUse
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_graph import LarGraph
from lar_debug.runtime.engines.lar_nodes import HIDDEN_KEYS
from lar_debug.runtime.engines.lar_reaching import Reaching
from lar_debug.runtime.engines.lar_recording import LarRecording, LarRun, waiting_entry
from lar_debug.runtime.forking import ForkPoint, fork_position, fork_threads
from lar_debug.runtime.identity import Unreachable
from lar_debug.runtime.interrupts import Interrupted, Person
from lar_debug.runtime.matching import check, find, refused
from lar_debug.runtime.recorder import Recorder
from lar_debug.runtime.run_record import Beginning, Durable, NotKept, RunRecord
from lar_debug.runtime.threads import (
    Position,
    ThreadProblem,
    answered,
    answers_told,
    begins_anew,
    durability_of,
    is_announced,
    position_of,
    refuse_lossy,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller asks of a thread; without a name a `fork` gets one."""

    thread: str
    fork: ForkPoint | None = None
    only_resume: bool = False
    new: bool = False
    durability: Durability | None = None
    allow_lossy: bool = False
    pause_before: str = ""
    one_step: bool = False
    force: bool = False
    from_start: bool = False
    at: str = ""
    answer: str | Mapping[str, str] | None = None
    rationale: str | Mapping[str, str] = ""


class ThreadRun:
    """`steps` are those that the engine takes; its thread is held meanwhile."""

    def __init__(
        self, host: LarRecording, recorder: Recorder, started: lar.Started, wish: Wish
    ) -> None:
        self._host, self._recorder, self._store = host, recorder, recorder.store
        self._started, self._wish = started, wish
        self._state: dict[str, Any] = started.initial_state
        self._limit = int(started.kwargs["max_steps"])

    def steps(self) -> Generator[dict[str, Any], Any, None]:
        """The entries of the run. Raises Problem and Interrupted."""
        claim = self._claim()
        try:
            opened = self._opened(claim)
            if isinstance(opened, Position):
                yield from self._ask_again(opened)
            elif opened is not None:
                yield from self._run(opened)
        except NotKept as halt:
            raise halt.error from None
        finally:
            claim.release()

    @property
    def thread(self) -> str:
        """Its thread, "" for a fork before it has begun."""
        return self._wish.thread

    def _claim(self) -> Claim:
        wish = self._wish
        if wish.fork is None or wish.thread:
            return self._claimed(wish.thread)
        for name in fork_threads(self._store.run(wish.fork.run)):
            # Asked first: taking the claim of another's thread would keep that from going on.
            if self._store.newest_run(name) is None:
                with contextlib.suppress(ThreadInUse):
                    claim = self._claimed(name)
                    # Another fork may have had it for a moment, and be at its end by now.
                    if self._store.newest_run(name) is None:
                        self._wish = replace(wish, thread=name)
                        return claim
                    claim.release()
        raise AssertionError("there is always one more name")

    def _claimed(self, thread: str) -> Claim:
        return Claim(self._store, self._recorder.lock, thread, force=self._wish.force)

    def _run(self, run: LarRun) -> Generator[dict[str, Any], Any, None]:
        run.limit = self._limit
        run.first_step = run.record.engine_step
        run.given = self._state
        run.one_step = self._wish.one_step
        record = run.record
        starts_there = run.ref(self._started.start_node).label == run.pause_before
        if starts_there and record.steps == record.first and record.segment == 0:
            run.state = self._state
            yield from self._host.pause(run)
        left = self._limit - record.engine_step
        started = replace(self._started, initial_state=self._state, kwargs={"max_steps": left})
        yield from self._host.recorded(run, started)

    # -- what there is of the thread ----------------------------------------------------------

    def _opened(self, claim: Claim) -> LarRun | Position | None:
        """The run to go on with; a Position where a person is still to answer; None where there
        is nothing left to run. Raises Problem and NotKept."""
        wish = self._wish
        info = self._store.newest_run(wish.thread)
        if wish.fork is not None:
            if info is not None:
                raise ThreadProblem(
                    f"thread {wish.thread} is there already ({info.status.value}); "
                    "a fork is a thread of its own: name another"
                )
            return self._continued(claim, fork_position(self._store, wish.fork, at=wish.at))
        if info is None:
            if wish.only_resume:
                raise ThreadProblem(f"there is no thread {wish.thread} in {self._store.path}")
            return self._begun(claim)
        if wish.new:
            raise ThreadProblem(
                f"thread {wish.thread} is there already ({info.status.value}); "
                "name another, or leave new=True away to go on with it"
            )
        if is_announced(info):
            return self._announced(claim, info)
        position = position_of(self._store, info)
        if info.status is RunStatus.FINISHED and not wish.from_start:
            if wish.only_resume:
                raise ThreadProblem(
                    f"thread {wish.thread} is at its end; run_step_by_step() begins its next run"
                )
            return self._next_run(claim, position)
        position = begins_anew(position, from_start=wish.from_start)
        if position.finished:
            # Its process ended between the last step and this.
            holding = claim.holding
            self._store.set_status(info.run, RunStatus.FINISHED, ended=info.ended, holding=holding)
            return None
        if position.questions and wish.answer is None and not wish.at:
            return position
        return self._continued(claim, position)

    def _begun(self, claim: Claim) -> LarRun:
        graph, beginning = self._host.look_at(self._started, self._recorder.files)
        pause = self._pause(graph)
        record = self._recorder.begin_run(beginning, self._durable(claim), self._state)
        assert record is not None
        return LarRun(record, graph, person=Person(alone=True), pause_before=pause)

    def _pause(self, graph: LarGraph) -> str:
        """The label of the node to pause before. Raises ThreadProblem when there is none."""
        wanted = self._wish.pause_before
        return graph.graph.label(find(graph.graph, wanted)) if wanted else ""

    def _announced(self, claim: Claim, info: RunInfo) -> LarRun:
        """A run that lar-debug wrote down before it loaded the program, by this process or by one
        that did not come to its first step."""
        if info.input:
            self._fill(self._recorder.restored(info.input, info.run))
        self._recorder.announced = info
        return self._begun(claim)

    def _next_run(self, claim: Claim, last: Position) -> LarRun:
        """The run after one that came to its end: its last state, and over that what is given."""
        self._refuse_lossy(last)
        given = dict(self._state)
        before = self._recorder.restored(last.state, last.run.run)
        kept = {key: value for key, value in before.items() if key not in HIDDEN_KEYS}
        self._fill({**kept, **given})
        return self._begun(claim)

    def _continued(self, claim: Claim, position: Position) -> LarRun:
        info, wish = position.run, self._wish
        if wish.answer is not None:
            given = answered(position, wish.answer, wish.rationale)
            position = replace(position, answers={**position.answers, **given})
        self._refuse_lossy(position)
        if position.engine_step >= self._limit:
            raise ThreadProblem(
                f"thread {info.thread} has taken {position.engine_step} steps, and max_steps is "
                f"{self._limit}: allow more to go on"
            )
        graph, beginning = self._host.look_at(self._started, self._recorder.files)
        reaching = self._reaching(info)
        node = self._node(graph, beginning, position, reaching)
        pause = self._pause(graph)
        record = self._record(claim, position, beginning, graph.graph.ref(node))
        for made in reaching.made:
            record.add_nodes(made.nodes, made.sources)
        self._started = replace(self._started, start_node=node)
        return LarRun(
            record,
            graph,
            visits=self._visits(position),
            person=Person(position.answers, alone=True),
            pause_before=pause,
            note=answers_told(position.answers),
        )

    def _record(
        self, claim: Claim, position: Position, beginning: Beginning, node: NodeRef
    ) -> RunRecord:
        """The record of the run that goes on; its state is that of the position."""
        if position.parent is None:
            durable = self._durable(claim, position.run)
            record = self._recorder.continue_run(position, beginning, durable)
            if position.state:
                self._fill(record.restore(position.state))
            return record
        self._fill(self._recorder.restored(position.state, position.run.run))
        durable = self._durable(claim)
        return self._recorder.fork_run(position, node, beginning, durable, self._state)

    def _fill(self, state: dict[str, Any]) -> None:
        """What the caller gave is what the engine works on."""
        self._state.clear()
        self._state.update(state)

    def _reaching(self, info: RunInfo) -> Reaching:
        return Reaching(self._store, info.run, self._recorder.restored, silent=False)

    def _visits(self, position: Position) -> dict[str, int]:
        """What the engine had counted, without the tries of the step that comes again."""
        visits: dict[str, int] = dict(self._state.get(lar.COUNTS_KEY) or {})
        if position.tries and position.node is not None:
            recorded = self._store.nodes(position.run.run).get(position.node.address)
            if recorded is not None and visits.get(recorded.type, 0) > 0:
                visits[recorded.type] -= 1
        return {name: count for name, count in visits.items() if count > 0}

    def _node(
        self, graph: LarGraph, beginning: Beginning, position: Position, reaching: Reaching
    ) -> Any:
        """The node to go on with, in the graph as it is now. Raises ThreadProblem."""
        if self._wish.at:
            return find(graph.graph, self._wish.at)
        wanted, info = position.node, position.run
        if wanted is None:
            return self._started.start_node
        recorded = self._store.nodes(info.run).get(wanted.address)
        try:
            with self._host.knowing(graph):
                node = reaching.node(graph, wanted.address)
        except Unreachable as error:
            raise refused(graph.graph, wanted, recorded, str(error)) from None
        names = cast("dict[str, str]", info.entry.get("names") or {})
        check(
            graph.graph,
            node,
            wanted,
            recorded,
            same_shape=info.entry.get("shape") == beginning.shape,
            named=names.get(wanted.address, "").endswith(f":{wanted.label}")
            or (info.entry.get("function") == beginning.function and bool(beginning.function)),
        )
        return node

    def _durable(self, claim: Claim, info: RunInfo | None = None) -> Durable:
        wish = self._wish
        chosen = wish.durability
        if chosen is None:
            chosen = Durability.ASYNC if info is None else durability_of(info)
        return Durable(chosen, claim, wish.allow_lossy)

    def _refuse_lossy(self, position: Position) -> None:
        if not self._wish.allow_lossy:
            refuse_lossy(position.marks, position.run.thread, HIDDEN_KEYS)

    def _ask_again(self, position: Position) -> Generator[dict[str, Any], Any, None]:
        """The run waits as before; nothing is written."""
        last = self._store.step_numbers(position.run.run)[-1]
        execution = self._store.execution(position.run.run, last, 0)
        recorded = self._store.nodes(position.run.run).get(getattr(position.node, "address", ""))
        node = recorded.type if recorded is not None else ""
        error = Interrupted(execution.note, node=node)
        error.run, error.thread = position.run.run, self._wish.thread
        self._fill(self._recorder.restored(position.state, position.run.run))
        yield waiting_entry(position.engine_step, self._state, current=error)
        raise error
