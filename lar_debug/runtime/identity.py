"""Where a node stands in its graph (address) and what people call it (label).

An address is the path of attributes, keys and indexes from the start node, so it can be walked
again in another process: `start.next_node.path_map['hard']`. A node that was made while the
graph ran starts from the step that made it: `step3().next_node`. Engines say which class their
nodes have; this file imports none of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NamedTuple

from lar_debug.model.problem import Problem
from lar_debug.model.records import NodeRef
from lar_debug.runtime.sources import UserFiles, type_of

_DEPTH = 4
"""Containers and plain objects one inside the other in which nodes are still looked for."""

_WIDTH = 10_000
"""Entries of one container that are looked at: state kept in a node is no part of the graph."""

_SHORTEST_RUN = 4
"""From so many equal attributes in a row on, they are written with a count."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address while it is built: `head`, then `.attribute` `count` times (0: nothing)."""

    head: str
    attribute: str = ""
    count: int = 0

    def attribute_of(self, name: str) -> Address:
        if name == self.attribute:
            return Address(self.head, name, self.count + 1)
        return Address(str(self), name, 1)

    def item_of(self, key: Any) -> Address:
        return Address(f"{self}[{key!r}]")

    def __str__(self) -> str:
        if self.count >= _SHORTEST_RUN:
            return f"{self.head}.{self.attribute}*{self.count}"
        return self.head + f".{self.attribute}" * self.count


class AddressProblem(LookupError):
    """An address that leads nowhere in the graph as it is now; one line."""


class Unreachable(Problem):
    """The node cannot be reached in the code as it is now; one line."""


_PART = re.compile(
    r"\.(?P<name>\w+)(?:\*(?P<count>\d+))?|\[(?P<key>(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^\]'\"])+)\]"
)
_HEAD = re.compile(r"start|step(?P<step>\d+)\(\)")


_NEVER_NODES: frozenset[type] = frozenset(
    {FunctionType, BuiltinFunctionType, ModuleType, type, str, int, float, bool, bytes, type(None)}
)
"""Most of what stands in modules: not worth a second look."""


def producer(address: str) -> tuple[int, str] | None:
    """(step, rest of the address) for a node made at run time, None for one of the graph."""
    match = _HEAD.match(address)
    if match is None or match["step"] is None:
        return None
    return int(match["step"]), address[match.end() :]


def resolve(start: Any, address: str) -> Any:
    """Walk an address from the start node (or from the node that a step made).

    Raises AddressProblem where the graph has no such place any more.
    """
    match = _HEAD.match(address)
    if match is None:
        raise AddressProblem(f"{address!r} is no address of a node")
    return walk_path(start, address[match.end() :], address)


def walk_path(current: Any, path: str, whole: str = "") -> Any:
    """Follow `.attribute`, `.attribute*n` and `[key]` from an object. Raises AddressProblem."""
    position = 0
    while position < len(path):
        match = _PART.match(path, position)
        if match is None:
            raise AddressProblem(f"{whole or path!r} is no address of a node")
        try:
            if match["name"]:
                for _ in range(int(match["count"] or 1)):
                    current = getattr(current, match["name"])
            else:
                current = current[ast.literal_eval(match["key"])]
        except (AttributeError, LookupError, TypeError, ValueError, SyntaxError):
            gone = (whole or path)[: len(whole or path) - len(path) + match.end()]
            raise AddressProblem(f"the graph has no {gone} any more") from None
        position = match.end()
    return current


def _plain_key(key: Any) -> bool:
    return isinstance(key, (str, int, bool, float, bytes, type(None)))


def is_plain_mapping(value: Any) -> bool:
    """True for a dict or one of Python's own kinds of it."""
    return isinstance(value, dict) and type(value).__module__ in ("builtins", "collections")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]


def entries(mapping: Any) -> list[tuple[Any, Any]]:
    return list(mapping.items())


def items(sequence: Any) -> list[Any]:
    return list(sequence)


def is_of(value: Any, kind: type) -> bool:
    """isinstance() by inheritance alone. The engines' base classes are abstract ones, whose own
    answer is slow the first time for each class, and every attempt is a first time."""
    return kind in type_of(value).__mro__


class Walker:
    """Finds nodes inside values. `node_type` is the engine's base class."""

    def __init__(self, node_type: type, files: UserFiles) -> None:
        self.node_type = node_type
        self._files = files
        self._user_types: dict[type, bool] = {}

    def inside(self, value: Any, at: Address, depth: int = 0) -> Iterator[tuple[Address, Any]]:
        """The nodes that a value is or holds, in order; nodes are not entered."""
        if is_of(value, self.node_type):
            yield at, value
        elif depth >= _DEPTH:
            return
        elif is_plain_mapping(value):
            for key, item in entries(value)[:_WIDTH]:
                if _plain_key(key) and not isinstance(item, (str, int, float)):
                    yield from self.inside(item, at.item_of(key), depth + 1)
        elif type(value) in (list, tuple):
            for index, item in enumerate(items(value)[:_WIDTH]):
                if not isinstance(item, (str, int, float)):
                    yield from self.inside(item, at.item_of(index), depth + 1)
        elif self._is_user_object(value):
            for name, item in entries(vars(value)):
                yield from self.inside(item, at.attribute_of(name), depth + 1)

    def edges(self, node: Any, at: Address) -> Iterator[tuple[Address, Any]]:
        """The nodes that a node leads to or holds, by its attributes in their order."""
        for name, value in list(getattr(node, "__dict__", {}).items()):
            yield from self.inside(value, at.attribute_of(name))

    def _is_user_object(self, value: Any) -> bool:
        kind = type_of(value)
        known = self._user_types.get(kind)
        if known is None:
            plain = not isinstance(value, (type, FunctionType, ModuleType))
            known = plain and self._files.is_named_module(kind.__module__)
            self._user_types[kind] = known
        return known and hasattr(value, "__dict__")


class GlobalName(NamedTuple):
    """A name under which a module holds a node: `module`, then `name` and maybe a path."""

    module: str
    name: str
    path: str = ""

    @property
    def text(self) -> str:
        return self.name + self.path


class Names:
    """Names that people gave to nodes: module globals first, then the caller's locals."""

    def __init__(self, walker: Walker) -> None:
        self._walker = walker
        self.globals: dict[int, GlobalName] = {}
        self.locals: dict[int, GlobalName] = {}

    def add_modules(self, modules: Iterable[tuple[str, ModuleType]]) -> None:
        for name, module in modules:
            self._add(self.globals, name, vars(module))

    def add_locals(self, function: str, names: Mapping[str, Any]) -> None:
        self._add(self.locals, function, names)

    def of(self, node: Any) -> GlobalName | None:
        return self.globals.get(id(node)) or self.locals.get(id(node))

    def _add(self, known: dict[int, GlobalName], module: str, names: Mapping[str, Any]) -> None:
        for name, value in list(names.items()):
            if name.startswith("__") or type_of(value) in _NEVER_NODES:
                continue
            for at, node in self._walker.inside(value, Address("")):
                path = str(at)
                before = known.get(id(node))
                # A name of its own says more than a place in a list, wherever that stands.
                if before is None or (before.path and not path):
                    known[id(node)] = GlobalName(module, name, path)


class Graph:
    """The nodes of one run: their addresses, labels and edges. Keeps the nodes alive."""

    def __init__(self, walker: Walker, names: Names, describe: Callable[[Any], str]) -> None:
        """`describe` gives the label of a node that has no name ("clean agent.py:12")."""
        self._walker = walker
        self._names = names
        self._describe = describe
        self._start: Any = None
        self._addresses: dict[int, Address] = {}
        self._labels: dict[int, str] = {}
        self._labelled: dict[str, int] = {}
        self.nodes: list[Any] = []
        self.made_by: dict[int, int] = {}

    def walk(self, start: Any) -> list[Any]:
        """Find everything that can be reached from the start node, breadth first."""
        self._start = start
        return self._walk(start, Address("start"), None)

    def _walk(self, node: Any, at: Address, step: int | None) -> list[Any]:
        found: list[Any] = []
        todo: list[tuple[Address, Any]] = [(at, node)]
        for address, current in todo:
            if id(current) in self._addresses:
                continue
            self._addresses[id(current)] = address
            self.nodes.append(current)
            found.append(current)
            if step is not None:
                self.made_by[id(current)] = step
            todo.extend(self._walker.edges(current, address))
        for current in found:
            self._label(current)
        return found

    def _label(self, node: Any) -> None:
        named = self._names.of(node)
        label = named.text if named is not None else self._describe(node)
        first = self._labelled.setdefault(label, id(node))
        if first != id(node):
            # Two of one name: both are told apart by where they stand.
            self._labels[first] = f"{label} [{self._addresses[first]}]"
            label = f"{label} [{self._addresses[id(node)]}]"
        self._labels[id(node)] = label

    def discover(self, node: Any, step: int) -> list[Any]:
        """Nodes that are new with one that a step led to: wired in since, or made by the step.

        Returns them; empty when the node is known.
        """
        if id(node) in self._addresses:
            return []
        found: list[Any] = []
        for known in list(self.nodes):
            for address, edge in self._walker.edges(known, self._addresses[id(known)]):
                if id(edge) not in self._addresses:
                    found += self._walk(edge, address, self.made_by.get(id(known)))
        if id(node) not in self._addresses:
            found += self._walk(node, Address(f"step{step}()"), step)
        return found

    def edges(self, node: Any) -> list[tuple[str, Any]]:
        """(address of the edge, the node it leads to) of a known node, in the order of walking."""
        found = self._walker.edges(node, self._addresses[id(node)])
        return [(str(address), edge) for address, edge in found]

    def reached(self, value: Any) -> list[Any]:
        """The nodes that a value holds, and all that can be reached from them, breadth first."""
        nowhere = Address("")
        found: dict[int, Any] = {}
        todo = [node for _, node in self._walker.inside(value, nowhere)]
        for node in todo:
            if id(node) not in found:
                found[id(node)] = node
                todo.extend(edge for _, edge in self._walker.edges(node, nowhere))
        return list(found.values())

    def known(self, node: Any) -> bool:
        return id(node) in self._addresses

    def address(self, node: Any) -> str:
        """Address of a node, "" for one that is not of this graph."""
        at = self._addresses.get(id(node))
        return "" if at is None else str(at)

    def label(self, node: Any) -> str:
        return self._labels.get(id(node), type(node).__name__)

    def ref(self, node: Any) -> NodeRef:
        return NodeRef(self.address(node), self.label(node))

    def global_name(self, node: Any) -> GlobalName | None:
        """The module global that holds the node, None when only locals or nothing does."""
        return self._names.globals.get(id(node))

    def name(self, node: Any) -> GlobalName | None:
        return self._names.of(node)
