"""A job that is begun before it is known what it has to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def job(
    request: dict[str, Any],
    report: Callable[[dict[str, Any]], None],
    wait: Callable[[], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    file = Path(request["file"])
    ahead = {"pid": os.getpid(), "then": file.read_text()} if wait else None
    if wait is not None:
        request = wait()
    report({"asked": request["asked"]})
    return {"pid": os.getpid(), "now": file.read_text(), "ahead": ahead}


def fails(request: dict[str, Any], *_: object) -> None:
    raise LookupError(f"nothing to begin with in {request}")
