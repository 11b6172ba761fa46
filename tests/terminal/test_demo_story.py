"""The first minutes with the demo, in a terminal: saves are all that is done."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.cli.desk import Desk
from tests.terminal.terminal import Terminal

PROMPT = "shop/prompts/reply.md"


def test_saving_the_prompt_shows_attempt_diff_and_cause_without_a_key(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    with Terminal(desk, "demo", "shop") as terminal:
        terminal.see(
            "> ✓   5 write_reply",
            "[#0 recorded]",
            "#0 recorded  wrote reply | next check_reply",
            "+ │hey!! sorry about the tent",
            "prompt of this step: prompts/reply.md",
            'try: make line 9 of shop/prompts/reply.md say "Write a formal answer."',
        )

        terminal.edit(PROMPT, "Write the answer to the customer.", "Write a formal answer.")
        terminal.see(
            "#0 recorded base  [#1 ",
            "#0 → #1  reply rewritten",
            "+ │Dear Ms Lindqvist,",
            "- │hey!! sorry about the tent",
            "you changed prompts/reply.md:9",
            "only that",
            "- 9  │Write the answer to the customer.",
            "+ 9  │Write a formal answer.",
            "saved prompts/reply.md: step 5 ran again as #1",
        )

        terminal.edit(PROMPT, "formal answer", "formal answer in two bullets", "in-place")
        terminal.see(
            "#0 recorded  #1 base  [#2 ",
            "#1 → #2  reply: ",
            "+ │- Your order A-1042",
            "- 9  │Write a formal answer.",
            "+ 9  │Write a formal answer in two bullets.",
            "saved prompts/reply.md: step 5 ran again as #2",
        )

        terminal.type("h")
        terminal.see("#0 recorded base  [#1 ", "]  #2", "+ 9  │Write a formal answer.")
        terminal.edit(PROMPT, "two bullets.", "two bullets. Name the date.")
        terminal.see(
            "saved prompts/reply.md: step 5 ran again as #3",
            " base [#1 ",
            "#2 #3 +1 new",
            "#0 → #1  reply rewritten",
            "+ 9  │Write a formal answer.",
        )
        assert " #3│" in terminal.row("> ✓   5 write_reply")

        # It is right: the run continues from there, and the one that was left is as it was.
        terminal.type("llc")
        terminal.see("Continue from #3 as a new run with check_reply, models for real: n next step")
        terminal.type("c")
        terminal.see("continued from #3 of ", "> ✓   6 check_reply", "the run has finished")
        terminal.type("q")
        terminal.see("> ✓   5 write_reply", "[#3 ", "7 steps")

        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.is_as_before
        assert terminal.left_behind() == []
        assert terminal.shown.foreign == []
        first, last = (line for line in terminal.shown.scrollback if line)
        assert first.startswith("demo written to shop: yours to edit")
        assert "step 5, 3 attempts: " in last
        assert ", whole runs " in last
        _, _, again = last.partition("Go on: ")
    # As it stands there, in the folder where one is now.
    program, *words = shlex.split(again)
    assert (program, words[0]) == ("lar-debug", "open")
    said = desk.lar_debug("--no-ui", *words)
    assert (said.code, "write_reply" in said.out) == (0, True)
