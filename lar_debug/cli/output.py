"""What the command line prints: lines cleaned at the door, or one JSON document."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

from lar_debug.model.problem import Problem
from lar_debug.text import clean_line, in_ascii


class ReaderGone(Exception):
    """Whoever read our output (head, less) has gone: there is nothing left to do."""


def say(line: str) -> None:
    """A line for a person, on stderr: stdout stays free for what was asked for."""
    print(clean_line(line), file=sys.stderr, flush=True)


def show(lines: Iterable[str], *, ascii: bool = False) -> None:
    """The lines that were asked for, one row each; `ascii` draws our own signs without Unicode."""
    with _to_stdout():
        for line in lines:
            shown = clean_line(line)
            print(in_ascii(shown) if ascii else shown)


def show_text(parts: Iterable[str]) -> None:
    """ASCII text that goes out as it is, part by part: a file for another program."""
    with _to_stdout():
        for part in parts:
            sys.stdout.write(part)
        sys.stdout.flush()


def show_json(document: Any, *, one_line: bool = False) -> None:
    """One JSON document, ASCII only, so that no recorded text reaches the terminal raw."""
    with _to_stdout():
        print(json.dumps(document, indent=None if one_line else 2, allow_nan=False), flush=True)


def flush() -> None:
    """Write what is still held back. Raises as `show` does."""
    with _to_stdout():
        sys.stdout.flush()


def text_lines(text: str, indent: str = "") -> list[str]:
    """The lines of a recorded text. Only newlines end one: what else does stays to be seen."""
    lines = text.split("\n")
    if len(lines) > 1 and not lines[-1]:
        del lines[-1]
    return [indent + line for line in lines]


@contextmanager
def _to_stdout() -> Generator[None, None, None]:
    """Raises ReaderGone when nobody reads, Problem when stdout cannot be written."""
    try:
        yield
    except OSError as error:
        # What Python still holds back must not fail once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if isinstance(error, BrokenPipeError):
            raise ReaderGone from None
        raise Problem(f"stdout cannot be written: {error.strerror}") from None
