"""Jobs that behave."""

# ruff: noqa: ARG001 - every job has the same two arguments

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

counter = 0

Report = Callable[[dict[str, Any]], None]


def where(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Who and where this process is."""
    report({"session": os.getsid(0)})
    return {
        "request": request,
        "python": list(sys.version_info[:2]),
        "cwd": os.getcwd(),
        "path": sys.path,
        "modules": sorted(sys.modules),
        "parent": os.getppid(),
        "environ": {name: os.environ.get(name) for name in request.get("names", [])},
    }


def speak(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Print in every way there is."""
    import ctypes

    print("from print")
    sys.stderr.write("from stderr\n")
    os.write(1, b"from os.write\n")
    sys.stdout.flush()
    ctypes.CDLL(None).printf(b"from printf\n")
    os.system("echo from a shell")
    print("no newline", end="")
    return {}


def change_everything(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Change what a process shares with no other, and wait until another has done so as well."""
    global counter
    counter += 1
    os.environ["LAR_DEBUG_TEST_NAME"] = request["name"]
    os.chdir(request["folder"])
    sys.path.append(request["name"])
    report({"changed": request["name"]})
    with open(request["gate"], "rb", buffering=0) as gate:
        gate.read(1)
    return {
        "counter": counter,
        "name": os.environ["LAR_DEBUG_TEST_NAME"],
        "folder": os.getcwd(),
        "last": sys.path[-1],
    }


def random_number(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """A number that differs between two attempts, as between two runs of a script."""
    return {"number": importlib.import_module(request["module"]).random()}


def preloaded(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Which of the modules were there before the job."""
    return {"there": [name for name in request["modules"] if name in sys.modules]}
