"""What stands in the place of the cause for a recorded step, which has no base to differ from."""

from __future__ import annotations

from lar_debug.model.document import CauseBlock, CauseDocument, Kept
from lar_debug.model.records import Execution, Outcome
from lar_debug.session.comparison import Side
from lar_debug.session.elsewhere import why_no_code
from lar_debug.session.prompts import in_user_prompt
from lar_debug.session.recording import Recording

PROMPT_LINES = 4
"""Of a prompt its last lines: what is asked for stands at the end of most."""


def recorded_cause(recording: Recording, execution: Execution) -> CauseDocument:
    """Which prompt a step came from, and that editing it runs the step; not while it is still
    running itself."""
    if execution.outcome is Outcome.RUNNING:
        return CauseDocument("", "", "", "")
    side = Side(recording, execution)
    [line] = recording.summaries(execution.step, execution.step)
    # A step that reached the outside is only marked by a save.
    save = "save, r" if line.effects else "save"
    again = f"edit it and {save}: step {execution.step} runs again, alone"
    # A system text that several nodes share is less likely to be what is wrong.
    prompts = [(name, use) for name, use in side.files.items() if side.is_prompt(use)]
    prompts.sort(key=lambda one: not in_user_prompt(side.text(one[1]), side.model_calls))
    if not prompts and recording.imported:
        return _of_a_file(side)
    if not prompts:
        return CauseDocument(again.replace("edit it", "edit the node"), "", "", "")
    name, use = prompts[0]
    block = CauseBlock(name, pieces=(_last_lines(side.text(use)),))
    return CauseDocument(f"prompt of this step: {name}", "edit it and save", again, "", (block,))


def _of_a_file(side: Side) -> CauseDocument:
    """A file of another program has the prompt as it was sent, and no code."""
    step, info = side.execution.step, side.recording.info
    again = "" if why_no_code(info) else f"r runs step {step} again, alone"
    calls = side.model_calls
    if not calls or not calls[0].prompt:
        unrun = side.execution.outcome is Outcome.NOT_RUN
        return CauseDocument(again or ("" if unrun else "as it stands in its file"), "", "", "")
    block = CauseBlock("prompt", pieces=(_last_lines(calls[0].prompt),))
    return CauseDocument("the prompt as it was sent", again, again, "", (block,))


def _last_lines(text: str) -> Kept:
    lines = text.splitlines()
    # The dock may have four rows.
    first = max(0, len(lines) - PROMPT_LINES)
    return Kept(first + 1, first + 1, tuple(lines[first:]))
