"""`lar-debug verify`: a run against its own code, a log against itself, or the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, nullcontext
from pathlib import Path

import click

from lar_debug.cli import DONE, FAILED
from lar_debug.cli.common import Common, common_options
from lar_debug.cli.output import say, show, show_json
from lar_debug.cli.recordings import interpreter_of, is_file, open_run
from lar_debug.cli.secrets import secret_of
from lar_debug.cli.trust import confirm_trust
from lar_debug.formats import lar_audit_log
from lar_debug.formats.foreign import recognize
from lar_debug.formats.lar_coherence import check_log
from lar_debug.formats.lar_signature import why_not_signed
from lar_debug.formats.unchanged import unchanged
from lar_debug.model.checks import Check
from lar_debug.model.problem import Problem
from lar_debug.session.recording import Recording
from lar_debug.session.reexecution import Reexecution
from lar_debug.session.router_checks import check_routers, router_steps
from lar_debug.session.verification import check_steps
from lar_debug.store.integrity import check_store

Checks = Callable[[Recording, Reexecution], AsyncGenerator[Check, None]]


class _Told:
    """Shows each check when it is made, and all of them at the end as JSON."""

    def __init__(self, common: Common) -> None:
        self._json = common.json
        self._made: list[Check] = []

    def add(self, check: Check) -> None:
        self._made.append(check)
        if not self._json:
            sign = "ok " if check.ok else "NOT"
            show([f"{sign} {check.name}" + (f"  {check.why}" if check.why else "")])

    def end(self) -> int:
        ok = all(check.ok for check in self._made)
        if self._json:
            checks = [
                {"name": one.name, "ok": one.ok, "step": one.step, "why": one.why or None}
                for one in self._made
            ]
            show_json({"ok": ok, "checks": checks})
        return DONE if ok else FAILED


async def _run_checks(common: Common, recording: Recording, checks: Checks, told: _Told) -> None:
    reexecution = Reexecution(recording, interpreter_of(common, recording), on_event=say)
    try:
        async with aclosing(checks(recording, reexecution)) as made:
            async for check in made:
                told.add(check)
    finally:
        await reexecution.close()


def _verify_run(common: Common, name: str, steps: bool, told: _Told) -> None:
    recording = open_run(common, name)
    confirm_trust(common, recording)
    if not steps and not router_steps(recording):
        say(f"run {recording.run} came to no router: nothing to check; --steps checks every step")
        return
    recording.store.check_writable()
    asyncio.run(_run_checks(common, recording, check_steps if steps else check_routers, told))


def _file_checks(path: Path, secret: bytes | None) -> Iterable[Check]:
    kind = recognize(path)
    if kind != lar_audit_log.NAME:
        raise Problem(f"{path} is a file of {kind}: only a run log of Lár can be verified")
    if secret is not None:
        why = why_not_signed(path, secret)
        yield Check("signature", not why, None, why)
    checks, signed = check_log(path)
    yield from checks
    if signed and secret is None:
        say(f"{path} is signed; --secret-env NAME checks the signature too")


@click.command("verify")
@click.argument("name", metavar="RUN | FILE", required=False)
@click.option("--steps", is_flag=True, help="Re-execute every step of the run, not its routers.")
@click.option("--secret-env", metavar="NAME", help="Check a log's signature with that secret.")
@common_options
def verify(common: Common, name: str | None, steps: bool, secret_env: str | None) -> int:
    """Check that a run's routers take the same way again, that a log fits together, or (with
    --store and no RUN) that the store is whole."""
    told = _Told(common)
    file = name is not None and is_file(name)
    if secret_env is not None and not file:
        raise Problem("--secret-env is for the signature of a log: lar-debug verify FILE")
    if steps and (file or name is None):
        raise Problem("--steps is for a run: lar-debug verify RUN --steps")
    if name is None:
        if common.store is None:
            raise Problem("verify what? RUN, FILE, or --store for the whole store")
        checks = check_store(common.store_path())
    elif file:
        checks = _file_checks(Path(name), None if secret_env is None else secret_of(secret_env))
    else:
        checks = ()
        _verify_run(common, name, steps, told)
    with unchanged(Path(name)) if file and name is not None else nullcontext():
        for check in checks:
            told.add(check)
    return told.end()


def _let_store_stand_alone() -> None:
    """`verify --store` means the store that is used anyway."""
    for index, option in enumerate(verify.params):
        if option.name == "store":
            verify.params[index] = click.Option(
                ["--store"], is_flag=False, flag_value="", metavar="[PATH]", help="The whole store."
            )


_let_store_stand_alone()

COMMANDS = {"verify": verify}
