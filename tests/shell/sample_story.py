"""The sample's story, from its first recording on, and the screens that are kept of it.

`python -m tests.shell.sample_story` writes them anew, those in the documents as pictures too; the
difference is then read like any other.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import tempfile
import time
from pathlib import Path

from lar_debug.session.recording import Recording
from tests.shell.sample_desk import PATIENCE, Sample, Screen

FOLDER = Path(__file__).with_name("golden") / "sample"
PICTURES = Path(__file__).parents[2] / "docs"
DRAWN = {
    "160x45_diff": "screen.svg",
    "80x24_diff": "small.svg",
    "100x40_state": "state.svg",
    "100x40_prompt": "prompt.svg",
    "100x40_attempts": "attempts.svg",
    "110x12_runs": "runs.svg",
}
"""Screens that are pictures of the documents too, and their files there."""

_FONTS = "Fira Code, DejaVu Sans Mono, Menlo, Consolas"
_IMPATIENT = 5
_LOOK_AGAIN = 0.05
_STILL_SECONDS = 1.0

WRITE_REPLY, CHECK_REPLY = 5, 6
BIG, WIDE, USUAL, SMALL, TINY = (160, 45), (100, 40), (80, 24), (60, 20), (40, 10)
PROMPT = "prompts/reply.md"
ANSWER = "Write the answer to the customer."
FORMAL = "Write a formal answer."
REFUND = "Write a formal answer. Name the amount of the refund."
BULLETS = "Write a formal answer in two bullets. Name the amount and the date of the refund."

REPLY = '    reply = state["reply"]'
HELD = f'    open(__file__ + ".gate").close()\n{REPLY}'
SENDS = f'    open(__file__ + ".sent", "w").close()\n{REPLY}'
LOAD = "    return read_json(Path(state"
LOST = f'    import threading\n    state.set("client", threading.Lock())\n{LOAD}'
ASKING = """from lar import HumanJuryNode

check_reply.next_node = HumanJuryNode(
    "Refund 89.00 EUR to Eva Lindqvist?", ["approve", "reject"], "decision", context_keys=["order"]
)


"""
FOUND = "if not fine]"
VARYING = f"{FOUND} + [str(__import__('time').time_ns())]"


class Album:
    """Keeps screens by name. One for reading waits for a screen to come to read as its kept text
    does; one for writing takes it as it is once it is at rest, and draws some."""

    def __init__(self, *, write: bool = False) -> None:
        self.taken: dict[str, str] = {}
        self.drawn: dict[str, str] = {}
        self._write = write
        self._patience: float = PATIENCE

    async def keep(self, screen: Screen, name: str, *sizes: tuple[int, int]) -> None:
        """Look at a screen in some sizes; it then has the one again that it had."""
        before = screen.app.size
        for width, height in sizes:
            await screen.resize(width, height)
            full = f"{width}x{height}_{name}"
            take = self._at_rest if self._write else self._as_kept
            self.taken[full] = await take(screen, full)
        await screen.resize(*before)

    async def _as_kept(self, screen: Screen, name: str) -> str:
        file = FOLDER / f"{name}.txt"
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        deadline = time.monotonic() + self._patience
        while screen.text != kept:
            if time.monotonic() > deadline:
                # What is wrong with one screen is wrong with others: they are not waited for long.
                self._patience = _IMPATIENT
                break
            await asyncio.sleep(_LOOK_AGAIN)
        return screen.text

    async def _at_rest(self, screen: Screen, name: str) -> str:
        """Only its writer may go by the clock."""
        text, since = screen.text, time.monotonic()
        while time.monotonic() - since < _STILL_SECONDS:
            await asyncio.sleep(_LOOK_AGAIN)
            if screen.text != text:
                text, since = screen.text, time.monotonic()
        if name in DRAWN:
            svg = screen.app.export_screenshot(title="lar-debug")
            # Fonts of the reader's own: a picture must fetch nothing when it is looked at.
            svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg).replace("Fira Code", _FONTS)
            self.drawn[name] = svg
        return text


async def tell(sample: Sample, album: Album) -> None:
    """The whole story."""
    async with sample.picker((110, 12)) as screen:
        await album.keep(screen, "empty", (110, 12), SMALL)
    recording = sample.record()
    async with sample.screen(recording, WRITE_REPLY) as screen:
        await _edit_the_prompt(sample, album, screen)
        await _look_at_all_tabs(album, screen)
        await _mark_attempts(album, screen)
        await _ask(album, screen)
        await _stay_on_an_older_attempt(sample, album, screen)
        await _save_what_changes_nothing(sample, album, screen)
        await _break_the_code(sample, album, screen)
    async with sample.screen(recording, WRITE_REPLY, ascii=True) as screen:
        await screen.see("ready: edit and save")
        await album.keep(screen, "ascii", WIDE)
    async with sample.screen(recording, WRITE_REPLY, python=sample.slow_python()) as screen:
        await album.keep(screen, "starting", USUAL)
    await _hold_a_step(sample, album, recording)
    sample.take_back()
    await _continue(sample, album, recording)
    await _watch_a_run(sample, album)
    await _lose_a_value(sample, album)
    await _wait_for_a_person(sample, album)
    await _pick(sample, album)


async def _edit_the_prompt(sample: Sample, album: Album, screen: Screen) -> None:
    await screen.see("ready: edit and save")
    await album.keep(screen, "recorded", BIG, WIDE, USUAL)
    sample.edit(PROMPT, ANSWER, FORMAL)
    await screen.see("step 5 ran again as #1", "[#1 ")
    await album.keep(screen, "rewritten", WIDE)
    sample.edit(PROMPT, FORMAL, REFUND)
    await screen.see("step 5 ran again as #2")
    sample.edit(PROMPT, REFUND, BULLETS)
    await screen.see("step 5 ran again as #3")
    await album.keep(screen, "diff", BIG, WIDE, USUAL, SMALL, TINY, (38, 8))


async def _look_at_all_tabs(album: Album, screen: Screen) -> None:
    await screen.resize(*SMALL)
    await screen.press("tab")
    await album.keep(screen, "whole_timeline", SMALL)
    await screen.press("tab")
    await screen.resize(*WIDE)
    await screen.press("tab")
    await album.keep(screen, "focused", WIDE)
    await screen.press("vertical_line")
    await album.keep(screen, "new_text_only", WIDE)
    await screen.press("vertical_line")
    await album.keep(screen, "side_by_side", BIG, WIDE)
    await screen.press("vertical_line", "plus")
    await album.keep(screen, "detail_alone", BIG, SMALL)
    await screen.press("minus", "minus")
    await album.keep(screen, "timeline_alone", WIDE)
    await screen.press("plus", "tab", "2")
    await screen.see("[after]")
    await screen.press("j", "l", "m", "m", "G")
    await album.keep(screen, "state", BIG, WIDE, SMALL)
    await screen.press("enter")
    await album.keep(screen, "value_alone", WIDE, SMALL)
    await screen.press("escape", "k", "i")
    await album.keep(screen, "state_edit", WIDE, SMALL)
    await screen.press("escape", "m", "3")
    await screen.press("j", "j")
    await album.keep(screen, "prompt", WIDE, SMALL)
    await screen.press("p")
    await album.keep(screen, "same_in_the_file", WIDE)
    await screen.press("5")
    await album.keep(screen, "console", WIDE)


async def _mark_attempts(album: Album, screen: Screen) -> None:
    await screen.press("4", "k")
    await screen.see(">  #2")
    await screen.press("m", *"the tone is right here")
    await album.keep(screen, "note", SMALL)
    await screen.press("enter")
    await screen.see("  the tone is right here")
    await screen.press("a")
    await screen.see("accepted")
    await album.keep(screen, "attempts", BIG, WIDE, SMALL, TINY)
    await screen.press("p")
    await album.keep(screen, "put_back", WIDE, SMALL)
    await screen.press("q", "1", "escape")


async def _ask(album: Album, screen: Screen) -> None:
    await screen.press("question_mark")
    await album.keep(screen, "help", WIDE, SMALL)
    await screen.press("q", "slash", *"annoyed")
    await album.keep(screen, "find", USUAL)
    await screen.press("enter")
    await screen.see("> ✓   2 read_ticket")
    await album.keep(screen, "found", WIDE)
    await screen.press("escape", "colon", *"reply")
    await screen.see("History of reply")
    await album.keep(screen, "palette", WIDE)
    await screen.press("enter")
    await album.keep(screen, "history", WIDE, SMALL)
    await screen.press("q", "v", "j", "j", "j")
    await album.keep(screen, "range", WIDE, SMALL)
    await screen.press("escape")


async def _stay_on_an_older_attempt(sample: Sample, album: Album, screen: Screen) -> None:
    await screen.look_at(WRITE_REPLY, "write_reply")
    await screen.press("h", "h", "B", "l")
    await screen.see("#1 base!", "[#2 ")
    sample.edit(PROMPT, BULLETS, REFUND)
    await screen.see("step 5 ran again as #4")
    await album.keep(screen, "held", WIDE, SMALL)
    await screen.press("B", "l", "l")
    await screen.see("[#4 ")
    await album.keep(screen, "as_before", WIDE)
    await screen.press("r")
    await screen.see("step 5 ran again as #5")
    await album.keep(screen, "same_output", WIDE)


async def _save_what_changes_nothing(sample: Sample, album: Album, screen: Screen) -> None:
    sample.edit("agent.py", "Seven steps.", "7 steps.")
    await screen.see("nothing that step 5 runs has changed, not run")
    await album.keep(screen, "no_effect", WIDE, USUAL)
    sample.edit("prompts/read.md", "one word", "one single word")
    await screen.see("✓*  2 read_ticket")
    await screen.look_at(2, "read_ticket")
    await album.keep(screen, "stale", WIDE, SMALL)
    sample.edit("prompts/read.md", "one single word", "just one word")
    await screen.see("✓   2 read_ticket", "step 2 ran again as #1")
    await album.keep(screen, "batch", WIDE)


async def _break_the_code(sample: Sample, album: Album, screen: Screen) -> None:
    await screen.look_at(3, "by_topic")
    sample.edit("agent.py", 'return state["topic"]', 'return "a colleague"')
    await screen.see("step 3 ran again as #1")
    await album.keep(screen, "route_changed", WIDE, SMALL)
    sample.edit("agent.py", 'return "a colleague"', 'return state["topic"]')
    await screen.see("step 3 ran again as #2")
    await screen.look_at(CHECK_REPLY, "check_reply")
    sample.edit("answering.py", 'state["order"]', 'state["oder"]')
    await screen.see("step 6 ran again as #1")
    await album.keep(screen, "failed", WIDE, USUAL, SMALL)
    sample.edit("answering.py", 'state["oder"]', '(state["order"]')
    await screen.see("was never closed")
    await album.keep(screen, "syntax", WIDE, SMALL)
    sample.edit("answering.py", '(state["order"]', 'state["order"]')
    await screen.see("step 6 ran again as #2")
    sample.edit(
        "answering.py", "if not fine]", "if not fine] + [str(__import__('time').time_ns())]"
    )
    await screen.see("step 6 ran again as #3")
    await screen.press("r")
    await screen.see("step 6 ran again as #4", "✓≠  6")
    await album.keep(screen, "varies", BIG, WIDE, USUAL)


async def _hold_a_step(sample: Sample, album: Album, recording: Recording) -> None:
    sample.make_gate()
    async with sample.screen(recording, CHECK_REPLY) as screen:
        await screen.see("watching" if screen.app.size.width > 120 else "re-run 6")
        sample.edit("answering.py", REPLY, HELD)
        await screen.see("#5 running 2 s")
        await album.keep(screen, "running", BIG, WIDE, SMALL)
        sample.edit("answering.py", HELD, f'{REPLY} or ""')
        await screen.see("step 6 ran again as #6")
        await screen.press("4", "enter", "H")
        await screen.see(" #5 ")
        await album.keep(screen, "killed", WIDE, SMALL)


async def _continue(sample: Sample, album: Album, recording: Recording) -> None:
    async with sample.screen(recording, WRITE_REPLY) as screen:
        await screen.see("ready: edit and save")
        await screen.press("c")
        await album.keep(screen, "continue", WIDE, SMALL)
    async with sample.screen(sample.fork(recording, WRITE_REPLY), CHECK_REPLY, number=1) as screen:
        await screen.see("ready: edit and save")
        await album.keep(screen, "continued", BIG, WIDE, SMALL)


async def _watch_a_run(sample: Sample, album: Album) -> None:
    sample.edit("answering.py", REPLY, HELD)
    program = sample.begin()
    recording = await sample.running(program, CHECK_REPLY)
    async with sample.screen(recording, 0, number=2) as screen:
        await screen.see("following the run", "running")
        await album.keep(screen, "live", BIG, WIDE, SMALL)
        await screen.press("k")
        await album.keep(screen, "live_looking_back", WIDE)
        await screen.press("G")
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        await screen.see("the run has crashed")
        await album.keep(screen, "crashed", WIDE, SMALL)


async def _lose_a_value(sample: Sample, album: Album) -> None:
    sample.take_back()
    sample.edit("agent.py", LOAD, LOST)
    recording = sample.record()
    async with sample.screen(recording, WRITE_REPLY, number=3) as screen:
        await screen.see("ready: edit and save")
        await screen.press("2", "enter")
        await album.keep(screen, "lost", WIDE, SMALL)


async def _wait_for_a_person(sample: Sample, album: Album) -> None:
    sample.take_back()
    sample.edit("answering.py", "def prepare", f"{ASKING}def prepare")
    sample.edit("answering.py", REPLY, SENDS)
    recording = sample.record()
    async with sample.screen(recording, CHECK_REPLY + 1, number=4) as screen:
        await screen.see("ready: edit and save")
        await album.keep(screen, "waiting", WIDE, SMALL)
        await screen.press("k")
        await screen.see(" 6 check_reply ", "not checked for hidden inputs")
        await album.keep(screen, "unchecked", BIG, WIDE, USUAL)


async def _pick(sample: Sample, album: Album) -> None:
    async with sample.picker((110, 12)) as screen:
        await screen.see("5 runs", "waiting")
        await album.keep(screen, "runs", BIG, (110, 12), SMALL, TINY)
        await screen.press("slash", *"crash")
        await album.keep(screen, "runs_filtered", (110, 12), SMALL)
        await screen.press("enter", "d")
        await album.keep(screen, "runs_delete", (110, 12), SMALL)
        await screen.press("escape", "question_mark")
        await album.keep(screen, "runs_help", (110, 12))


async def told(album: Album) -> None:
    """Take every screen of the story into an album."""
    with tempfile.TemporaryDirectory(prefix="lar-debug-test-") as base:
        sample = Sample(Path(base))
        try:
            await tell(sample, album)
        finally:
            sample.end()


def main() -> None:
    """Write the kept texts and the pictures; those before something that went wrong too."""
    album = Album(write=True)
    try:
        asyncio.run(told(album))
    finally:
        for name, text in album.taken.items():
            (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
        for name, svg in album.drawn.items():
            (PICTURES / DRAWN[name]).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
