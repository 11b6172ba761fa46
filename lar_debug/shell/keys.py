"""Every key of the main screen as data: what it is called, what it does, how it is hinted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.binding import Binding, BindingsMap
from textual.widget import Widget

from lar_debug.panes.key_line import KeyHint
from lar_debug.shell.attempt_pane_keys import ATTEMPT_KEYS
from lar_debug.shell.key import Key
from lar_debug.shell.plan import TABS
from lar_debug.shell.state_pane_keys import STATE_KEYS


def _walk(id: str, keys: str, action: str, label: str, tooltip: str, written: str = "") -> Key:
    return Key(id, keys, action, label, tooltip, written, command=False)


KEYS: tuple[Key, ...] = (
    _walk(
        "move.down",
        "j,down",
        "move(1)",
        "Next step",
        "Next step; a row where text has the focus",
        "j Down",
    ),
    _walk(
        "move.up",
        "k,up",
        "move(-1)",
        "Previous step",
        "Previous step; a row where text has the focus",
        "k Up",
    ),
    _walk(
        "attempt.older",
        "h,left,comma",
        "session('older')",
        "Older attempt",
        "The attempt before the shown one",
        "h Left ,",
    ),
    _walk(
        "attempt.newer",
        "l,right,full_stop",
        "session('newer')",
        "Newer attempt",
        "The attempt after the shown one",
        "l Right .",
    ),
    _walk("move.first", "g,home", "first", "First", "First step, or the top", "g Home"),
    _walk(
        "move.last",
        "G,end",
        "last",
        "Last",
        "Last step, or the end; follows a run that goes on",
        "G End",
    ),
    _walk(
        "move.page_down", "ctrl+d,pagedown", "page(1)", "Page down", "A page down", "ctrl+d PgDn"
    ),
    _walk("move.page_up", "ctrl+u,pageup", "page(-1)", "Page up", "A page up", "ctrl+u PgUp"),
    _walk(
        "detail.down", "J", "scroll_detail(1)", "Scroll down", "Scroll the detail, the focus stays"
    ),
    _walk("detail.up", "K", "scroll_detail(-1)", "Scroll up", "Scroll the detail, the focus stays"),
    _walk("focus.next", "tab", "focus_pane(1)", "Next pane", "Focus the next pane", "Tab"),
    _walk(
        "focus.previous", "shift+tab", "focus_pane(-1)", "Previous pane", "Focus the pane before"
    ),
    Key(
        "size.bigger",
        "plus",
        "size(1)",
        "Detail bigger",
        "More room for the detail: beside the timeline, then alone",
        "+",
    ),
    Key(
        "size.smaller",
        "minus",
        "size(-1)",
        "Detail smaller",
        "Less room for the detail: beside the timeline, then none",
        "-",
    ),
    _walk("open", "enter", "open", "Open", "Into the detail of the step", "Enter"),
    _walk("back", "escape", "back", "Back", "Back to the timeline", "Esc"),
    Key("find", "slash", "find", "Find…", "Go to the next step that has a text", "/"),
    _walk(
        "find.next",
        "n",
        "find_step(1)",
        "Next match",
        "The next step that has the text; without one the next change in Diff",
    ),
    _walk("find.previous", "N", "find_step(-1)", "Previous match", "The match, or change, before"),
    Key(
        "step.range",
        "v",
        "walk('range')",
        "Range from here",
        "Compare from this step on to where the cursor goes, until pressed again",
        focus="timeline",
    ),
    Key(
        "step.next_failed",
        "exclamation_mark",
        "walk('failed')",
        "Next failed step",
        "The next step that failed",
        "!",
        focus="timeline",
    ),
    Key(
        "step.next_stale",
        "asterisk",
        "walk('stale')",
        "Next stale step",
        "The next step that may come out differently now",
        "*",
        focus="timeline",
    ),
    _walk(
        "tab.previous", "left_square_bracket", "next_tab(-1)", "Previous tab", "The tab before", "["
    ),
    _walk("tab.next", "right_square_bracket", "next_tab(1)", "Next tab", "The next tab", "]"),
    *(
        _walk(
            f"tab.{tab.number}", str(tab.number), f"tab({tab.number})", tab.name, f"{tab.name} tab"
        )
        for tab in TABS
    ),
    Key(
        "step.rerun",
        "r",
        "session('rerun')",
        "Re-run step",
        "Run this step again, alone, from the state before it",
    ),
    Key("attempt.stop", "x", "session('stop')", "Stop", "Stop what is running"),
    Key(
        "save.toggle",
        "w",
        "session('toggle_on_save')",
        "On save: re-run or only mark",
        "Whether a save runs the step again or only marks it",
    ),
    Key(
        "step.pin",
        "space",
        "session('toggle_pin')",
        "Pin step",
        "A pinned step runs on a save wherever one looks",
        focus="timeline",
    ),
    Key(
        "base.cycle",
        "b",
        "session('cycle_base')",
        "Base: previous, recorded, before",
        "What the shown attempt is compared with",
    ),
    Key(
        "base.hold",
        "B",
        "session('hold_base')",
        "Base: this attempt",
        "Keep the shown attempt as the base, until pressed again",
    ),
    Key(
        "run.continue",
        "c",
        "go_on",
        "Go on, answer, continue",
        "Answer the run, go on, or continue from the attempt as a new run",
    ),
    Key(
        "edit.prompt",
        "e",
        "edit('prompt')",
        "Edit prompt",
        "Open the prompt of the step, or the line that failed, in your editor",
    ),
    Key("edit.source", "E", "edit('source')", "Edit node", "Open the node's code in your editor"),
    Key(
        "copy.value",
        "y",
        "copy('value')",
        "Copy output",
        "Copy what the tab shows: output, value, prompt or text",
    ),
    Key(
        "copy.command",
        "Y",
        "copy('command')",
        "Copy command",
        "Copy the command that prints what is shown",
    ),
    Key(
        "diff.view",
        "vertical_line",
        "diff_view",
        "Diff: one below the other, new text, side by side",
        "All of the diff, the new text alone, or old and new side by side",
        "|",
    ),
    Key(
        "diff.less_context",
        "left_curly_bracket",
        "context(-1)",
        "Diff: less around a change",
        "Fewer unchanged lines around a change",
        "{",
    ),
    Key(
        "diff.more_context",
        "right_curly_bracket",
        "context(1)",
        "Diff: more around a change",
        "More unchanged lines around a change",
        "}",
    ),
    *ATTEMPT_KEYS,
    Key(
        "console.stream",
        "s",
        "stream",
        "Console: both, stdout, stderr",
        "Which stream the console shows",
    ),
    _walk(
        "copy",
        "ctrl+c",
        "copy_or_stop",
        "Stop or copy",
        "Stop what is running; else copy what is selected",
    ),
    Key(
        "palette",
        "colon,ctrl+p",
        "palette",
        "Commands",
        "Find a command by name; a number goes to that step, a key of the state to its history",
        ": ctrl+p",
        command=False,
    ),
    *STATE_KEYS,
    Key("value.open", "o", "open_value", "Open in pager", "All of what the pane shows, in $PAGER"),
    Key("help", "question_mark", "app.show_keys", "Help", "All keys", "?"),
    _walk("redraw", "ctrl+l", "app.redraw", "Redraw", "Paint the screen again", "ctrl+l"),
    _walk("suspend", "ctrl+z", "app.suspend_process", "Suspend", "Back to the shell; fg returns"),
    Key("quit", "q", "quit", "Quit", "Close what is on top; at the bottom, quit"),
)


class Hint(NamedTuple):
    """What the key line says of some keys, named by their ids: the first key of each is shown."""

    ids: tuple[str, ...]
    does: str
    rank: int
    between: str = "/"
    right: bool = False


HINTS: tuple[Hint, ...] = (
    Hint(("move.down", "move.up"), "step", 0),
    Hint(("attempt.older", "attempt.newer"), "attempt", 2),
    Hint(("detail.down", "detail.up"), "scroll", 7),
    Hint(("focus.next",), "pane", 8),
    Hint(("tab.previous", "tab.next"), "tab", 11, between=" "),
    Hint(("base.cycle",), "base", 4),
    Hint(("diff.view",), "view", 13),
    Hint(("step.rerun",), "re-run", 3),
    Hint(("attempt.stop",), "stop", 10),
    Hint(("save.toggle",), "on save", 6),
    Hint(("edit.prompt",), "edit", 5),
    Hint(("run.continue",), "continue", 9),
    Hint(("find",), "find", 14),
    Hint(("copy.value",), "copy", 15),
    Hint(("help",), "help", 1, right=True),
    Hint(("palette",), "commands", 12, right=True),
)


_ENDS: tuple[Hint, ...] = (
    Hint(("focus.next",), "pane", 5),
    Hint(("help",), "help", 1, right=True),
)

_ROWS: tuple[Hint, ...] = (
    Hint(("move.down", "move.up"), "row", 0),
    Hint(("attempt.older", "attempt.newer"), "attempt", 2),
)

_IN_TEXT: tuple[Hint, ...] = (
    Hint(("step.rerun",), "re-run", 3),
    Hint(("base.cycle",), "base", 6),
    Hint(("value.open",), "pager", 8),
    *_ENDS,
)

PANE_HINTS: dict[str, tuple[Hint, ...]] = {
    "diff-pane": (
        *_ROWS,
        Hint(("find.next", "find.previous"), "change", 4),
        Hint(("diff.view",), "view", 7),
        Hint(("diff.less_context", "diff.more_context"), "lines around", 9, between=" "),
        *_IN_TEXT,
    ),
    "console": (*_ROWS, Hint(("console.stream",), "stream", 4), *_IN_TEXT),
    "cause-dock": (*_ROWS, *_IN_TEXT),
    "state-pane": (
        Hint(("move.down", "move.up"), "value", 0),
        Hint(("state.fold", "state.unfold"), "fold", 2),
        Hint(("state.alone",), "alone", 6),
        Hint(("state.side",), "side", 3),
        Hint(("state.edit",), "edit", 4),
        Hint(("value.open",), "pager", 7),
        Hint(("state.hidden",), "hidden", 8),
        *_ENDS,
    ),
    "prompt-pane": (
        Hint(("move.down", "move.up"), "text", 0),
        Hint(("attempt.put_back",), "put back", 2),
        Hint(("attempt.undo_put_back",), "undo", 3),
        Hint(("detail.down", "detail.up"), "scroll", 4),
        *_ENDS,
    ),
    "attempts-pane": (
        Hint(("move.down", "move.up"), "attempt", 0),
        Hint(("attempts.show",), "show", 2),
        Hint(("attempts.hold",), "base", 4),
        Hint(("attempt.accept",), "accept", 6),
        Hint(("attempts.put_back",), "put back", 3),
        Hint(("attempts.undo_put_back",), "undo", 7),
        Hint(("attempt.note",), "note", 8),
        Hint(("attempt.repeat",), "repeat", 9),
        Hint(("attempts.killed",), "killed", 10),
        *_ENDS,
    ),
}
"""What the key line says while a pane has the focus: there the arrows walk rows, not steps."""


def key_hints(keys: Sequence[Key], focus: str = "") -> tuple[KeyHint, ...]:
    """The hints of the key line, with the keys as a person has them; `focus` is a pane's id."""
    first = {key.id: key.shown.split(" ")[0] for key in keys}
    return tuple(
        KeyHint(hint.between.join(first[id] for id in hint.ids), hint.does, hint.rank, hint.right)
        for hint in PANE_HINTS.get(focus, HINTS)
    )


def keys_by_place(keys: Sequence[Key]) -> dict[str, list[Key]]:
    """The keys by where they count, for people."""
    names = {"": "Everywhere", "timeline": "Timeline"} | {tab.pane: tab.name for tab in TABS}
    found: dict[str, list[Key]] = {names[""]: []}
    for key in keys:
        found.setdefault(names[key.focus], []).append(key)
    return found


def bindings() -> list[Binding]:
    """The bindings of the main screen."""
    return [key.binding() for key in KEYS if key.focus in ("", "timeline")]


def give_keys(pane: Widget) -> None:
    """Bind the keys that belong to a pane alone."""
    own = [key.binding() for key in KEYS if key.focus == pane.id]
    # Textual's own place for them is the class, and panes do not know the keys.
    pane._bindings = BindingsMap(own)  # pyright: ignore[reportPrivateUsage]
