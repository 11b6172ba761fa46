"""Every screen at every size: a terminal may be made as small as 4 by 2 at any moment."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest

from tests.shell.conftest import Desk, OpenDesk
from tests.shell.test_picker import FakeRuns, open_picker

SIZES = 12
LEAST = (4, 2)


def sizes(seed: int) -> list[tuple[int, int]]:
    chosen = random.Random(seed)
    any_size = [
        (round(4 * 50 ** chosen.random()), round(2 * 40 ** chosen.random())) for _ in range(SIZES)
    ]
    return [LEAST, (40, 10), *any_size, (39, 10), (40, 9), LEAST, (100, 40)]


async def fits_at_every_size(desk: Desk, seed: int, keys: tuple[str, ...] = ()) -> None:
    chosen = random.Random(seed)
    for width, height in sizes(seed):
        await desk.resize(width, height)
        if keys and chosen.random() < 0.5:
            await desk.press(chosen.choice(keys))
        assert desk.app.is_running
        assert len(desk.lines) == height
        assert all(len(line) <= width for line in desk.lines)


async def stay(desk: Desk) -> None:
    """The main screen as it is."""


async def keys_page(desk: Desk) -> None:
    await desk.press("question_mark")


async def palette(desk: Desk) -> None:
    await desk.press("colon", "r")


async def asked(desk: Desk) -> None:
    await desk.press("slash", *"some text that is longer than a small terminal is wide")


async def history(desk: Desk) -> None:
    desk.main.action_history("reply")
    await desk.found()


STATES = (stay, keys_page, palette, asked, history)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_a_screen_outlives_every_size(
    open_desk: OpenDesk, state: Callable[[Desk], Awaitable[None]]
):
    async with open_desk() as desk:
        await state(desk)
        await fits_at_every_size(desk, 1)


@pytest.mark.parametrize("tab", "12345")
async def test_a_tab_outlives_every_size_while_keys_are_pressed(open_desk: OpenDesk, tab: str):
    keys = ("j", "k", "tab", "J", "G", "g", "right_square_bracket", "enter", "escape", "n")
    async with open_desk() as desk:
        await desk.press(tab)
        await fits_at_every_size(desk, int(tab), keys)


@pytest.mark.parametrize("runs", [FakeRuns(), FakeRuns(())], ids=["runs", "empty"])
async def test_the_list_of_runs_outlives_every_size(runs: FakeRuns):
    async with open_picker(runs) as desk:
        await fits_at_every_size(desk, 7, ("j", "k", "slash", "x", "escape", "d", "G"))
