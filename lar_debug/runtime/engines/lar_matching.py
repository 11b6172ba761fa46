"""Which nodes of a graph the entries of a log of Lár ran: the log names only their classes.

The graph is walked along what was recorded: classes, written keys, errors, router decisions. Where
more than one way fits, prompts decide; where they do not, nobody does. Runs nothing of the user's
but an AdaptiveNode, answered from the log, to make the nodes again that it had made.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from lar_debug.model.problem import Problem
from lar_debug.model.values import Value
from lar_debug.runtime.engines.lar_graph import LarGraph
from lar_debug.runtime.engines.lar_prompts import fits_template, renders_to
from lar_debug.runtime.sources import type_of

NAMED = 6
"""Nodes that a line lists."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry. `changed` are keys that were added, updated or removed, `after` looks a key up in
    the state that it left (KeyError); `failed` means that the node raised or set `last_error`."""

    step: int
    type: str
    changed: frozenset[str]
    after: Callable[[str], Value]
    before: Callable[[], dict[str, Any]]
    failed: bool
    prompt: str = ""
    system_instruction: str = ""

    def left(self, key: str) -> bool:
        """Whether the state has that key afterwards."""
        try:
            self.after(key)
        except KeyError:
            return False
        return True


Made = Callable[[Any, int], Any]
"""(AdaptiveNode, step): the node that it had led to in that step, None where that is not known."""


class Matching:
    """Entries over a graph. `chosen` are the nodes (label or address) that a person named."""

    def __init__(
        self,
        graph: LarGraph,
        entries: Sequence[Recorded],
        made: Made,
        chosen: Mapping[int, str],
    ) -> None:
        self._graph = graph
        self._entries = entries
        self._made = made
        self._chosen = chosen
        self._exactness = 0
        self._types: Any = importlib.import_module("lar")

    def nodes(self) -> list[Any]:
        """The node of each entry. Raises Problem where an entry has none, or more than one."""
        found = self._layers()
        while self._exactness < 2 and any(len(layer) > 1 for layer in found):
            self._exactness += 1
            try:
                found = self._layers()
            except Problem:
                # The prompts were edited since: they tell nothing apart.
                break
        for entry, layer in zip(self._entries, found, strict=True):
            if len(layer) > 1:
                names = self._names(layer)
                raise Problem(
                    f"step {entry.step}, {entry.type}, could be {names}: nothing is guessed; "
                    f"say which: --at {entry.step}=NODE"
                )
        return [layer[0] for layer in found]

    def following(self, node: Any, entry: Recorded) -> list[Any]:
        """Where a node may have led to."""
        types, known = self._types, attributes(node)
        kind = type_of(node)
        if kind is types.RouterNode:
            return _some(known["path_map"].get(_decision(entry)) or known["default_node"])
        if kind is types.ToolNode:
            ways = [known["next_node"], known["error_node"]]
            wrote = entry.left(known["output_key"] or "")
            return _some(*(ways[1:] if entry.failed else ways[:1] if wrote else ways))
        if kind is types.AdaptiveNode:
            return _some(self._made(node, entry.step) or known["next_node"])
        if "next_node" in known and kind.__module__ == "lar.node":
            return _some(known["next_node"])
        return [edge for _, edge in self._graph.graph.edges(node)]

    # -- the walk -----------------------------------------------------------------------------

    def _layers(self) -> list[list[Any]]:
        """For each entry the nodes that stand on a whole way through all of them."""
        start, first = self._graph.start, self._entries[0]
        why = self._unfit(first, [start], "the graph begins with")
        if self._fits(start, first):
            try:
                return self._walked([start])
            except Problem as error:
                why = error
        # A log that begins in the middle: the run was resumed there by hand.
        others = [one for one in self._graph.graph.nodes if one is not start]
        others = [one for one in others if self._fits(one, first)]
        try:
            return self._walked(others)
        except Problem:
            raise why from None

    def _walked(self, starts: list[Any]) -> list[list[Any]]:
        """The layers of a log that begins with one of these nodes. Raises Problem."""
        if not starts:
            raise Problem("no node fits the first step")
        layers = [starts]
        ways: list[dict[int, list[Any]]] = []
        for before, entry in zip(self._entries, self._entries[1:], strict=False):
            step: dict[int, list[Any]] = {}
            led: dict[int, Any] = {}
            for node in layers[-1]:
                following = self.following(node, before)
                led.update((id(one), one) for one in following)
                step[id(node)] = [one for one in following if self._fits(one, entry)]
            fitting = {id(one): one for ways_on in step.values() for one in ways_on}
            if not fitting:
                raise self._unfit(entry, led.values(), f"step {before.step} leads to")
            layers.append(list(fitting.values()))
            ways.append(step)
        return _whole_ways(layers, ways)

    def _unfit(self, entry: Recorded, nodes: Iterable[Any], where: str) -> Problem:
        found = list(nodes)
        there = self._names(found) if found else "the end"
        return Problem(
            f"the log does not fit the graph: step {entry.step} is {entry.type}"
            f"{f' that wrote {_listed(sorted(entry.changed))}' if entry.changed else ''}, "
            f"{where} {there}"
        )

    def _names(self, nodes: Iterable[Any]) -> str:
        graph = self._graph.graph
        return _listed([f"{type(node).__name__} {graph.label(node)}" for node in nodes], " or ")

    # -- one node and one entry ---------------------------------------------------------------

    def _fits(self, node: Any, entry: Recorded) -> bool:
        if type(node).__name__ != entry.type:
            return False
        chosen = self._chosen.get(entry.step)
        ref = self._graph.graph.ref(node)
        if chosen is not None and chosen not in (ref.label, ref.address):
            return False
        return self._wrote(node, entry) and self._asked(node, entry)

    def _wrote(self, node: Any, entry: Recorded) -> bool:
        """Whether an entry's keys are those that the node writes."""
        if type(node).__module__ != "lar.node":
            return True
        known = attributes(node)
        output: Any = known.get("output_key") or known.get("key")
        if isinstance(output, str) and not entry.failed and not entry.left(output):
            return False
        written = self._may_write(node)
        return written is None or entry.changed <= written | {"last_error", "token_budget"}

    def _may_write(self, node: Any) -> set[str] | None:
        """The keys that a node of the engine writes; None where any code decides that."""
        types, known, kind = self._types, attributes(node), type_of(node)
        if kind is types.LLMNode:
            return {known["output_key"]}
        if kind is types.ReduceNode:
            return {known["output_key"], *known["input_keys"]}
        if kind is types.AddValueNode:
            return {known["key"]}
        if (
            kind is types.ToolNode
            and known["output_key"]
            and "__state__" not in known["input_keys"]
        ):
            # A function may change in place what it is given.
            return {known["output_key"], *known["input_keys"], known["credential_key"] or ""}
        return {known["output_key"]} if kind is types.HumanJuryNode else None

    def _asked(self, node: Any, entry: Recorded) -> bool:
        """Whether the prompt can be the node's, as exactly as is needed to tell nodes apart."""
        template: Any = getattr(node, "prompt_template", None)
        if not self._exactness or not entry.prompt or not isinstance(template, str):
            return True
        system: Any = getattr(node, "system_instruction", None)
        if (system or "") != entry.system_instruction or not fits_template(template, entry.prompt):
            return False
        return self._exactness < 2 or renders_to(template, entry.before(), entry.prompt)


def attributes(node: Any) -> dict[str, Any]:
    """What a node holds, by name."""
    return cast("dict[str, Any]", vars(node))


def _decision(entry: Recorded) -> Value:
    try:
        found = entry.after("_router_decision")
    except KeyError:
        return None
    return found if isinstance(found, str) else None


def _some(*nodes: Any) -> list[Any]:
    return [node for node in nodes if node is not None]


def _whole_ways(layers: list[list[Any]], ways: list[dict[int, list[Any]]]) -> list[list[Any]]:
    """The layers without the nodes from which no way leads to the last entry."""
    for index in reversed(range(len(ways))):
        alive = {id(node) for node in layers[index + 1]}
        layers[index] = [
            node for node in layers[index] if any(id(one) in alive for one in ways[index][id(node)])
        ]
    return layers


def _listed(names: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return between.join(names[:NAMED]) + more
