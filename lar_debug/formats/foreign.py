"""Which format a file has, and its import, once for each content.

The shape decides, never the name: a state may have any keys, so a file that is neither a run log
nor LangGraphGo's store is a checkpoint when it holds an object.
"""

from __future__ import annotations

from pathlib import Path

from lar_debug.formats import checkpoint, langgraphgo, lar_audit_log
from lar_debug.formats.json_stream import JsonStream, NotReadable
from lar_debug.formats.lar_audit_log import STEPS, Progress, import_log, is_entry
from lar_debug.formats.recorded import (
    Source,
    forget_broken_imports,
    forget_run,
    runs_of_file,
)
from lar_debug.formats.unchanged import unchanged
from lar_debug.model.records import RunInfo
from lar_debug.store.database import Store

_KNOWN = "a run log of Lár, a checkpoint (one JSON object) or LangGraphGo's checkpoints.json"


def recognize(path: Path) -> str:
    """The name of a file's format; reads no more than that takes. Raises NotReadable, OSError."""
    with JsonStream(path) as stream:
        sign = stream.peek()
        if sign and sign != "{":
            kind = "a JSON list" if sign == "[" else "no JSON object"
            raise NotReadable(f"{path} holds {kind}; known are {_KNOWN}")
        names: list[str] = []
        for name in stream.members():
            names.append(name)
            if name == STEPS and stream.peek() == "[":
                first = next(stream.items(), None)
                if is_entry(first) or (first is None and "run_id" in names):
                    return lar_audit_log.NAME
                if "run_id" in names:
                    raise NotReadable(f"{path} is no run log of Lár: its steps are no entries")
                return checkpoint.NAME
            if len(names) == 1 and langgraphgo.is_checkpoint(stream.value()):
                return langgraphgo.NAME
        if not names:
            raise NotReadable(f"{path} holds an empty object; known are {_KNOWN}")
        if {"run_id", "summary"} <= set(names):
            raise NotReadable(f"{path} is no run log of Lár: it has no steps")
    return checkpoint.NAME


def import_file(
    store: Store, path: Path, progress: Progress | None = None
) -> tuple[list[RunInfo], bool]:
    """The runs of a file, and whether they were imported only now.

    Raises NotReadable, StoreError and OSError; then no run of the file is in the store that was
    not there before.
    """
    kind = recognize(path)
    made: list[RunInfo] = []
    try:
        with unchanged(path):
            source = Source.of(path)
            forget_broken_imports(store)
            known = runs_of_file(store, source.digest)
            if not known:
                made = _imported(store, kind, source, progress)
    except BaseException:
        for info in made:
            forget_run(store, info.run)
        raise
    return (made, True) if made else (known[::-1], False)


def _imported(store: Store, kind: str, source: Source, progress: Progress | None) -> list[RunInfo]:
    if kind == lar_audit_log.NAME:
        return import_log(store, source, progress)
    if kind == checkpoint.NAME:
        return checkpoint.import_checkpoint(store, source)
    try:
        return langgraphgo.import_checkpoints(store, source)
    except BaseException:
        for info in runs_of_file(store, source.digest):
            forget_run(store, info.run)
        raise
