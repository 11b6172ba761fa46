"""A line to type into, in the place of the event line: what is asked, then what was typed.

Keys are those of readline. What is typed or pasted is cleaned where it is painted, like all text;
what a person gets back is what they typed. Knows nothing of what the text is for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from lar_debug.model.changes import Span
from lar_debug.panes._bar import Bar
from lar_debug.panes._paint import first_fitting, one_line
from lar_debug.panes._signs import Signs
from lar_debug.text import cells, elide

_CURSOR = Style(reverse=True)

LONGEST = 100_000
"""Characters; a paste beyond it is cut."""

_MOST_BEFORE = 2_000
"""Characters before the cursor that are looked at: accents without letters take no cells."""


_QUESTION_LEAST = 8


class TextField(Bar, can_focus=True, inherit_bindings=False):
    """Asks for one line: `ask`, then wait for `Taken` or `Left`. Keys that it `leaves` are for
    the screen; all others are its own."""

    class Taken(Message):
        """A person pressed Enter. The field stays: whoever asked closes it, or leaves it with
        its text where that does not fit."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Typed(Message):
        """The text is another one now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """A person pressed Esc."""

    def __init__(self, signs: Signs, *, leaves: Collection[str] = ()) -> None:
        super().__init__(signs, id="text-field")
        self._leaves = frozenset(leaves)
        self.text = ""
        self._prompt = ""
        self._shorter: Sequence[str] = ()
        self._at = 0
        self._is_taken = False
        """Whether whoever asked is still to say what comes of the text."""

    def ask(self, prompt: str, text: str = "") -> None:
        """Begin with a text, the cursor behind it."""
        self._prompt, self._shorter = prompt, ()
        self._is_taken = False
        self._set(text, len(text))

    def ask_key(self, *prompts: str) -> None:
        """Ask for one key: the first of the questions that fits has the whole line."""
        self.ask(prompts[0])
        self._shorter = prompts

    def clear(self) -> None:
        """Forget what was typed."""
        self._set("", 0)

    def takes(self, key: str) -> bool:
        """Whether a key is for it while it has the focus."""
        return key not in self._leaves

    def go_on(self) -> None:
        """The text did not fit: it can be typed on."""
        self._is_taken = False

    def _set(self, text: str, at: int) -> None:
        if text != self.text:
            self.post_message(self.Typed(text[:LONGEST]))
        self.text = text[:LONGEST]
        self._at = max(0, min(at, len(self.text)))
        self.repaint()

    def on_key(self, event: events.Key) -> None:
        """Every key is for the field while it has the focus."""
        if self._is_taken:
            # What is typed behind Enter is meant for what comes after.
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            self._is_taken = True
            self.post_message(self.Taken(self.text))
        elif event.key in ("escape", "ctrl+c") or event.key.startswith("alt+"):
            # Esc and the key after it may come as one.
            self.post_message(self.Left())
        elif event.is_printable and event.character is not None:
            self._insert(event.character)
        else:
            self._edit(event.key)

    def on_paste(self, event: events.Paste) -> None:
        """Of what is pasted, line breaks become blanks: there is one line."""
        event.stop()
        self._insert(" ".join(event.text.split("\n")).replace("\r", ""))

    def _insert(self, text: str) -> None:
        before, after = self.text[: self._at], self.text[self._at :]
        self._set(before + text + after, self._at + len(text))

    def _edit(self, key: str) -> None:
        text, at = self.text, self._at
        if key in ("left", "ctrl+b"):
            self._set(text, at - 1)
        elif key in ("right", "ctrl+f"):
            self._set(text, at + 1)
        elif key in ("home", "ctrl+a"):
            self._set(text, 0)
        elif key in ("end", "ctrl+e"):
            self._set(text, len(text))
        elif key in ("backspace", "ctrl+h"):
            self._cut(at - 1, at)
        elif key in ("delete", "ctrl+d"):
            self._cut(at, at + 1)
        elif key == "ctrl+k":
            self._cut(at, len(text))
        elif key == "ctrl+u":
            self._cut(0, at)
        elif key == "ctrl+w":
            self._cut(text[:at].rstrip().rfind(" ") + 1, at)

    def _cut(self, first: int, after: int) -> None:
        first = max(0, first)
        self._set(self.text[:first] + self.text[after:], first)

    def build(self, width: int) -> Strip:
        """The question, then as much of the text around the cursor as fits."""
        if self._shorter:
            prompts = [one_line(prompt, self.signs) for prompt in self._shorter]
            return self.strip((Span(f" {first_fitting(prompts, width - 2)}", "key"),), width)
        prompt = _fitted(f" {one_line(self._prompt, self.signs)}", max(0, width // 2))
        room = max(1, width - cells(prompt) - 2)
        first = self._at
        least = max(0, self._at - _MOST_BEFORE)
        while first > least and cells(self._painted(first - 1, self._at)) < room:
            first -= 1
        before = self._painted(first, self._at)
        under = self._painted(self._at, self._at + 1) or " "
        after = self._painted(self._at + 1, self._at + 1 + room)
        spans = (Span(f"{prompt} ", "key"), Span(before), Span(under), Span(after))
        line = self.strip(spans, width)
        column = cells(prompt) + 1 + cells(before)
        cursor = line.crop(column, column + cells(under)).apply_style(_CURSOR)
        rest = line.crop(column + cells(under), width)
        return Strip.join([line.crop(0, column), cursor, rest])

    def _painted(self, first: int, after: int) -> str:
        return one_line(self.text[first:after], self.signs)


def _fitted(prompt: str, width: int) -> str:
    """A question cut to a width; its last word, which says what can be typed, stays."""
    if cells(prompt) <= width:
        return prompt
    before, _, answers = prompt.rpartition(" ")
    room = width - cells(answers) - 1
    return f"{elide(before, room)} {answers}" if room >= _QUESTION_LEAST else elide(prompt, width)
