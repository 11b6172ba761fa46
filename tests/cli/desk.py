"""A person at a command line: a folder, an environment of their own, and lar-debug to call."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tests.forks import server

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_graphs"
GRAPHS = ROOT / "tests" / "runtime" / "graphs"
COMMAND = (sys.executable, "-m", "lar_debug")
PATIENCE = 60.0
"""Seconds until a test gives up on a program that must end."""


@dataclass(frozen=True)
class Said:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out, parse_constant=_no_json)

    @property
    def complaint(self) -> str:
        """The one line that lar-debug says when it refuses."""
        lines = [line for line in self.err.split("\n") if line]
        assert len(lines) == 1, self.err
        return lines[0]


def _no_json(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def _said(code: int, out: bytes, err: bytes) -> Said:
    return Said(128 - code if code < 0 else code, out.decode(), err.decode())


def environment(home: Path) -> dict[str, str]:
    """The environment of a person whose key and caches are in `home`."""
    own = ("STORE", "KEY_FILE", "CONFIG")
    left_out = {*(f"LAR_DEBUG_{name}" for name in own), "VIRTUAL_ENV", "PYTHONPATH", "COLUMNS"}
    left_out |= {"EDITOR", "VISUAL", "PAGER"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(ROOT),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@dataclass
class Desk:
    """A folder with a program in it."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def new(cls, base: Path, program: Path | None = None) -> Desk:
        """An own home, and a folder with a copy of `program` (a folder, or nothing)."""
        folder = base / "project"
        home = base / "home"
        home.mkdir()
        if program is None:
            folder.mkdir()
        else:
            ignored = shutil.ignore_patterns("__pycache__", "lar_logs", "logs", ".lar-debug")
            shutil.copytree(program, folder, ignore=ignored)
        return cls(folder, environment(home))

    @property
    def store(self) -> Path:
        return self.folder / ".lar-debug" / "recordings.db"

    def lar_debug(
        self, *arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None
    ) -> Said:
        """Run it to its end, in a process that is forked instead of started: tests/forked.py."""
        with server.way() as way:
            return self._forked("command", arguments, environ, stdin, way.fileno())

    def script(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Said:
        """Run a script that imports the engine, without us, in such a process."""
        return self._forked("script", arguments, environ)

    def _forked(
        self,
        what: str,
        arguments: Sequence[str],
        environ: Mapping[str, str] | None,
        stdin: str = "",
        way: int | None = None,
    ) -> Said:
        with ExitStack() as files:
            given, out, err = (files.enter_context(TemporaryFile()) for _ in range(3))
            given.write(stdin.encode())
            given.seek(0)
            pid = server.start(
                *(f"tests.forked:{what}", arguments),
                cwd=self.folder,
                streams=(given.fileno(), out.fileno(), err.fileno()),
                environ={**self.environ, **(environ or {})},
                channel=way,
            )
            code = server.wait(pid, PATIENCE)
            for file in (out, err):
                file.seek(0)
            return _said(code, out.read(), err.read())

    def started(
        self, *arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None
    ) -> Said:
        """Run it to its end as a person starts it, with pipes."""
        return self.call([*COMMAND, *arguments], stdin=stdin, environ=environ)

    def python(self, *arguments: str, stdin: str = "") -> Said:
        """Run a script as it is."""
        return self.call([sys.executable, *arguments], stdin=stdin)

    def call(
        self, command: Sequence[str], *, stdin: str = "", environ: Mapping[str, str] | None = None
    ) -> Said:
        ended = subprocess.run(
            command,
            input=stdin.encode(),
            capture_output=True,
            cwd=self.folder,
            env={**self.environ, **(environ or {})},
            timeout=PATIENCE,
            check=False,
        )
        return _said(ended.returncode, ended.stdout, ended.stderr)

    def begin(
        self,
        *arguments: str,
        stdout: int | None = None,
        stderr: int | None = None,
        bufsize: int = -1,
        session: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start it and go on; in a `session` of its own it has no terminal."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self.environ,
            stdout=stdout,
            stderr=stderr,
            bufsize=bufsize,
            start_new_session=session,
        )

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def copy_of_store(self, to: Path) -> Path:
        """The recordings once more: a test may do to them what it likes."""
        shutil.copyfile(self.store, to)
        return to
