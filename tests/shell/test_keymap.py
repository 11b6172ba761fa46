"""A person's own keys do what they say, everywhere they are shown; what cannot work is refused."""

from __future__ import annotations

import pytest

from docs.keys import FILE, document
from lar_debug.model.problem import Problem
from lar_debug.settings import parse_settings
from lar_debug.shell.app import LarDebugApp
from lar_debug.shell.keymap import keys_of, normal, shown_keys
from lar_debug.shell.keys import KEYS
from tests.shell.fake_session import FakeSession
from tests.shell.screen_text import screen_lines

MINE = """
[keymap]
"step.rerun" = "f5"
attempt.stop = "r, ctrl+x"
"attempts.hold" = "equals_sign"
"""


def test_the_page_of_keys_in_the_docs_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == document()


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.id)
def test_keys_are_written_for_people_as_the_table_has_them(key) -> None:
    if not key.written:
        assert shown_keys(key.keys).lower() == key.shown.lower()
    assert normal(key.keys) == key.keys


def test_keys_can_be_written_as_they_are_typed() -> None:
    assert normal("|, ?, f5, G, ctrl+e, -, comma") == (
        "vertical_line,question_mark,f5,G,ctrl+e,minus,comma"
    )
    assert shown_keys("vertical_line,pagedown,ctrl+slash") == "| PgDn ctrl+/"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[keymap]\n\nstep.rrun = "f5"', "c:3: no key id 'step.rrun'"),
        ('[keymap]\n"step.rerun" = "F55"', "c:2: 'F55' is no key that a terminal sends"),
        ('[keymap]\nstep.rerun = ""', "c:2: a key is empty"),
        ('[keymap]\nstep.rerun = "f5,,f6"', "c:2: a key is empty"),
        ('[keymap]\nhelp = "f1"\nstep.rerun = "j"', "c:3: j is move.down already"),
        ('[keymap]\nstep.rerun = "f5"\nsave.toggle = "f5"', "f5 is "),
        # Where the timeline counts, everywhere counts too; and a pane's key hides none of those.
        ('[keymap]\nstep.pin = "q"', "c:2: q is quit already"),
        ('[keymap]\nattempt.note = "r"', "c:2: r is step.rerun already"),
        ('[keymap]\nattempt.note = "a"', "c:2: a is attempt.accept already"),
    ],
)
def test_a_keymap_that_cannot_work_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Problem) as refused:
        keys_of(parse_settings(text, "c"))
    assert said in str(refused.value)


def test_keys_may_be_swapped_and_panes_may_use_the_same_ones() -> None:
    swapped = '[keymap]\nstep.rerun = "x"\nattempt.stop = "r"\nattempt.note = "i"'
    keys = {key.id: key.keys for key in keys_of(parse_settings(swapped, "c"))}
    assert (keys["step.rerun"], keys["attempt.stop"], keys["attempt.note"]) == ("x", "r", "i")


async def test_a_key_of_ones_own_works_and_is_shown_wherever_keys_are() -> None:
    session = FakeSession()
    app = LarDebugApp(session, settings=parse_settings(MINE, "c"), environ={})
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        assert "f5 re-run  r stop" in screen_lines(app)[-1]
        await pilot.press("f5", "r", "ctrl+x", "x")
        await pilot.pause()
        assert session.asked == ["rerun", "stop", "stop"]
        await pilot.press("question_mark")
        await pilot.pause()
        page = "\n".join(screen_lines(app))
        assert " f5 " in page
        assert "r ctrl+x" in page
        await pilot.press("q")
        await pilot.press("colon", *"Re-run step")
        await app.workers.wait_for_complete()
        await pilot.pause()
        words = " ".join(" ".join(screen_lines(app)).split())
        assert "Re-run step f5 Run this step" in words
