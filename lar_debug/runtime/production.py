"""lar-debug inside a program that nobody debugs: where it records, and what it looks at.

The engine is patched once in a process, as under the debugger; only nodes are looked at, and only
durable runs are recorded.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from lar_debug.runtime import hooks
from lar_debug.runtime.effects import Effects
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_recording import LarRecording
from lar_debug.runtime.observation import follow_threads, quiet
from lar_debug.runtime.recorder import Origin, Recorder
from lar_debug.runtime.sources import UserFiles
from lar_debug.store.database import Store
from lar_debug.store.location import (
    VARIABLE,
    LocationError,
    prepare_folder,
    project_root,
    store_path,
)

_guard = threading.RLock()
_recorders: dict[tuple[int, Path], Recorder] = {}


def host_of_process() -> lar.Host:
    """Who is told what the engine does; a program that was started without lar-debug gets one
    that records durable runs and nothing else."""
    with _guard:
        host = lar.installed()
        if host is None:
            effects = Effects(_files(_script()), _nowhere, whole_program=False)
            host = LarRecording(None, effects)
            hooks.patch(effects)
            follow_threads()
            lar.install(host)
        return host


def recorder_for(host: LarRecording, chosen: str | Path | None) -> Recorder:
    """What records into the store of this program, one for each store. Raises Problem."""
    script = _script()
    path = Path(os.path.realpath(_path(host, script, chosen)))
    under_debugger = host.recorder
    if under_debugger is not None and under_debugger.store.path == path:
        return under_debugger
    with _guard, quiet():
        known = _recorders.get((os.getpid(), path))
        if known is not None and not known.stopped and known.store.in_place:
            return known
        prepare_folder(path.parent)
        store = Store.open(path, create=True)
        host.effects.active = True
        files, lock = _files(script), threading.RLock()
        recorder = Recorder(store, _origin(host, script), files, host.effects, lock)
        _recorders[os.getpid(), path] = recorder
        return recorder


def _script() -> Path | None:
    """The file that was started, None where there is none."""
    name = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(os.path.abspath(name)) if isinstance(name, str) else None


def _path(host: LarRecording, script: Path | None, chosen: str | Path | None) -> Path:
    named = None if chosen is None else os.fspath(chosen)
    if named is None and not os.environ.get(VARIABLE) and host.recorder is not None:
        return host.recorder.store.path
    nowhere = script is None or _is_installed(script)
    if nowhere and named is None and not os.environ.get(VARIABLE):
        raise LocationError(
            "the program was not started from a script of a project: name the file to record in, "
            f"with store= or {VARIABLE}"
        )
    return store_path(script or Path.cwd(), chosen=named, environ=os.environ)


def _is_installed(script: Path) -> bool:
    files = UserFiles([str(script.parent)])
    bins = Path(sys.prefix) / "bin", Path(sys.base_prefix) / "bin"
    return not files.is_source(str(script)) or script.parent in bins


def _files(script: Path | None) -> UserFiles:
    roots = [script.parent] if script is not None else []
    if script is not None and (project := project_root(script)) is not None:
        roots.insert(0, project)
    return UserFiles([str(root) for root in roots] or [os.getcwd()])


def _origin(host: LarRecording, script: Path | None) -> Origin:
    if host.recorder is not None:
        return host.recorder.origin
    return Origin(
        kind="script",
        target=script.name if script is not None else "(no script)",
        script=str(script or ""),
        argv=tuple(sys.argv[1:]),
    )


def _nowhere(text: str) -> str:
    del text
    return ""
