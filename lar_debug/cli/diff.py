"""`lar-debug diff`: two states, two attempts, two prompts or two runs beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from lar_debug.cli.attempts import PRINTED_CELLS, comparison_lines, row_lines
from lar_debug.cli.common import Common, common_options
from lar_debug.cli.output import show, show_json
from lar_debug.cli.shapes import diff_json, llm_call, visible
from lar_debug.diff.build import build
from lar_debug.diff.json_form import change_json
from lar_debug.diff.layout import lay_out
from lar_debug.diff.printing import OPENS
from lar_debug.diff.sequence import match
from lar_debug.diff.structural import compare
from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution, StepSummary
from lar_debug.model.values import Value
from lar_debug.session.recording import Recording
from lar_debug.session.references import find
from lar_debug.store.database import Store


@dataclass(frozen=True)
class Run:
    """One side of a diff of runs."""

    recording: Recording

    def value(self, line: StepSummary, *, everything: bool) -> Value:
        """The state that a step left."""
        return visible(self.recording.value(line.after), self.recording, everything=everything)


@dataclass(frozen=True)
class Executed:
    """One side of a diff: an execution of a step, and the part of it that is meant."""

    recording: Recording
    execution: Execution
    facet: str

    def value(self, *, everything: bool) -> Value:
        """What is compared. Raises Problem when a step has no single prompt."""
        execution = self.execution
        if self.facet == "source":
            if not execution.source:
                raise Problem(f"step {execution.step} has no source of its own recorded")
            return execution.source
        if self.facet == "prompt":
            call = llm_call(self.recording.calls(execution))
            if call is None:
                name = f"step {execution.step}"
                raise Problem(f"{name} has no single prompt; lar-debug show shows its calls")
            return call.prompt
        reference = {
            "input": execution.input or execution.before,
            "before": execution.before,
        }.get(self.facet, execution.after)
        state = self.recording.value(reference)
        return visible(state, self.recording, everything=everything)


Side = Run | Executed


def side_of(store: Store, text: str) -> Side:
    """What a reference means. Raises Problem."""
    info, reference = find(text, store.runs())
    recording = Recording(store, info)
    if reference.step is None:
        return Run(recording)
    execution = recording.execution(reference.step, reference.attempt or 0)
    return Executed(recording, execution, reference.facet)


def _alone(common: Common, one: Side, text: str, everything: bool) -> None:
    """A step against the state before it, an attempt against its base."""
    if isinstance(one, Run):
        raise Problem(f"compare {text} with what? give a second run, or a step: {text}:STEP")
    if one.facet:
        raise Problem(f"compare {text} with what? give a second one with .{one.facet}")
    execution, recording = one.execution, one.recording
    base = recording.base_of(execution.step, execution.attempt)
    if common.json:
        old = execution.before if base is None else base.after
        show_json(diff_json(recording, old, execution.after, everything=everything))
    elif base is not None:
        lines = comparison_lines(common, recording, base, execution)
        show(lines, ascii=common.signs_in_ascii)
    else:
        before = Executed(recording, execution, "before")
        _show_rows(common, before, one, everything)


def _is_one_step(one: Executed, other: Executed) -> bool:
    """Whether two attempts of one step are meant: then it matters too what went in otherwise."""
    places = {(side.execution.run, side.execution.step) for side in (one, other)}
    return len(places) == 1 and not one.facet and not other.facet


def _show_rows(common: Common, old: Executed, new: Executed, everything: bool) -> None:
    values = (side.value(everything=everything) for side in (old, new))
    rows = lay_out(build(*values), PRINTED_CELLS, opens=OPENS, ascii=common.signs_in_ascii)
    show(row_lines(rows, ascii=common.signs_in_ascii) or ["no difference"])


Pair = tuple[StepSummary | None, StepSummary | None]


def _pairs(left: list[StepSummary], right: list[StepSummary]) -> Iterator[Pair]:
    """The steps of two runs that belong together, by their nodes; others stand alone."""
    a = b = 0
    addresses = ([line.node.address for line in side] for side in (left, right))
    for i, j in [*sorted(match(*addresses)), (len(left), len(right))]:
        for line in left[a:i]:
            yield line, None
        for line in right[b:j]:
            yield None, line
        if i < len(left):
            yield left[i], right[j]
        a, b = i + 1, j + 1


def _two_runs(common: Common, one: Run, other: Run, everything: bool) -> None:
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    for left, right in _pairs(one.recording.summaries(), other.recording.summaries()):
        values: list[Value] = [
            {} if line is None else side.value(line, everything=everything)
            for side, line in ((one, left), (other, right))
        ]
        changes = compare(*values)
        numbers = ["" if line is None else str(line.step) for line in (left, right)]
        labels = ["-" if line is None else line.node.label for line in (left, right)]
        rows.append(
            {
                "step_a": None if left is None else left.step,
                "step_b": None if right is None else right.step,
                "changes": [change_json(change) for change in changes],
            }
        )
        told = f"{len(changes)} change{'' if len(changes) == 1 else 's'}" if changes else "same"
        lines.append(
            f"{numbers[0]:>4} {labels[0]:<20} {numbers[1]:>4} {labels[1]:<20} {told}".rstrip()
        )
    if common.json:
        show_json(rows)
    else:
        show(lines or ["no steps"])


@click.command("diff")
@click.argument("first", metavar="A")
@click.argument("second", metavar="[B]", required=False)
@click.option("--all", "everything", is_flag=True, help="The engine's bookkeeping keys too.")
@common_options
def diff(common: Common, first: str, second: str | None, everything: bool) -> None:
    """Compare two of RUN, RUN:STEP, RUN:STEP@ATTEMPT, with .input .before .after .prompt .source.

    A alone compares a step with the state before it, an attempt with its base.
    """
    store = common.open_store()
    one = side_of(store, first)
    if second is None:
        _alone(common, one, first, everything)
        return
    other = side_of(store, second)
    if isinstance(one, Run) and isinstance(other, Run):
        _two_runs(common, one, other, everything)
    elif isinstance(one, Executed) and isinstance(other, Executed):
        if common.json:
            old, new = (side.value(everything=everything) for side in (one, other))
            show_json([change_json(change) for change in compare(old, new)])
        elif not everything and _is_one_step(one, other):
            lines = comparison_lines(common, one.recording, one.execution, other.execution)
            show(lines, ascii=common.signs_in_ascii)
        else:
            _show_rows(common, one, other, everything)
    else:
        raise Problem("a run can be compared with a run, a step with a step")


COMMANDS = {"diff": diff}
