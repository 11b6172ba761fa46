"""Recording what Lár's executor does, for any number of runs, executors and threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from lar_debug.model.records import NodeRef, RunStatus
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_calls import Answers
from lar_debug.runtime.engines.lar_graph import LarGraph
from lar_debug.runtime.engines.lar_nodes import HIDDEN_KEYS
from lar_debug.runtime.execution import Ran, WaitingForPerson, run_observed
from lar_debug.runtime.observation import Observation
from lar_debug.runtime.recorder import Beginning, Recorder, RunRecord
from lar_debug.runtime.tracebacks import describe, is_own


@dataclass(slots=True)
class _Run:
    """A run at work: its record, its graph, and the state the executor works on."""

    record: RunRecord
    graph: LarGraph
    state: Any = None

    def ref(self, node: Any) -> NodeRef:
        return self.graph.graph.ref(node)


class LarRecording:
    """The host of a program that is recorded."""

    answers: Answers | None = None

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._local = threading.local()
        self._graphs: list[LarGraph] = []
        self.newest: RunRecord | None = None
        """The run that began last."""

    def address(self, node: object) -> str:
        for graph in reversed(self._graphs):
            address = graph.graph.address(node)
            if address:
                return address
        return ""

    # -- a run --------------------------------------------------------------------------------

    def run(self, started: lar.Started) -> Generator[Any, Any, Any]:
        run = self._begin(started)
        engine = started.run()
        if run is None:
            return (yield from engine)
        try:
            return (yield from self._recorded(run, engine, started))
        finally:
            # What the program made is its own again: it may count on its objects' end.
            self._graphs.remove(run.graph)

    def _recorded(
        self, run: _Run, engine: Generator[Any, Any, Any], started: lar.Started
    ) -> Generator[Any, Any, Any]:
        resume: Callable[[], Any] = partial(next, engine)
        while True:
            try:
                entry = self._resumed(run, resume)
            except StopIteration as end:
                run.record.finish()
                return end.value
            except BaseException as error:
                self._raised(run, error, started)
                raise
            self._yielded(run, entry)
            try:
                sent = yield entry
            except GeneratorExit:
                self._left(run)
                engine.close()
                raise
            except BaseException as thrown:
                resume = partial(engine.throw, thrown)
            else:
                resume = partial(engine.send, sent)

    def _begin(self, started: lar.Started) -> _Run | None:
        recorder, caller = self._recorder, started.caller
        if recorder.stopped:
            return None
        place = recorder.files.place(caller.file, caller.line)
        if is_own(caller.file):
            # lar-debug starts the graph itself: there is no place in the user's code.
            caller, place = replace(caller, function="", names={}), ""
        try:
            graph = LarGraph(started.start_node, recorder.files, caller)
            beginning = Beginning(
                engine=lar.NAME,
                package=lar.PACKAGE,
                start=graph.graph.ref(started.start_node),
                function=caller.function,
                place=place,
                nodes=graph.found.nodes,
                sources=graph.found.sources,
                names=graph.names(),
                hidden=HIDDEN_KEYS,
            )
        except Exception as error:
            recorder.stop(error)
            return None
        record = recorder.begin_run(beginning)
        if record is None:
            return None
        self._graphs.append(graph)
        self.newest = record
        return _Run(record, graph)

    def _resumed(self, run: _Run, resume: Callable[[], Any]) -> Any:
        """Let the engine go on; what it executes belongs to this run."""
        before = getattr(self._local, "run", None)
        self._local.run = run
        try:
            return resume()
        finally:
            self._local.run = before

    def _yielded(self, run: _Run, entry: Any) -> None:
        if run.record.pending is None and "state_after" not in entry:
            # No step: the engine says why it will not go on (visits or steps used up).
            run.record.end(RunStatus.FAILED, str(entry.get("error", "")))
        self._end_step(run)

    def _end_step(self, run: _Run) -> None:
        if run.record.pending is not None and run.state is not None:
            run.record.end_step(run.state._state)

    def _raised(self, run: _Run, error: BaseException, started: lar.Started) -> None:
        self._end_step(run)
        if isinstance(error, WaitingForPerson):
            run.record.end(RunStatus.WAITING)
        elif isinstance(error, KeyboardInterrupt):
            run.record.end(RunStatus.STOPPED, describe(error))
        elif isinstance(error, AttributeError) and "_get_utc_timestamp" in str(error):
            # Lár 2.1.0 fails while it wants to say that its steps are used up.
            limit = started.kwargs.get("max_steps", started.args[0] if started.args else 100)
            why = f"max_steps {limit} reached; the engine's circuit breaker then failed itself: "
            run.record.end(RunStatus.FAILED, why + describe(error))
        else:
            run.record.end(RunStatus.FAILED, describe(error))

    def _left(self, run: _Run) -> None:
        """The program does not want further steps (break, close); there may be none left."""
        last = run.record.last
        if last is not None and not last.next:
            run.record.finish()
        else:
            run.record.end(RunStatus.STOPPED)

    # -- a step -------------------------------------------------------------------------------

    def step(self, node: Any, state: Any, work: Callable[[], Any]) -> Any:
        run: _Run | None = getattr(self._local, "run", None)
        if run is None or self._recorder.stopped:
            return work()
        self._discover(run, node, run.record.steps - 1)
        observation = Observation(state)
        run.state = state
        run.record.begin_step(run.ref(node), state._state, observation)
        ran = run_observed(observation, work)
        next_node = ran.returned
        if next_node is not None:
            self._discover(run, next_node, run.record.steps - 1)
        run.record.node_ended(ran, None if next_node is None else run.ref(next_node))
        _pass_on(ran)
        return next_node

    def _discover(self, run: _Run, node: Any, step: int) -> None:
        if self._recorder.stopped or run.graph.graph.known(node) or not hasattr(node, "execute"):
            return
        try:
            found = run.graph.discover(node, step)
        except Exception as error:
            self._recorder.stop(error)
            return
        run.record.add_nodes(found.nodes, found.sources)


def _pass_on(ran: Ran) -> None:
    """Raise what the node raised."""
    if ran.raised is not None:
        raise ran.raised
