"""A person's settings: read once, and refused with the line to mend."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lar_debug.model.problem import Problem
from lar_debug.settings import Settings, parse_settings, read_settings, settings_path

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"
WHOLE = """
editor = "nvr --remote-silent +{line} {file}"
pager = "less -R"
theme = "nord"
diff_colors = "green-red"
on_save = "mark"
attempt_timeout = 30
ascii = true
mouse = false
bell_after = 2.5

[keymap]
"step.rerun" = "f5"
attempt.stop = "f6, ctrl+x"
"""


def home(folder: Path, text: str) -> dict[str, str]:
    file = folder / "lar-debug" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}


def test_every_setting_can_be_said_in_the_file(tmp_path: Path) -> None:
    settings = read_settings(home(tmp_path, WHOLE))
    usual = Settings()
    names = [one.name for one in fields(Settings) if one.name != "place"]
    assert all(getattr(settings, name) != getattr(usual, name) for name in names)
    assert settings.keymap == {"step.rerun": "f5", "attempt.stop": "f6, ctrl+x"}
    assert (settings.attempt_timeout, settings.bell_after) == (30.0, 2.5)


def test_without_a_file_everything_is_as_usual(tmp_path: Path) -> None:
    assert read_settings({"HOME": str(tmp_path)}) == Settings()
    assert read_settings(home(tmp_path, "")).keymap == {}


def test_the_file_is_where_other_programs_have_theirs(tmp_path: Path) -> None:
    found = settings_path({"HOME": "/home/eva"})
    assert found == Path("/home/eva/.config/lar-debug/config.toml")
    # By the XDG rules a relative folder counts for nothing.
    assert settings_path({"HOME": "/home/eva", "XDG_CONFIG_HOME": "conf"}) == found
    named = tmp_path / "mine.toml"
    named.write_text('theme = "lar-light"')
    assert read_settings({"LAR_DEBUG_CONFIG": str(named)}).theme == "lar-light"


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"LAR_DEBUG_CONFIG names .*gone\.toml: no such file"):
        read_settings({"LAR_DEBUG_CONFIG": str(tmp_path / "gone.toml")})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# mine\n\ntheem = 'nord'", "config.toml:3: no setting 'theem'; there are keymap, editor"),
        ("theme = 'nice'", "config.toml:1: theme must be one of auto, lar-dark"),
        ("mouse = 'no'", "config.toml:1: mouse must be true or false"),
        ("editor = 1", "config.toml:1: editor must be a text in quotes"),
        ("attempt_timeout = 0", "config.toml:1: attempt_timeout must be a number of seconds from"),
        ("attempt_timeout = inf", "config.toml:1: attempt_timeout must be a number of seconds"),
        ("attempt_timeout = true", "config.toml:1: attempt_timeout must be a number of seconds"),
        ("bell_after = -1", "config.toml:1: bell_after must not be negative"),
        ("bell_after = nan", "config.toml:1: bell_after must not be negative"),
        ("on_save = 'run'", "config.toml:1: on_save must be one of rerun, mark"),
        ("keymap = 1", "config.toml:1: keymap must be a table"),
        ("mouse = true\n\n[keymap]\nstep.rerun = 5", "config.toml:4: the keys of step.rerun must"),
        ("mouse = true\nascii = ", "config.toml:2: "),
        ("mouse = true\nmouse = true", "config.toml:2: "),
        ("editor = '''\nvim\n'''\n\nascii = 2", "config.toml:5: ascii must be true or false"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_settings(text, "config.toml")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    environ = home(tmp_path, "")
    (tmp_path / "lar-debug" / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Problem, match=r"config\.toml: is no UTF-8 text"):
        read_settings(environ)


def test_the_docs_tell_of_every_setting_and_what_it_is_without_one() -> None:
    told = dict(re.findall(r"^## `(\w+)`\n\nWithout it: `([^`]*)`", DOCS.read_text(), re.MULTILINE))
    usual = Settings()
    forms = {True: "true", False: "false"}
    names = [one.name for one in fields(Settings) if one.name != "place"]
    expected = {name: getattr(usual, name) for name in names}
    assert told == {
        name: forms[value]
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else f'"{value}"'
        if isinstance(value, str)
        else "{}"
        for name, value in expected.items()
    }


def test_the_example_in_the_docs_can_be_used_as_it_is() -> None:
    examples = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert examples
    for text in examples:
        parse_settings(text, "docs/settings.md")
