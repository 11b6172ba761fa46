"""`lar-debug delete RUN...` and `lar-debug gc`: what is no longer wanted goes."""

from __future__ import annotations

import click

from lar_debug.cli.common import Common, common_options
from lar_debug.cli.output import say, show_json
from lar_debug.formats.recorded import forget_broken_imports
from lar_debug.model.problem import Problem
from lar_debug.model.records import RunStatus
from lar_debug.session.recording import as_it_stands
from lar_debug.session.references import find_whole_run
from lar_debug.store.connection import StoreInUse


@click.command("delete")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@common_options
def delete(common: Common, runs: tuple[str, ...]) -> None:
    """Delete runs with all their attempts."""
    store = common.open_store()
    try:
        known = store.runs()
        chosen = {info.run: info for info in (find_whole_run(name, known) for name in runs)}
        for info in chosen.values():
            if as_it_stands(store, info).status is RunStatus.RUNNING:
                raise Problem(f"run {info.run} is running; stop it first")
        for info in chosen.values():
            store.delete_run(info.run)
            say(f"deleted {info.run} {info.target}")
        try:
            store.collect_garbage()
        except StoreInUse:
            say("something is being recorded: lar-debug gc gives back the room later")
        if common.json:
            show_json({"deleted": list(chosen)})
    finally:
        store.close()


@click.command("gc")
@common_options
def collect(common: Common) -> None:
    """Give back the room of snapshots that no run needs any more."""
    store = common.open_store()
    try:
        forget_broken_imports(store)
        freed = store.collect_garbage()
        store.compact()
        say(f"{freed:,} bytes freed, the store has {store.size():,}")
        if common.json:
            show_json({"freed": freed, "size": store.size()})
    finally:
        store.close()


COMMANDS = {"delete": delete, "gc": collect}
