"""What is written to the terminal is what changed, and the terminal always shows the whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from lar_debug.shell.repaint import Painted
from tests.terminal.emulator import Emulator

PANE, HEIGHT = 6, 3
WIDTH = 2 * PANE
"""Two panes beside each other: a sign of two cells stands in one of them."""
STYLES = [Style(), Style(bold=True), Style(color="#ff0000"), Style(meta={"offset": (1, 2)})]
# A mark alone would be drawn over the cell before it, which is another pane's.
LETTERS = ["a", "b", " ", " ", "│", "é", "世", "界", "e\u0301", "☂"]
TEXTS = st.lists(st.sampled_from(LETTERS), max_size=4).map("".join)


@st.composite
def strips(draw: st.DrawFn) -> Strip:
    texts = draw(st.lists(st.tuples(TEXTS, st.sampled_from(STYLES))))
    line = Strip([Segment(text, style) for text, style in texts])
    return line.crop_extend(0, PANE, None)


@st.composite
def updates(draw: st.DrawFn) -> list[tuple[int, int, Strip]]:
    """(row, column, strip), as a pane paints some of its lines anew."""
    found: list[tuple[int, int, Strip]] = []
    for row in draw(st.sets(st.integers(0, HEIGHT - 1))):
        column = draw(st.sampled_from([0, PANE]))
        found.append((row, column, draw(strips())))
    return found


def chops(row: int, column: int, strip: Strip) -> ChopsUpdate:
    end = column + strip.cell_length
    lines = [{0: None, column: None, end: None} for _ in range(HEIGHT)]
    lines[row][column] = strip  # type: ignore[assignment]
    ends = [[*list(line)[1:], WIDTH] for line in lines]
    return ChopsUpdate(lines, [(row, column, end)], ends)


def whole(lines: list[Strip]) -> LayoutUpdate:
    return LayoutUpdate([[line] for line in lines], Region(0, 0, WIDTH, HEIGHT))


CONSOLE = Console(force_terminal=True, color_system="truecolor", width=WIDTH)


LINES = st.tuples(strips(), strips()).map(Strip.join)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, min_size=HEIGHT, max_size=HEIGHT), st.lists(updates(), max_size=6))
def test_the_terminal_shows_what_it_would_show_if_all_were_written(
    first: list[Strip], later: list[list[tuple[int, int, Strip]]]
) -> None:
    painted, saving, plain = Painted(), Emulator(WIDTH, HEIGHT), Emulator(WIDTH, HEIGHT)
    for update in (whole(first), *(chops(*one) for some in later for one in some)):
        plain.feed(update.render_segments(CONSOLE).encode())
        saving.feed(painted.changed(update).render_segments(CONSOLE).encode())
        assert saving.lines == plain.lines


def written(painted: Painted, row: int, text: str, column: int = 0) -> str:
    strip = Strip([Segment(text.ljust(WIDTH - column), STYLES[0])])
    return painted.changed(chops(row, column, strip)).render_segments(CONSOLE)


def test_what_stands_there_already_is_not_written() -> None:
    painted = Painted()
    lines = [Strip([Segment(text.ljust(WIDTH), STYLES[0])]) for text in ("one", "two", "three")]
    painted.changed(whole(lines)).render_segments(CONSOLE)
    assert written(painted, 1, "two") == ""
    assert written(painted, 1, "two too") == "\x1b[2;5Htoo"
    assert written(painted, 1, "two too") == ""
    assert written(painted, 1, "toe too") == "\x1b[2;2Hoe"
    # Terminals do not agree on how wide this is, so the rest of its line is written with it.
    assert "☂" in written(painted, 1, "toe ☂oo")
    assert len(written(painted, 1, "toe ☂o")) > WIDTH


def test_after_somebody_else_wrote_all_is_written_again() -> None:
    painted = Painted()
    lines = [Strip([Segment(text.ljust(WIDTH), STYLES[0])]) for text in ("one", "two", "three")]
    painted.changed(whole(lines)).render_segments(CONSOLE)
    painted.forget()
    assert "one" in written(painted, 0, "one")
