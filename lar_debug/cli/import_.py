"""`lar-debug import`: files of other programs, as runs like those that were recorded here."""

from __future__ import annotations

import asyncio
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from lar_debug.cli import DONE
from lar_debug.cli.common import Common, common_options
from lar_debug.cli.listing import run_json, run_line
from lar_debug.cli.output import say, show, show_json
from lar_debug.cli.targets import parse_target
from lar_debug.client.interpreter import find_interpreter, require_lar
from lar_debug.formats.foreign import import_file, recognize
from lar_debug.formats.recorded import forget_run
from lar_debug.model.foreign import GO_ENGINE
from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo
from lar_debug.session.elsewhere import why_no_code
from lar_debug.session.graph_naming import check_may_be_named, name_graph
from lar_debug.session.references import short_ids
from lar_debug.store.database import Store
from lar_debug.store.location import prepare_folder

TELL_EVERY = 64 << 20
"""Bytes of a file between two lines that say how far it is."""


def imported(common: Common, path: Path) -> list[RunInfo]:
    """The runs of a file, imported where its content is not in the store yet; the one to look at
    is the last. Raises Problem and OSError."""
    return take_in(common, path)[0]


def take_in(common: Common, path: Path) -> tuple[list[RunInfo], bool]:
    """As `imported`, and whether they were imported only now."""
    # What is no file of ours makes no store.
    recognize(path)
    place = common.store_path()
    prepare_folder(place.parent)
    with closing(Store.open(place, create=True)) as store:
        store.check_writable()
        runs, new = import_file(store, path, _Told(path).progress)
    if not new:
        say(f"{path} is in the store already, unchanged")
    elif len(runs) > 1:
        say(f"{path} holds {len(runs)} threads: lar-debug list")
    return runs, new


class _Told:
    """Says how far a large file is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = TELL_EVERY

    def progress(self, read: int, size: int) -> None:
        if read >= self._next and size > TELL_EVERY:
            self._next = read + TELL_EVERY
            say(f"{self._path}: {read >> 20:,} of {size >> 20:,} MB")


class _Graph:
    """The graph that a person names for an imported run, checked before anything is imported."""

    def __init__(self, common: Common, written: str, chosen: tuple[str, ...]) -> None:
        """Raises Problem."""
        target = parse_target(written)
        if target.kind != "target":
            raise Problem(f"--graph {written}: name the graph in it: {written}:NAME")
        found = find_interpreter(target.place, chosen=common.python, environ=os.environ)
        require_lar(found)
        self._interpreter = found.path
        self._chosen = dict(_choice(text) for text in chosen)
        self._target: dict[str, Any] = {
            "script": target.script,
            "name": target.name,
            "target": written,
            "cwd": str(Path.cwd()),
            "roots": [str(target.root)],
        }

    def name(self, place: Path, runs: list[RunInfo], *, new: bool) -> None:
        """Name it for each of the runs. Raises Problem; then runs that are `new` are gone again."""
        with closing(Store.open(place)) as store:
            for info in runs:
                why = why_no_code(info) if info.engine == GO_ENGINE else self._why_not(store, info)
                if why and new:
                    for one in runs:
                        forget_run(store, one.run)
                if why:
                    raise Problem(why)

    def _why_not(self, store: Store, info: RunInfo) -> str:
        try:
            check_may_be_named(store, info)
            naming = name_graph(store.path, info, self._interpreter, self._target, self._chosen)
            asyncio.run(naming)
        except Problem as error:
            return str(error)
        return ""


def _choice(text: str) -> tuple[int, str]:
    """STEP=NODE of --at."""
    step, equals, node = text.partition("=")
    if not (step.isascii() and step.isdigit() and len(step) < 10 and equals and node):
        raise Problem(f"--at {text}: write STEP=NODE, like 4=clean")
    return int(step), node


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--graph", metavar="TARGET", help="FILE.py:NAME or pkg.mod:NAME, to re-run steps.")
@click.option("--at", multiple=True, metavar="STEP=NODE", help="Which node, where two fit.")
@common_options
def import_run(common: Common, file: Path, graph: str | None, at: tuple[str, ...]) -> int:
    """Take a file in: a run log of Lár, a checkpoint, or LangGraphGo's checkpoints.json."""
    if at and graph is None:
        raise Problem("--at says which node of a graph a step ran: --graph names the graph")
    named = None if graph is None else _Graph(common, graph, at)
    runs, new = take_in(common, file)
    if named is not None:
        named.name(common.store_path(), runs, new=new)
    with closing(common.open_store()) as store:
        runs = [store.run(info.run) for info in runs]
        if common.json:
            rows = [run_json(store, info) for info in runs]
            show_json({"runs": rows, "exit_code": DONE})
        else:
            short = short_ids(store.runs())
            show([run_line(store, info, short) for info in runs])
    return DONE


COMMANDS = {"import": import_run}
