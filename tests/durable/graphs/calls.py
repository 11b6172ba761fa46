"""Graphs of Lár whose nodes call tasks; each function returns a start node."""

import json
import multiprocessing
import random
import threading
from pathlib import Path

from lar import BatchNode, node

import lar_debug
from tests.durable.graphs.log import crash_when, ran

PATIENCE = 60.0
"""Seconds until a node gives up waiting for what must come."""


@lar_debug.task
def fetch(number: int) -> str:
    ran(f"fetch {number}")
    return f"page {number} {random.random()}"


@lar_debug.task(retries=2, backoff=0)
def flaky(name: str) -> str:
    ran(f"flaky {name} {lar_debug.idempotency_key()}")
    crash_when("crash inside")
    if Path(name).exists():
        Path(name).unlink()
        raise ConnectionError("no line")
    return f"{name} worked"


def tasks():
    """Fetches three pages, dies after the second while a file `crash` is there."""

    @node(output_key="pages")
    def collect(state):
        pages = [fetch(1)]
        crash_when("crash early")
        pages.append(fetch(2))
        crash_when("crash")
        return [*pages, fetch(3), fetch(1)]

    @node(output_key="told")
    def tell(state):
        return len(state.get("pages"))

    collect.next_node = tell
    return collect


def futures():
    """Five tasks beside each other, in one node; dies when all but the last have a result."""

    @node(output_key="pages")
    def collect(state):
        waited = [fetch.submit(number) for number in range(4)]
        pages = [one.result() for one in waited]
        crash_when("crash")
        return [*pages, fetch(4)]

    return collect


def retried():
    """A task that fails once and is tried again."""

    @node(output_key="said")
    def say(state):
        crash_when("crash")
        said = flaky("down")
        crash_when("crash late")
        return said

    return say


def refused():
    """A task that fails for good while a file `broken` is there; the node deals with that."""

    @node(output_key="said")
    def say(state):
        try:
            said = declined()
        except RuntimeError:
            said = "declined"
        crash_when("crash")
        return said

    return say


@lar_debug.task
def declined() -> str:
    ran("declined")
    if Path("broken").exists():
        raise RuntimeError("no line")
    return "accepted"


def reordered():
    """Calls that differ in one thing each, in the opposite order while a file `crash` is there."""

    @node(output_key="answers")
    def ask(state):
        calls = {
            "1": lambda: fetch(1),
            "2": lambda: fetch(2),
            "text 1": lambda: fetch("1"),
            "save 1": lambda: save(1),
            "dict": lambda: fetch({"a": 1, "b": 2} if Path("crash").exists() else {"b": 2, "a": 1}),
        }
        names = list(calls)[:: -1 if Path("crash").exists() else 1]
        answers = {name: calls[name]() for name in names}
        ran(f"answers {json.dumps(answers, sort_keys=True)}")
        crash_when("crash")
        return answers

    return ask


@lar_debug.task
def save(number: int) -> str:
    ran(f"save {number}")
    return f"saved {number} {random.random()}"


def branches():
    """Two branches that make the same call, the one that the file `first` names before the other;
    dies when both have it while a file `crash` is there."""
    called = threading.Event()
    both = threading.Barrier(2)

    def branch(number: int):
        def work(state):
            is_first = Path("first").read_text() == str(number)
            if not is_first:
                called.wait(PATIENCE)
            page = fetch(7)
            called.set()
            ran(f"branch {number} {page}")
            both.wait(PATIENCE)
            crash_when("crash")
            return page

        work.__name__ = work.__qualname__ = f"branch_{number}"
        return node(output_key=f"page_{number}")(work)

    return BatchNode([branch(0), branch(1)])


@lar_debug.task
def fetch_inside(number: int) -> list[str]:
    return ["inside", fetch(number)]


def nested():
    """A task that calls another, then that other one by itself; dies after both."""

    @node(output_key="pages")
    def collect(state):
        pages = [*fetch_inside(7), fetch(7)]
        ran(f"pages {json.dumps(pages)}")
        crash_when("crash")
        return pages

    return collect


def forked_tasks():
    """Calls a task in processes that the node starts, and one by itself."""

    @node(output_key="pages")
    def collect(state):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return [*pool.map_async(fetch, [1, 2]).get(PATIENCE), fetch(3)]

    return collect
