"""Graphs of Lár that tests run on threads; each function returns a start node.

Those with tasks are in calls.py.
"""

import threading
from pathlib import Path

from lar import AddValueNode, HumanJuryNode, ToolNode, node
from lar.adaptive import AdaptiveNode, TopologyValidator
from lar.compliance.authority_record import AuthorityLedger
from lar.node import BaseNode, BatchNode, FunctionalNode

import lar_debug
from tests.durable.graphs.calls import fetch
from tests.durable.graphs.log import crash_when, ran

LEDGER = AuthorityLedger(hmac_secret="secret")


def three():
    """one -> two -> three; dies inside two while a file `crash` is there."""

    @node(output_key="one")
    def one(state):
        ran("one")
        return state.get("begin", 0) + 1

    @node(output_key="two")
    def two(state):
        ran("two")
        crash_when("crash")
        return state.get("one") * 10

    @node(output_key="three")
    def three(state):
        ran("three")
        return state.get("two") + 5

    one.next_node, two.next_node = two, three
    return one


class Box:
    """Kept as a pickle, which is signed for its run."""

    def __init__(self, holds: str) -> None:
        self.holds = holds


def sharing():
    """Keeps one list under two names, and adds to it by the other; dies while a file is there."""

    @node(output_key="items")
    def begin(state):
        items = ["first"]
        state.set("same", items)
        state.set("box", Box("tent"))
        return items

    @node(output_key="added")
    def add(state):
        ran("add")
        state.get("same").append(state.get("box").holds)
        crash_when("crash")
        return list(state.get("items"))

    begin.next_node = add
    return begin


def beside():
    """Two branches beside each other, and what joins them."""

    def branch(name: str):
        @node(output_key=name)
        def work(state):
            ran(name)
            return f"{name} of {state.get('order')}"

        return work

    @node(output_key="joined")
    def join(state):
        ran("join")
        return f"{state.get('left')}, {state.get('right')}"

    branches = BatchNode([branch("left"), branch("right")], next_node=join)
    return AddValueNode("order", "A-1042", next_node=branches)


def failing():
    """Fails in its second node while a file `broken` is there."""

    @node(output_key="first")
    def first(state):
        ran("first")
        return "done"

    @node(output_key="second")
    def second(state):
        ran("second")
        if Path("broken").exists():
            raise RuntimeError("rate limit")
        return state.get("first") + " and done"

    first.next_node = second
    return first


def asking(ledger: bool = False, longer: bool = False):
    """Asks a person about an order, then is done."""
    done = AddValueNode("done", True, next_node=AddValueNode("more", 1) if longer else None)
    ask = HumanJuryNode(
        "Refund 89 EUR?",
        ["approve", "reject"],
        "decision",
        context_keys=["order"],
        next_node=done,
        authority_ledger=LEDGER if ledger else None,
        stakeholder_id="eva@example.org",
        stakeholder_role="CFO",
    )
    return AddValueNode("order", {"id": "A-1042"}, next_node=ask)


def council():
    """Fetches a page and asks three things beside each other, one of them after another; dies in
    the branch that fetches while a file `crash` is there."""

    def reads(state):
        page = fetch(1)
        crash_when("crash")
        return page

    how = HumanJuryNode("How?", ["cash", "card"], "how")
    finance = HumanJuryNode("Pay?", ["yes", "no"], "finance", next_node=how)
    legal = HumanJuryNode("May we?", ["yes", "no"], "legal", authority_ledger=LEDGER)
    branches = [FunctionalNode(reads, output_key="page"), legal, finance]
    return BatchNode(branches, next_node=AddValueNode("done", True))


def loop(turns: int = 200):
    """Goes round through five nodes, a number of turns in all; some turns have tasks.

    A turn depends on all before it: what is lost or done twice shows in the end.
    """

    def work(state):
        turn = state.get("turn", 0)
        ran(f"step {turn}")
        told = list(state.get("told", []))
        if turn % 7 == 3:
            for part in range(2):
                told.append(fetched(turn, part))
                ran(f"got {turn}.{part}")
        state.set("told", told[-6:])
        state.set("sum", (state.get("sum", 0) * 31 + turn + len(told)) % 1_000_003)
        state.set("items", [*state.get("items", []), f"item {turn} " + "x" * (turn % 50)])
        return turn + 1

    class Turn(FunctionalNode):
        def execute(self, state):
            following = super().execute(state)
            return following if state.get("turn") < turns else None

    rounds = [Turn(work, output_key="turn") for _ in range(5)]
    for one, other in zip(rounds, [*rounds[1:], rounds[0]], strict=True):
        one.next_node = other
    return rounds[0]


@lar_debug.task
def fetched(turn: int, part: int) -> str:
    ran(f"task {turn}.{part}")
    return f"{turn}.{part}"


def count_words(reply: str) -> int:
    ran("count_words")
    crash_when("crash")
    return len(reply.split())


def adaptive():
    """A model designs the rest of the graph; dies inside a node of that."""
    from tests.runtime.graphs import offline

    answer = offline.answer
    offline.answer = lambda prompt: ran("model") or answer(prompt)
    end = AddValueNode("ended", True)
    design = AdaptiveNode(
        offline.MODEL, "Count words.", TopologyValidator([count_words]), next_node=end
    )
    return AddValueNode("reply", "three words here", next_node=design)


class Maker(BaseNode):
    """Makes the node that it leads to, and writes or removes a file."""

    def __init__(self, how: str) -> None:
        self.how = how

    def execute(self, state):
        if self.how == "writes":
            Path("outside").write_text("by the node")
        elif Path("outside").exists():
            Path("outside").unlink()

        def made(state):
            ran("made")
            crash_when("crash")
            return "here"

        return node(output_key="made")(made)


def making(how: str):
    return Maker(how)


def changed(order: str = "first second third", broken: str = "third"):
    """Nodes of these names in this order; the one that is `broken` fails while the file is there.

    A name with a + is a node of another class.
    """

    def node_of(name: str):
        def work(state):
            ran(name)
            if name == broken and Path("broken").exists():
                raise RuntimeError("not yet")
            return name

        work.__name__ = work.__qualname__ = name
        work.__code__ = work.__code__.replace(co_name=name)
        if name.endswith("+"):
            return ToolNode(lambda: ran(name) or name, [], name, None)
        return node(output_key=name)(work)

    nodes = [node_of(name) for name in order.split()]
    for one, other in zip(nodes, nodes[1:], strict=False):
        one.next_node = other
    return nodes[0]


class Odd:
    """Nothing that can be kept: it holds a lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __deepcopy__(self, memo):
        # The engine copies the state at each step.
        return self


def odd():
    """Puts something into the state that no store can keep."""

    @node(output_key="held")
    def hold(state):
        ran("hold")
        return Odd()

    @node(output_key="after")
    def after(state):
        ran("after")
        if Path("broken").exists():
            raise RuntimeError("not yet")
        return "came"

    hold.next_node = after
    return hold


@lar_debug.task
def odd_task() -> Odd:
    return Odd()


def odd_result(catches: bool = False):
    """Has a task whose result no store can keep, in a node that may catch whatever is raised."""

    @node(output_key="said")
    def use(state):
        try:
            return type(odd_task()).__name__
        except BaseException:
            if not catches:
                raise
            return "caught"

    return use
