"""A person on the screen of a thread that stopped: it goes on from there, under their eyes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.desk import SAMPLES, Desk
from tests.terminal.terminal import Terminal


def test_a_crashed_run_goes_on_on_the_screen(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path, SAMPLES / "contract_review")
    arguments = ("run", "--no-ui", "--thread", "review-1", "agent.py")
    assert desk.lar_debug(*arguments, environ={"CRASH": "true"}).code == 1
    with Terminal(desk, "open", "last") as terminal:
        terminal.see("c resumes thread review-1 from step 2", "ready")
        terminal.type("c")
        terminal.see("go on with thread review-1 from step 2? y:")
        terminal.type("y\r")
        terminal.see("the run has finished", "5 steps  776 tok", "3»rate_risks", "4 summarise")
        terminal.see("the run has finished | 302 tok, starting over 776: 474 saved")
        terminal.see("> ✓   4 summarise")
        terminal.type("kk")
        terminal.see("it was resumed: step 3 ran this node again")
        terminal.type("q")
        assert terminal.ended() == 0
    (row,) = desk.lar_debug("list", "--json").json
    assert (row["status"], row["steps"]) == ("finished", 5)


def test_a_person_answers_on_the_screen(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path, SAMPLES / "approval")
    assert desk.lar_debug("run", "--no-ui", "--thread", "refund-7", "agent.py").code == 0
    with Terminal(desk, "open", "last", forked=True) as terminal:
        terminal.see("ask asks: Pay this refund?", "c answers and goes on", "ready")
        terminal.type("c")
        terminal.see("Pay this refund? approve/reject:")
        terminal.type("app\r")
        terminal.see("the run has finished", "Your refund of 240 EUR is on its way.")
        terminal.see("> ✓   4 pay")
        # The question that was just looked at is one of the past now.
        terminal.type("kkk")
        terminal.see("waited for a person: Pay this refund?")
        terminal.see("it was answered: step 2 went on with it")
        terminal.type("q")
        assert terminal.ended() == 0


INSIDE = """
import os, time
from lar import GraphExecutor, HumanJuryNode

def main():
    while os.path.exists("closed"):
        time.sleep(0.01)
    pay = HumanJuryNode("Pay?", ["yes", "no"], "paid")
    ask = HumanJuryNode("May we?", ["yes", "no"], "allowed", next_node=pay)
    list(GraphExecutor(log_dir="logs").run_step_by_step(ask, {}))

if __name__ == "__main__":
    main()
"""


def test_a_graph_that_only_main_makes_goes_on_on_the_screen(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", INSIDE)
    assert desk.lar_debug("run", "--no-ui", "--thread", "case-7", "agent.py").code == 0
    with Terminal(desk, "open", "last", forked=True) as terminal:
        terminal.see("ask asks: May we?", "ready", " waiting  1 step ")
        desk.write("closed", "")
        terminal.type("c")
        terminal.see("May we? yes/no:")
        terminal.type("y\r")
        # Its program has not come to the graph, and the run does not wait for a person any more.
        terminal.see(" going on  1 step ")
        (desk.folder / "closed").unlink()
        terminal.see("waits for a person: Pay?", "1»ask", " waiting  3 steps ")
        terminal.type("q")
        assert terminal.ended() == 0
    assert [one["id"] for one in desk.lar_debug("list", "--json").json[0]["interrupts"]] == ["paid"]


STUBBORN = """
import signal, time
from lar import GraphExecutor, node

@node(output_key="slept")
def sleeper(state):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        time.sleep(1)

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(sleeper, {}))
"""


def test_a_node_that_will_not_be_stopped_keeps_nobody_from_leaving(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write(
        "stubborn.py", STUBBORN.replace("def sleeper(state):", "def sleeper(state):\n    1 / 0")
    )
    desk.lar_debug("run", "--no-ui", "--thread", "night", "stubborn.py")
    desk.write("stubborn.py", STUBBORN)
    with Terminal(desk, "open", "last") as terminal:
        terminal.see("ZeroDivisionError", "ready")
        terminal.type("c")
        terminal.see("go on with thread night")
        terminal.type("y\r")
        terminal.see("2 steps", "running")
        terminal.type("q")
        terminal.see("q again stops it and quits")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.left_behind() == []
