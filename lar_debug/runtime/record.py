"""Entry of the bootstrap that records: a script as it is, or a graph that is named.

The program must not notice: its arguments, its `__main__`, its exit code and its tracebacks are
what they are without us. May not print to stdout.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from lar_debug.model.problem import Problem
from lar_debug.runtime import hooks
from lar_debug.runtime.effects import Effects
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_recording import LarRecording
from lar_debug.runtime.engines.lar_target import run_target
from lar_debug.runtime.interrupts import Interrupted
from lar_debug.runtime.loader import LoadError, load_from_source, load_script
from lar_debug.runtime.observation import follow_threads, quiet
from lar_debug.runtime.recorder import Origin, Recorder
from lar_debug.runtime.sources import UserFiles
from lar_debug.runtime.tracebacks import strip_own
from lar_debug.store.database import Store

FAILED = 1
REFUSED = 2


def main(options: dict[str, Any]) -> None:
    """Record one program.

    `options`: {"store": path, "kind": "script"|"target", "script": path or dotted module,
    "argv": [...], "roots": [folder, ...]} and, where wanted, "target" (as the person wrote it),
    "thread", "marks" (nonce), and for a target "name", "input" (object), "max_steps",
    "pause_before" (label), "audit_log" (folder), "durability", "allow_lossy".
    """
    run_recorded(options, partial(_program, options))


def run_recorded(
    options: Mapping[str, Any], program: Callable[[LarRecording | None], int | None]
) -> None:
    """Run `program` with everything in it recorded; ends the process as it would end itself."""
    recording = _set_up(options)
    _show_tracebacks_of_threads()
    try:
        code = program(recording)
    except Interrupted:
        # The question is recorded; whoever started us shows it.
        sys.exit(0)
    except LoadError as error:
        sys.exit(_as_python_says(error))
    except SystemExit as end:
        if not end.code:
            _withdraw(recording)
        raise
    except BaseException:
        _hide_own_frames()
        raise
    if not code:
        _withdraw(recording)
    if code is not None:
        sys.exit(code)


def run_script(options: Mapping[str, Any]) -> None:
    """The script, as Python runs it. Raises whatever it raises, and LoadError."""
    load_script(options["script"], options.get("argv", []), name="__main__")


def _program(options: Mapping[str, Any], recording: LarRecording | None) -> int | None:
    recorder = recording.recorder if recording is not None else None
    if recorder is not None and options.get("thread"):
        announce(recorder, options)
    if options["kind"] == "target":
        return refusing(lambda: run_target(options, recording))
    run_script(options)
    return None


def refusing(work: Callable[[], int]) -> int:
    """What lar-debug does for a person, where what is wrong is one line."""
    try:
        return work()
    except (Problem, LoadError) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED


def announce(recorder: Recorder, options: Mapping[str, Any]) -> None:
    """Write down what is about to be started, before anything of it is loaded, so that a thread
    that comes no further can be started again. Not where there is a run that it goes on with."""
    try:
        before = recorder.store.newest_run(options["thread"])
        goes_on = options["kind"] == "target" or (before is not None and not before.ended)
        if before is not None and goes_on:
            return
        recorder.announce(options.get("input"), lar.NAME, lar.PACKAGE)
    except Problem as error:
        recorder.stop(error)


def _withdraw(recording: LarRecording | None) -> None:
    if recording is not None and recording.recorder is not None:
        recording.recorder.withdraw()


def _set_up(options: Mapping[str, Any]) -> LarRecording | None:
    files = UserFiles(options["roots"])
    load_from_source(options["roots"])
    try:
        with quiet():
            store = Store.open(Path(options["store"]), create=True)
    except Problem as error:
        sys.stderr.write(f"lar-debug: nothing is recorded: {error}\n")
        return None
    lock = threading.RLock()

    def keep_text(text: str) -> str:
        with lock:
            return store.texts.write(text)

    effects = Effects(files, keep_text)
    recorder = Recorder(store, _origin(options), files, effects, lock)
    recording = LarRecording(recorder, effects)
    hooks.patch(effects)
    follow_threads()
    lar.install(recording)
    return recording


def _origin(options: Mapping[str, Any]) -> Origin:
    script = str(options["script"])
    return Origin(
        kind=options["kind"],
        target=options.get("target") or script,
        script=str(Path(script).absolute()) if script.endswith(".py") else script,
        argv=tuple(options.get("argv", ())),
        name=options.get("name") or "",
        thread=options.get("thread") or "",
        marks=options.get("marks") or "",
    )


def _as_python_says(error: LoadError) -> int:
    """What `python script.py` prints for a script that cannot be read or does not parse."""
    try:
        with open(error.file, "rb") as file:
            compile(file.read(), error.file, "exec", dont_inherit=True)
    except OSError:
        sys.stderr.write(f"{sys.executable}: can't open file {error.file!r}: {error.message}\n")
        return REFUSED
    except (SyntaxError, ValueError) as again:
        again.__traceback__ = again.__context__ = None
        sys.excepthook(type(again), again, None)
        return FAILED
    # Empty, or mended in this very moment: Python has nothing to say against it.
    return 0


def _hide_own_frames() -> None:
    """Python is about to print a traceback: leave our frames out, whoever prints it."""
    shown = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        del trace
        strip_own(error)
        shown(kind, error, error.__traceback__)

    sys.excepthook = hook


def _show_tracebacks_of_threads() -> None:
    shown = threading.excepthook

    def hook(arguments: threading.ExceptHookArgs, /) -> None:
        if arguments.exc_value is None:
            shown(arguments)
            return
        strip_own(arguments.exc_value)
        kept = (arguments.exc_type, arguments.exc_value, arguments.exc_value.__traceback__)
        shown(threading.ExceptHookArgs((*kept, arguments.thread)))

    threading.excepthook = hook
