"""The palette: every action of the main screen by name, and `:12` for step 12."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.screen import Screen

from lar_debug.model.problem import Problem
from lar_debug.shell.keys import Key
from lar_debug.shell.session_port import SessionPort
from lar_debug.text import clean_line, elide

_MOST_KEYS = 8
_LONGEST_KEY = 200

EXTRA: tuple[tuple[str, str, str], ...] = (
    ("Re-run step, tasks live", "session('rerun_live')", "Do its tasks again too, all of them"),
    ("Newest attempt", "session('newest')", "Show the newest attempt and follow it"),
    ("Put texts back", "attempt('put_back')", "Write prompt and source as the shown attempt ran"),
    ("Undo put back", "attempt('undo')", "Give the files back what they held before"),
    ("Accept", "attempt('accept')", "Mark the shown attempt as the good one of its step"),
    ("Repeat", "attempt('repeat')", "Once more with the edits of the shown attempt, code as now"),
    ("Go to step…", "ask_step", "A step by its number"),
    ("Find key…", "ask_key", "What became of a key over all steps"),
    (
        "Compare with step or run…",
        "ask_compared",
        "What is different from another step, attempt or run",
    ),
    ("Open another run", "app.open_another", "The list of runs"),
    ("Events", "app.show_events", "The messages of before"),
    ("Theme…", "app.change_theme", "Other colours"),
    ("Diff colours", "change_diff_colors", "Blue and orange, or green and red"),
    ("Mouse on/off", "toggle_mouse", "Leave the mouse to the terminal, or take it again"),
    ("Screenshot (SVG)", "save_screenshot", "Write what is on the screen into the current folder"),
    ("Which Python", "which_python", "The interpreter that runs the steps"),
)


class _HasKeys(Protocol):
    """What the palette needs of the app: the keys as a person has them."""

    keys: tuple[Key, ...]


class _HasSession(Protocol):
    """What it needs of the main screen."""

    session: SessionPort


class Commands(Provider):
    """Offers the actions; a number goes to that step."""

    async def discover(self) -> Hits:
        """What stands there before anything is typed."""
        for label, action, tooltip in self._commands():
            yield DiscoveryHit(label, self._runs(action), help=tooltip)

    async def search(self, query: str) -> Hits:
        """The actions whose name fits; for a number the step, for a key its history."""
        if query.strip().isdecimal():
            step = int(query[:9])
            yield Hit(1.0, f"Go to step {step}", self._runs(f"go({step})"))
        for key in await self._keys_like(query.strip()):
            runs = partial(_history, self.screen, key)
            score = 1.0 if key == query.strip() else 0.9
            # A plain string would be taken for markup.
            shown = Content(f"History of {elide(clean_line(key), _LONGEST_KEY)}")
            yield Hit(score, shown, runs, text=shown.plain)
        matcher = self.matcher(query)
        for label, action, tooltip in self._commands():
            score = matcher.match(label)
            if score > 0:
                yield Hit(score, matcher.highlight(label), self._runs(action), help=tooltip)

    async def _keys_like(self, query: str) -> list[str]:
        """A few keys of the state that begin as was typed."""
        session = cast("_HasSession", self.screen).session
        try:
            known = await session.walking.history.known()
        except Problem:
            return []
        return sorted(key for key in known if query and key.startswith(query))[:_MOST_KEYS]

    def _commands(self) -> list[tuple[str, str, str]]:
        keys = cast("_HasKeys", self.app).keys
        named = [
            (f"{key.label}  ({key.shown})", key.action, key.tooltip) for key in keys if key.command
        ]
        return [*named, *EXTRA]

    def _runs(self, action: str) -> Callable[[], None]:
        return partial(_run, self.screen, action)


def _run(screen: Screen[object], action: str) -> None:
    screen.call_later(screen.run_action, action)


def _history(screen: Screen[object], key: str) -> None:
    # As text of an action a key could say anything.
    screen.call_later(cast("Any", screen).action_history, key)
