"""What stands on a screen, as segments and as lines of text."""

from __future__ import annotations

from rich.segment import Segment
from textual.app import App


def screen_segments(app: App[None]) -> list[list[Segment]]:
    """The painted lines of the current screen."""
    # The compositor is private, but nothing public gives what was painted.
    return [list(strip) for strip in vars(app.screen)["_compositor"].render_strips()]


def screen_lines(app: App[None]) -> list[str]:
    """The painted lines of the current screen, without blanks at their ends."""
    lines = ("".join(segment.text for segment in line) for line in screen_segments(app))
    return [line.rstrip() for line in lines]
