"""`lar-debug export`: a run as a Lár audit log, or one state of it as a checkpoint."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Generator, Iterable
from pathlib import Path

import click

from lar_debug.cli import DONE
from lar_debug.cli.common import STEP, Common, common_options
from lar_debug.cli.output import say, show_json, show_text
from lar_debug.cli.recordings import chosen_step, open_reference
from lar_debug.cli.secrets import secret_of
from lar_debug.diff.paths import path_text
from lar_debug.diff.value_form import value_json
from lar_debug.formats import checkpoint, lar_audit_log
from lar_debug.formats.lar_log_writer import LogWriter, left_state
from lar_debug.model.foreign import GO_ENGINE
from lar_debug.model.problem import Problem
from lar_debug.model.values import Path as ValuePath
from lar_debug.session.recording import Recording

NAMED = 3


@click.command("export")
@click.argument("name", metavar="RUN")
@click.option(
    "--format",
    "kind",
    type=click.Choice([lar_audit_log.NAME, checkpoint.NAME]),
    required=True,
    help="A whole run as the engine's own log, or the state that a step left.",
)
@click.option("--step", type=STEP, help="The step whose state it is; the last one that left one.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Not stdout.")
@click.option("--secret-env", metavar="NAME", help="Sign the log with that variable's secret.")
@common_options
def export(
    common: Common,
    name: str,
    kind: str,
    step: int | None,
    output: Path | None,
    secret_env: str | None,
) -> int:
    """Write a run, or a state of it, to a file that other programs read."""
    recording, reference = open_reference(common, name)
    step = chosen_step(reference, step)
    if reference.attempt:
        raise Problem(f"{name}: what was recorded is exported, not an attempt")
    if kind == checkpoint.NAME:
        if secret_env is not None:
            raise Problem("--secret-env signs a log; a checkpoint has no signature")
        made, odd = _checkpoint(recording, step)
        _write(made, output)
        _tell_odd([(None, path) for path in odd])
    else:
        if step is not None:
            raise Problem("--step is for --format checkpoint; a log has all steps")
        writer = _log_writer(recording, secret_env)
        _write(writer.text(), output)
        _tell_odd(writer.odd)
    if common.json and output is not None:
        show_json({"run": recording.run, "format": kind, "file": str(output.absolute())})
    return DONE


def _checkpoint(recording: Recording, step: int | None) -> tuple[list[str], list[ValuePath]]:
    if step is None:
        lines = recording.summaries()
        step = next((line.step for line in reversed(lines) if line.after), None)
        if step is None:
            raise Problem(f"run {recording.run} has no state to export")
    execution = recording.execution(step, 0)
    if not execution.after:
        ended = execution.outcome.value
        raise Problem(f"step {step} left no state ({ended}); a step before it may have: --step N")
    state = left_state(recording.store, execution, value_json)
    return [json.dumps(state.data, indent=2), "\n"], state.odd


def _log_writer(recording: Recording, secret_env: str | None) -> LogWriter:
    info = recording.info
    if info.engine == GO_ENGINE:
        raise Problem(f"run {info.run} is no run of Lár; --format checkpoint has its states")
    if info.entry.get("format") == checkpoint.NAME:
        raise Problem(f"run {info.run} is one state and no run; --format checkpoint has it")
    secret = None if secret_env is None else secret_of(secret_env)
    return LogWriter(recording.store, info, value_json, secret)


def _write(parts: Iterable[str], output: Path | None) -> None:
    if output is None:
        show_text(parts)
        return
    with _new_file(output) as path:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.writelines(parts)


@contextlib.contextmanager
def _new_file(output: Path) -> Generator[Path, None, None]:
    """A place to write to that becomes `output` when all went well. State holds secrets: the
    file is this user's alone. Raises Problem where there is a file of that name."""
    if os.path.lexists(output):
        raise Problem(f"-o {output}: there is a file of that name; nothing is overwritten")
    draft = output.with_name(f"{output.name}.{os.getpid()}.part")
    try:
        yield draft
        os.link(draft, output)
    except FileExistsError:
        raise Problem(f"-o {output}: there is a file of that name by now") from None
    finally:
        draft.unlink(missing_ok=True)


def _tell_odd(odd: Iterable[tuple[int | None, ValuePath]]) -> None:
    named = [
        path_text(path) if step is None else f"{path_text(path)} of step {step}"
        for step, path in odd
    ]
    if named:
        more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
        shown = ", ".join(named[:NAMED])
        say(f'JSON has no such value: {shown}{more}; written as {{"$type", "$value"}}')


COMMANDS = {"export": export}
