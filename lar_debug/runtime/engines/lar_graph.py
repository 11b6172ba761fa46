"""The graph of one run of Lár as lar-debug sees it: nodes, names, fingerprints, sources."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lar_debug.model.records import Node
from lar_debug.runtime.engines.lar import Caller
from lar_debug.runtime.engines.lar_nodes import NodeFacts, question_key
from lar_debug.runtime.fingerprint import Fingerprint, Fingerprinter
from lar_debug.runtime.identity import Graph, Names, Walker, is_of
from lar_debug.runtime.matching import shape_of
from lar_debug.runtime.sources import UserFiles, normal_module

ENGINE_PACKAGES = ("lar.",)
"""Objects of the engine (a validator with its tools) are looked into for fingerprints."""


@dataclass(frozen=True, slots=True)
class Found:
    """Nodes and what is recorded of them."""

    nodes: tuple[Node, ...]
    sources: dict[str, str]
    """Source text by address."""


class LarGraph:
    """Addresses, labels, fingerprints and sources of what can be reached from a start node."""

    def __init__(self, start: Any, files: UserFiles, caller: Caller | None) -> None:
        classes = sys.modules["lar.node"].__dict__
        node_type: type = classes["BaseNode"]
        self._batch_type: type = classes["BatchNode"]
        walker = Walker(node_type, files)
        names = Names(walker)
        names.add_modules(files.modules())
        if caller is not None:
            names.add_locals(caller.function, caller.names)
        self._facts = NodeFacts(files, caller.file if caller is not None else "")
        self.graph = Graph(walker, names, self._facts.label)
        self.start = start
        self._prints = Fingerprinter(node_type, files, self.graph.label, ENGINE_PACKAGES)
        self._walked = self.graph.walk(start)

    @cached_property
    def found(self) -> Found:
        """The nodes that the graph began with. Reads their sources, so only when asked for."""
        return self._described(self._walked)

    def shape(self) -> str:
        """The same for graphs of the same nodes and edges, whatever is in the nodes."""
        return shape_of(self.graph, self._walked)

    def discover(self, node: Any, step: int) -> Found:
        """Nodes that are new with the one that a step led to."""
        return self._described(self.graph.discover(node, step))

    def fingerprint(self, node: Any) -> Fingerprint:
        """The parts of a node's fingerprint; empty when its objects cannot be looked at.

        A BatchNode runs its branches to their ends within its own step: their parts are its own,
        each behind the name of its node.
        """
        try:
            parts = self._prints.of(node)
            if is_of(node, self._batch_type):
                for inner in self.graph.reached(node.nodes):
                    name = self.graph.label(inner)
                    own = self._prints.of(inner)
                    parts |= {f"{name} {part}": value for part, value in own.items()}
            return parts
        except Exception:
            # Attributes of the user's own may raise whatever they like when they are looked at.
            return {}

    def source(self, node: Any) -> str:
        return self._facts.definition(node, self.graph.name(node))[1]

    def names(self) -> dict[str, str]:
        """ "module:name" by address, for nodes that a module global holds."""
        found: dict[str, str] = {}
        for node in self.graph.nodes:
            name = self.graph.global_name(node)
            if name is not None:
                found[self.graph.address(node)] = f"{normal_module(name.module)}:{name.text}"
        return found

    def question(self, node: Any) -> tuple[int, str]:
        """Where a node that asks a person stands among the others, and the id of its question:
        the key that gets the answer, or its address where that is not the only such key."""
        nodes = self.graph.nodes
        at = next((at for at, one in enumerate(nodes) if one is node), len(nodes))
        key = question_key(node) or ""
        alike = sum(question_key(one) == key for one in nodes)
        return at, (self.graph.address(node) if alike > 1 else "") or key

    def _described(self, nodes: list[Any]) -> Found:
        records = [self._facts.node(node, self.graph, self.fingerprint(node)) for node in nodes]
        sources = {
            record.address: self.source(node) for record, node in zip(records, nodes, strict=True)
        }
        return Found(tuple(records), {key: text for key, text in sources.items() if text})
