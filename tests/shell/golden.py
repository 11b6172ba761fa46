"""Screens that the sample's story (sample_story.py) does not come to, kept as plain text.

`python -m tests.shell.golden` writes the files; the difference is then read like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lar_debug.model.changes import Span
from lar_debug.model.records import Outcome
from lar_debug.model.views import EventLine, TimelineRow
from lar_debug.shell.app import LarDebugApp
from tests.shell.attempt_stories import attempted
from tests.shell.fake_session import CONSOLE, STEPS, FakeSession, Rows, step_view, strip
from tests.shell.screen_text import screen_lines
from tests.shell.state_story import order_changed

FOLDER = Path(__file__).with_name("golden")


@dataclass(frozen=True)
class Golden:
    """A screen: its file, the size of the terminal, the keys pressed, the session's story."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    story: Callable[[], FakeSession] = FakeSession
    ascii: bool = False

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.name}.txt"


def failed() -> FakeSession:
    """The step failed in the run, and a newer save does not parse."""
    session = FakeSession()
    session.rows = Rows(
        (
            *STEPS[:2],
            STEPS[2]._replace(flags="*"),
            *STEPS[3:5],
            TimelineRow(5, "write_reply", Outcome.ERROR, "#P", "", 0, 3, 2),
        )
    )
    session.head = session.head._replace(status="failed at 5", steps=6)
    chips = strip(2, 2).chips
    view = step_view(shown=2, newest=2)
    session.view = view._replace(
        note="stale: prompts/reply.md changed 14:09 | r re-runs it",
        strip=view.strip._replace(
            chips=(*chips[:2], chips[2]._replace(outcome=Outcome.ERROR)), loading="!33"
        ),
        verdict=(
            Span("#1 → #2  "),
            Span("failed: KeyError: 'oder' in prepare, answering.py:38", "error"),
            Span(" | last good #1 is one h away"),
        ),
    )
    session.shown_event = EventLine(
        "14:09:12",
        "answering.py:33  '(' was never closed. Not run, #2 stays; the next save that parses runs.",
        "error",
    )
    return session


def first_picture() -> FakeSession:
    """Before the step under the cursor has been read, and before anything is watched."""
    session = FakeSession()
    session.view = None
    session.head = session.head._replace(on_save="", spent=0)
    session.shown_event = EventLine("", "")
    return session


def printed() -> FakeSession:
    """A console line that needs three rows."""
    session = FakeSession()
    long = CONSOLE[0]._replace(spans=(Span("word " * 40),))
    session.view = step_view()._replace(console=(long, *CONSOLE))
    return session


GOLDENS = (
    Golden("100x40_console", (100, 40), ("5",), printed),
    Golden("100x30_failed", (100, 30), (), failed),
    Golden("100x40_first_picture", (100, 40), (), first_picture),
    Golden("160x45_state", (160, 45), ("2", "tab", "m", "m", "j", "l"), order_changed),
    Golden("100x40_state_ascii", (100, 40), ("2", "tab", "j", "l"), order_changed, ascii=True),
    Golden("60x20_prompt", (60, 20), ("3",), attempted),
)


async def painted(golden: Golden) -> str:
    """The text of a screen."""
    app = LarDebugApp(golden.story(), ascii=golden.ascii, environ={})
    async with app.run_test(size=golden.size) as pilot:
        await pilot.press(*golden.keys)
        await pilot.pause()
        return "".join(f"{line}\n" for line in screen_lines(app))


async def _write() -> None:
    for golden in GOLDENS:
        golden.file.write_text(await painted(golden), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_write())
