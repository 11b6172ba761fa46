"""The keys of the Prompt and Attempts tabs as data, on top of those of everywhere."""

from __future__ import annotations

from lar_debug.panes.attempts_pane import Act
from lar_debug.shell.key import Key


def _key(
    id: str,
    keys: str,
    act: Act,
    label: str,
    tooltip: str,
    focus: str = "attempts-pane",
    *,
    written: str = "",
) -> Key:
    return Key(id, keys, f"ask('{act}')", label, tooltip, written, command=False, focus=focus)


ATTEMPT_KEYS: tuple[Key, ...] = (
    _key(
        "attempt.put_back",
        "p",
        "put_back",
        "Put text back",
        "Write the text under the cursor to its file, as the shown attempt ran it",
        "prompt-pane",
    ),
    _key(
        "attempt.undo_put_back",
        "u",
        "undo",
        "Undo put back",
        "Give the file back what it held before",
        "prompt-pane",
    ),
    _key(
        "attempts.show",
        "enter",
        "show",
        "Show in Diff",
        "Show the attempt under the cursor in Diff",
        written="Enter",
    ),
    _key(
        "attempts.hold",
        "space",
        "hold",
        "Base: that attempt",
        "The attempt under the cursor is the base, until pressed again",
    ),
    _key(
        "attempt.accept",
        "a",
        "accept",
        "Accept",
        "Mark the attempt under the cursor as the good one of its step",
    ),
    _key(
        "attempt.repeat",
        "R",
        "repeat",
        "Repeat",
        "Run the step once more with the edits of that attempt, the code as now",
    ),
    Key(
        "attempt.note",
        "m",
        "screen.note",
        "Note",
        "A line of your own beside the attempt under the cursor",
        command=False,
        focus="attempts-pane",
    ),
    _key(
        "attempts.put_back",
        "p",
        "put_back",
        "Put texts back",
        "Write prompt and source to their files, as that attempt ran them",
    ),
    _key(
        "attempts.undo_put_back",
        "u",
        "undo",
        "Undo put back",
        "Give the files back what they held before",
    ),
    _key(
        "attempts.killed",
        "H",
        "killed",
        "Killed attempts",
        "List attempts too that a newer save ended",
    ),
)
