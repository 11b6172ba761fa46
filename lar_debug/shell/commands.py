"""The commands of the palette: every action of the main screen by name, which of them fit a text.

Knows neither a session nor what the palette looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from textual.fuzzy import FuzzySearch

from lar_debug.shell.key import Key

_MOST_KEYS = 8
_LONGEST_STEP = 9


class Command(NamedTuple):
    """`action` is one of the main screen; `key` is the key of the state that a history is of, as
    text of an action it could say anything."""

    label: str
    action: str
    does: str
    shown: str = ""
    """The keys that do the same."""
    key: str = ""


class Found(NamedTuple):
    """A command that fits, and which characters of its label made it fit."""

    command: Command
    at: tuple[int, ...] = ()


EXTRA: tuple[Command, ...] = (
    Command(
        "Re-run step, tasks live", "session('rerun_live')", "Do its tasks again too, all of them"
    ),
    Command("Newest attempt", "session('newest')", "Show the newest attempt and follow it"),
    Command(
        "Put texts back", "attempt('put_back')", "Write prompt and source as the shown attempt ran"
    ),
    Command("Undo put back", "attempt('undo')", "Give the files back what they held before"),
    Command("Accept", "attempt('accept')", "Mark the shown attempt as the good one of its step"),
    Command(
        "Repeat", "attempt('repeat')", "Once more with the edits of the shown attempt, code as now"
    ),
    Command("Continue from here", "fork", "A new run goes on from the shown attempt, for real"),
    Command("Note…", "note_shown", "A line of your own beside the shown attempt"),
    Command("Show hidden keys", "hidden_keys", "The engine's own keys in State, or without them"),
    Command("Copy path", "copy('path')", "Copy file and line of the prompt, or of the node"),
    Command(
        "Save output to file…", "ask_file", "Write what the tab shows into a file that is not there"
    ),
    Command("Go to step…", "ask_step", "A step by its number"),
    Command("Find key…", "ask_key", "What became of a key over all steps"),
    Command(
        "Compare with step or run…",
        "ask_compared",
        "What is different from another step, attempt or run",
    ),
    Command("Open another run", "app.open_another", "The list of runs"),
    Command("Events", "app.show_events", "The messages of before"),
    Command("Theme…", "choose_theme", "Other colours"),
    Command("Diff colours", "change_diff_colors", "Blue and orange, or green and red"),
    Command("Mouse on/off", "toggle_mouse", "Leave the mouse to the terminal, or take it again"),
    Command(
        "Screenshot (SVG)",
        "save_screenshot",
        "Write what is on the screen into the current folder",
    ),
    Command("Which Python", "which_python", "The interpreter that runs the steps"),
)


def commands_of(keys: Sequence[Key]) -> tuple[Command, ...]:
    """All commands, with the keys as a person has them."""
    named = (Command(key.label, key.action, key.tooltip, key.shown) for key in keys if key.command)
    return (*named, *EXTRA)


def theme_commands(themes: Iterable[str]) -> tuple[Command, ...]:
    """One command for each theme."""
    return tuple(Command(name, f"use_theme({name!r})", "") for name in themes)


def fitting(query: str, commands: Sequence[Command], known: Iterable[str] = ()) -> list[Found]:
    """What fits a text, the best first: the step of that number, commands with the text in their
    name, histories of keys of the state that begin with it, commands with its letters."""
    query = query.strip()
    if not query:
        return [Found(command) for command in commands]
    whole, scattered = _by_name(query, commands)
    return [*_step(query), *whole, *_histories(query, known), *scattered]


def _step(query: str) -> Iterator[Found]:
    if query.isdecimal():
        step = int(query[:_LONGEST_STEP])
        yield Found(Command(f"Go to step {step}", f"go({step})", ""))


def _histories(query: str, known: Iterable[str]) -> list[Found]:
    # The key itself comes before those that go on.
    keys = sorted(key for key in known if key.startswith(query))[:_MOST_KEYS]
    does = "What became of this key over all steps"
    return [Found(Command(f"History of {key}", "", does, key=key)) for key in keys]


def _by_name(query: str, commands: Sequence[Command]) -> tuple[list[Found], list[Found]]:
    """Commands with the text in their name, and those with its letters in that order."""
    search = FuzzySearch()
    whole: list[tuple[float, Found]] = []
    scattered: list[tuple[float, Found]] = []
    for command in commands:
        score, at = search.match(query, command.label)
        if score > 0:
            group = whole if query.lower() in command.label.lower() else scattered
            group.append((score, Found(command, tuple(at))))

    def rank(one: tuple[float, Found]) -> tuple[bool, float]:
        # Who types how a name begins means that one, before all that hold the word.
        return not one[1].command.label.lower().startswith(query.lower()), -one[0]

    best_first = (sorted(group, key=rank) for group in (whole, scattered))
    first, second = ([found for _, found in group] for group in best_first)
    return first, second
