"""From a target of Lár and the steps of an imported run to what each step is of that graph."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import platform
import sys
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from typing import Any

from lar_debug.model.records import Call, Execution, Node, NodeRef, Outcome, RunInfo, RunStatus
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_calls import Answers
from lar_debug.runtime.engines.lar_execution import no_log_folders
from lar_debug.runtime.engines.lar_graph import LarGraph
from lar_debug.runtime.engines.lar_matching import Matching, Recorded, attributes
from lar_debug.runtime.engines.lar_target import load_target, start_node_of
from lar_debug.runtime.execution import run_observed
from lar_debug.runtime.observation import Observation
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.runtime.sources import UserFiles
from lar_debug.store.database import Place, Store


@dataclass(frozen=True, slots=True)
class Naming:
    """The graph of a run: the run as it is now, its nodes, and the place of each step in it."""

    info: RunInfo
    nodes: tuple[Node, ...]
    places: tuple[Place, ...]
    to_run: tuple[NodeRef, ...] = ()
    """Of an imported state: the nodes that can be run from it."""


def named_graph(store: Store, request: dict[str, Any], files: UserFiles) -> Naming:
    """Raises Problem where the graph does not fit, and what loading the user's code raises."""
    no_log_folders()
    host = _Host()
    lar.install(host)
    info = store.run(request["run"])
    module = load_target(request["script"], [])
    start = start_node_of(module, request["name"], request["target"])
    host.graph = graph = LarGraph(start, files, None)
    named = _named(info, request, graph)
    if info.entry.get("format") == CHECKPOINT:
        refs = tuple(graph.graph.ref(node) for node in graph.graph.nodes)
        return Naming(named, graph.found.nodes, (), refs)
    matched = _Matched(store, info, host)
    chosen = {int(step): node for step, node in request["chosen"].items()}
    places = matched.places(chosen)
    return Naming(named, (*graph.found.nodes, *matched.made), places)


CHECKPOINT = "checkpoint"


def _named(info: RunInfo, request: dict[str, Any], graph: LarGraph) -> RunInfo:
    try:
        version = metadata.version(lar.PACKAGE)
    except metadata.PackageNotFoundError:
        version = ""
    entry = {
        **info.entry,
        "kind": "target",
        "graph": request["target"],
        "name": request["name"],
        "label": graph.graph.label(graph.start),
        "names": graph.names(),
    }
    script = request["script"]
    return info._replace(
        engine_version=version,
        python=platform.python_version(),
        interpreter=sys.executable,
        cwd=request["cwd"],
        script=os.path.abspath(script) if script.endswith(".py") else script,
        entry=entry,
    )


class _Host:
    """Lets nodes run as they are."""

    def __init__(self) -> None:
        self.graph: LarGraph | None = None

    def address(self, node: object) -> str:
        return "" if self.graph is None else self.graph.graph.address(node)

    def run(self, started: lar.Started) -> Generator[Any, Any, Any]:
        return (yield from started.run())

    def step(self, node: Any, state: Any, work: Any) -> Any:
        del node, state
        return work()

    def counting(self, visits: dict[str, int]) -> None:
        """No executor of ours runs here."""

    def question(self, node: Any) -> tuple[int, str]:
        return (0, "") if self.graph is None else self.graph.question(node)


class _Matched:
    """The recorded steps of a run, matched with a graph."""

    def __init__(self, store: Store, info: RunInfo, host: _Host) -> None:
        assert host.graph is not None
        self._store, self._info, self._host, self._graph = store, info, host, host.graph
        self._types = {address: node.type for address, node in store.nodes(info.run).items()}
        self._snapshotter = Snapshotter(store.objects, store.texts, run=info.run, key=None)
        self._led: dict[tuple[int, int], Any] = {}
        self.made: list[Node] = []

    def places(self, chosen: dict[int, str]) -> tuple[Place, ...]:
        steps = self._store.steps(self._info.run)
        calls = [self._store.calls(self._info.run, step.step, 0) for step, _ in steps]
        entries = [
            self._recorded(step.step, self._types.get(step.node.address, ""), execution, made)
            for (step, execution), made in zip(steps, calls, strict=True)
        ]
        matching = Matching(self._graph, entries, self._made_by, chosen)
        nodes = matching.nodes()
        refs = [self._graph.graph.ref(node) for node in nodes]
        last = self._after_last(matching, nodes[-1], entries[-1])
        return tuple(
            Place(entry.step, ref, following, self._call_address(node, ref))
            for entry, node, ref, following in zip(
                entries, nodes, refs, [*((ref,) for ref in refs[1:]), last], strict=True
            )
        )

    def _recorded(self, step: int, kind: str, execution: Execution, calls: list[Call]) -> Recorded:
        changes = execution.changes
        call = calls[0] if calls else Call(0, "llm")
        return Recorded(
            step,
            kind,
            frozenset((*changes.added, *changes.updated, *changes.removed)),
            after=partial(self._value, execution.after),
            before=partial(self._snapshotter.restore, execution.before),
            failed=execution.outcome is Outcome.ERROR,
            prompt=call.prompt,
            system_instruction=call.system_instruction,
        )

    def _value(self, reference: str, key: str) -> Any:
        return self._store.reader.value(reference, (key,))

    def _after_last(self, matching: Matching, node: Any, entry: Recorded) -> tuple[NodeRef, ...]:
        """Where a run would go on that was left in the middle."""
        following = matching.following(node, entry)
        if self._info.status is not RunStatus.STOPPED or len(following) != 1:
            return ()
        return (self._graph.graph.ref(following[0]),)

    def _call_address(self, node: Any, ref: NodeRef) -> str:
        """An AdaptiveNode asks by a node of its own."""
        inner: Any = attributes(node).get("llm_node")
        return ref.address if inner is None else self._graph.graph.address(inner)

    def _made_by(self, node: Any, step: int) -> Any:
        """What an AdaptiveNode led to: it runs once more, answered by the log."""
        known = self._led.get((id(node), step))
        if known is None:
            known = self._led[id(node), step] = self._run_again(node, step)
        return known

    def _run_again(self, node: Any, step: int) -> Any:
        recorded = self._store.execution(self._info.run, step, 0)
        address = self._call_address(node, self._graph.graph.ref(node))
        calls = self._store.calls(self._info.run, step, 0)
        state_type: Any = importlib.import_module("lar.state").GraphState
        state = state_type(self._snapshotter.restore(recorded.before))
        answers = Answers(call._replace(address=address) for call in calls)
        observation = Observation(state, answers=answers, blocking=True)
        with contextlib.redirect_stdout(io.StringIO()):
            ran = run_observed(observation, partial(node.execute, state))
        if ran.raised is not None or ran.returned is None:
            return None
        if not self._graph.graph.known(ran.returned):
            self.made += self._graph.discover(ran.returned, step).nodes
        return ran.returned
