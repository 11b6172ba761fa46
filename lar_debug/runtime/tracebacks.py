"""Tracebacks as the user's program would have had them: without the frames of lar-debug.

Standard library only; knows nothing of engines or stores.
"""

from __future__ import annotations

import os
import traceback
from types import TracebackType

OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

FRAME_LIMIT = 200
"""Frames kept of one traceback: enough for any graph, too few for a runaway recursion to flood."""


def is_own(file: str) -> bool:
    """True for a source file of lar-debug itself."""
    return file.startswith(OWN_FOLDER) or file.startswith("<frozen")


def without_own(trace: TracebackType | None) -> TracebackType | None:
    """The same traceback with the frames of lar-debug and of the import machinery left out."""
    kept: list[TracebackType] = []
    while trace is not None:
        if not is_own(trace.tb_frame.f_code.co_filename):
            kept.append(trace)
        trace = trace.tb_next
    rebuilt: TracebackType | None = None
    for entry in reversed(kept):
        rebuilt = TracebackType(rebuilt, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return rebuilt


def strip_own(error: BaseException) -> None:
    """Take the frames of lar-debug out of an exception and of those behind it, in place."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        current.__traceback__ = without_own(current.__traceback__)
        todo += [current.__cause__, current.__context__]


def describe(error: BaseException) -> str:
    """One line for an error: its class and its text ("KeyError: 'oder'")."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{name}: {text}" if text else name


def text_of(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames of lar-debug.

    The exception itself is left as it is: the program may still look at its frames.
    """
    try:
        report = traceback.TracebackException.from_exception(error, limit=-FRAME_LIMIT)
        _strip_report(report, set())
        return "".join(report.format())
    except Exception:
        return describe(error) + "\n"


def _strip_report(report: traceback.TracebackException | None, seen: set[int]) -> None:
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    report.stack[:] = [frame for frame in report.stack if not is_own(frame.filename)]
    _strip_report(report.__cause__, seen)
    _strip_report(report.__context__, seen)


def place_of(error: BaseException, roots: tuple[str, ...]) -> tuple[str, int] | None:
    """File and line of the innermost frame in the user's own code, None when there is none."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return error.filename, error.lineno
    found: tuple[str, int] | None = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(roots) and not is_own(file) and "site-packages" not in file:
            found = (file, trace.tb_lineno)
        trace = trace.tb_next
    return found
