"""The program that shows a long text: the setting, $PAGER, or what the machine has."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from lar_debug.model.problem import Problem
from lar_debug.settings import settings_path
from lar_debug.shell.editor import Command

_USUAL = ("less", "more")


def pager_command(setting: str, environ: Mapping[str, str], file: Path) -> Command:
    """The command that shows a file. Raises Problem when there is none."""
    sources = (("pager", setting), ("$PAGER", environ.get("PAGER", "")))
    source, written = next((one for one in sources if one[1].strip()), ("", ""))
    path = environ.get("PATH")
    if not source:
        for name in _USUAL:
            if (found := shutil.which(name, path=path)) is not None:
                return Command(name, (found, str(file)), own_window=False)
        raise Problem(f"no pager is known: set $PAGER, or pager in {settings_path(environ)}")
    try:
        words = shlex.split(written)
    except ValueError as error:
        raise Problem(f"{source} is {written!r}: {error}") from None
    program = shutil.which(words[0], path=path) if words else None
    if program is None:
        raise Problem(f"{source} is {written!r}: no such program")
    return Command(Path(words[0]).name, (program, *words[1:], str(file)), own_window=False)
