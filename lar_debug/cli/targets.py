"""What a person can ask to run, made into the recorder's options. Reads no user code."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from lar_debug.model.problem import Problem


@dataclass(frozen=True)
class Target:
    """A script, or a graph in a file or module. `place` is where looking for a project starts."""

    written: str
    kind: str
    """script or target."""
    script: str
    """Absolute path of the file, or the dotted name of a module."""
    name: str
    place: Path

    @property
    def root(self) -> Path:
        """The folder that the user's own modules lie in."""
        return self.place if self.place.is_dir() else self.place.parent

    @property
    def as_python_gets_it(self) -> str:
        """The script as it was typed, for its sys.argv[0]; a graph's file by its whole path."""
        typed = self.written.endswith(".py") and str(Path(self.written).absolute()) == self.script
        return self.written if typed else self.script


def is_graph(written: object) -> bool:
    """Whether what a person named is a graph in a file or module, and no script."""
    return isinstance(written, str) and ":" in written and not Path(written).is_file()


def parse_target(written: str) -> Target:
    """Take SCRIPT.py, FILE.py:NAME or pkg.mod:NAME apart. Raises Problem."""
    if Path(written).is_file():
        path = Path(written).absolute()
        return Target(written, "script", str(path), "", path)
    script, colon, name = written.rpartition(":")
    if not colon:
        known = "no such file" if written.endswith(".py") else "no such script"
        raise Problem(f"{written}: {known}; give SCRIPT.py, FILE.py:NAME or pkg.mod:NAME")
    if not name.replace(".", "").isidentifier():
        raise Problem(f"{written}: {name!r} is no name of a graph; write {script}:NAME")
    if script.endswith(".py") or "/" in script:
        if not Path(script).is_file():
            raise Problem(f"{script}: no such file")
        path = Path(script).absolute()
        return Target(written, "target", str(path), name, path)
    return Target(written, "target", script, name, Path.cwd())


def graph_options(written: str) -> dict[str, Any]:
    """--graph: what the program that goes on is told of where the graph is now. Raises Problem."""
    target = parse_target(written)
    if target.kind != "target":
        raise Problem(f"--graph {written}: name the start node too, {written}:NAME")
    named = {"script": target.script, "name": target.name, "target": target.written}
    return {"kind": "target", **named}


def _no_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number there")


def parse_input(text: str | None) -> dict[str, Any]:
    """--input: a JSON object, or @FILE that holds one, or @- for stdin. Raises Problem."""
    if text is None:
        return {}
    where = text[1:] if text.startswith("@") else "--input"
    held = _read(where) if text.startswith("@") else text
    try:
        value: Any = json.loads(held, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise Problem(f"{where} is no JSON: {error}") from None
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise Problem(f"{where} must be a JSON object (the state at the start), not a {kind}")
    return value  # pyright: ignore[reportUnknownVariableType]


def _read(where: str) -> str:
    try:
        return sys.stdin.read() if where == "-" else Path(where).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise Problem(f"--input {where}: {reason}") from None
