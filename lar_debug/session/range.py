"""The difference that several steps made together: from the state before the first of them to the
state after the last. Runs off the event loop; reads the recording, changes nothing."""

from __future__ import annotations

from dataclasses import replace

from lar_debug.diff.build import build
from lar_debug.diff.verdict import verdict_of_recording
from lar_debug.model.changes import Span
from lar_debug.model.document import CauseDocument, Document
from lar_debug.model.records import Execution
from lar_debug.model.views import StepView
from lar_debug.session.recording import Recording


def over_range(recording: Recording, view: StepView, since: int, execution: Execution) -> StepView:
    """The view of a step as the end (or the beginning) of a range that was begun at `since`.

    `execution` is what is shown of the step. Raises Problem.
    """
    first, last = sorted((since, execution.step))
    other = recording.execution(since, 0)
    begin, end = (execution, other) if since > execution.step else (other, execution)
    document = _document(recording, begin, end)
    name = f"step{'' if first == last else 's'} {first}" + ("" if first == last else f"..{last}")
    told = verdict_of_recording(document)
    strip = view.strip._replace(
        chips=tuple(chip._replace(base=False, held=False) for chip in view.strip.chips)
    )
    return view._replace(
        note=f"{name}, v ends the range",
        strip=strip,
        verdict=(Span(f"{name}  ", "strong"), *told),
        diff=document,
        cause=CauseDocument(f"{name} together", "", "", "what went in is told of one step: v"),
    )


def _document(recording: Recording, begin: Execution, end: Execution) -> Document:
    both = begin.before, end.after or end.before
    states = recording.beside(*both, (*begin.marks, *end.marks))
    document = build(*states, hidden=recording.quiet_after(*both))
    # Nothing on the screen shows the changed values themselves, and they may be megabytes.
    changes = tuple(change._replace(old=None, new=None) for change in document.changes)
    return replace(document, changes=changes)
