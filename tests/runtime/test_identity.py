"""Nodes have an address that leads to them again and the name that a person gave them."""

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lar_debug.runtime.identity import (
    Address,
    AddressProblem,
    Graph,
    Names,
    Walker,
    producer,
    resolve,
)
from lar_debug.runtime.sources import UserFiles


class Node:
    """Stands for an engine's base class: identity knows none."""

    def __init__(self, **attributes: Any):
        self.__dict__.update(attributes)

    if TYPE_CHECKING:
        # What the tests set: nodes lead to others by whatever attribute their class has.
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...


class Team:
    def __init__(self, lead):
        self.lead = lead


def graph_of(start, local_names=None, **global_names) -> Graph:
    walker = Walker(Node, UserFiles([str(Path(__file__).parent)]))
    names = Names(walker)
    module = ModuleType("agent")
    vars(module).update(global_names)
    names.add_modules([("agent", module)])
    names.add_locals("main", local_names or {})
    graph = Graph(walker, names, lambda node: type(node).__name__)
    graph.walk(start)
    return graph


def test_addresses_lead_through_attributes_lists_dicts_and_objects_and_back():
    nodes = {name: Node() for name in "abcdefg"}
    start = Node(
        next_node=nodes["a"],
        path_map={'it\'s "hard"': nodes["b"], 3: nodes["c"]},
        nodes=[nodes["d"], (nodes["e"], {"deep": nodes["f"]})],
        team=Team(nodes["g"]),
    )
    graph = graph_of(start)
    assert [graph.address(node) for node in nodes.values()] == [
        "start.next_node",
        "start.path_map['it\\'s \"hard\"']",
        "start.path_map[3]",
        "start.nodes[0]",
        "start.nodes[1][0]",
        "start.nodes[1][1]['deep']",
        "start.team.lead",
    ]
    for node in (start, *nodes.values()):
        assert resolve(start, graph.address(node)) is node


def test_a_node_has_its_shortest_address_also_in_a_circle():
    start = Node()
    start.next_node = Node(next_node=start, error_node=Node())
    graph = graph_of(start)
    assert [graph.address(node) for node in graph.nodes] == [
        "start",
        "start.next_node",
        "start.next_node.error_node",
    ]


def test_a_long_chain_has_short_addresses_and_is_walked_in_one_go():
    start = last = Node()
    for _ in range(20_000):
        last.next_node = Node()
        last = last.next_node
    graph = graph_of(start)
    assert graph.address(last) == "start.next_node*20000"
    assert resolve(start, "start.next_node*20000") is last
    assert (
        graph.address(start.next_node.next_node.next_node) == "start.next_node" + ".next_node" * 2
    )


def test_a_node_made_by_a_step_has_an_address_from_that_step():
    graph = graph_of(Node())
    made = Node(next_node=Node())
    assert graph.discover(made, 3) == [made, made.next_node]
    assert graph.address(made.next_node) == "step3().next_node"
    assert producer("step3().next_node") == (3, ".next_node")
    assert producer("start.next_node") is None
    assert graph.made_by[id(made)] == 3


def test_a_node_wired_in_later_is_no_node_made_by_a_step():
    start = Node()
    graph = graph_of(start)
    start.error_node = Node()
    graph.discover(start.error_node, 3)
    assert graph.address(start.error_node) == "start.error_node"
    assert graph.made_by == {}


def test_names_of_modules_come_before_locals_and_own_names_before_places_in_lists():
    a, b, c, d = (Node() for _ in range(4))
    a.nodes = [b, c, d]
    graph = graph_of(a, {"entry": a, "local": d}, workers=[b, c], second=c, entry_node=a)
    assert [graph.label(node) for node in (a, b, c, d)] == [
        "entry_node",
        "workers[0]",
        "second",
        "local",
    ]


def test_two_nodes_of_one_name_are_told_apart_by_where_they_stand():
    start = Node(left=Node(), right=Node())
    graph = graph_of(start, entry=start)
    assert graph.label(start.left) == "Node [start.left]"
    assert graph.label(start.right) == "Node [start.right]"


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("start.gone", "the graph has no start.gone any more"),
        ("start.next_node.path_map['x']", "the graph has no start.next_node.path_map any more"),
        ("start.nodes[7]", "the graph has no start.nodes[7] any more"),
        ("nothing", "'nothing' is no address of a node"),
        ("start.nodes[", "'start.nodes[' is no address of a node"),
    ],
)
def test_an_address_that_leads_nowhere_says_from_where_on(address: str, line: str):
    start = Node(next_node=Node(), nodes=[])
    with pytest.raises(AddressProblem) as raised:
        resolve(start, address)
    assert str(raised.value) == line


@given(st.dictionaries(st.one_of(st.text(), st.integers(), st.booleans()), st.just(None)))
def test_whatever_a_router_calls_its_ways_they_are_found_again(ways: dict):
    start = Node(path_map={key: Node() for key in ways})
    graph = graph_of(start)
    for node in start.path_map.values():
        assert resolve(start, graph.address(node)) is node


def test_an_address_knows_equal_attributes_in_a_row_from_others():
    at = Address("start")
    for name in ("a", "a", "a", "b", "b", "b", "b"):
        at = at.attribute_of(name)
    assert str(at) == "start.a.a.a.b*4"
