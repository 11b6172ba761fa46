"""Which Python runs a person's code, and what is installed there.

The debugger may live in an environment of its own; the person's graph runs in theirs. May
start that Python for a look, but imports nothing of theirs and no engine.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lar_debug.model.problem import Problem
from lar_debug.store.location import project_root, shown

OLDEST = (3, 10)
"""The oldest Python on which the runtime works."""

TIMEOUT = 10.0
"""Seconds for a Python to start and answer."""

_OTHER = "other: --python PATH"
_ENVIRONMENTS = (".venv", "venv")
_PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"
_MARK = "lar-debug-python:"

# Python 2 must be able to read it, to say that it is too old. `-c` puts the current folder first
# on sys.path: a json.py there must not be imported, but a package beside the script is found.
_PROBE = f"""
import sys
sys.path[:] = [entry for entry in sys.path if entry]
import json
found = {{"version": list(sys.version_info[:3]), "prefix": sys.prefix}}
if sys.version_info >= {OLDEST!r}:
    from importlib.metadata import PackageNotFoundError, version
    from importlib.util import find_spec
    def installed(name):
        try:
            return version(name)
        except PackageNotFoundError:
            return ""
    sys.path[:0] = sys.argv[1:]
    spec = find_spec("lar")
    found["lar"] = spec is not None and spec.origin is not None
    found["lar_version"] = installed("lar-engine") if found["lar"] else ""
    found["langgraph"] = bool(installed("langgraph"))
sys.stdout.write("\\n{_MARK}" + json.dumps(found) + "\\n")
"""


class InterpreterError(Problem):
    """No Python that can run the person's code; one line that says what to do."""


class Probe(NamedTuple):
    """What a Python says of itself, with nothing of its packages imported.

    `version` is "3.11.7"; `lar_version` that of lar-engine, "" without it and for a copy of
    its source that is not installed; `prefix` its environment (sys.prefix).
    """

    version: str
    has_lar: bool
    lar_version: str
    has_langgraph: bool
    prefix: str


class Found(NamedTuple):
    """The Python for a target; `why` says where it was found, in words for people.

    `path` is absolute and not resolved: a link in an environment is that environment's Python.
    """

    path: Path
    why: str
    chosen: bool
    probe: Probe

    @property
    def version(self) -> str:
        return self.probe.version


def find_interpreter(target: Path, *, chosen: str | None, environ: Mapping[str, str]) -> Found:
    """The Python that runs `target` (a script or a folder), looked at once.

    `chosen` (--python: a path, an environment's folder or a command) comes first, then
    $VIRTUAL_ENV, then `.venv` or `venv` beside the target or above it within its project, then
    the debugger's own. The first that is there is it, or the error: none is passed over because
    it does not work. Raises InterpreterError.
    """
    folder = target if target.is_dir() else target.parent
    path, why = _locate(folder, chosen, environ)
    return Found(path, why, bool(chosen), probe(path, beside=folder, environ=environ))


def locate_interpreter(target: Path, *, chosen: str | None, environ: Mapping[str, str]) -> Path:
    """The same Python, not started: for the screen, which waits for nobody's interpreter.

    Raises InterpreterError when there is nothing that could be run.
    """
    path, _ = _locate(target if target.is_dir() else target.parent, chosen, environ)
    _check_runnable(path)
    return path


def require_lar(found: Found) -> None:
    """Raises InterpreterError, with what to do, when there is no lar-engine in `found`."""
    if found.probe.has_lar:
        return
    where = shown(found.path)
    if found.chosen:
        raise InterpreterError(f"no lar-engine in {where} ({found.why}); install it there")
    raise InterpreterError(f"no lar-engine in {where} ({found.why}); {_OTHER}")


def probe(
    path: Path,
    *,
    beside: Path | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Probe:
    """Start the Python at `path` and ask what it is, as it would run a script in `beside`.

    Raises InterpreterError when it is not there, cannot be run, is no Python or an old one, or
    does not answer within `timeout` seconds.
    """
    _check_runnable(path)
    output, complaint, code = _ask(path, beside, environ, timeout)
    found = _answer(output)
    if found is None:
        why = complaint or (f"it ended with {code}" if code else "it did not answer")
        raise InterpreterError(f"{shown(path)} does not work as a Python: {why}; {_OTHER}")
    version = ".".join(str(part) for part in found["version"])
    if tuple(found["version"][:2]) < OLDEST:
        oldest = ".".join(str(part) for part in OLDEST)
        raise InterpreterError(
            f"{shown(path)} is Python {version}, {oldest} or newer is needed; {_OTHER}"
        )
    return Probe(version, found["lar"], found["lar_version"], found["langgraph"], found["prefix"])


def _locate(folder: Path, chosen: str | None, environ: Mapping[str, str]) -> tuple[Path, str]:
    if chosen:
        return _chosen_python(chosen, environ), "given with --python"
    active = environ.get("VIRTUAL_ENV")
    if active:
        return Path(os.path.abspath(active)) / _PYTHON, "looked in $VIRTUAL_ENV first"
    for place in _places(folder):
        for name in _ENVIRONMENTS:
            python = place / name / _PYTHON
            # A link to a Python that is gone is found too: it has to be told, not passed over.
            if os.path.lexists(python):
                return python, "looked there first"
    if not sys.executable:
        raise InterpreterError(f"found no Python for {shown(folder)}; {_OTHER}")
    return Path(sys.executable), "the debugger's own, there is no .venv in the project"


def _places(folder: Path) -> Iterator[Path]:
    """`folder` and those above it up to the project's root; `folder` alone outside a project."""
    folder = Path(os.path.abspath(folder))
    yield folder
    root = project_root(folder)
    if root is None:
        return
    folder = folder.resolve()
    while folder != root:
        folder = folder.parent
        yield folder


def _chosen_python(chosen: str, environ: Mapping[str, str]) -> Path:
    path = Path(os.path.abspath(os.path.expanduser(chosen)))
    if path.is_dir():
        return path / _PYTHON
    if os.sep in chosen or path.exists():
        return path
    command = shutil.which(chosen, path=environ.get("PATH"))
    if command is None:
        raise InterpreterError(f"--python {chosen}: there is no such file and no such command")
    return Path(os.path.abspath(command))


def _check_runnable(path: Path) -> None:
    if not path.exists():
        if path.is_symlink():
            raise InterpreterError(
                f"{shown(path)} is a link to {os.path.realpath(path)}, which is gone: make the "
                f"environment again; {_OTHER}"
            )
        raise InterpreterError(f"there is no Python at {shown(path)}; {_OTHER}")
    if not path.is_file() or not os.access(path, os.X_OK):
        raise InterpreterError(f"{shown(path)} cannot be run (no executable file); {_OTHER}")


def _ask(
    path: Path, beside: Path | None, environ: Mapping[str, str] | None, timeout: float
) -> tuple[str, str, int]:
    """What the probe printed, the last line of its complaints, and its exit code."""
    command = [str(path), "-c", _PROBE, *([os.path.abspath(beside)] if beside else [])]
    environment = {**(os.environ if environ is None else environ), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        # A session of its own: what a wrapper script started can be ended with it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,
        )
    except OSError as error:
        raise InterpreterError(f"{shown(path)} cannot be run: {error.strerror}; {_OTHER}") from None
    with process:
        try:
            output, complaint = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise InterpreterError(
                f"{shown(path)} did not answer within {timeout:g} s; {_OTHER}"
            ) from None
        finally:
            # After Ctrl-C too; once it has ended its number may be another process's.
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
    lines = complaint.strip().splitlines()
    return output, lines[-1][:200] if lines else "", process.wait()


def _answer(output: str) -> dict[str, Any] | None:
    """The probe's own line: start-up files of an environment may print others."""
    for line in output.splitlines():
        if line.startswith(_MARK):
            answer: dict[str, Any] = json.loads(line.removeprefix(_MARK))
            return answer
    return None
