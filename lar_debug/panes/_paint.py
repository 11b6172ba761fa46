"""How every pane turns spans of text into cells: the door, tones and tints, fitting, rules.

Recorded text reaches the terminal only through `Painted.strip`, which cleans it. Nothing here
parses markup, so no recorded text can become a style or a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, cast

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip
from textual.widget import Widget

from lar_debug.model.changes import Span, Tone
from lar_debug.panes._signs import Signs
from lar_debug.text import cells, clean_line, elide

LONGEST_LINE = 2_000
"""Characters of one text that are ever measured, wrapped or painted on one line."""

Ground = Literal["", "in", "out", "cursor"]


def one_line(text: str, signs: Signs) -> str:
    """Recorded text as it may stand in one line: cleaned, without line breaks and tabs.

    What no line could show is cut off first, so that a text of megabytes costs no time.
    """
    return signs.draw(clean_line(text[:LONGEST_LINE]))


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells, cut with an ellipsis or filled with blanks."""
    if width <= 0:
        return ""
    shown = elide(text, width)
    blanks = " " * (width - cells(shown))
    return blanks + shown if right else shown + blanks


def spans_width(spans: Iterable[Span], signs: Signs) -> int:
    """The cells that `spans` take on one line."""
    return sum(cells(one_line(span.text, signs)) for span in spans)


def first_fitting(candidates: Sequence[str], width: int) -> str:
    """The first candidate that takes no more than `width` cells, else the last one cut."""
    for candidate in candidates:
        if cells(candidate) <= width:
            return candidate
    return elide(candidates[-1], width) if width > 0 else ""


TONES = frozenset(
    f"tone--{name}"
    for name in ("in", "out", "word-in", "word-out", "dim", "error", "note", "key", "strong")
)
GROUNDS = frozenset(f"ground--{name}" for name in ("in", "out", "cursor"))
"""Component classes of the app, one set for all panes: Textual works out those of every widget
whenever the styles of one change, which would be most of what a start costs."""

TONES_CSS = """
App > .tone--in { color: $diff-in; }
App > .tone--out { color: $diff-out; }
App > .tone--word-in { color: $diff-in; text-style: bold underline; }
App > .tone--word-out { color: $diff-out; text-style: strike; }
App > .tone--dim { color: $foreground 65%; }
App > .tone--error { color: $error; text-style: bold; }
App > .tone--note { color: $secondary; }
App > .tone--key { text-style: bold; }
App > .tone--strong { text-style: bold; }
App > .ground--in { background: $diff-in-ground; }
App > .ground--out { background: $diff-out-ground; }
App > .ground--cursor { background: $surface; }
App:ansi > .ground--in { background: ansi_default; }
App:ansi > .ground--out { background: ansi_default; }
App:ansi > .ground--cursor { background: ansi_default; text-style: bold; }
"""


class Painted(Widget):
    """A widget whose lines are made of spans with tones, in an app that has their styles."""

    def __init__(self, signs: Signs, *, id: str) -> None:
        super().__init__(id=id)
        self.signs = signs
        self.built = 0
        """Lines painted so far: the measure of what a key costs."""
        self._tones: dict[str, Style] = {}
        self._grounds: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        """Another theme: the styles are read again."""
        self._tones.clear()
        self._grounds.clear()
        super().notify_style_update()

    def tone(self, tone: Tone) -> Style:
        """The style of a tone, without a background."""
        if not tone:
            return Style.null()
        if tone not in self._tones:
            full = self._style_of(f"tone--{tone.replace(' ', '-')}")
            self._tones[tone] = Style(
                color=full.color,
                bold=full.bold,
                dim=full.dim,
                underline=full.underline,
                strike=full.strike,
            )
        return self._tones[tone]

    def ground(self, ground: Ground) -> Style:
        """The colours that a line stands on."""
        if not ground:
            return self.rich_style
        if ground not in self._grounds:
            self._grounds[ground] = self._style_of(f"ground--{ground}")
        return self._grounds[ground]

    def _style_of(self, component: str) -> Style:
        app = cast("App[None]", self.app)  # pyright: ignore[reportUnknownMemberType]
        return app.get_component_styles(component).rich_style

    def strip(self, spans: Iterable[Span], width: int, ground: Ground = "") -> Strip:
        """`spans` as one line of exactly `width` cells, cleaned; what is cut ends in `…`."""
        base = self.ground(ground)
        segments = [
            Segment(one_line(span.text, self.signs), base + self.tone(span.tone))
            for span in spans
            if span.text
        ]
        line = Strip(segments)
        if line.cell_length > width > 0:
            more = Segment(self.signs.more, base + self.tone("dim"))
            line = Strip([*line.crop(0, width - 1), more])
        return line.crop_extend(0, max(0, width), base).simplify()

    def rule(self, title: str, candidates: Sequence[str], width: int, *, focused: bool) -> Strip:
        """A rule with a title on the left and the longest candidate that fits on the right."""
        line = self.signs.focused_rule if focused else self.signs.rule
        title = one_line(title, self.signs)
        rights = [one_line(candidate, self.signs) for candidate in candidates] or [""]
        title = elide(title, max(0, width - 6))
        room = width - cells(title) - 9
        right = first_fitting(rights, room) if room >= 4 else ""
        end = f" {line * 2}" if right else ""
        start = line * 2
        words = f" {title} " if title else ""
        filled = cells(start) + cells(words) + cells(right) + cells(end)
        middle = line * max(0, width - filled - bool(right)) + " " * bool(right)
        tone: Tone = "strong" if focused else "dim"
        spans = (
            Span(start, tone),
            Span(words, "strong"),
            Span(middle, tone),
            Span(right),
            Span(end, tone),
        )
        return self.strip(spans, width)
