"""How people name runs, steps and attempts: `7f3a`, `last`, `7f3a:5@2`, `thread=case-42:5.after`.

Resolving never guesses: an ambiguous prefix is an error that lists what it could be.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo
from lar_debug.store.location import store_path

FACETS = ("input", "before", "after", "prompt", "source")

THREAD = "thread="

_SUFFIX = re.compile(
    r"(?P<run>.*?)"
    r"(?::(?P<step>-?[0-9]{1,18})(?:@(?P<attempt>[0-9]{1,18}|last))?)?"
    rf"(?:\.(?P<facet>{'|'.join(FACETS)}))?",
    re.DOTALL,
)


class ReferenceProblem(Problem):
    """A run, step or attempt that cannot be found; the text is one line that says what to do."""


class Reference(NamedTuple):
    """`RUN`, `RUN:STEP` or `RUN:STEP@ATTEMPT`, each with a facet or without.

    `attempt` is None where it was not said and -1 for `last`.
    """

    run: str
    step: int | None = None
    attempt: int | None = None
    facet: str = ""


LAST = -1


def parse(text: str) -> Reference:
    """Take a reference apart; which run it means is not looked at. Raises ReferenceProblem."""
    match = _SUFFIX.fullmatch(text)
    if match is None or not match["run"]:
        raise ReferenceProblem(f"{text!r} names no run; write RUN, RUN:STEP or RUN:STEP@ATTEMPT")
    run, step, facet = match["run"], match["step"], match["facet"] or ""
    if step is None and facet:
        raise ReferenceProblem(f"{text}: .{facet} needs a step: {run}:STEP.{facet}")
    if step is None and not run.startswith(THREAD):
        if "@" in run:
            raise ReferenceProblem(f"{text}: an attempt needs a step: RUN:STEP@ATTEMPT")
        if ":" in run:
            raise ReferenceProblem(f"{text}: what stands after the colon is no step number")
    attempt = None
    if match["attempt"] is not None:
        attempt = LAST if match["attempt"] == "last" else int(match["attempt"])
    return Reference(run, None if step is None else int(step), attempt, facet)


def find(text: str, runs: Sequence[RunInfo]) -> tuple[RunInfo, Reference]:
    """The run of a reference, and the reference taken apart; `runs` are newest first.

    A thread whose id looks like a reference itself (`thread=case:5`) is found by its whole id.
    Raises ReferenceProblem.
    """
    if text.startswith(THREAD):
        for info in runs:
            if info.thread == text.removeprefix(THREAD):
                return info, Reference(text)
    reference = parse(text)
    return find_run(reference.run, runs), reference


def find_whole_run(text: str, runs: Sequence[RunInfo]) -> RunInfo:
    """The run of a reference that may name nothing smaller. Raises ReferenceProblem."""
    info, reference = find(text, runs)
    if reference.step is not None:
        raise ReferenceProblem(f"{text}: this takes a whole run: {reference.run}")
    return info


def find_run(name: str, runs: Sequence[RunInfo]) -> RunInfo:
    """The run that a person means; `runs` are newest first.

    An exact id wins, then `last`, then a prefix that only one run has, then `thread=ID` (its
    newest run), then a bare thread id. Raises ReferenceProblem.
    """
    for info in runs:
        if info.run == name:
            return info
    if name == "last" and runs:
        return runs[0]
    starting = [info for info in runs if info.run.startswith(name)]
    if len(starting) == 1:
        return starting[0]
    if len(starting) > 1:
        several = ", ".join(info.run for info in starting[:6])
        more = f" and {len(starting) - 6} more" if len(starting) > 6 else ""
        raise ReferenceProblem(f"{name} could be any of {several}{more}; write more letters of it")
    thread = name.removeprefix(THREAD)
    for info in runs:
        if info.thread == thread:
            return info
    if not runs:
        raise ReferenceProblem(
            f"no run {name}: nothing is recorded here yet; lar-debug run SCRIPT.py"
        )
    raise ReferenceProblem(f"no run {name} here; lar-debug list shows what there is")


def short_ids(runs: Sequence[RunInfo], least: int = 4) -> dict[str, str]:
    """For each run id the shortest prefix (of at least `least` letters) that no other run has."""
    ids = sorted(info.run for info in runs)
    short: dict[str, str] = {}
    for index, run in enumerate(ids):
        length = least
        for other in ids[max(index - 1, 0) : index] + ids[index + 1 : index + 2]:
            while length < len(run) and other.startswith(run[:length]):
                length += 1
        short[run] = run[:length]
    return short


def place_of_parent(info: RunInfo, short: Mapping[str, str]) -> str:
    """ "7f3a:5@3", where a fork comes from, "" for any other run; `short` are the ids of the runs
    that there are."""
    if info.parent is None:
        return ""
    run, step, attempt = info.parent
    return f"{short.get(run, run[:4])}:{step}@{attempt}"


def command_line(store: Path, command: str, *words: str) -> str:
    """A command about a run of `store` (an absolute path, its links followed) as a person types
    it in the current folder: the store is named where it would not be found from there."""
    there: tuple[str, ...] = ()
    try:
        here = Path.cwd()
        found = store_path(here, chosen=None, environ=os.environ)
        if os.path.realpath(found) != str(store):
            inside = store.is_relative_to(here)
            there = ("--store", str(store.relative_to(here) if inside else store))
    except (Problem, OSError):
        # Where no store can be found the command has to name its own.
        there = ("--store", str(store))
    return shlex.join(("lar-debug", command, *there, *words))
