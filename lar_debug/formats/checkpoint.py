"""A checkpoint: one state as a JSON object, what programs save to go on from after a crash.

Any JSON object is one; the format has no mark and no version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from lar_debug.formats.json_stream import JsonStream, NotReadable, as_object
from lar_debug.formats.recorded import ForeignStep, Heading, Source, written_run
from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.store.database import Store

NAME: Final = "checkpoint"


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The state in a file. Raises NotReadable, and OSError."""
    with JsonStream(path) as stream:
        state = stream.value()
        stream.end()
    if not isinstance(state, dict):
        raise NotReadable(f"{path} holds a {type(state).__name__}, a checkpoint is a JSON object")
    return as_object(state)


def import_checkpoint(store: Store, source: Source) -> list[RunInfo]:
    """The state as a run of one step, which left it. Raises NotReadable and StoreError."""
    state = read_checkpoint(source.path)
    saved = source.path.stat().st_mtime
    with written_run(store, source, Heading(NAME, "lar", source.path.stem, saved)) as writer:
        writer.add(ForeignStep(NAME, "", 0, None, state, saved))
        writer.end(RunStatus.STOPPED)
    return [store.run(writer.info.run)]
