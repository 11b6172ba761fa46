"""`lar-debug demo`: the sample, written to a folder, recorded, and opened at the bad step."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import click

import lar_debug
from lar_debug.cli import DONE, FAILED
from lar_debug.cli.attempts import attempt_json, attempt_lines
from lar_debug.cli.common import Common, common_options
from lar_debug.cli.open_ import check_keymap, show_screen
from lar_debug.cli.output import say, show, show_json
from lar_debug.cli.recordings import interpreter_of
from lar_debug.cli.run import plan_run
from lar_debug.cli.summary import runs_of
from lar_debug.cli.targets import parse_target
from lar_debug.client.interpreter import find_interpreter
from lar_debug.model.problem import Problem
from lar_debug.model.records import Outcome
from lar_debug.session.programs import settle
from lar_debug.session.recording import Recording
from lar_debug.session.reexecution import Conditions, Reexecution
from lar_debug.store.database import Store
from lar_debug.store.location import FILE, FOLDER

SAMPLE = "support_reply"
BAD_STEP = 5
EDITED = "prompts/reply.md"
OLD_LINE = "Write the answer to the customer."
NEW_LINE = "Write a formal answer."
MARK = ".lar-debug-demo"


def sample_folder(name: str) -> Path:
    """Where a sample lies: in the installed package, or beside it in a checkout."""
    package = Path(lar_debug.__file__).parent
    for folder in (package / "samples" / name, package.parent / "sample_graphs" / name):
        if folder.is_dir():
            return folder
    raise Problem(f"the sample {name} is missing from this installation")


def write_sample(folder: Path) -> None:
    """Write the sample, anew if it is one of ours already. Raises Problem for other folders."""
    ignored = shutil.ignore_patterns("__pycache__", "lar_logs", FOLDER)
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
            raise Problem(f"{folder} is not empty and no demo of ours; name another folder")
        shutil.copytree(sample_folder(SAMPLE), folder, ignore=ignored, dirs_exist_ok=True)
        (folder / MARK).write_text("written by lar-debug demo\n", encoding="utf-8")
    except OSError as error:
        # copytree gathers what went wrong with each file, without a word for all of it.
        reason = error.strerror or f"{len(error.args[0])} files of the sample failed"
        raise Problem(f"{folder} cannot be written: {reason}") from None


def interpreter_with_engine(common: Common, folder: Path) -> str:
    """A Python that has lar-engine; where there is none one is made beside the demo, once."""
    found = find_interpreter(folder / "agent.py", chosen=common.python, environ=os.environ)
    if found.probe.has_lar:
        return str(found.path)
    if found.chosen:
        raise Problem(f"no lar-engine in {found.path}; install it there")
    say("making .venv with lar-engine (it brings litellm and about 60 more, once)")
    environment = folder / ".venv"
    python = environment / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", str(environment)],
        [str(python), "-m", "pip", "install", "lar-engine"],
    ):
        # pip's own progress goes to stderr: stdout belongs to what was asked for.
        if subprocess.run(command, stdout=2, check=False).returncode != 0:
            raise Problem(f"that did not work: {' '.join(command)}; other: --python PATH")
    return str(python)


def record(common: Common, folder: Path) -> Recording:
    """Record the sample. Raises Problem when it made no run."""
    target = replace(parse_target(str(folder / "agent.py")), written="agent.py")
    planned = plan_run(common, target, ())
    output: list[bytes] = []
    planned.keep_to(output.append)
    since = time.time()
    planned.start()
    code = planned.wait()
    assert planned.process is not None
    store = Store.open(common.store_path(target.place))
    runs = settle(store, runs_of(store, planned.process.pid, since - 1), planned)
    if not runs:
        said = b"".join(output).decode("utf-8", "replace").strip().split("\n")
        raise Problem(f"the sample made no run: {said[-1] or f'exit code {code}'}")
    return Recording(store, runs[-1])


async def _edit_and_rerun(common: Common, recording: Recording, folder: Path) -> int:
    """What a person does in the first minute: edit the prompt, see the step run again."""
    file = folder / EDITED
    text = file.read_text(encoding="utf-8")
    number = next(n for n, line in enumerate(text.splitlines(), 1) if line == OLD_LINE)
    file.write_text(text.replace(OLD_LINE, NEW_LINE), encoding="utf-8")
    say(f"edited {EDITED}:{number}: {OLD_LINE!r} is now {NEW_LINE!r}; step {BAD_STEP} runs again")
    reexecution = Reexecution(recording, interpreter_of(common, recording), on_event=say)
    try:
        await reexecution.start()
        attempted = await reexecution.run(BAD_STEP, Conditions())
    finally:
        await reexecution.close()
    if common.json:
        attempts = [attempt_json(recording, attempted)]
        show_json({"run": recording.run, "step": BAD_STEP, "attempts": attempts})
    else:
        show(attempt_lines(common, recording, attempted), ascii=common.signs_in_ascii)
        say(f"steps 0-{BAD_STEP - 1} were not run; it took {attempted.seconds * 1000:.0f} ms")
    done = attempted.execution
    return DONE if done is not None and done.outcome is Outcome.SUCCESS else FAILED


@click.command("demo")
@click.argument("folder", metavar="[DIR]", default="lar-debug-demo")
@common_options
def demo(common: Common, folder: str) -> int:
    """A sample to play with: recorded, and opened where it goes wrong. No key, no network."""
    place = Path(folder).absolute()
    check_keymap(common)
    write_sample(place)
    if common.store is None:
        common = replace(common, store=str(place / FOLDER / FILE))
    common = replace(common, python=interpreter_with_engine(common, place))
    say(f"demo written to {folder}: yours to edit, delete it any time. No key, no network.")
    recording = record(common, place)
    if not common.screen:
        return asyncio.run(_edit_and_rerun(common, recording, place))
    hint = f'try: make line 9 of {folder}/{EDITED} say "{NEW_LINE}"'
    return show_screen(common, recording, BAD_STEP, hint=hint)


COMMANDS = {"demo": demo}
