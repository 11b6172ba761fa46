"""A log of a run that nobody recorded, opened in a terminal, and its step mended there."""

from __future__ import annotations

from pathlib import Path

from tests.cli.desk import SAMPLES, Desk
from tests.terminal.terminal import Terminal

PROMPT = "prompts/reply.md"


def _ran_without_us(folder: Path) -> tuple[Desk, str]:
    """The sample, run as it is, and the log that the engine left."""
    desk = Desk.new(folder, SAMPLES / "support_reply")
    desk.write("pyproject.toml", "")
    ended = desk.python("agent.py")
    assert ended.code == 0, ended.err
    (log,) = (desk.folder / "lar_logs").glob("*.json")
    return desk, f"lar_logs/{log.name}"


def test_a_log_is_looked_at_without_any_code(tmp_path: Path) -> None:
    desk, log = _ran_without_us(tmp_path)
    (desk.folder / "agent.py").unlink()
    with Terminal(desk, "open", log) as terminal:
        terminal.see(
            "> ✓   5 LLMNode",
            "#0 recorded  wrote reply | next FunctionalNode",
            "+ │hey!! sorry about the tent",
            "the prompt as it was sent",
            "on save: nothing, there is no code to run",
        )
        terminal.type("r")
        terminal.see("has no graph yet, name it: lar-debug import lar_logs/run_")
        terminal.type("kk")
        terminal.see("> ✓   3 RouterNode", "→ late_delivery")
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.left_behind() == []


def test_with_its_graph_a_save_runs_the_step_of_a_log_again(tmp_path: Path) -> None:
    desk, log = _ran_without_us(tmp_path)
    said = desk.lar_debug("import", log, "--graph", "agent.py:load_ticket")
    assert said.code == 0, said.err
    with Terminal(desk, "open", log) as terminal:
        terminal.see("> ✓   5 write_reply", "prompt of this step: prompts/reply.md", "ready: ")
        terminal.edit(PROMPT, "Write the answer to the customer.", "Write a formal answer.")
        terminal.see(
            "#0 recorded base  [#1 ",
            "#0 → #1  reply rewritten",
            "+ │Dear Ms Lindqvist,",
            "you changed the prompt, filled in",
            "saved prompts/reply.md: step 5 ran again as #1",
        )
        terminal.edit(PROMPT, "formal answer", "formal answer in two bullets")
        terminal.see(
            "#0 recorded  #1 base  [#2 ",
            "+ │- Your order A-1042",
            "you changed prompts/reply.md",
        )
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.left_behind() == []
