"""The node of Lár that an address leads to, also one that was made while the graph ran.

Such a node is made again by the step that made it, with the answers its model gave then and with
the outside blocked; no model is called. Writes nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Callable
from typing import Any

from lar_debug.runtime.engines.lar_calls import Answers
from lar_debug.runtime.engines.lar_graph import Found, LarGraph
from lar_debug.runtime.execution import run_observed
from lar_debug.runtime.forking import point_of
from lar_debug.runtime.identity import AddressProblem, Unreachable, producer, walk_path
from lar_debug.runtime.observation import Observation
from lar_debug.store.database import Store, StoreError


class Reaching:
    """Finds the nodes of one recorded run in its graph as it is now."""

    def __init__(
        self,
        store: Store,
        run: str,
        snapshot: Callable[[str, str], dict[str, Any]],
        *,
        silent: bool,
        before_making: Callable[[], None] = lambda: None,
    ) -> None:
        """`snapshot` restores a state of a run; `silent` keeps what nodes print on the way from the
        program's output (of the whole process); `before_making` is called before code runs."""
        self._store, self._run, self._snapshot = store, run, snapshot
        self._silent, self._before_making = silent, before_making
        self.made: list[Found] = []
        """What was made again on the way."""

    def node(self, graph: LarGraph, address: str) -> Any:
        """The node at an address. Raises Unreachable."""
        made = producer(address)
        try:
            if made is None:
                node = walk_path(graph.start, address.removeprefix("start"), address)
            else:
                step, rest = made
                node = walk_path(self._made_again(graph, step), rest, address)
        except AddressProblem as error:
            raise Unreachable(str(error)) from None
        if not hasattr(node, "execute"):
            raise Unreachable(f"{address} is no node any more")
        return node

    def _made_again(self, graph: LarGraph, step: int) -> Any:
        """What a step led to, by running it once more with its recorded answers."""
        self._before_making()
        try:
            run, _, attempt = point_of(self._store, self._run, step)
            recorded = self._store.execution(run, step, attempt)
        except StoreError as error:
            raise Unreachable(f"step {step}, which made it, is gone: {error}") from None
        place = self._store.step(run, step).node
        node = self.node(graph, place.address)
        state_type: Any = importlib.import_module("lar.state").GraphState
        state = state_type(self._snapshot(recorded.before, run))
        answers = Answers(self._store.calls(run, step, attempt))
        observation = Observation(state, answers=answers, blocking=True)
        hidden = contextlib.redirect_stdout(io.StringIO())
        with hidden if self._silent else contextlib.nullcontext():
            ran = run_observed(observation, lambda: node.execute(state))
        if ran.raised is not None or ran.returned is None:
            why = f": {ran.raised}" if ran.raised is not None else ""
            raise Unreachable(f"step {step} ({place.label}) does not make this node again{why}")
        self.made.append(graph.discover(ran.returned, step))
        return ran.returned
