"""`lar-debug list`: the recorded runs, newest first."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from lar_debug.cli.common import Common, common_options
from lar_debug.cli.output import show, show_json
from lar_debug.diff.json_form import value_json
from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.model.threads import questions_in
from lar_debug.runtime.threads import beginning_of
from lar_debug.session.costs import Spendings
from lar_debug.session.recording import as_it_stands
from lar_debug.session.references import place_of_parent, short_ids
from lar_debug.store.database import Store


def run_json(store: Store, info: RunInfo, spendings: Spendings | None = None) -> dict[str, Any]:
    """One row of `list`, the same in `run` and wherever a run is told about; `spendings` are
    those that other rows were told from."""
    spendings = spendings or Spendings(store)
    own, thread = spendings.of_run(info.run), spendings.of_thread(info.thread, info.run)
    steps = store.step_numbers(info.run)
    last = store.summaries(info.run, steps[-1]) if steps else []
    begins_with = None if steps else beginning_of(info).node
    following = (
        [node for line in last for node in line.next] if begins_with is None else [begins_with]
    )
    status = as_it_stands(store, info).status
    parent = info.parent
    return {
        "run": info.run,
        "thread": info.thread,
        "target": info.target,
        "engine": info.engine,
        "status": status.value,
        "steps": len(steps),
        "started": info.started,
        "tokens": own.tokens,
        "saved": own.saved,
        "thread_total": {"runs": thread.runs, "tokens": thread.tokens, "saved": thread.saved},
        "parent": None
        if parent is None
        else {"run": parent[0], "step": parent[1], "attempt": parent[2]},
        "next": [node.label for node in following],
        "interrupts": _interrupts(store, info.run, steps[-1])
        if status is RunStatus.WAITING and steps
        else [],
    }


def _interrupts(store: Store, run: str, step: int) -> list[dict[str, Any]]:
    """What the step that a run waits in asks a person; nothing where it only stops before one."""
    return [
        {
            "id": asked.id,
            "question": asked.question,
            "choices": list(asked.choices),
            "context": value_json(asked.context),
            "needs_rationale": asked.needs_rationale,
        }
        for asked in questions_in(store.execution(run, step, 0).note)
        if asked.question
    ]


def run_line(
    store: Store, info: RunInfo, short: Mapping[str, str], spendings: Spendings | None = None
) -> str:
    """One run for a person; `short` are the ids of all runs."""
    row = run_json(store, info, spendings)
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(info.started))
    steps = f"{row['steps']} step{'' if row['steps'] == 1 else 's'}"
    error = info.error.split("\n", 1)[0]
    error = f"  {error}" if error else ""
    origin = f"  from {place_of_parent(info, short)}" if info.parent is not None else ""
    thread = f"{origin}  thread {info.thread}" if info.thread != info.run else origin
    saved = f"  {row['saved']} tok saved" if row["saved"] else ""
    return (
        f"{short[info.run]:<6} {info.target:<24} {row['status']:<9} {steps:>9} "
        f"{row['tokens']:>7} tok  {started}{thread}{saved}{error}"
    )


@click.command("list")
@common_options
def list_runs(common: Common) -> None:
    """The recorded runs, newest first."""
    path = common.store_path()
    if not path.exists():
        _show_none(common, common.store)
        return
    store = Store.open(path)
    try:
        runs = store.runs()
        if not runs:
            _show_none(common, None)
        elif common.json:
            spendings = Spendings(store)
            show_json([run_json(store, info, spendings) for info in runs])
        else:
            short, spendings = short_ids(runs), Spendings(store)
            show([run_line(store, info, short, spendings) for info in runs])
    finally:
        store.close()


def _show_none(common: Common, named: str | None) -> None:
    if named is not None:
        # A person who names a store means one that is there.
        raise Problem(f"--store {named}: no such file; lar-debug run SCRIPT.py would make it")
    if common.json:
        show_json([])
    else:
        show(["No runs here yet: lar-debug run SCRIPT.py records one."])


COMMANDS = {"list": list_runs}
