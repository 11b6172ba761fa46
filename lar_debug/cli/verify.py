"""`lar-debug verify RUN --steps`: which steps depend on more than their state."""

from __future__ import annotations

import asyncio

import click

from lar_debug.cli import DONE, FAILED
from lar_debug.cli.application import Common, common_options
from lar_debug.cli.output import say, show, show_json
from lar_debug.cli.recordings import interpreter_of, open_run
from lar_debug.cli.trust import confirm_trust
from lar_debug.model.problem import Problem
from lar_debug.session.recording import Recording
from lar_debug.session.reexecution import Reexecution
from lar_debug.session.verification import Check, check_steps


async def _checks(common: Common, recording: Recording) -> list[Check]:
    reexecution = Reexecution(recording, interpreter_of(common, recording), on_event=say)
    made: list[Check] = []
    try:
        async for check in check_steps(recording, reexecution):
            made.append(check)
            if not common.json:
                sign = "ok " if check.ok else "NOT"
                show([f"{sign} {check.name}" + (f"  {check.why}" if check.why else "")])
    finally:
        await reexecution.close()
    return made


@click.command("verify")
@click.argument("name", metavar="RUN")
@click.option("--steps", is_flag=True, help="Re-execute every step, the outside blocked.")
@common_options
def verify(common: Common, name: str, steps: bool) -> int:
    """Re-execute every step of a run, unedited, with the model's answers from the recording."""
    if not steps:
        raise Problem(f"verify what? lar-debug verify {name} --steps re-executes every step")
    recording = open_run(common, name)
    confirm_trust(common, recording)
    recording.store.check_writable()
    made = asyncio.run(_checks(common, recording))
    ok = all(check.ok for check in made)
    if common.json:
        checks = [
            {"name": one.name, "ok": one.ok, "step": one.step, "why": one.why or None}
            for one in made
        ]
        show_json({"ok": ok, "checks": checks})
    return DONE if ok else FAILED


COMMANDS = {"verify": verify}
