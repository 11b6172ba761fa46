"""Recording what Lár's executor does, for any number of runs, executors and threads."""

from __future__ import annotations

import contextlib
import copy
import secrets
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from lar_debug.model.records import NodeRef, Outcome, RunStatus
from lar_debug.runtime.effects import Effects
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_graph import LarGraph
from lar_debug.runtime.engines.lar_nodes import HIDDEN_KEYS, question_key
from lar_debug.runtime.execution import Ran, run_observed
from lar_debug.runtime.interrupts import Interrupted, Person
from lar_debug.runtime.observation import Observation, current_node
from lar_debug.runtime.recorder import Recorder
from lar_debug.runtime.run_record import Beginning, NotKept, RunRecord
from lar_debug.runtime.sources import UserFiles
from lar_debug.runtime.step_tasks import recorded_tasks
from lar_debug.runtime.tracebacks import describe, is_own


@dataclass(slots=True)
class LarRun:
    """A run at work: its record, its graph, and the state the executor works on."""

    record: RunRecord
    graph: LarGraph
    state: Any = None
    first_step: int = 0
    """What the engine's count of steps begins at: those of earlier segments."""
    visits: dict[str, int] = field(default_factory=dict[str, int])
    """Visits by class in earlier segments, until the engine's count has them."""
    person: Person = field(default_factory=Person)
    """Who answers what the step to come asks."""
    note: str = ""
    """What is said of the first step when it ends well."""
    given: dict[str, Any] | None = None
    """The state that the caller looks at afterwards, until the engine works on it."""
    pause_before: str = ""
    one_step: bool = False
    """Pause after the step to come, whatever comes behind it."""
    limit: int | None = None
    """Steps of all segments."""

    def ref(self, node: Any) -> NodeRef:
        return self.graph.graph.ref(node)


class GoesOn(Protocol):
    """A thread goes on in the middle of the program."""

    def begins(
        self, started: lar.Started, thread: str, *, allow_lossy: bool
    ) -> Generator[Any, Any, Any] | None:
        """What stands for a run that the program begins; None: it is recorded as any."""
        ...

    def thread_of(self, thread: str) -> str:
        """The thread that is meant by one that the program names."""
        ...


class LarRecording:
    """The host of a program that is recorded, or of one that has durable runs only."""

    def __init__(self, recorder: Recorder | None, effects: Effects) -> None:
        """`recorder` takes every run that has none of its own; None: those are not recorded."""
        self.recorder = recorder
        self.effects = effects
        self._local = threading.local()
        self._graphs: list[LarGraph] = []
        self.session = secrets.token_hex(8)
        """Names this process among all that ever recorded."""
        self.runs = 0
        """How many have begun."""
        self.goes_on: GoesOn | None = None
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
        if self.goes_on is not None:
            steps = self.goes_on.begins(started, "", allow_lossy=False)
            if steps is not None:
                return (yield from steps)
        run = self._begin(started)
        if run is None:
            return (yield from started.run())
        return (yield from self.recorded(run, started))

    def _begin(self, started: lar.Started) -> LarRun | None:
        recorder = self.recorder
        if recorder is None or recorder.stopped:
            return None
        try:
            graph, beginning = self.look_at(started, recorder.files)
        except Exception as error:
            recorder.stop(error)
            return None
        record = recorder.begin_run(beginning)
        return None if record is None else LarRun(record, graph)

    def look_at(self, started: lar.Started, files: UserFiles) -> tuple[LarGraph, Beginning]:
        """The graph of a run that begins, or goes on, and what is known of it."""
        caller = started.caller
        place = files.place(caller.file, caller.line)
        if is_own(caller.file):
            # lar-debug starts the graph itself: there is no place in the user's code.
            caller, place = replace(caller, function="", names={}), ""
        graph = LarGraph(started.start_node, files, caller)
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
            shape=graph.shape(),
            session=self.session,
            ordinal=self.runs,
        )
        self.runs += 1
        return graph, beginning

    def recorded(self, run: LarRun, started: lar.Started) -> Generator[Any, Any, Any]:
        """The engine's own generator, everything that it does recorded in `run`.

        Raises what keeps a durable run from being written, and Interrupted after an entry with
        the outcome `waiting`.
        """
        engine = started.run()
        self.newest = run.record
        with self.knowing(run.graph):
            try:
                return (yield from self._steps(run, engine, started))
            except NotKept as halt:
                engine.close()
                with contextlib.suppress(NotKept):
                    run.record.end(RunStatus.STOPPED, str(halt.error))
                raise halt.error from None

    @contextlib.contextmanager
    def knowing(self, graph: LarGraph) -> Generator[None, None, None]:
        """Nodes of this graph have addresses meanwhile."""
        self._graphs.append(graph)
        try:
            yield
        finally:
            # What the program made is its own again: it may count on its objects' end.
            self._graphs.remove(graph)

    def _steps(
        self, run: LarRun, engine: Generator[Any, Any, Any], started: lar.Started
    ) -> Generator[Any, Any, Any]:
        resume: Callable[[], Any] = partial(next, engine)
        while True:
            try:
                entry = self._resumed(run, resume)
                self._yielded(run, entry)
            except StopIteration as end:
                run.record.finish()
                return end.value
            except NotKept:
                raise
            except BaseException as error:
                self._raised(run, error, started)
                if isinstance(error, Interrupted):
                    yield waiting_entry(run.record.engine_step - 1, run.state, current=error)
                    raise error.with_traceback(None) from None
                raise
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
            if self._is_over(run):
                engine.close()
                return None
            if self._pauses(run):
                engine.close()
                yield from self.pause(run)

    def _resumed(self, run: LarRun, resume: Callable[[], Any]) -> Any:
        """Let the engine go on; what it executes belongs to this run."""
        before = getattr(self._local, "run", None)
        self._local.run = run
        try:
            return resume()
        finally:
            self._local.run = before

    def _yielded(self, run: LarRun, entry: Any) -> None:
        entry["step"] += run.first_step
        if run.record.pending is None and "state_after" not in entry:
            # No step: the engine says why it will not go on (visits or steps used up).
            run.record.end(RunStatus.FAILED, str(entry.get("error", "")))
        self._end_step(run)

    def _end_step(self, run: LarRun) -> None:
        if run.record.pending is not None and run.state is not None:
            run.record.end_step(run.state._state, run.note)
            run.note = ""

    def _is_over(self, run: LarRun) -> bool:
        """True for a graph that has ended with the last step allowed: the engine would say that
        its steps are used up."""
        last = run.record.last
        if run.limit is None or last is None or last.next or run.record.engine_step < run.limit:
            return False
        run.record.finish()
        return True

    def _raised(self, run: LarRun, error: BaseException, started: lar.Started) -> None:
        self._end_step(run)
        if isinstance(error, Interrupted):
            run.record.end(RunStatus.WAITING)
            error.run, error.thread = run.record.run, run.record.thread
            last = run.record.last
            if last is not None and last.outcome is Outcome.WAITING:
                # All that is asked: parallel branches have each raised their own.
                error.note = last.note
        elif isinstance(error, KeyboardInterrupt):
            run.record.end(RunStatus.STOPPED, describe(error))
        elif isinstance(error, AttributeError) and "_get_utc_timestamp" in str(error):
            # Lár 2.1.0 fails while it wants to say that its steps are used up.
            limit = started.kwargs.get("max_steps", started.args[0] if started.args else 100)
            why = f"max_steps {limit} reached; the engine's circuit breaker then failed itself: "
            run.record.end(RunStatus.FAILED, why + describe(error))
        else:
            run.record.end(RunStatus.FAILED, describe(error))

    def _left(self, run: LarRun) -> None:
        """The program does not want further steps (break, close); there may be none left."""
        last = run.record.last
        if last is not None and not last.next:
            run.record.finish()
        else:
            run.record.end(RunStatus.STOPPED)

    def _pauses(self, run: LarRun) -> bool:
        last = run.record.last
        if last is None or not last.next:
            return False
        if run.one_step:
            run.pause_before = last.next[0].label
            return True
        return run.pause_before in (last.next[0].label, last.next[0].address)

    def pause(self, run: LarRun) -> Generator[Any, Any, None]:
        """The run waits before the node to come."""
        error = Interrupted(pause=run.pause_before)
        run.record.end(RunStatus.WAITING)
        error.run, error.thread = run.record.run, run.record.thread
        yield waiting_entry(run.record.engine_step, run.state, current=error)
        raise error

    # -- a step -------------------------------------------------------------------------------

    def question(self, node: Any) -> tuple[int, str]:
        known = (graph for graph in reversed(self._graphs) if graph.graph.known(node))
        graph = next(known, None)
        return (0, question_key(node) or "") if graph is None else graph.question(node)

    def counting(self, visits: dict[str, int]) -> None:
        run: LarRun | None = getattr(self._local, "run", None)
        if run is None or not run.visits:
            return
        earlier, run.visits = run.visits, {}
        now = dict(visits)
        # In the engine's own dict, and in the order of the first visits.
        visits.clear()
        visits.update(earlier)
        for name, count in now.items():
            visits[name] = visits.get(name, 0) + count

    def step(self, node: Any, state: Any, work: Callable[[], Any]) -> Any:
        run: LarRun | None = getattr(self._local, "run", None)
        if run is None or (run.record.recorder.stopped and run.record.durable is None):
            return work()
        record = run.record
        self._discover(run, node, record.steps - 1)
        if run.given is not None and state._state is not run.given:
            # The engine makes a dict of its own where it is given an empty one.
            run.given.update(state._state)
            state._state = run.given
        run.given = None

        def inner() -> str:
            at_work = current_node()
            return "" if at_work is node else run.graph.graph.address(at_work)

        observation = Observation(
            state,
            tasks=recorded_tasks(record, inner),
            keep_text=record.recorder.keep_text,
            person=run.person,
        )
        run.state = state
        record.begin_step(run.ref(node), state._state, observation)
        ran = run_observed(observation, work)
        run.person = run.person.after()
        next_node = ran.returned
        if next_node is not None:
            self._discover(run, next_node, record.steps - 1)
        record.node_ended(ran, None if next_node is None else run.ref(next_node))
        _pass_on(ran)
        return next_node

    def _discover(self, run: LarRun, node: Any, step: int) -> None:
        record = run.record
        if run.graph.graph.known(node) or not hasattr(node, "execute"):
            return
        try:
            found = run.graph.discover(node, step)
        except Exception as error:
            if record.durable is not None:
                raise NotKept(error) from error
            record.recorder.stop(error)
            return
        record.add_nodes(found.nodes, found.sources)


def waiting_entry(step: int, state: Any, *, current: Interrupted) -> dict[str, Any]:
    """What a run yields that waits for a person, in the shape of the engine's entries."""
    now = copy.deepcopy(dict(getattr(state, "_state", state) or {}))
    return {
        "step": step,
        "node": current.pause or current.node,
        "state_before": now,
        "state_diff": {"added": {}, "removed": {}, "updated": {}},
        "run_metadata": {},
        "outcome": "waiting",
        "question": current.question,
        "choices": list(current.choices),
        "state_after": now,
    }


def _pass_on(ran: Ran) -> None:
    """Raise what the node raised."""
    if ran.raised is not None:
        raise ran.raised
