"""A terminal clears what it shows when its size changes; the screen is painted whole after that."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from textual import events
from textual._compositor import LayoutUpdate
from textual.geometry import Size

from lar_debug.shell.repaint import Painted
from tests.shell.conftest import OpenDesk

SIZE = (100, 40)


@pytest.mark.parametrize("sizes", [[(80, 24), SIZE], [SIZE], [(4, 2), (1, 1), SIZE]])
async def test_a_size_that_comes_back_within_a_moment_is_painted_whole(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, sizes: Sequence[tuple[int, int]]
) -> None:
    painted: list[int] = []
    changed = Painted.changed

    def told(of: Painted, update: Any) -> Any:
        if isinstance(update, LayoutUpdate):
            painted.append(update.region.height)
        return changed(of, update)

    async with open_desk(*SIZE) as desk:
        monkeypatch.setattr(Painted, "changed", told)
        for size in map(Size._make, sizes):
            desk.app.post_message(events.Resize(size, size))
        screen = desk.main
        async with asyncio.timeout(60):
            while not painted:
                await desk.pilot.pause()
        assert painted[-1] == SIZE[1]
        assert screen.size == SIZE
