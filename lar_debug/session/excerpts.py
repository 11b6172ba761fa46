"""What of a step is worth taking elsewhere: its output as text, and the command that shows it.

Runs off the event loop; reads the recording, changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lar_debug.diff.paths import parse_path
from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution, Outcome
from lar_debug.session.recording import Recording
from lar_debug.session.references import command_line, short_ids
from lar_debug.session.value_text import pieces
from lar_debug.store.chunks import Ref
from lar_debug.store.parts import opened


def output_text(recording: Recording, execution: Execution) -> str:
    """What the step wrote: a text as it is, several keys as one JSON object; for a step that
    failed what is known of its end. Raises Problem when it wrote nothing."""
    if execution.outcome not in (Outcome.SUCCESS, Outcome.WAITING) or not execution.after:
        text = execution.traceback or execution.error
        if text:
            return text
        raise Problem(f"step {execution.step} has no output")
    changes = execution.changes
    hidden = recording.quiet_after(execution.after)
    keys = {*execution.written, *changes.added, *changes.updated} - hidden
    found = _keys(recording, execution.after, keys)
    if not found:
        raise Problem(f"step {execution.step} wrote nothing")
    value = next(iter(found.values())) if len(found) == 1 else found
    return "".join(pieces(recording.store.reader, value))


def state_text(recording: Recording, execution: Execution, place: str, *, before: bool) -> str:
    """One value of a state, or for no place all of it but the engine's bookkeeping. Raises
    Problem when it is not there."""
    left = execution.before if before else execution.after or execution.before
    reader = recording.store.reader
    if not place:
        hidden = recording.quiet_after(left)
        found = _keys(recording, left, None)
        return "".join(pieces(reader, {key: found[key] for key in found if key not in hidden}))
    try:
        return "".join(pieces(reader, reader.place(left, parse_path(place))))
    except KeyError:
        raise Problem(f"{place} is not in this state") from None


def _keys(recording: Recording, left: str, wanted: Collection[str] | None) -> dict[str, Any]:
    """Keys of a state, their values not yet read."""
    if not left:
        return {}
    whole = opened(recording.store.reader, Ref(bytes.fromhex(left)))
    parts = whole.parts() if whole is not None else ()
    return {str(key): value for key, value in parts if wanted is None or key in wanted}


def diff_command(
    recording: Recording, execution: Execution, base: int | None, since: int | None
) -> str:
    """What prints the diff that is shown; `base` None is the state before the step, `since` the
    other end of a range of steps."""
    name = _name(recording)
    here = f"{name}:{execution.step}"
    shown = f"{here}@{execution.attempt}" if execution.attempt else here
    if since is not None and since != execution.step:
        first, last = (shown, f"{name}:{since}")[:: 1 if since > execution.step else -1]
        return command_line(recording.store.path, "diff", f"{first}.before", f"{last}.after")
    if base is not None:
        return command_line(
            recording.store.path, "diff", f"{here}@{base}", f"{here}@{execution.attempt}"
        )
    if not execution.attempt:
        return command_line(recording.store.path, "diff", here)
    return command_line(recording.store.path, "diff", f"{shown}.before", f"{shown}.after")


def show_command(recording: Recording, execution: Execution, *options: str) -> str:
    """What prints the step itself."""
    words = ["show", _name(recording), "--step", str(execution.step), *options]
    if execution.attempt and "--attempts" not in options:
        words += ["--attempt", str(execution.attempt)]
    return command_line(recording.store.path, *words)


def _name(recording: Recording) -> str:
    return short_ids(recording.store.runs())[recording.run]
