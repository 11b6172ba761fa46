"""`lar-debug show`: a run's steps, one step in full, or the attempts of a step."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import click

from lar_debug.cli.common import STEP, Common, common_options
from lar_debug.cli.listing import run_json
from lar_debug.cli.output import show, show_json, text_lines
from lar_debug.cli.recordings import attempt_number, chosen_step, open_reference
from lar_debug.cli.shapes import cost_json, execution_json, milliseconds, resume_json, step_json
from lar_debug.diff.json_form import value_json
from lar_debug.diff.paths import parse_path, path_text
from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution, Outcome, StepSummary
from lar_debug.model.values import Path, Tagged, Value
from lar_debug.session.attempts_view import note_of
from lar_debug.session.costs import Resume
from lar_debug.session.edit_names import EditNames, name_text
from lar_debug.session.recording import Recording
from lar_debug.session.stale import stale_reasons
from lar_debug.session.timeline import changed_text

BOUND = click.IntRange(0, 10**9)


@dataclass(frozen=True)
class Asked:
    """One execution of a step, and what of it is to be shown."""

    step: int
    attempt: int
    path: str | None
    everything: bool


def step_line(recording: Recording, line: StepSummary, stale: str | None) -> str:
    """One step for a person."""
    changed = changed_text(recording, line)
    if not changed and len(line.next) == 1:
        changed = f"→ {line.next[0].label}"
    tokens = str(line.tokens.total) if line.tokens.total else ""
    attempts = f"#{line.newest}" if line.newest else ""
    error = f"  {first_line(line.error)}" if line.error else ""
    flag = "*" if stale else " "
    return (
        f"{line.outcome.value:<8}{flag}{line.step:>4} {line.node.label:<20} {changed:<28} "
        f"{tokens:>6} {line.duration_ns // 1_000_000:>6} ms {attempts:>4}{error}"
    ).rstrip()


def first_line(text: str) -> str:
    """What of an error fits a line."""
    return text.split("\n", 1)[0]


def attempt_line(execution: Execution, edit: str = "") -> str:
    """One attempt for a person; `edit` is what made it."""
    following = ", ".join(node.label for node in execution.next) or "end"
    error = f"  {first_line(execution.error)}" if execution.error else ""
    return (
        f"#{execution.attempt:<3} {execution.outcome.value:<10} {execution.tokens.total:>6} tok "
        f"{milliseconds(execution.duration_ns):>9.0f} ms  → {following}"
        f"{f'  {edit}' if edit else ''}{error}"
    )


def _show_run(common: Common, recording: Recording, first: int, last: int | None) -> None:
    if last is not None and last < first:
        raise Problem(f"--from {first} --to {last}: the last step comes before the first")
    lines = recording.summaries(first, last)
    if not lines and first:
        # Says which steps there are.
        recording.step(first)
    stale = stale_reasons(recording, [line.step for line in lines])
    info = run_json(recording.store, recording.info)
    if common.json:
        nodes = recording.nodes()
        steps = [step_json(nodes, line, stale.get(line.step)) for line in lines]
        cost = cost_json(recording.attempts_cost())
        resumes = [resume_json(one) for one in recording.resumes()]
        show_json({"run": info, "steps": steps, "resumes": resumes, "attempts": cost})
        return
    count = f"{info['steps']} step{'' if info['steps'] == 1 else 's'}"
    head = f"{info['target']}  {info['run']}  {info['status']}  {count}"
    told = [head]
    resumed_at = {one.step: one for one in recording.resumes()}
    for before, line in zip((None, *lines), lines, strict=False):
        if before is not None and before.segment < line.segment:
            told.append(_seam(resumed_at[line.step]))
        told.append(step_line(recording, line, stale.get(line.step)))
    told += filter(None, (recording.attempts_cost().words,))
    show(told, ascii=common.signs_in_ascii)


def _seam(resume: Resume) -> str:
    """What stands between the last step before a resume and its first."""
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(resume.started))
    return "  ".join(filter(None, (f"--- resumed {started}", resume.words)))


def _at_path(value: Value, text: str) -> Value:
    """What stands at a path of a state. Raises Problem when nothing does."""
    try:
        path = parse_path(text)
    except ValueError as error:
        raise Problem(f"--path {error}") from None
    for index, key in enumerate(path):
        value = _item(value, key, text, path[: index + 1])
    return value


def _item(value: Value, key: Any, text: str, path: Path) -> Value:
    if isinstance(value, Tagged):
        value = value.content
    try:
        return value[key]
    except (KeyError, IndexError, TypeError):
        here = path_text(path[:-1]) or "the state"
        raise Problem(f"--path {text}: nothing at {path_text(path)} in {here}") from None


def _show_value(common: Common, recording: Recording, execution: Execution, path: str) -> None:
    found = value_json(_at_path(recording.value(execution.after or execution.before), path))
    if common.json:
        show_json(found)
    else:
        show(text_lines(found) if isinstance(found, str) else _json_lines(found))


def _json_lines(value: Any) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False).split("\n")


def _show_execution(common: Common, recording: Recording, asked: Asked) -> None:
    execution = recording.execution(asked.step, asked.attempt)
    if asked.path is not None:
        _show_value(common, recording, execution, asked.path)
        return
    line = recording.summaries(asked.step, asked.step)[0]
    stale = stale_reasons(recording, [asked.step]).get(asked.step)
    told = execution_json(recording, execution, everything=asked.everything)
    if common.json:
        show_json({**step_json(recording.nodes(), line, stale), **told})
        return
    head = [step_line(recording, line, stale)]
    if execution.attempt:
        head.append(attempt_line(execution))
    if stale:
        head.append(f"stale: {stale}")
    show(head, ascii=common.signs_in_ascii)
    lines: list[str] = []
    for name in ("error", "prompt", "system_instruction", "stdout", "stderr", "traceback"):
        if told[name]:
            lines += [f"{name}:", *text_lines(told[name], "  ")]
    show([*lines, "after:", *_json_lines(told["after"])])


def _show_attempts(common: Common, recording: Recording, step: int, everything: bool) -> None:
    made = recording.executions(step)
    names = EditNames(recording)
    ended = [one for one in made if one.outcome is not Outcome.RUNNING]
    edits = {one.attempt: name_text(names.name(one)) for one in ended}
    accepted = recording.summaries(step, step)[0].accepted
    if common.json:
        told = [
            {
                **execution_json(recording, one, everything=everything),
                "edit": edits.get(one.attempt),
                "note": note_of(one) or None,
            }
            for one in made
        ]
        cost = cost_json(recording.attempts_cost(step))
        whole = {"run": recording.run, "step": step, "attempts": told}
        show_json({**whole, "accepted": accepted, "cost": cost})
    else:
        lines: list[str] = []
        for one in made:
            mark = "  accepted" if one.attempt == accepted else ""
            lines.append(attempt_line(one, edits.get(one.attempt, "")) + mark)
            lines += [f"      {note_of(one)}"] if note_of(one) else []
        lines += filter(None, (recording.attempts_cost(step).words,))
        show(lines, ascii=common.signs_in_ascii)


@click.command("show")
@click.argument("name", metavar="RUN")
@click.option("--from", "first", type=BOUND, default=0, help="First step.")
@click.option("--to", "last", type=BOUND, help="Last step.")
@click.option("--step", type=STEP, help="One step in full.")
@click.option("--attempt", metavar="K|last", help="That attempt of the step; 0 is the recording.")
@click.option("--attempts", is_flag=True, help="All attempts of the step.")
@click.option("--path", metavar="PATH", help="One value of the step's state: messages[3].content")
@click.option("--all", "everything", is_flag=True, help="The engine's bookkeeping keys too.")
@common_options
def show_run(
    common: Common,
    name: str,
    first: int,
    last: int | None,
    step: int | None,
    attempt: str | None,
    attempts: bool,
    path: str | None,
    everything: bool,
) -> None:
    """The steps of a run, or one step in full."""
    recording, reference = open_reference(common, name)
    step = chosen_step(reference, step)
    if step is None:
        if attempt is not None or attempts or path is not None:
            raise Problem("--attempt, --attempts and --path need --step N")
        _show_run(common, recording, first, last)
        return
    if first or last is not None:
        raise Problem("--from and --to are for a whole run, --step for one step")
    if attempts:
        if attempt is not None or path is not None:
            raise Problem("--attempts shows all; --attempt K and --path one of them")
        _show_attempts(common, recording, step, everything)
        return
    number = reference.attempt or 0 if attempt is None else attempt_number(attempt)
    _show_execution(common, recording, Asked(step, number, path, everything))


COMMANDS = {"show": show_run}
