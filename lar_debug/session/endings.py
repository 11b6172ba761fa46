"""How an execution that did not simply succeed is told: failed, stopped, died, waiting.

Reads the recording only; shared by the command line and the screen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lar_debug.diff.brief import brief
from lar_debug.model.changes import Span, Tone
from lar_debug.model.document import Block, Document, TreeRow
from lar_debug.model.records import Execution, Outcome
from lar_debug.model.threads import Question, questions_in
from lar_debug.session.attempted import LoadError
from lar_debug.session.recording import Recording

CODE_AROUND = 2
BRIEF_CELLS = 60
MOST_ERROR_LINES = 40

_FRAME = re.compile(r'^ *File "(?P<file>.*)", line (?P<line>\d+), in (?P<name>.+)$', re.MULTILINE)
_RAISED = re.compile(r"[\w.]+(Error|Exception|Exit|Interrupt): ")
"""What code raised while it was loaded names its type; what does not parse has only a message."""

_WORDS = {
    Outcome.ERROR: "failed",
    Outcome.TIMEOUT: "timed out",
    Outcome.SUPERSEDED: "stopped",
    Outcome.WAITING: "waits for a person",
}

_WAITED = "waited for a person"
_NOT_RUN = "not run yet"


def ending_spans(recording: Recording, execution: Execution) -> tuple[Span, ...]:
    """ "failed: KeyError: 'oder' in prepare, answering.py:38", for all but a success."""
    outcome = execution.outcome
    if outcome is Outcome.WAITING:
        asked = "; ".join(one.question for one in questions_in(execution.note) if one.question)
        over = execution.attempt == 0 and not _is_last(recording, execution)
        told = _WAITED if over else _WORDS[outcome]
        return (Span(": ".join(filter(None, (told, asked))), "note"),)
    if outcome is Outcome.CRASHED and execution.attempt == 0:
        return (Span(recording.death(execution.started, execution.error), "error"),)
    if outcome is Outcome.RUNNING:
        return (Span("running", "note"),)
    if outcome is Outcome.NOT_RUN:
        return (Span(_NOT_RUN, "note"),)
    error = execution.error.splitlines()[0] if execution.error else ""
    told = ": ".join(filter(None, (_WORDS.get(outcome, outcome.value), error)))
    return (Span(told + _place(recording, execution), "error"),)


def _place(recording: Recording, execution: Execution) -> str:
    """ " in prepare, answering.py:38" """
    if execution.error_at is None:
        return ""
    file, line = execution.error_at
    where = f"{recording.shown_path(file)}:{line}"
    for frame in reversed(list(_FRAME.finditer(execution.traceback))):
        if frame["file"] == file and int(frame["line"]) == line and frame["name"] != "<module>":
            return f" in {frame['name']}, {where}"
    return f", {where}"


def last_good(execution: Execution, shown: Sequence[Execution]) -> tuple[Span, ...]:
    """ "last good #3 is one h away", for a failed one of the executions that are `shown`."""
    ran_well = (Outcome.SUCCESS, Outcome.WAITING, Outcome.RUNNING, Outcome.NOT_RUN)
    if execution.outcome in ran_well:
        return ()
    before = [one for one in shown if one.attempt < execution.attempt]
    for away, one in enumerate(reversed(before), 1):
        if one.outcome is Outcome.SUCCESS:
            words = f"last good #{one.attempt} is {'one' if away == 1 else away} h away"
            return (Span(" | ", "dim"), Span(words))
    return ()


def ending_document(
    recording: Recording, execution: Execution, texts: Mapping[str, str]
) -> Document:
    """What there is to see of an execution without an output.

    `texts` are the user's sources by path, as they were when it ran.
    """
    if execution.outcome is Outcome.WAITING:
        return Document(tuple(_question(recording, execution)))
    if execution.outcome is Outcome.RUNNING:
        return Document((_row("it runs; what it writes is here when it has ended", tone="dim"),))
    if execution.outcome is Outcome.NOT_RUN:
        return Document((_row(f"r runs step {execution.step} from the imported state"),))
    if execution.outcome is Outcome.CRASHED and execution.attempt == 0:
        step = execution.step
        rows = [_row(f"state before step {step} is safe | r runs step {step} alone, here")]
        if _is_last(recording, execution):
            info = recording.info
            what = "the run" if info.thread == info.run else f"thread {info.thread}"
            rows.append(_row(f"c resumes {what} from step {step}"))
        elif again := _next_try(recording, execution):
            rows.append(_row(f"it was resumed: step {again} ran this node again"))
        return Document(tuple(rows))
    code = _code(execution, texts)
    error = execution.error.splitlines()
    # One line stands in the verdict already.
    rows: list[Block] = [_row(line, "!", "error") for line in error[:MOST_ERROR_LINES]]
    return Document((*code, *(rows if len(error) > 1 or not code else ())))


def _is_last(recording: Recording, execution: Execution) -> bool:
    """True where the run stands: nobody has gone on from there yet."""
    return execution.attempt == 0 and execution.step == recording.step_numbers().stop - 1


def _next_try(recording: Recording, execution: Execution) -> int | None:
    """The step that ran a recorded one again after a resume, None where there is none."""
    if execution.attempt:
        return None
    number = recording.step(execution.step).engine_step
    tries = recording.store.tries(recording.run, number)
    return next((step for step in tries if step > execution.step), None)


def load_error_words(
    recording: Recording, error: LoadError, newest: int
) -> tuple[str, tuple[str, ...]]:
    """What is wrong with code that cannot be loaded, and that attempt `newest` stays; then the
    same in fewer words."""
    where = f"{recording.shown_path(error.file)}:{error.line}  " if error.file else ""
    good = "loads" if _RAISED.match(error.message) else "parses"
    wrong = f"{where}{error.message}"
    stays = f"{wrong}. Not run, #{newest} stays"
    return f"{stays}; the next save that {good} runs.", (stays, f"{wrong}. Not run", wrong)


def _row(text: str, sign: Any = " ", tone: Tone = "") -> TreeRow:
    return TreeRow(sign, (Span(text, tone),))


def _code(execution: Execution, texts: Mapping[str, str]) -> list[Block]:
    """The line where it failed, with what stood around it when it ran."""
    if execution.error_at is None:
        return []
    file, number = execution.error_at
    lines = texts.get(file, "").splitlines()
    first, last = max(1, number - CODE_AROUND), min(len(lines), number + CODE_AROUND)
    rows: list[Block] = []
    for at in range(first, last + 1):
        failed = at == number
        text = Span(f"{at:>4}  │{lines[at - 1]}", "" if failed else "dim")
        rows.append(TreeRow("!" if failed else " ", (text,)))
    return rows


def _question(recording: Recording, execution: Execution) -> list[Block]:
    label = recording.step(execution.step).node.label
    rows: list[Block] = []
    for asked in questions_in(execution.note) or (Question(),):
        rows.append(_row(f"{label} asks: {asked.question or '(no question)'}"))
        for key, value in asked.context.items():
            rows.append(TreeRow(" ", (Span(f"{key} ", "key"), Span(brief(value, BRIEF_CELLS)))))
        if asked.choices:
            rows.append(_row("> " + "    ".join(asked.choices), tone="strong"))
    if _is_last(recording, execution):
        rows.append(_row("c answers and goes on | q leaves it waiting (any day)", tone="dim"))
    elif again := _next_try(recording, execution):
        rows.append(_row(f"it was answered: step {again} went on with it", tone="dim"))
    return rows
