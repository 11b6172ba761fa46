"""The themes: blue is in, orange is out, red is kept for errors.

The colours of a diff are the same in every theme of one kind (dark, light, the terminal's own
sixteen), so that what they say does not depend on taste.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO

from rich.console import Console
from textual.theme import Theme

DARK = Theme(
    name="lar-dark",
    primary="#7ab8ff",
    secondary="#8fd0c8",
    warning="#ffb454",
    error="#ff7a7a",
    foreground="#e4e4e4",
    background="#121212",
    surface="#2c2c2c",
    panel="#1e1e1e",
    dark=True,
)

LIGHT = Theme(
    name="lar-light",
    primary="#0b5cad",
    secondary="#0f6b60",
    warning="#9a4a00",
    error="#b3261e",
    foreground="#1c1c1c",
    background="#ffffff",
    surface="#e4e4e4",
    panel="#f2f2f2",
    dark=False,
)

THEMES = (DARK, LIGHT)

_DIFF = {
    ("blue-orange", "dark"): ("#7ab8ff", "#ffb454", "#10304f", "#4a2f0b"),
    ("blue-orange", "light"): ("#0b5cad", "#9a4a00", "#d6e8ff", "#ffe3c2"),
    ("blue-orange", "ansi"): ("ansi_blue", "ansi_yellow", "ansi_default", "ansi_default"),
    ("green-red", "dark"): ("#7fd88f", "#ff9a9a", "#12381c", "#4d1f1f"),
    ("green-red", "light"): ("#1a6b2d", "#a3201a", "#d3f2da", "#ffdedb"),
    ("green-red", "ansi"): ("ansi_green", "ansi_red", "ansi_default", "ansi_default"),
}
_DIFF_OF_256 = {
    ("blue-orange", "dark"): ("#87afff", "#ffd787", "#00005f", "#5f5f00"),
    ("blue-orange", "light"): ("#005faf", "#875f00", "#d7d7ff", "#ffffd7"),
    ("green-red", "dark"): ("#87d787", "#ffafaf", "#005f00", "#5f0000"),
    ("green-red", "light"): ("#005f00", "#af0000", "#d7ffd7", "#ffd7d7"),
}
"""What of 256 colours does best: the nearest of them to our dark orange is a dark red, which
would be an error, and the darkest that is not takes a lighter text."""

_LIGHT_BACKGROUNDS = {"7", "15"}
_SIXTEEN, _OF_256 = "standard", "256"


def diff_variables(theme: Theme, colors: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What came in and what went out, as text and as the ground of a row."""
    kind = "ansi" if theme.ansi else "dark" if theme.dark else "light"
    names = ("diff-in", "diff-out", "diff-in-ground", "diff-out-ground")
    few = not theme.ansi and _color_system(environ) == _OF_256
    return dict(zip(names, (_DIFF_OF_256 if few else _DIFF)[colors, kind], strict=True))


def theme_for(chosen: str, environ: Mapping[str, str]) -> str:
    """The chosen theme, or for "auto" what suits the terminal.

    COLORFGBG tells of its background, else that is dark; a terminal of sixteen colours has its
    own, which no nearest match of ours could replace.
    """
    if chosen != "auto":
        return chosen
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    light = background in _LIGHT_BACKGROUNDS
    if _color_system(environ) == _SIXTEEN:
        return "ansi-light" if light else "ansi-dark"
    return LIGHT.name if light else DARK.name


def _color_system(environ: Mapping[str, str]) -> str | None:
    """How many colours there are, by the rules that the painting itself goes by."""
    if "TERM" not in environ:
        return None
    return Console(file=StringIO(), force_terminal=True, _environ=dict(environ)).color_system
