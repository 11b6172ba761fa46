"""A script whose graph only main() makes goes on by being started again, up to its recorded run."""

from __future__ import annotations

from pathlib import Path

from tests.cli.desk import Desk

AGENT = """
import os, sys
from lar import GraphExecutor, node

def main():
    print("Starting with", *sys.argv[1:])
    case = {"letters": sys.argv[1]}

    @node(output_key="first")
    def first(state):
        print("Executing Step 1...")
        return len(state["letters"])

    @node(output_key="second")
    def second(state):
        print("Executing Step 2...")
        if os.environ.get("CRASH"):
            os._exit(7)
        return state["first"] * 10

    @node(output_key="third")
    def third(state):
        print("Executing Step 3...")
        return case["letters"].upper()

    first.next_node, second.next_node = second, third
    for begin in (before(), first):
        entries = GraphExecutor(log_dir="logs").run_step_by_step(begin, case)
        for entry in entries:
            print("entry", entry["step"])
    print("Final result:", case["second"], case["third"])

def before():
    @node(output_key="earlier")
    def earlier(state):
        print("Executing the run before...")
        return True

    return earlier

if __name__ == "__main__":
    main()
"""

RUN = ("run", "--no-ui", "--thread", "case-7", "agent.py", "abc")


def test_the_script_goes_on_in_its_own_loop_and_behind_it(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", AGENT)
    assert desk.lar_debug(*RUN, environ={"CRASH": "1"}).code == 7
    said = desk.lar_debug("resume", "case-7")
    assert said.code == 0, said.err
    assert "agent.py is started again: only its own code makes the graph of thread" in said.err
    lines = [line for line in said.out.splitlines() if line.startswith(("S", "E", "e", "F"))]
    assert lines == [
        "Starting with abc",
        "entry 0",
        "Executing Step 2...",
        "entry 1",
        "Executing Step 3...",
        "entry 2",
        "Final result: 30 ABC",
    ]
    newest, before = desk.lar_debug("list", "--json").json
    assert [(one["status"], one["steps"]) for one in (newest, before)] == [
        ("finished", 4),
        ("finished", 1),
    ]
    steps = desk.lar_debug("show", "last", "--json").json["steps"]
    assert [(step["node"].split()[0], step["outcome"], step["segment"]) for step in steps] == [
        ("first", "success", 0),
        ("second", "crashed", 0),
        ("second", "success", 1),
        ("third", "success", 1),
    ]


OUTSIDE = """
from pathlib import Path
from lar import GraphExecutor, HumanJuryNode

def main():
    with Path("begun.txt").open("a") as begun:
        begun.write("begun\\n")
    ask = HumanJuryNode("Pay?", ["yes", "no"], "pay")
    try:
        for entry in GraphExecutor(log_dir="logs").run_step_by_step(ask, {}):
            print("entry", entry["outcome"])
    except Exception as error:
        print("swallowed", error)
    print("behind the loop")

if __name__ == "__main__":
    main()
"""


def test_what_it_reached_on_its_way_is_not_done_again_unasked(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", OUTSIDE)
    assert desk.lar_debug("run", "--no-ui", "--thread", "case-7", "agent.py").code == 0
    answer = ("resume", "case-7", "--answer", "yes")
    said = desk.lar_debug(*answer)
    assert (said.code, said.complaint) == (
        2,
        "lar-debug: to go on with thread case-7 agent.py has to be started again, and main() wrote "
        "begun.txt on the way to it when it was recorded; lar-debug resume --live does that again",
    )
    assert (desk.folder / "begun.txt").read_text() == "begun\n"
    # What is wrong with going on is no error of the script's.
    said = desk.lar_debug(*answer, "--live", "--at", "nobody")
    assert (said.code, "the graph has no node nobody; it has ask" in said.err) == (2, True)
    assert "swallowed" not in said.out
    desk.write("agent.py", OUTSIDE.replace("main()", "other()"))
    said = desk.lar_debug(*answer, "--live")
    assert said.code == 2
    assert "it starts ask in other, the recording ask in main" in said.err
    desk.write("agent.py", OUTSIDE)
    said = desk.lar_debug(*answer, "--live")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert ("entry success" in lines, lines[-1]) == (True, "behind the loop")


DURABLE = """
import os
import lar_debug
from lar import AddValueNode, HumanJuryNode, node

def main():
    executor = lar_debug.DurableExecutor()
    if os.environ.get("NOTHING"):
        return
    for case in ("case-1", "case-2", "case-3"):

        @node(output_key="told")
        def tell(state):
            print("telling", case)
            return case

        start = tell
        if case == "case-2":
            start = HumanJuryNode("Pay?", ["yes", "no"], "pay", next_node=tell)
        for entry in executor.run_step_by_step(start, {}, thread_id=case):
            print("entry", entry["outcome"])
    print("behind the loop")

if __name__ == "__main__":
    main()
"""


def test_of_a_script_with_threads_of_its_own_the_wanted_one_goes_on(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", DURABLE)
    # Nobody catches that the second one waits.
    assert desk.python("agent.py").code == 1
    resume = ("resume", "case-2", "--answer", "yes")
    said = desk.lar_debug(*resume)
    assert (said.code, "main() did on the way to it was not noted" in said.complaint) == (2, True)
    said = desk.lar_debug(*resume, "--live", environ={"NOTHING": "1"})
    assert said.code == 2
    assert "agent.py ended without coming to the run of thread case-2" in said.err
    said = desk.lar_debug(*resume, "--live")
    assert said.code == 0, said.err
    # The thread before it is at its end and stays so; the one behind it is begun as it would be.
    told = [line for line in said.out.splitlines() if line.startswith(("telling", "behind"))]
    assert told == ["telling case-2", "telling case-3", "behind the loop"]
    rows = desk.lar_debug("list", "--json").json
    assert [(row["thread"], row["status"], row["steps"]) for row in rows] == [
        ("case-3", "finished", 1),
        ("case-2", "finished", 3),
        ("case-1", "finished", 1),
    ]
