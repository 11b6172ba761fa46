"""Text for the clipboard: through the terminal (OSC 52), or into a file where that cannot be.

What is copied is recorded text, and is cleaned before any terminal or file gets it. Knows no
session and no screen.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress

from lar_debug.model.problem import Problem
from lar_debug.text import clean

MOST_BYTES = 64 << 10
"""Terminals drop longer texts, some without a word."""

_WITHOUT = ("dumb", "linux")
_TMUX_SECONDS = 5


def terminal_takes(environ: Mapping[str, str]) -> bool:
    """Whether the terminal may have a clipboard that we reach; none tells for sure."""
    if environ.get("TMUX"):
        return True
    apple = environ.get("TERM_PROGRAM") == "Apple_Terminal"
    return environ.get("TERM", "") not in _WITHOUT and not apple


def osc52(data: bytes, environ: Mapping[str, str]) -> str:
    """What makes the terminal take `data` over; inside tmux also handed through to the one
    around it, for which tmux wants it wrapped."""
    plain = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    if not environ.get("TMUX"):
        return plain
    return f"{plain}\x1bPtmux;{plain.replace(chr(27), chr(27) * 2)}\x1b\\"


def to_tmux(data: bytes, environ: Mapping[str, str]) -> None:
    """Into tmux's own buffer, from where it tells its terminal: as it comes, tmux lets no program
    inside it do either. What goes wrong there leaves the other ways."""
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            ("tmux", "load-buffer", "-w", "-"),
            input=data,
            env=environ,
            capture_output=True,
            timeout=_TMUX_SECONDS,
            check=False,
        )


def to_file(data: bytes) -> str:
    """Into a new file for this user alone; its path. Raises Problem."""
    try:
        descriptor, path = tempfile.mkstemp(prefix="lar-debug-copied-", suffix=".txt")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise Problem(f"nothing was copied: {error.strerror}") from None
    return path


def cleaned(text: str) -> bytes:
    """Recorded text as it may leave us: only newlines and tabs are left of the control codes."""
    return clean(text).encode("utf-8", "replace")
