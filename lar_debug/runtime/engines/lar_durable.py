"""DurableExecutor: runs of Lár that pause, crash and resume at the right node.

The engine's own GraphExecutor runs every step; lar-debug records it as it records a debugged
program, and begins where the record ends. Standard library only beside the engine.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.model.threads import Durability
from lar_debug.runtime.claims import Claim
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_engine import dict_of, loop_of, make_executor
from lar_debug.runtime.engines.lar_graph import LarGraph
from lar_debug.runtime.engines.lar_nodes import HIDDEN_KEYS
from lar_debug.runtime.engines.lar_reaching import Reaching
from lar_debug.runtime.engines.lar_recording import LarRecording, LarRun, waiting_entry
from lar_debug.runtime.identity import Unreachable
from lar_debug.runtime.interrupts import Interrupted, Person
from lar_debug.runtime.matching import check, find, refused
from lar_debug.runtime.production import host_of_process, recorder_for
from lar_debug.runtime.recorder import Recorder
from lar_debug.runtime.run_record import Beginning, Durable, NotKept
from lar_debug.runtime.threads import (
    Position,
    ThreadProblem,
    answered,
    answers_told,
    begins_anew,
    durability_of,
    is_announced,
    named_durability,
    named_thread,
    position_of,
    refuse_lossy,
)

_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]

MAX_STEPS = 100
"""As GraphExecutor has it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller asks of a thread."""

    thread: str
    only_resume: bool = False
    new: bool = False
    durability: Durability | None = None
    allow_lossy: bool = False
    pause_before: str = ""
    force: bool = False
    from_start: bool = False
    at: str = ""
    answer: str | Mapping[str, str] | None = None
    rationale: str | Mapping[str, str] = ""


class DurableExecutor:
    """Used where GraphExecutor is used: the same generator, the same entries.

    `store` is the file to record in; without it LAR_DEBUG_STORE, else the project of the script
    that was started (its folder, where it is in none), never the current folder. Of `durability`
    ("async", "sync" or "exit") docs/durable.md says what each may lose; without one a thread keeps
    its own, "async" at first. With `sync` a state that could not be kept exactly stops the run,
    unless `allow_lossy`. All other options are GraphExecutor's; without `log_dir` or `logger` the
    engine writes no log.

    Raises Problem, of one line, for what a person can mend.
    """

    def __init__(
        self,
        *,
        store: str | Path | None = None,
        durability: str | None = None,
        allow_lossy: bool = False,
        **options: Any,
    ) -> None:
        self._store = store
        self._durability = None if durability is None else named_durability(durability)
        self._allow_lossy = allow_lossy
        self.engine = make_executor(**options)
        """The GraphExecutor inside: its logger, its tracker."""

    def run_step_by_step(
        self,
        start_node: Any,
        initial_state: Any = None,
        max_steps: int = MAX_STEPS,
        *,
        thread_id: str = "",
        new: bool = False,
        durability: str | None = None,
        pause_before: str = "",
        from_start: bool = False,
        at: str = "",
        force: bool = False,
    ) -> Generator[dict[str, Any], Any, None]:
        """Run a graph on a thread; a generator of the engine's entries.

        A thread that did not come to its end goes on where it stopped, and `initial_state` is not
        looked at; one that did begins its next run with its last state and `initial_state` over
        that. `new=True` refuses both. `initial_state` (a dict or GraphState) is what the engine
        works on, as with GraphExecutor: afterwards it holds the last state. Without `thread_id`
        the thread is a new one.

        Yields an entry with the outcome `waiting` and raises Interrupted where a person is asked,
        and before the node `pause_before` (its label or address). `at` names the node to go on
        with where the graph has changed, `from_start` runs all steps again, `force` takes the
        thread from whoever holds it. `max_steps` counts over all that resumed.
        """
        wish = Wish(
            named_thread(thread_id or secrets.token_hex(6)),
            new=new,
            durability=None if durability is None else named_durability(durability),
            allow_lossy=self._allow_lossy,
            pause_before=pause_before,
            force=force,
            from_start=from_start,
            at=at,
        )
        return self._steps(start_node, initial_state, max_steps, wish, lar.Caller.of(_frame(1)))

    def resume(
        self,
        thread_id: str,
        start_node: Any,
        *,
        answer: str | Mapping[str, str] | None = None,
        rationale: str | Mapping[str, str] = "",
        state: Any = None,
        max_steps: int = MAX_STEPS,
        durability: str | None = None,
        pause_before: str = "",
        from_start: bool = False,
        at: str = "",
        force: bool = False,
    ) -> Generator[dict[str, Any], Any, None]:
        """Go on with a thread that is there and not at its end; else as `run_step_by_step`.

        `answer` is a person's, one of the choices, where the thread waits for it, `rationale` the
        reason for the node's ledger; of several questions a dict by their ids (those of
        Interrupted.questions). What is not answered stays open. A `state` that is given is filled
        with the recorded one.
        """
        wish = Wish(
            named_thread(thread_id),
            only_resume=True,
            durability=None if durability is None else named_durability(durability),
            allow_lossy=self._allow_lossy,
            pause_before=pause_before,
            force=force,
            from_start=from_start,
            at=at,
            answer=answer,
            rationale=rationale,
        )
        return self._steps(start_node, state, max_steps, wish, lar.Caller.of(_frame(1)))

    def _steps(
        self, start_node: Any, given: Any, max_steps: int, wish: Wish, caller: lar.Caller
    ) -> Generator[dict[str, Any], Any, None]:
        state = dict_of(given)
        host = host_of_process()
        options = {"max_steps": max_steps}
        loop = loop_of(self.engine)
        started = lar.Started(loop, self.engine, start_node, state, (), options, caller)
        if not isinstance(host, LarRecording):
            # A step is run again: the thread is its owner's, and nothing of it is written.
            return (yield from host.run(started))
        steps = None
        if host.goes_on is not None:
            steps = host.goes_on.begins(started, wish.thread, allow_lossy=wish.allow_lossy)
        if steps is not None:
            return (yield from steps)
        recorder = recorder_for(host, self._store)
        wish = replace(wish, durability=wish.durability or self._durability)
        yield from ThreadRun(host, recorder, started, wish).steps()


class ThreadRun:
    """One process's part in a thread: from its claim to the end of the run, or its pause."""

    def __init__(
        self, host: LarRecording, recorder: Recorder, started: lar.Started, wish: Wish
    ) -> None:
        self._host, self._recorder, self._store = host, recorder, recorder.store
        self._started, self._wish = started, wish
        self._state: dict[str, Any] = started.initial_state
        self._limit = int(started.kwargs["max_steps"])

    def steps(self) -> Generator[dict[str, Any], Any, None]:
        """The entries of the run. Raises Problem and Interrupted."""
        wish = self._wish
        claim = Claim(self._store, self._recorder.lock, wish.thread, force=wish.force)
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

    def _run(self, run: LarRun) -> Generator[dict[str, Any], Any, None]:
        run.limit = self._limit
        run.first_step = run.record.engine_step
        run.given = self._state
        starts_there = run.ref(self._started.start_node).label == run.pause_before
        if starts_there and run.record.steps == 0 and run.record.segment == 0:
            run.state = self._state
            yield from self._host.pause(run)
        left = self._limit - run.record.engine_step
        started = replace(self._started, initial_state=self._state, kwargs={"max_steps": left})
        yield from self._host.recorded(run, started)

    # -- what there is of the thread ----------------------------------------------------------

    def _opened(self, claim: Claim) -> LarRun | Position | None:
        """The run to go on with; a Position where a person is still to answer; None where there
        is nothing left to run. Raises Problem and NotKept."""
        wish = self._wish
        info = self._store.newest_run(wish.thread)
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
            self._state.clear()
            self._state.update(self._recorder.new_snapshotter(info.run).restore(info.input))
        self._recorder.announced = info
        return self._begun(claim)

    def _next_run(self, claim: Claim, last: Position) -> LarRun:
        """The run after one that came to its end: its last state, and over that what is given."""
        self._refuse_lossy(last)
        given = dict(self._state)
        snapshotter = self._recorder.new_snapshotter(last.run.run)
        before = snapshotter.restore(last.state)
        self._state.clear()
        kept = {key: value for key, value in before.items() if key not in HIDDEN_KEYS}
        self._state.update(kept, **given)
        return self._begun(claim)

    def _continued(self, claim: Claim, position: Position) -> LarRun:
        info, wish = position.run, self._wish
        if wish.answer is not None:
            given = answered(position, wish.answer, wish.rationale)
            position = replace(position, answers={**position.answers, **given})
        self._refuse_lossy(position)
        if position.engine_step >= self._limit:
            raise ThreadProblem(
                f"thread {wish.thread} has taken {position.engine_step} steps, and max_steps is "
                f"{self._limit}: allow more to go on"
            )
        graph, beginning = self._host.look_at(self._started, self._recorder.files)
        node = self._node(graph, beginning, position)
        pause = self._pause(graph)
        record = self._recorder.continue_run(position, beginning, self._durable(claim, info))
        if position.state:
            restored = record.restore(position.state)
            self._state.clear()
            self._state.update(restored)
        self._started = replace(self._started, start_node=node)
        return LarRun(
            record,
            graph,
            visits=self._visits(position),
            person=Person(position.answers, alone=True),
            pause_before=pause,
            note=answers_told(position.answers),
        )

    def _visits(self, position: Position) -> dict[str, int]:
        """What the engine had counted, without the tries of the step that comes again."""
        visits: dict[str, int] = dict(self._state.get(lar.COUNTS_KEY) or {})
        if position.tries and position.node is not None:
            recorded = self._store.nodes(position.run.run).get(position.node.address)
            if recorded is not None and visits.get(recorded.type, 0) > 0:
                visits[recorded.type] -= 1
        return {name: count for name, count in visits.items() if count > 0}

    def _node(self, graph: LarGraph, beginning: Beginning, position: Position) -> Any:
        """The node to go on with, in the graph as it is now. Raises ThreadProblem."""
        if self._wish.at:
            return find(graph.graph, self._wish.at)
        wanted, info = position.node, position.run
        if wanted is None:
            return self._started.start_node
        recorded = self._store.nodes(info.run).get(wanted.address)
        snapshotter = self._recorder.new_snapshotter(info.run)
        reaching = Reaching(self._store, info.run, snapshotter.restore, silent=False)
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
            refuse_lossy(position.marks, self._wish.thread, HIDDEN_KEYS)

    def _ask_again(self, position: Position) -> Generator[dict[str, Any], Any, None]:
        """The run waits as before; nothing is written."""
        last = self._store.step_count(position.run.run) - 1
        execution = self._store.execution(position.run.run, last, 0)
        recorded = self._store.nodes(position.run.run).get(getattr(position.node, "address", ""))
        node = recorded.type if recorded is not None else ""
        error = Interrupted(execution.note, node=node)
        error.run, error.thread = position.run.run, self._wish.thread
        snapshotter = self._recorder.new_snapshotter(position.run.run)
        with contextlib.suppress(NotKept):
            self._state.clear()
            self._state.update(snapshotter.restore(position.state))
        yield waiting_entry(position.engine_step, self._state, current=error)
        raise error
