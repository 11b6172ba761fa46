"""Colours can be read and told apart, in every theme and with as few colours as there are."""

from __future__ import annotations

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from lar_debug.settings import DIFF_COLORS, OTHER_THEMES, OWN_THEMES, Settings
from lar_debug.shell.app import LarDebugApp
from lar_debug.shell.themes import DARK, LIGHT, THEMES, diff_variables, theme_for
from tests.shell.conftest import OpenDesk
from tests.shell.fake_session import FakeSession
from tests.shell.screen_text import screen_lines, screen_segments
from tests.shell.test_app import segment_with

ALL = {theme.name: theme for theme in (*BUILTIN_THEMES.values(), *THEMES)}
COLOURED = sorted(name for name, theme in ALL.items() if not theme.ansi)
LEAST = 4.5
"""Contrast that WCAG asks of text."""


def luminance(color: Color) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [part / 255 for part in (color.r, color.g, color.b)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, other: Color) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def colours(name: str, diff_colors: str, terminal: str = "xterm-direct") -> dict[str, Color]:
    theme = ALL[name]
    environ = {"TERM": terminal, "COLORTERM": "truecolor" if terminal == "xterm-direct" else ""}
    found = {
        **theme.to_color_system().generate(),
        **diff_variables(theme, diff_colors, environ),
    }
    names = ("background", "foreground", "diff-in", "diff-out", "diff-in-ground", "diff-out-ground")
    return {key: Color.parse(found[key]) for key in names}


def test_the_settings_name_every_theme_there_is() -> None:
    assert {*OWN_THEMES, *OTHER_THEMES} == {*ALL, "auto"}


@pytest.mark.parametrize("diff_colors", DIFF_COLORS)
@pytest.mark.parametrize("name", COLOURED)
def test_what_came_in_and_what_went_out_can_be_read_in_every_theme(
    name: str, diff_colors: str
) -> None:
    found = colours(name, diff_colors)
    for text, ground in (("diff-in", "diff-in-ground"), ("diff-out", "diff-out-ground")):
        assert contrast(found[text], found["background"]) >= LEAST, name
        assert contrast(found[text], found[ground]) >= LEAST, name
        # Some themes have a faint text themselves: on our grounds it is hardly fainter.
        usual = contrast(found["foreground"], found["background"])
        assert contrast(found["foreground"], found[ground]) >= min(LEAST, usual * 0.7), name


@pytest.mark.parametrize(
    ("theme", "came", "went"), [(DARK, 9.0, 10.6), (LIGHT, 6.7, 6.3)], ids=["dark", "light"]
)
def test_our_own_themes_have_the_contrast_that_was_chosen(theme, came: float, went: float) -> None:
    found = colours(theme.name, "blue-orange")
    assert contrast(found["diff-in"], found["background"]) == pytest.approx(came, abs=0.2)
    assert contrast(found["diff-out"], found["background"]) == pytest.approx(went, abs=0.2)


@pytest.mark.parametrize("diff_colors", DIFF_COLORS)
@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_with_256_colours_they_are_still_read_and_two(theme, diff_colors: str) -> None:
    def nearest(color: Color) -> Color:
        rich = RichColor.parse(color.hex).downgrade(ColorSystem.EIGHT_BIT)
        return Color(*rich.get_truecolor())

    few = colours(theme.name, diff_colors, "xterm-256color")
    found = {key: nearest(color) for key, color in few.items()}
    assert found["diff-in"] != found["diff-out"]
    assert found["diff-in-ground"] != found["diff-out-ground"]
    assert contrast(found["diff-in"], found["diff-in-ground"]) >= LEAST
    assert contrast(found["diff-out"], found["diff-out-ground"]) >= LEAST
    for name in ("diff-in", "diff-out", "diff-in-ground", "diff-out-ground"):
        # A grey says neither, and what was chosen is what such a terminal can show.
        assert max(found[name].rgb) - min(found[name].rgb) >= 40, name
        assert found[name] == few[name], name


def test_orange_is_orange_with_256_colours_too() -> None:
    for theme in THEMES:
        few = colours(theme.name, "blue-orange", "xterm-256color")
        for name in ("diff-out", "diff-out-ground"):
            red, green, blue = few[name].rgb
            assert red >= green > blue
        red, green, blue = few["diff-in-ground"].rgb
        assert blue > max(red, green)


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({"TERM": "xterm-256color"}, "lar-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "lar-light"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "lar-dark"),
        ({"TERM": "xterm"}, "ansi-dark"),
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "screen", "COLORFGBG": "0;15"}, "ansi-light"),
        ({"TERM": "dumb"}, "lar-dark"),
    ],
)
def test_the_theme_suits_the_terminal(environ: dict[str, str], theme: str) -> None:
    assert theme_for("auto", environ) == theme
    assert theme_for("nord", environ) == "nord"


@pytest.mark.parametrize("name", ["ansi-dark", "ansi-light"])
async def test_with_sixteen_colours_the_terminals_own_are_used(name: str) -> None:
    app = LarDebugApp(FakeSession(), settings=Settings(theme=name), environ={})
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        segments = screen_segments(app)
        styles = [one.style for line in segments for one in line if one.style is not None]
        used = {style.color.name for style in styles if style.color is not None}
        grounds = {style.bgcolor.name for style in styles if style.bgcolor is not None}
        came = segment_with(segments, "by 24 November").style
        went = segment_with(segments, "We are sorry").style
    assert came is not None
    assert came.color is not None
    assert went is not None
    assert went.color is not None
    blue, yellow = 4, 3
    assert (came.color.number, went.color.number) == (blue, yellow)
    assert grounds <= {"default"}
    assert not any(color.startswith("#") for color in used)


async def test_without_colours_the_line_of_the_cursor_is_bold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = LarDebugApp(FakeSession(), environ={"NO_COLOR": "1"})
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        (row,) = [line for line in screen_segments(app) if "".join(s.text for s in line)[:1] == ">"]
        assert all(one.style is not None and one.style.bold for one in row if one.text.strip())


async def test_the_palette_changes_the_colours_of_a_diff_and_they_are_seen_at_once(
    open_desk: OpenDesk,
) -> None:
    async with open_desk() as desk:

        def red_of(words: str) -> int:
            style = segment_with(screen_segments(desk.app), words).style
            assert style is not None
            assert style.color is not None
            return style.color.get_truecolor()[1] - style.color.get_truecolor()[2]

        assert red_of("by 24 November") < 0
        await desk.press("colon", *"diff colours")
        await desk.found()
        await desk.press("enter")
        await desk.found()
        assert red_of("by 24 November") > 0
        assert "diff colours: green-red" in desk.text


async def test_a_screenshot_is_written_where_one_is(
    open_desk: OpenDesk, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_desk() as desk:
        await desk.press("colon", *"screenshot")
        await desk.found()
        await desk.press("enter")
        await desk.found()
        (file,) = tmp_path.glob("lar-debug-*.svg")
        assert f"screenshot: {file.name}" in "\n".join(screen_lines(desk.app))
        assert "write_reply" in file.read_text(encoding="utf-8")
