"""A person's own settings: one file, read once at the start, then frozen.

The file is `$XDG_CONFIG_HOME/lar-debug/config.toml`, or what LAR_DEBUG_CONFIG names. What is
wrong in it is told with its line, before anything starts. Standard library only; the keys that a
keymap may name are checked where the keys are (shell/keymap.py). May not know Textual.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from lar_debug.model.problem import Problem

VARIABLE = "LAR_DEBUG_CONFIG"

ATTEMPT_TIMEOUT = 120.0
"""Seconds for one attempt, a slow model's answer included, where nobody said another number."""

OWN_THEMES = ("auto", "lar-dark", "lar-light", "ansi-dark", "ansi-light")
OTHER_THEMES = (
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "textual-dark",
    "textual-light",
    "tokyo-night",
)
DIFF_COLORS = ("blue-orange", "green-red")
ON_SAVE = ("rerun", "mark")

_PLACE = re.compile(r" \(at line (\d+), column \d+\)| \(at end of document\)")


@dataclass(frozen=True)
class Written:
    """Where settings were read, to point at a line of it. `file` is as people write it."""

    file: str = ""
    text: str = ""

    def problem(self, said: str, *path: str) -> Problem:
        """What is wrong with the setting at `path`, as one line that leads there."""
        return Problem(f"{self.file}:{line_of(self.text, path) or 1}: {said}")

    def key_problem(self, key_id: str, said: str) -> Problem:
        """What is wrong with the keys of one id in the keymap, however the id is written."""
        quoted = ("keymap", key_id)
        written = quoted if line_of(self.text, quoted) else ("keymap", *key_id.split("."))
        return self.problem(said, *written)


@dataclass(frozen=True)
class Settings:
    """All settings, as they are without a file. docs/settings.md tells of each."""

    keymap: Mapping[str, str] = field(default_factory=dict[str, str])
    editor: str = ""
    pager: str = ""
    theme: str = "auto"
    diff_colors: str = "blue-orange"
    on_save: str = "rerun"
    attempt_timeout: float = ATTEMPT_TIMEOUT
    ascii: bool = False
    mouse: bool = True
    bell_after: float = 10.0
    place: Written = Written()
    """Not a setting: where they come from."""


def settings_path(environ: Mapping[str, str]) -> Path:
    """Where the settings are, whether or not there are any."""
    if named := environ.get(VARIABLE):
        return Path(named).expanduser()
    # As the XDG rules have it, a relative path counts for nothing.
    base = environ.get("XDG_CONFIG_HOME", "")
    folder = Path(base) if os.path.isabs(base) else Path(environ.get("HOME", "~")) / ".config"
    return folder.expanduser() / "lar-debug" / "config.toml"


@lru_cache(maxsize=1)
def own_settings() -> Settings:
    """The settings of the person who started this process, read once. Raises Problem."""
    return read_settings(os.environ)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in the file that `environ` leads to; those without one. Raises Problem."""
    path = settings_path(environ)
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        if environ.get(VARIABLE):
            raise Problem(f"{VARIABLE} names {path}: no such file") from None
        return Settings()
    except UnicodeDecodeError:
        raise Problem(f"{path}: is no UTF-8 text") from None
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}") from None
    return parse_settings(text, _shown(path, environ))


def parse_settings(text: str, file: str) -> Settings:
    """The settings that stand in `text`. Raises Problem with `file` and the line."""
    # Most people have no such file, and every start would pay for it.
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _PLACE.search(str(error))
        line = match[1] if match and match[1] else str(text.count("\n") + 1)
        said = _PLACE.sub("", str(error))
        raise Problem(f"{file}:{line}: {said}") from None
    place = Written(file, text)
    taken: dict[str, Any] = {}
    for name, value in found.items():
        if name == "keymap":
            taken[name] = _keymap(value, place)
        elif name not in _CHECKS:
            known = ", ".join(("keymap", *_CHECKS))
            raise place.problem(f"no setting {name!r}; there are {known}", name)
        else:
            try:
                taken[name] = _CHECKS[name](value)
            except ValueError as error:
                raise place.problem(f"{name} {error}", name) from None
    return Settings(**taken, place=place)


def line_of(text: str, path: tuple[str, ...]) -> int:
    """The line, from 1, on which the value at `path` begins in a TOML text; 0 without it.

    The standard library tells no lines: the text is read up to each line until the value is there.
    """
    import tomllib

    lines = text.split("\n")
    whole = 0
    for count in range(1, len(lines) + 1):
        try:
            found: Any = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        for name in path:
            found = cast("dict[str, Any]", found).get(name) if isinstance(found, dict) else None
        if found is not None:
            return whole + 1
        whole = count
    return 0


def _shown(path: Path, environ: Mapping[str, str]) -> str:
    home = environ.get("HOME", "")
    try:
        return f"~/{path.relative_to(home)}" if home else str(path)
    except ValueError:
        return str(path)


def _is_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text in quotes")
    return value


def _is_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _one_of(*names: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return value

    return check


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("must be a number of seconds")
    if not value >= 0:
        raise ValueError("must not be negative")
    return float(value)


def _some_seconds(value: object) -> float:
    seconds = _seconds(value)
    if seconds < 0.05 or math.isinf(seconds):
        raise ValueError("must be a number of seconds from 0.05 up")
    return seconds


def _keymap(value: object, place: Written) -> dict[str, str]:
    """Keys by the id of what they do. An id may be quoted, or written as TOML's dotted key."""
    if not isinstance(value, dict):
        raise place.problem('keymap must be a table: "step.rerun" = "f5"', "keymap")
    keymap: dict[str, str] = {}
    for name, keys in cast("dict[str, object]", value).items():
        inner = cast("dict[str, object]", keys) if isinstance(keys, dict) else {"": keys}
        for rest, given in inner.items():
            key_id = f"{name}.{rest}" if rest else name
            if not isinstance(given, str):
                raise place.key_problem(key_id, f"the keys of {key_id} must be a text in quotes")
            keymap[key_id] = given
    return keymap


_CHECKS: dict[str, Callable[[object], Any]] = {
    "editor": _is_text,
    "pager": _is_text,
    "theme": _one_of(*OWN_THEMES, *OTHER_THEMES),
    "diff_colors": _one_of(*DIFF_COLORS),
    "on_save": _one_of(*ON_SAVE),
    "attempt_timeout": _some_seconds,
    "ascii": _is_flag,
    "mouse": _is_flag,
    "bell_after": _seconds,
}
