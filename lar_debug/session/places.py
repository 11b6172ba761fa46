"""Which line of which file belongs to a step: where an editor is to open. Runs off the event loop.

Names files of the project only; a recording may name any path.
"""

from __future__ import annotations

import os
from pathlib import Path

from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution, FileUse
from lar_debug.model.views import Place
from lar_debug.session.attempted import LoadError
from lar_debug.session.comparison import Comparison, Side, own_source
from lar_debug.session.files_now import KeptFile
from lar_debug.session.prompts import in_user_prompt
from lar_debug.session.recording import Recording


def prompt_place(
    recording: Recording,
    execution: Execution,
    base: Execution | None,
    load_error: LoadError | None = None,
) -> Place:
    """What a person wants to edit next: the line that failed, else the prompt, else the node.

    Raises Problem with one line when there is none that may be opened.
    """
    if load_error is not None and load_error.file:
        return _inside(recording, load_error.file, load_error.line)
    if execution.error_at is not None:
        return _inside(recording, *execution.error_at)
    side = Side(recording, execution)
    prompts = [use for use in side.files.values() if side.is_prompt(use)]
    if not prompts:
        return source_place(recording, execution)
    prompts.sort(key=lambda use: not in_user_prompt(side.text(use), side.model_calls))
    edited = _edited(recording, execution, base)
    use = next((use for use in prompts if recording.shown_path(use.path) in edited), prompts[0])
    line = edited.get(recording.shown_path(use.path)) or _last_line(recording, use)
    return _inside(recording, use.path, line)


def source_place(recording: Recording, execution: Execution) -> Place:
    """Where the code of the step's node stands now. Raises Problem."""
    side = Side(recording, execution)
    for name, source in own_source(side).items():
        use = side.files.get(name)
        if use is not None:
            line = _line_now(KeptFile(recording, use), source.text, source.first_line)
            return _inside(recording, use.path, line)
    step = recording.step(execution.step)
    node = recording.nodes().get(step.node.address)
    file, _, line = (node.where if node is not None else "").rpartition(":")
    if not file or not line.isdecimal():
        raise Problem(f"step {step.step} {step.node.label}: no file is known to hold its node")
    return _inside(recording, os.path.join(recording.project, file), int(line))


def _edited(recording: Recording, execution: Execution, base: Execution | None) -> dict[str, int]:
    """The first changed line of each prompt that differs from the base, by shown path."""
    if base is None:
        return {}
    found: dict[str, int] = {}
    for cause in Comparison(recording, base, execution).causes():
        file, _, line = cause.where.rpartition(":")
        if cause.kind == "prompt" and line.isdecimal():
            found.setdefault(file, int(line))
    return found


def _last_line(recording: Recording, use: FileUse) -> int:
    """What is asked for stands at the end of most prompts."""
    file = KeptFile(recording, use)
    now = file.text if file.now is None else file.now.decode("utf-8", "replace")
    lines = now.rstrip().split("\n")
    return len(lines)


def _line_now(file: KeptFile, source: str, line: int) -> int:
    """Where a source stands in its file by now, by its first line where it was edited itself."""
    now = (file.now or b"").decode("utf-8", "replace").replace("\r\n", "\n")
    at = now.find(source.replace("\r\n", "\n"))
    if at >= 0:
        return now.count("\n", 0, at) + 1
    first = source.split("\n", 1)[0].strip()
    alike = [number for number, text in enumerate(now.split("\n"), 1) if text.strip() == first]
    return min(alike, key=lambda number: abs(number - line), default=line)


def _inside(recording: Recording, path: str, line: int) -> Place:
    """The place, if its file is the project's and there. Raises Problem."""
    shown = recording.shown_path(path)
    try:
        target = KeptFile(recording, FileUse(path, "r")).target
        exists = target is not None and target.is_file()
    except (OSError, ValueError):
        raise Problem(f"{shown} is no file that can be opened") from None
    if target is None:
        raise Problem(f"{shown} lies outside the project: it is not opened from here")
    if not exists:
        raise Problem(f"{shown} is gone")
    return Place(str(Path(os.path.abspath(path))), max(1, line), shown)
