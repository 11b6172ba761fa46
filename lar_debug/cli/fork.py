"""`lar-debug fork`: a new run continues from what an attempt of a recorded step left."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from lar_debug.cli.common import ALLOW_LOSSY, STEP, Common, common_options
from lar_debug.cli.listing import run_json
from lar_debug.cli.output import say, show_json
from lar_debug.cli.recordings import attempt_number, chosen_step, interpreter_of, open_reference
from lar_debug.cli.summary import exit_code, summarise
from lar_debug.cli.targets import graph_options
from lar_debug.cli.trust import confirm_trust
from lar_debug.client.recorded_run import RecordedRun, writer
from lar_debug.model.problem import Problem
from lar_debug.runtime.forking import ForkPoint
from lar_debug.session.forks import fork_point, next_node
from lar_debug.session.programs import fork_of, forking, settle, started_again
from lar_debug.session.recording import Recording
from lar_debug.session.references import short_ids

ATTEMPT = "Continue from that attempt; without it from the accepted one, else the newest good one."


def plan_fork(
    common: Common,
    recording: Recording,
    point: ForkPoint,
    graph: str | None,
    wanted: dict[str, Any],
) -> RecordedRun:
    """Everything that is needed to begin a fork; says what it will do. Raises Problem."""
    live = bool(wanted.pop("live"))
    if graph is None:
        if told := started_again(recording, live=live, fork=point):
            say(f"lar-debug: {told}")
    else:
        wanted |= graph_options(graph)
    forward = (writer(2), writer(2)) if common.json else None
    interpreter = interpreter_of(common, recording)
    run = short_ids(recording.store.runs())[recording.run]
    first = wanted["at"] or next_node(recording, point)
    say(f"lar-debug: a new run continues from {run}:{point.place} with {first}, for real")
    return forking(recording, point, interpreter, wanted, forward=forward)


def run_fork(common: Common, recording: Recording, point: ForkPoint, planned: RecordedRun) -> int:
    """Run it to its end or its pause; print how it stands; the exit code."""
    store = recording.store
    planned.start()
    code = planned.wait()
    begun = fork_of(store, point, planned)
    runs = settle(store, [] if begun is None else [begun], planned)
    code = exit_code(runs, code)
    if common.json:
        show_json({"runs": [run_json(store, info) for info in runs], "exit_code": code})
    else:
        summarise(store, runs)
    return code


@click.command("fork")
@click.argument("name", metavar="RUN")
@click.option("--step", type=STEP, help="Continue behind this step.")
@click.option("--attempt", metavar="K|last", help=ATTEMPT)
@click.option("--graph", metavar="TARGET", help="Where the graph is now: FILE.py:NAME.")
@click.option("--at", metavar="NODE", help="Begin with this node.")
@click.option(
    "--max-steps", type=click.IntRange(min=1), help="Steps of the whole way, from step 0."
)
@click.option("--pause-before", metavar="NODE", help="Wait before this node.")
@click.option("--one-step", is_flag=True, help="Wait after the first step.")
@click.option("--allow-lossy", is_flag=True, help=ALLOW_LOSSY)
@click.option("--live", is_flag=True, help="A script may reach the outside on its way there.")
@common_options
def fork(
    common: Common,
    name: str,
    step: int | None,
    attempt: str | None,
    graph: str | None,
    **wanted: Any,
) -> int:
    """Continue a run from an attempt, as a new run on a thread of its own.

    The code runs as it is now, and for real: models are called. The run that it continues stays
    as it is.
    """
    recording, reference = open_reference(common, name)
    with closing(recording.store):
        chosen = chosen_step(reference, step)
        if chosen is None:
            raise Problem(f"from which step? lar-debug fork {name} --step N")
        if attempt is not None and reference.attempt is not None:
            raise Problem(f"--attempt {attempt} or {name}? Say it once")
        number = reference.attempt if attempt is None else attempt_number(attempt)
        point = fork_point(recording, chosen, number, at=wanted["at"] or "")
        confirm_trust(common, recording)
        recording.store.check_writable()
        planned = plan_fork(common, recording, point, graph, wanted)
        return run_fork(common, recording, point, planned)


COMMANDS = {"fork": fork}
