"""Draws docs/screen.svg from the sample, so that the picture in the README never lies.

    python docs/screens.py

Records the sample in a temporary folder, edits its prompt as a person would, and takes the
screenshot of what the real screen then shows.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from lar_debug.cli.application import Common
from lar_debug.cli.demo import BAD_STEP, EDITED, OLD_LINE, record, write_sample
from lar_debug.session.recording import Recording
from lar_debug.session.rerunning import Rerunning
from lar_debug.session.session import Session
from lar_debug.shell.app import LarDebugApp
from lar_debug.store.location import FILE, FOLDER

SIZE = (160, 45)
FONTS = "Fira Code, DejaVu Sans Mono, Menlo, Consolas"
EDITS = (
    "Write a formal answer.",
    "Write a formal answer. Name the amount of the refund.",
    "Write a formal answer in two bullets. Name the amount and the date of the refund.",
)


async def draw(recording: Recording, folder: Path) -> str:
    """The SVG of the screen after the edits, each saved while the screen is open."""
    rerunning = Rerunning(recording, Path(sys.executable))
    session = Session(recording, rerunning, step=BAD_STEP)
    app = LarDebugApp(session, environ={})
    shown: asyncio.Queue[int] = asyncio.Queue()

    def look(_: frozenset[str]) -> None:
        view = session.step_view()
        if view is not None:
            newest = max(chip.attempt for chip in view.strip.chips if chip.shown)
            shown.put_nowait(newest)

    # Told of every change: what is waited for may come true without a new view.
    session.subscribe(look)
    async with app.run_test(size=SIZE) as pilot:
        file = folder / EDITED
        template = file.read_text(encoding="utf-8")
        while await shown.get() != 0 or "watching" not in session.header().on_save:
            pass
        for number, line in enumerate(EDITS, 1):
            file.write_text(template.replace(OLD_LINE, line), encoding="utf-8")
            async with asyncio.timeout(60):
                while await shown.get() != number:
                    pass
        await pilot.pause()
        return app.export_screenshot(title="lar-debug")


def main() -> None:
    """Write docs/screen.svg."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "support_reply"
        write_sample(folder)
        common = Common(store=str(folder / FOLDER / FILE), python=sys.executable)
        recording = record(common, folder)
        svg = asyncio.run(draw(recording, folder))
    # Fonts of the reader's own: a picture must not fetch anything when it is looked at.
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg).replace("Fira Code", FONTS)
    (Path(__file__).parent / "screen.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
