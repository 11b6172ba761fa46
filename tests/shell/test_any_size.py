"""Every screen at every size: a terminal may be made as small as 4 by 2 at any moment."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest

from lar_debug.model.views import RunningView
from tests.shell.attempt_stories import attempted
from tests.shell.conftest import Desk, OpenDesk
from tests.shell.fake_session import FakeSession
from tests.shell.state_story import order_changed
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


async def events(desk: Desk) -> None:
    desk.app.action_show_events()


async def comparison(desk: Desk) -> None:
    desk.main.action_ask_compared()
    await desk.press("2", "enter")
    await desk.found()
    assert "state after 2" in desk.lines[0]


async def confirm(desk: Desk) -> None:
    await desk.press("3", "enter", "j", "j", "p")
    assert "y writes it" in desk.lines[0]


async def note(desk: Desk) -> None:
    await desk.press("4", "enter", "m", *"a note that is longer than a small terminal is wide")


async def value_alone(desk: Desk) -> None:
    await desk.press("2", "enter", "enter")
    assert "│{" in desk.text


async def state_edit(desk: Desk) -> None:
    await desk.press("2", "enter", "j", "l", "j", "i")
    assert "set for step 5" in desk.text


async def running(desk: Desk) -> None:
    desk.session.now = RunningView(5, 4, 0.0)
    await desk.tell("running")
    desk.main.turn(1)


STATES = {
    FakeSession: (stay, keys_page, palette, asked, history, events, comparison, running),
    attempted: (confirm, note),
    order_changed: (value_alone, state_edit),
}
PAGE_KEYS = ("j", "k", "g", "G", "pagedown", "pageup")


@pytest.mark.parametrize(
    ("story", "state"),
    [(story, state) for story, states in STATES.items() for state in states],
    ids=lambda one: one.__name__,
)
async def test_a_screen_outlives_every_size_while_keys_are_pressed(
    open_desk: OpenDesk,
    story: Callable[[], FakeSession],
    state: Callable[[Desk], Awaitable[None]],
) -> None:
    async with open_desk(session=story()) as desk:
        await state(desk)
        below = desk.app.screen
        await fits_at_every_size(desk, 1, PAGE_KEYS)
        assert desk.app.screen is below


@pytest.mark.parametrize("tab", "12345")
async def test_a_tab_outlives_every_size_while_keys_are_pressed(open_desk: OpenDesk, tab: str):
    keys = ("j", "k", "tab", "J", "G", "g", "right_square_bracket", "enter", "escape", "n")
    keys += ("plus", "minus", "minus", "vertical_line")
    async with open_desk() as desk:
        await desk.press(tab)
        await fits_at_every_size(desk, int(tab), keys)


@pytest.mark.parametrize("runs", [FakeRuns(), FakeRuns(())], ids=["runs", "empty"])
async def test_the_list_of_runs_outlives_every_size(runs: FakeRuns):
    async with open_picker(runs) as desk:
        keys = ("j", "k", "slash", "x", "escape", "d", "n", "G", "question_mark", "escape")
        await fits_at_every_size(desk, 7, keys)
