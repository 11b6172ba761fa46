"""A job whose answer overtakes what it has printed."""

# ruff: noqa: ARG001 - every job has the same two arguments

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from typing import Any

PIPE_BYTES = 1 << 20


def fills_a_large_pipe(
    request: dict[str, Any], report: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Print more than one read takes, without waiting for a reader."""
    report({"pid": os.getpid()})
    fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    os.write(1, b"x" * PIPE_BYTES)
    return {}
