"""Running one node of Lár again: reaching it in the user's code as it is now, then one step.

A node that a module holds is reached by importing. One that only the script's own code can make
again is reached by running the script up to the recorded run: earlier runs are read back from
the recording, and at that run the node is executed right there.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any

from lar_debug.model.engines import CONFLICT_KEY
from lar_debug.model.problem import Problem
from lar_debug.model.records import NodeRef
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_calls import Answers
from lar_debug.runtime.engines.lar_engine import limited_executor, loop_of
from lar_debug.runtime.engines.lar_graph import LarGraph
from lar_debug.runtime.engines.lar_playback import played_back
from lar_debug.runtime.engines.lar_reaching import Reaching
from lar_debug.runtime.engines.lar_target import load_target, named, start_node_of
from lar_debug.runtime.execution import Ran, run_observed
from lar_debug.runtime.identity import Unreachable
from lar_debug.runtime.loader import load_script, loaded
from lar_debug.runtime.observation import Observation, current_node, observed
from lar_debug.runtime.reexecute import Attempt, Result
from lar_debug.runtime.step_tasks import attempt_tasks

NO_LIMIT = 1 << 30


def reexecute(attempt: Attempt) -> Result:
    """Reach the node of an attempt and run it. Raises Problem and what loading the code raises."""
    no_log_folders()
    host = _Host(attempt)
    lar.install(host)
    entry = attempt.info.entry
    if entry.get("kind") == "target":
        module = load_target(attempt.info.script, list(attempt.info.argv))
        start = start_node_of(module, str(entry["name"]), attempt.info.target)
        return host.execute(host.find(LarGraph(start, attempt.files, None)), "")
    if host.start_name or host.node_name:
        load_script(attempt.info.script, attempt.info.argv)
        graph = host.by_name()
        if graph is not None:
            return host.execute(graph, "")
        _forget_user_modules()
    attempt.wait_until_asked()
    if entry.get("reached") and not attempt.by_any_way:
        raise Unreachable(
            f"{attempt.info.target} has to run for it up to the run, and reached the outside there "
            "when it was recorded; a save does not do that"
        )
    attempt.effects.blocking = attempt.blocked
    host.begin_script()
    with contextlib.suppress(SystemExit):
        load_script(attempt.info.script, attempt.info.argv, name="__main__")
    raise Unreachable(
        f"{attempt.info.target} ended without coming to the run that step "
        f"{attempt.step.step} belongs to"
    )


class _Found:
    """A node that was reached, with the graph it stands in."""

    def __init__(self, graph: LarGraph, node: Any) -> None:
        self.graph = graph
        self.node = node


class _Host:
    """The host of a re-execution: plays runs back, and runs the one node."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._reaching = Reaching(
            attempt.store,
            attempt.info.run,
            attempt.snapshot,
            silent=True,
            before_making=attempt.wait_until_asked,
        )
        self._names: dict[str, str] = dict(attempt.info.entry.get("names", {}))
        self._address = attempt.step.node.address
        self._ordinal = -1
        self._lock = threading.Lock()
        self._graph: LarGraph | None = None
        self._observation: Observation | None = None
        self._ran: Ran | None = None
        self._node: Any = None
        self._state: Any = None
        self._problem: Problem | None = None
        self._in_step = False

    @property
    def start_name(self) -> str:
        """ "module:name" of the start node, "" when no module holds it."""
        return self._names.get("start", "")

    @property
    def node_name(self) -> str:
        return self._names.get(self._address, "")

    def address(self, node: object) -> str:
        return "" if self._graph is None else self._graph.graph.address(node)

    # -- reaching the node --------------------------------------------------------------------

    def by_name(self) -> _Found | None:
        """The node by the names that modules hold; None when the script has to be run for it."""
        start = named(self.start_name)
        if start is not None:
            try:
                found = self.find(LarGraph(start, self._attempt.files, None))
            except Unreachable:
                found = None
            if found is not None and self._is_wired(found):
                return found
        node = named(self.node_name)
        if node is None:
            return None
        found = _Found(LarGraph(node, self._attempt.files, None), node)
        return found if self._is_wired(found) else None

    def _is_wired(self, found: _Found) -> bool:
        """False when edges that the node had are only made by the part that did not run."""
        recorded = self._attempt.nodes.get(self._address)
        if recorded is None:
            return True
        now = found.graph.fingerprint(found.node)
        return all(
            now.get(part, "").startswith("->")
            for part, value in recorded.fingerprint.items()
            if value.startswith("->")
        )

    def find(self, graph: LarGraph) -> _Found:
        """The node of the attempt in a graph. Raises Unreachable."""
        self._graph = graph
        return _Found(graph, self._reaching.node(graph, self._address))

    # -- the script runs ----------------------------------------------------------------------

    def begin_script(self) -> None:
        """The script begins (again): its first run has the ordinal 0."""
        self._ordinal = -1

    def run(self, started: lar.Started) -> Generator[Any, Any, Any]:
        if observed():
            # A node that runs a graph of its own is that node's business.
            return (yield from started.run())
        with self._lock:
            self._ordinal += 1
            ordinal = self._ordinal
        wanted = int(self._attempt.info.entry.get("ordinal", 0))
        if ordinal < wanted:
            return (yield from played_back(self._attempt, ordinal, started))
        if ordinal > wanted:
            # Another thread is at the wanted run; with its end this process ends.
            threading.Event().wait()
        self._attempt.finish(self._at_run(started))

    def _at_run(self, started: lar.Started) -> Result:
        """The recorded run begins here: execute the node in this very place."""
        entry, caller = self._attempt.info.entry, started.caller
        graph = LarGraph(started.start_node, self._attempt.files, caller)
        label = graph.graph.label(started.start_node)
        if (label, caller.function) != (entry.get("label"), entry.get("function")):
            why = (
                f"the script took another way: it starts {label} in {caller.function}, the "
                f"recording {entry.get('label')} in {entry.get('function')}"
            )
            return {"ran": False, "problem": why}
        try:
            function = caller.function
            script = os.path.basename(self._attempt.info.script)
            name = script if function == "<module>" else f"{function}()"
            return self.execute(self.find(graph), f"ran {name}")
        except Problem as error:
            return {"ran": False, "problem": str(error)}

    # -- the node -----------------------------------------------------------------------------

    def execute(self, found: _Found, how: str) -> Result:
        """Run the node by the engine's own executor, one step and no more."""
        attempt, graph = self._attempt, found.graph
        self._graph = graph
        fingerprints = {
            graph.graph.address(node): graph.fingerprint(node) for node in graph.graph.nodes
        }
        if graph.graph.address(found.node) != self._address:
            fingerprints[self._address] = graph.fingerprint(found.node)
        source = attempt.unchanged_source() or graph.source(found.node)
        result = attempt.ready(self._address, source, fingerprints, how)
        if result is not None:
            return result
        attempt.effects.blocking = attempt.blocked
        self._step(found.node)
        attempt.effects.blocking = False
        if self._problem is not None:
            raise self._problem
        if self._observation is None or self._ran is None:
            raise Unreachable("the engine did not come to run the node")
        following = self._following(graph, self._ran.returned)
        self._order_conflicts()
        return attempt.end(self._state._state, self._observation, self._ran, following)

    def _order_conflicts(self) -> None:
        """BatchNode makes a list of a set of names, whose order is another in each process: take
        the recorded order where the names are the same."""
        state: dict[str, Any] = self._state._state
        key = CONFLICT_KEY["lar"]
        names: list[Any] | None = state.get(key)
        recorded: list[Any] | None = self._attempt.recorded_value(key) if names else None
        if names and recorded and sorted(map(str, names)) == sorted(map(str, recorded)):
            names[:] = recorded

    def _step(self, node: Any) -> None:
        executor = limited_executor(NO_LIMIT)
        steps: Any = loop_of(executor)(executor, node, {}, NO_LIMIT)
        try:
            next(steps)
        except BaseException:
            # What the node raised is in `_ran`; what the engine raised after it leaves the
            # state as it then was, as in the recording.
            if self._ran is None and self._problem is None:
                raise
        finally:
            steps.close()

    def _following(self, graph: LarGraph, node: Any) -> NodeRef | None:
        if node is None or not hasattr(node, "execute"):
            return None
        if not graph.graph.known(node):
            graph.discover(node, self._attempt.step.step)
        return graph.graph.ref(node)

    def counting(self, visits: dict[str, int]) -> None:
        """The recorded count comes with the recorded state."""

    def question(self, node: Any) -> tuple[int, str]:
        return (0, "") if self._graph is None else self._graph.question(node)

    def step(self, node: Any, state: Any, work: Callable[[], Any]) -> Any:
        if self._in_step:
            return work()
        self._in_step = True
        self._node = node
        try:
            # Here, not before: the executor has just put its own bookkeeping into the state.
            self._attempt.begin(state._state)
        except Problem as error:
            self._problem = error
            return None
        self._state = state
        self._observation = Observation(
            state, answers=self._answers(), tasks=attempt_tasks(self._attempt, self._inner_address)
        )
        self._ran = run_observed(self._observation, work)
        if self._ran.raised is not None:
            raise self._ran.raised
        return self._ran.returned

    def _answers(self) -> Answers | None:
        """The recorded answers of the step, where models are not to be called."""
        attempt = self._attempt
        if not attempt.answers_recorded:
            return None
        return Answers(attempt.store.calls(attempt.info.run, attempt.step.step, 0))

    def _inner_address(self) -> str:
        node = current_node()
        return "" if self._node is node else self.address(node)


def _forget_user_modules() -> None:
    """The script is run after it was imported: its modules are loaded anew, as for the first."""
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) in loaded:
            del sys.modules[name]


def no_log_folders() -> None:
    """Executors that the user's code makes on the way create no folder for logs not written."""
    logger_type: Any = importlib.import_module("lar.logger").AuditLogger
    make = logger_type.__init__

    def no_folder(*args: Any, **kwargs: Any) -> None:
        del args, kwargs

    def without_folder(self: Any, *args: Any, **kwargs: Any) -> None:
        makedirs, os.makedirs = os.makedirs, no_folder
        try:
            make(self, *args, **kwargs)
        finally:
            os.makedirs = makedirs

    logger_type.__init__ = without_folder
