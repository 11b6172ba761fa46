"""One attempt as `rerun` tells it: the JSON of the contract, or the rows of the Diff pane."""

from __future__ import annotations

from typing import Any

from lar_debug.cli.common import Common
from lar_debug.cli.shapes import diff_json, execution_json, tokens_json
from lar_debug.diff.json_form import value_json
from lar_debug.diff.layout import lay_out, lay_out_cause
from lar_debug.diff.printing import OPENS, print_rows
from lar_debug.model.changes import Row
from lar_debug.model.records import Execution, Outcome, Tokens
from lar_debug.session.attempted import Attempted
from lar_debug.session.comparison import Comparison, same_output
from lar_debug.session.recording import Recording

PRINTED_CELLS = 100
CAUSE_ROWS = 40

TOLD = (
    "attempt",
    "outcome",
    "error",
    "traceback",
    "next",
    "before",
    "after",
    "calls",
    "prompt",
    "stdout",
    "stderr",
    "duration_ms",
    "tokens",
)
"""What an attempt tells as `show` does; the rest is about its base."""


def attempt_json(recording: Recording, attempted: Attempted) -> dict[str, Any]:
    """One attempt of `rerun`."""
    execution = attempted.execution
    if execution is None:
        return _not_made_json(attempted)
    base = _base(recording, execution)
    recorded = recording.execution(execution.step, 0)
    whole = execution_json(recording, execution)
    return {
        **{name: whole[name] for name in TOLD},
        "base": base.attempt,
        "diff_to_base": diff_json(recording, base.after or base.before, execution.after),
        "diff_to_recorded": diff_json(
            recording, recorded.after or recorded.before, execution.after
        ),
        "cause": [
            {
                "kind": cause.kind,
                "where": cause.where,
                "old": value_json(cause.old),
                "new": value_json(cause.new),
            }
            for cause in Comparison(recording, base, execution).causes()
        ],
        "same_as": same_output(recording, execution),
        "how": execution.how or None,
    }


def _base(recording: Recording, execution: Execution) -> Execution:
    """What an attempt is compared with; the recording where nothing before it finished."""
    base = recording.base_of(execution.step, execution.attempt)
    return base or recording.execution(execution.step, 0)


def _not_made_json(attempted: Attempted) -> dict[str, Any]:
    error = attempted.load_error
    return {
        **dict.fromkeys(("attempt", "traceback", "before", "after", "base", "same_as", "prompt")),
        "outcome": (Outcome.LOAD_ERROR if error else Outcome.BLOCKED).value,
        "error": error.message if error else attempted.problem,
        "where": {"file": error.file, "line": error.line, "text": error.text} if error else None,
        **{name: [] for name in ("next", "diff_to_base", "diff_to_recorded", "cause", "calls")},
        "stdout": "",
        "stderr": "",
        "duration_ms": 0,
        "tokens": tokens_json(Tokens()),
        "how": None,
    }


def attempt_lines(common: Common, recording: Recording, attempted: Attempted) -> list[str]:
    """The rows of the Diff pane, for a terminal."""
    execution = attempted.execution
    if execution is not None:
        return comparison_lines(common, recording, _base(recording, execution), execution)
    error = attempted.load_error
    if error is None:
        return [f"not run: {attempted.problem}"]
    where = f"{recording.shown_path(error.file)}:{error.line}"
    text = [f"  {error.text.strip()}"] if error.text.strip() else []
    return [f"{where}  {error.message}. Not run.", *text]


def comparison_lines(
    common: Common, recording: Recording, base: Execution, shown: Execution
) -> list[str]:
    """Verdict, diff and cause of an execution against its base."""
    compared = Comparison(recording, base, shown)
    ascii = common.signs_in_ascii
    rows = lay_out(compared.document, PRINTED_CELLS, opens=OPENS, ascii=ascii)
    verdict = "".join(span.text for span in compared.verdict(also=same_output(recording, shown)))
    cause = compared.cause_document()
    causes = lay_out_cause(cause, PRINTED_CELLS, CAUSE_ROWS, opens=(OPENS, OPENS), ascii=ascii)
    extent = f"  ({cause.extent_in_full})" if cause.extent_in_full else ""
    return [
        verdict,
        "",
        *row_lines(rows, ascii=ascii),
        "",
        f"── {cause.title}{extent}",
        *row_lines(causes, ascii=ascii),
    ]


def row_lines(rows: list[Row], *, ascii: bool) -> list[str]:
    """Rows of a pane as lines."""
    return print_rows(rows, ascii=ascii).removesuffix("\n").split("\n") if rows else []
