"""Whether the node that a run goes on with is still the one that was recorded.

A graph may have changed since: a node is gone, has another name, or another node stands in its
place. What does not agree is refused with the nodes that may be meant; nothing is guessed.
Knows no engine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from lar_debug.model.records import Node, NodeRef
from lar_debug.runtime.identity import Graph
from lar_debug.runtime.sources import type_of
from lar_debug.runtime.threads import ThreadProblem

_LINE = re.compile(r":\d+\b")
_MOST_NAMED = 12


def shape_of(graph: Graph, nodes: Sequence[Any]) -> str:
    """A hash of the nodes' places, classes and edges; names and contents are no part of it."""
    digest = blake2b(digest_size=16)
    for node in nodes:
        edges = [f"{at}={graph.address(to)}" for at, to in graph.edges(node)]
        line = "|".join((graph.address(node), type_of(node).__name__, *edges))
        digest.update(f"{line}\n".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _plain(label: str) -> str:
    """A label without the line that it names: an edit above moves that."""
    return _LINE.sub("", label)


def check(
    graph: Graph,
    node: Any,
    wanted: NodeRef,
    recorded: Node | None,
    *,
    same_shape: bool,
    named: bool,
) -> None:
    """Raises ThreadProblem unless `node`, found at the address of `wanted`, is that very node.

    `named`: the recorded label is a name that a module or the same caller holds. Names of
    variables inside functions are others where another function starts the graph.
    """
    kind = type_of(node).__name__
    label = _plain(graph.label(node))
    if recorded is not None and recorded.type != kind:
        why = f"{wanted.address} is a {kind} now, it was a {recorded.type}"
    elif label == _plain(wanted.label):
        known = named or _is_function(wanted.label, graph.label(node))
        # The name of a class does not say which of its nodes it is.
        if same_shape or (known and label.partition(" [")[0] != kind):
            return
        why = "the graph has changed"
    elif any(_plain(graph.label(other)) == _plain(wanted.label) for other in graph.nodes):
        why = f"{wanted.label} stands elsewhere now; {label} is at {wanted.address}"
    elif named or not same_shape or _is_function(wanted.label, graph.label(node)):
        why = f"the graph has changed: at {wanted.address} is {label} now"
    else:
        return
    raise refused(graph, wanted, recorded, why)


def _is_function(*labels: str) -> bool:
    """True for labels that name functions with their places: they depend on nobody else."""
    return all(_LINE.search(label) for label in labels)


def refused(graph: Graph, wanted: NodeRef, recorded: Node | None, why: str) -> ThreadProblem:
    """What says that the next node is not clear, with the nodes that may be it."""
    kind = recorded.type if recorded is not None else ""
    alike = [node for node in graph.nodes if _plain(graph.label(node)) == _plain(wanted.label)]
    alike = alike or [node for node in graph.nodes if type_of(node).__name__ == kind]
    names = _named(graph, alike or graph.nodes)
    return ThreadProblem(
        f"the run was to go on with {wanted.label} ({wanted.address}), but {why}; "
        f"say where: at= one of {names}"
    )


def find(graph: Graph, at: str) -> Any:
    """The node that a person names, by label or address. Raises ThreadProblem."""
    found = [node for node in graph.nodes if at in (graph.label(node), graph.address(node))]
    found = found or [
        node
        for node in graph.nodes
        if _plain(at) in (_plain(graph.label(node)), graph.label(node).partition(" ")[0])
    ]
    found = found or [node for node in graph.nodes if type_of(node).__name__ == at]
    if len(found) == 1:
        return found[0]
    if found:
        places = ", ".join(graph.address(node) for node in found[:_MOST_NAMED])
        raise ThreadProblem(f"{at} is more than one node; name it by its place: {places}")
    raise ThreadProblem(f"the graph has no node {at}; it has {_named(graph, graph.nodes)}")


def _named(graph: Graph, nodes: Sequence[Any]) -> str:
    more = f" and {len(nodes) - _MOST_NAMED} more" if len(nodes) > _MOST_NAMED else ""
    return ", ".join(graph.label(node) for node in nodes[:_MOST_NAMED]) + more
