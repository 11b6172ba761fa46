"""A run in which every text is hostile: states, prompts, answers, names, files, prints, errors."""

import os
import sys
from pathlib import Path

sys.path.insert(0, os.environ["LAR_DEBUG_TESTS"])
from lar import FunctionalNode, GraphExecutor, LLMNode, RouterNode

from tests.hostile import HOSTILE, SHORT

NASTY = "[ @click=app.quit]N[/]\x1b[31m\x1b]52;c;AAAA\x07\x9b2J\u202eevil\u2066\r\n"
SENDABLE = {name: text.encode("utf-8", "replace").decode() for name, text in SHORT.items()}
ALL = "\n".join(SENDABLE.values())
ODD_NAME = NASTY.replace("/", "|")
PROMPT = Path(__file__).parent / "prompts" / "ask.md"


class Bad(Exception):
    pass


Bad.__name__ = Bad.__qualname__ = NASTY


def fail(state):
    sys.stderr.write(ALL)
    raise Bad(NASTY + ALL)


fail.__name__ = fail.__qualname__ = NASTY
last = FunctionalNode(fail, output_key="never")
Odd = type(NASTY, (LLMNode,), {})
ask = Odd(
    "gpt-4o-mini",
    PROMPT.read_bytes().decode() + "{all}",
    "answer" + NASTY,
    next_node=last,
    system_instruction=ALL,
    generation_config={"mock_response": ALL, "stop": [NASTY]},
)
route = RouterNode(lambda state: NASTY, {NASTY: ask})


def change(state):
    """Every text comes back changed in the middle."""
    for name, text in HOSTILE.items():
        if text:
            at = len(text) // 2
            state.set(f"{name}: {text[:50]}", text[:at] + NASTY + text[at:])
    state.set("inside", {text[:80]: [text, {text[:80]: text}] for text in SHORT.values()})
    return [NASTY]


again = FunctionalNode(change, output_key=NASTY, next_node=route)


def begin(state):
    print(ALL)
    sys.stdout.buffer.write(b"\xff\x9b2J\n")
    (Path(__file__).parent / ODD_NAME).read_text()
    state.set("all", ALL)
    for name, text in HOSTILE.items():
        state.set(f"{name}: {text[:50]}", text)
    return NASTY


first = FunctionalNode(begin, output_key=NASTY, next_node=again)

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(first, {}))
