"""`lar-debug rerun`: one step once more, as often as wanted, or after each save."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any

import click

from lar_debug.cli import DONE, FAILED
from lar_debug.cli.attempts import attempt_json, attempt_lines
from lar_debug.cli.common import STEP, Common, common_options
from lar_debug.cli.output import say, show, show_json
from lar_debug.cli.recordings import chosen_step, interpreter_of, open_reference
from lar_debug.cli.saves import Saves, check_live
from lar_debug.cli.trust import confirm_trust
from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution, Outcome
from lar_debug.session.assignments import check_path, parse_form, split_assignment
from lar_debug.session.attempted import Attempted
from lar_debug.session.reached import reached_by_script
from lar_debug.session.recording import Recording
from lar_debug.session.reexecution import Conditions, Reexecution
from lar_debug.session.tasks_told import tasks_told
from lar_debug.settings import ATTEMPT_TIMEOUT


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    step: int
    edits: dict[str, Any]
    repeat: int
    timeout: float
    watch: bool
    live: bool


def parse_edits(assignments: tuple[str, ...], unset: tuple[str, ...]) -> dict[str, Any]:
    """--set PATH=JSON and --unset PATH, checked before anything runs. Raises Problem."""
    changed: dict[str, Any] = {}
    for text in assignments:
        path, equals, value = split_assignment(text)
        if not equals:
            raise Problem(f"--set {text}: write PATH=JSON, like order.total=0")
        with _named("--set"):
            check_path(path)
        with _named(f"--set {text}:"):
            changed[path] = parse_form(path, value)
    for path in unset:
        with _named("--unset"):
            check_path(path)
    edits: dict[str, Any] = {}
    if changed:
        edits["set"] = changed
    if unset:
        edits["unset"] = list(unset)
    return edits


@contextmanager
def _named(option: str) -> Generator[None, None, None]:
    """What is wrong is told with the option that it stands in."""
    try:
        yield
    except Problem as error:
        raise Problem(f"{option} {error}") from None


async def _attempts(
    recording: Recording, reexecution: Reexecution, request: Request
) -> AsyncGenerator[Attempted, None]:
    def run(against: Execution | None) -> Any:
        conditions = Conditions(
            edits=request.edits,
            timeout=request.timeout,
            against=against,
            tasks_live=request.live,
            by_any_way=request.live or not request.watch,
        )
        return reexecution.run(request.step, conditions)

    if request.watch:
        async with aclosing(Saves(recording, request.step, run).attempts()) as attempts:
            async for attempted in attempts:
                yield attempted
    for _ in range(request.repeat):
        attempted = await run(None)
        yield attempted
        if attempted.execution is None:
            # Code that cannot be loaded will not be a moment later.
            return


async def _run_request(common: Common, recording: Recording, request: Request) -> list[Attempted]:
    """Run what was asked for and print it, all but the one JSON document of a few attempts."""
    reexecution = Reexecution(recording, interpreter_of(common, recording), on_event=say)
    made: list[Attempted] = []
    try:
        async with aclosing(_attempts(recording, reexecution, request)) as attempts:
            async for attempted in attempts:
                if not request.watch:
                    made.append(attempted)
                if not common.json:
                    _print(common, recording, attempted)
                elif request.watch:
                    show_json(attempt_json(recording, attempted), one_line=True)
    finally:
        await reexecution.close()
    return made


def _print(common: Common, recording: Recording, attempted: Attempted) -> None:
    show(attempt_lines(common, recording, attempted), ascii=common.signs_in_ascii)
    tasks = ""
    if (execution := attempted.execution) is not None:
        tasks = f"  {told}" if (told := tasks_told(recording.calls(execution))) else ""
    say(f"{time.strftime('%H:%M:%S')}  {attempted.seconds * 1000:.0f} ms{tasks}")


def exit_code(made: list[Attempted]) -> int:
    """0 when every attempt succeeded or waits for a person."""
    good = (Outcome.SUCCESS, Outcome.WAITING)
    failed = any(one.execution is None or one.execution.outcome not in good for one in made)
    return FAILED if failed else DONE


@click.command("rerun")
@click.argument("name", metavar="RUN")
@click.option("--step", type=STEP, help="The step to run again.")
@click.option("--set", "assignments", multiple=True, metavar="PATH=JSON", help="Edit the state.")
@click.option("--unset", multiple=True, metavar="PATH", help="Take a value out of the state.")
@click.option("--repeat", type=click.IntRange(min=1), default=1, help="So many times.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.05),
    metavar="SECONDS",
    help=f"For one attempt; {ATTEMPT_TIMEOUT:g}, or what the settings say.",
)
@click.option("--watch", is_flag=True, help="Again after each save, until Ctrl-C.")
@click.option("--live", is_flag=True, help="Do tasks again; saves may reach the outside.")
@common_options
def rerun(
    common: Common,
    name: str,
    step: int | None,
    assignments: tuple[str, ...],
    unset: tuple[str, ...],
    repeat: int,
    timeout: float | None,
    watch: bool,
    live: bool,
) -> int:
    """Run one step again from the state it was recorded with."""
    if watch and repeat > 1:
        raise Problem("--watch runs after each save; --repeat is for running at once")
    if timeout is None:
        timeout = common.settings.attempt_timeout
    if not math.isfinite(timeout):
        raise Problem(f"--timeout {timeout}: give a number of seconds")
    edits = parse_edits(assignments, unset)
    recording, reference = open_reference(common, name)
    chosen = chosen_step(reference, step)
    if chosen is None:
        raise Problem(f"which step? lar-debug rerun {name} --step N")
    if reference.attempt:
        raise Problem("every attempt starts from the recorded state; --set PATH=JSON edits it")
    recording.step(chosen)
    confirm_trust(common, recording)
    recording.store.check_writable()
    if watch and not live:
        check_live(recording, chosen)
    if way := reached_by_script(recording, recording.step(chosen).node.address):
        say(f"to reach step {chosen} the script runs again up to the run: {way} when recorded")
    request = Request(chosen, edits, repeat, timeout, watch, live)
    made = asyncio.run(_run_request(common, recording, request))
    if common.json and not watch:
        attempts = [attempt_json(recording, one) for one in made]
        show_json({"run": recording.run, "step": chosen, "attempts": attempts})
    return exit_code(made)


COMMANDS = {"rerun": rerun}
