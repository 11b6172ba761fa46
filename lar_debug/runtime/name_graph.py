"""Job: name the graph of a run that was imported, so that its steps can be run again.

Loads the target that a person named, finds the node of each step and writes all of it into the
store at once; where it cannot, nothing is written. Knows no format.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lar_debug.model.problem import Problem
from lar_debug.model.records import FileUse
from lar_debug.runtime.effects import Effects
from lar_debug.runtime.hooks import watch_audit_events
from lar_debug.runtime.loader import LoadError, load_error, load_from_source
from lar_debug.runtime.sources import UserFiles
from lar_debug.runtime.tracebacks import describe, place_of
from lar_debug.runtime.user_modules import module_files
from lar_debug.store.database import Store
from lar_debug.store.trust import sealed


def job(request: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """`request`: {"store", "run", "script", "name", "target", "cwd", "roots": [folder],
    "chosen": {step: node}}. Returns {"problem": line}, "" when the graph is named."""
    del report
    from lar_debug.runtime.engines.lar_naming import named_graph

    files = UserFiles(request["roots"])
    load_from_source(request["roots"])
    store = Store.open(Path(request["store"]))
    effects = Effects(files, store.texts.write)
    watch_audit_events(effects)
    try:
        naming = named_graph(store, request, files)
        effects.active = False
        store.name_graph(
            sealed(naming.info),
            naming.nodes,
            naming.places,
            files=_files_behind(files, effects, store),
            to_run=naming.to_run,
        )
    except Problem as error:
        return {"problem": str(error)}
    except Exception as error:
        return {"problem": _why_not_loaded(error, request["target"], files)}
    finally:
        store.close()
    return {"problem": "", "python": sys.version.split()[0]}


def _files_behind(files: UserFiles, effects: Effects, store: Store) -> list[FileUse]:
    """The user's modules, and what importing them read: a save of any of them counts."""
    uses = [*module_files(files, store.texts.write)]
    modules = {use.path for use in uses}
    return [*uses, *(use for use in effects.read_outside.values() if use.path not in modules)]


def _why_not_loaded(error: Exception, target: str, files: UserFiles) -> str:
    found = load_error(error)
    if isinstance(found, LoadError):
        return f"{target} cannot be loaded: {found}"
    place = place_of(error, files.roots)
    where = f" ({files.place(*place)})" if place else ""
    return f"{target} cannot be loaded: {describe(error)}{where}"
