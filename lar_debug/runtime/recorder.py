"""Writes what runs of a graph do into the store, step by step, before and after each.

Whatever goes wrong here must not reach the program that is recorded: recording stops with one
line on stderr and the program goes on. Knows no engine: engines/ tells it what runs.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import platform
import secrets
import sys
import threading
import time
import weakref
from collections.abc import Generator
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from lar_debug.model.records import (
    RECORDING_STOPPED,
    NodeRef,
    Outcome,
    RunInfo,
    RunStatus,
    Segment,
)
from lar_debug.runtime.effects import Effects
from lar_debug.runtime.forking import fork_entry
from lar_debug.runtime.loaded import Loaded
from lar_debug.runtime.marking import Marks
from lar_debug.runtime.observation import quiet
from lar_debug.runtime.run_record import Beginning, Durable, NotKept, RunRecord
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.runtime.sources import UserFiles
from lar_debug.runtime.threads import ANSWERS, Position, answers_entry
from lar_debug.runtime.user_modules import module_files
from lar_debug.store.database import Store, StoreError
from lar_debug.store.key import signing_key
from lar_debug.store.liveness import process_identity
from lar_debug.store.trust import sealed

_MOST_PACKAGES = 400
"""Names that a run keeps of what its nodes imported."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What the recorded program is: the same for all its runs."""

    kind: str
    """script or target."""
    target: str
    script: str
    argv: tuple[str, ...]
    name: str = ""
    thread: str = ""
    marks: str = ""
    """Nonce of the marks in the output; "" for none."""


class Recorder:
    """Records every run of this process. `effects` must be reporting already."""

    def __init__(
        self,
        store: Store,
        origin: Origin,
        files: UserFiles,
        effects: Effects,
        lock: threading.RLock,
    ) -> None:
        """`lock` is held whenever the store is written, by whoever does it."""
        self.store = store
        self.origin = origin
        self.files = files
        self.effects = effects
        self.stopped = False
        self.left = False
        """True in a forked child: the runs are the parent's."""
        self.lock = lock
        self.announced: RunInfo | None = None
        """The run to come, where its row stands already."""
        self._open: list[RunRecord] = []
        self._loaded: Loaded | None = None
        """What there was when the first run began."""
        self._key = signing_key(create=True)
        self._marks = Marks(origin.marks) if origin.marks else None
        # Python never forgets what is registered, and this reaches all that was recorded.
        leave = weakref.WeakMethod(self._leave)
        os.register_at_fork(after_in_child=lambda: (leave() or _nothing)())
        atexit.register(self.close)

    def _leave(self) -> None:
        """In a forked child: the store's connection belongs to the parent."""
        self.stopped = self.left = True
        self.effects.active = False

    def stop(self, error: BaseException) -> None:
        """Give up recording, with one line; the program goes on."""
        if self.stopped:
            return
        self.stopped = True
        self.effects.active = False
        line = str(error).replace("\n", " ") or type(error).__name__
        # sys.stderr may be the program's own object by now, or closed.
        with contextlib.suppress(OSError):
            os.write(2, f"lar-debug: {RECORDING_STOPPED}{line}\n".encode("utf-8", "replace"))
        if self._marks is not None:
            self._marks.stopped(line)
        self._note_stop(f"{RECORDING_STOPPED}{line}")

    def _note_stop(self, error: str) -> None:
        """Write into the runs that go on why they are recorded no further, if that can be."""
        try:
            with self.lock, quiet():
                # What could not be written must not keep these few bytes from being.
                self.store.objects.drop_pending()
                for record in self._open:
                    run, last = record.run, record.steps - 1
                    self.store.set_status(run, RunStatus.STOPPED, error=error, ended=time.time())
                    self.store.end_attempt_as(run, last, 0, Outcome.CRASHED, error)
        except Exception:
            # A debugger has heard of it by the mark, and writes it down once that can be done.
            return

    def announce(self, state: dict[str, Any] | None, engine: str, package: str) -> None:
        """Write the run down that the program is about to begin on its thread, with the state
        that it begins with, where that is known. Raises StoreError."""
        run = secrets.token_hex(4)
        entry = {"kind": self.origin.kind, "name": self.origin.name, "announced": True}
        with self.lock, quiet():
            info = self._process_info(run, engine, package, entry)
            if state is not None:
                snapshotter = self.new_snapshotter(run)
                info = info._replace(input=snapshotter.take(state).ref)
            self.store.add_run(sealed(info))
            self.store.add_segment(Segment(run, 0, process_identity(), info.started))
        self.announced = info

    def withdraw(self) -> None:
        """The program has ended without beginning the run that was announced."""
        info, self.announced = self.announced, None
        if info is not None and not self.stopped:
            with self.lock, quiet():
                self.store.delete_run(info.run)

    def begin_run(
        self,
        beginning: Beginning,
        durable: Durable | None = None,
        state: dict[str, Any] | None = None,
    ) -> RunRecord | None:
        """A new run; None when recording has stopped.

        A `durable` one keeps the `state` that it begins with, and raises NotKept where it cannot.
        """
        if self.stopped and durable is None:
            return None
        try:
            with self.lock, quiet():
                self._refuse_when_stopped()
                record = self._new_run(beginning, durable, state)
        except Exception as error:
            if durable is not None:
                raise NotKept(error) from error
            self.stop(error)
            return None
        return record

    def continue_run(self, position: Position, beginning: Beginning, durable: Durable) -> RunRecord:
        """A run that goes on, as a new segment of it. Raises NotKept."""
        with self._kept():
            return self._next_segment(position, beginning, durable)

    def fork_run(
        self,
        position: Position,
        node: NodeRef,
        beginning: Beginning,
        durable: Durable,
        state: dict[str, Any],
    ) -> RunRecord:
        """A new run that continues another one from a position, with `node` and the `state` that
        was left there. Raises NotKept."""
        with self._kept():
            return self._new_fork(position, node, beginning, durable, state)

    @contextlib.contextmanager
    def _kept(self) -> Generator[None]:
        """Writes what must be in the store before a run goes on. Raises NotKept."""
        try:
            with self.lock, quiet():
                self._refuse_when_stopped()
                yield
        except Exception as error:
            raise NotKept(error) from error

    def _refuse_when_stopped(self) -> None:
        if self.stopped:
            raise StoreError(f"{self.store.path} is not written by this process any more")

    def _new_run(
        self, beginning: Beginning, durable: Durable | None, state: dict[str, Any] | None
    ) -> RunRecord:
        announced, self.announced = self.announced, None
        run = secrets.token_hex(4) if announced is None else announced.run
        record = RunRecord(self, run, beginning, durable)
        # A clock may have been set back since the thread's last run.
        after = None if durable is None else self.store.newest_run(durable.holding.thread)
        info = self._info(run, beginning, durable)
        if announced is not None:
            segments = self.store.segments(run)
            record.segment = len(segments) - (segments[-1].process == process_identity())
            info = info._replace(started=announced.started, input=announced.input)
        elif after is not None and info.started <= after.started:
            info = info._replace(started=after.started + 1e-3)
        if state is not None:
            info = info._replace(input=record.keep_input(state))
        holding = None if durable is None else durable.holding
        self.store.add_run(sealed(info), beginning.nodes, holding=holding)
        self._begin_segment(record)
        return record

    def _info(self, run: str, beginning: Beginning, durable: Durable | None) -> RunInfo:
        origin = self.origin
        entry: dict[str, Any] = {
            "kind": origin.kind,
            "name": origin.name,
            "label": beginning.start.label,
            "call_site": beginning.place,
            "function": beginning.function,
            "session": beginning.session,
            "ordinal": beginning.ordinal,
            "names": dict(beginning.names),
            "reached": self.effects.reached,
            "shape": beginning.shape,
            **({} if durable is None else durable.entry),
        }
        info = self._process_info(run, beginning.engine, beginning.package, entry)
        return info if durable is None else info._replace(thread=durable.holding.thread)

    def _process_info(self, run: str, engine: str, package: str, entry: dict[str, Any]) -> RunInfo:
        """What a run has of the process that begins it."""
        origin = self.origin
        return RunInfo(
            run=run,
            thread=origin.thread or run,
            target=origin.target,
            engine=engine,
            engine_version=_version(package),
            python=platform.python_version(),
            interpreter=sys.executable,
            cwd=os.getcwd(),
            script=origin.script,
            argv=origin.argv,
            started=time.time(),
            entry=entry,
        )

    def _next_segment(
        self, position: Position, beginning: Beginning, durable: Durable
    ) -> RunRecord:
        info, store = position.run, self.store
        record = RunRecord(self, info.run, beginning, durable)
        record.steps = store.step_numbers(info.run).stop
        segments = store.segments(info.run)
        record.segment = len(segments)
        if segments and segments[-1].ended is None and info.ended is not None:
            # Its process died; whoever saw that noted when, for the run as a whole.
            store.end_segment(info.run, segments[-1].segment, info.ended)
        record.engine_step = position.engine_step
        record.tries = position.tries
        if position.unended is not None:
            error = "the process ended inside this step"
            store.end_attempt_as(info.run, position.unended, 0, Outcome.CRASHED, error)
        entry = {name: value for name, value in info.entry.items() if name != ANSWERS}
        entry |= {**durable.entry, "shape": beginning.shape, **answers_entry(position)}
        if position.anew:
            entry["begun_at"] = record.steps
        store.reopen(info.run, entry, durable.holding)
        store.add_nodes(info.run, beginning.nodes)
        self._begin_segment(record)
        return record

    def _new_fork(
        self,
        position: Position,
        node: NodeRef,
        beginning: Beginning,
        durable: Durable,
        state: dict[str, Any],
    ) -> RunRecord:
        run, parent = secrets.token_hex(4), position.parent
        assert parent is not None
        record = RunRecord(self, run, beginning, durable)
        record.first = record.steps = parent[1] + 1
        record.engine_step = position.engine_step
        entry: dict[str, Any] = fork_entry(position, node, beginning.session)
        entry |= {"kind": self.origin.kind, "name": self.origin.name, **durable.entry}
        entry |= {"names": {**entry.get("names", {}), **beginning.names}}
        entry |= {"shape": beginning.shape}
        info = self._process_info(run, beginning.engine, beginning.package, entry)
        info = info._replace(thread=durable.holding.thread, parent=parent)
        info = info._replace(input=record.keep_input(state))
        self.store.add_run(sealed(info), beginning.nodes, holding=durable.holding)
        self._begin_segment(record)
        return record

    def _begin_segment(self, record: RunRecord) -> None:
        segment = Segment(record.run, record.segment, process_identity(), time.time())
        self.store.add_segment(segment, safe=record.durable is not None)
        self._open.append(record)
        self._loaded = self._loaded or Loaded()
        self.add_files(record)

    def add_files(self, record: RunRecord) -> None:
        """Modules and files of the run as a whole, those that are not noted yet."""
        uses = [*module_files(self.files, self.store.texts.write)]
        modules = {use.path for use in uses}
        # A module's source is opened like any file when it is imported.
        outside = list(self.effects.read_outside.values())
        uses += [use for use in outside if use.path not in modules]
        new = [use for use in uses if (use.path, use.mode) not in record.noted]
        record.noted.update((use.path, use.mode) for use in new)
        if new:
            self.store.add_files(record.run, new)

    def packages(self) -> list[str]:
        """Installed modules and their models that no process had before the runs of this one."""
        loaded = self._loaded.since(self.files.is_package) if self._loaded else []
        return loaded[:_MOST_PACKAGES]

    def keep_text(self, text: str) -> str:
        """Put a text into the store; its reference."""
        with self.lock:
            return self.store.texts.write(text)

    def new_snapshotter(self, run: str) -> Snapshotter:
        return Snapshotter(self.store.objects, self.store.texts, run=run, key=self._key)

    def restored(self, reference: str, run: str) -> dict[str, Any]:
        """A recorded state of any run, as real objects. Raises StoreError."""
        with self.lock, quiet():
            return self.new_snapshotter(run).restore(reference)

    def mark(self, run: str, step: int, edge: Any) -> None:
        if self._marks is not None:
            self._marks.write(run, step, edge)

    def forget(self, record: RunRecord) -> None:
        if record in self._open:
            self._open.remove(record)

    def close(self) -> None:
        """The program ends: runs that nobody finished were stopped."""
        if self.announced is not None and not self.stopped:
            with contextlib.suppress(StoreError), self.lock, quiet():
                error = "the program ended before its graph began"
                run, self.announced = self.announced.run, None
                self.store.set_status(run, RunStatus.FAILED, error=error, ended=time.time())
        for record in list(self._open):
            try:
                record.end(RunStatus.STOPPED)
            except NotKept as error:
                self.stop(error.error)
        self.effects.active = False
        if not self.stopped:
            self.stopped = True
            try:
                self.store.close()
            except Exception as error:
                self.stopped = False
                self.stop(error)


def _nothing() -> None:
    """A recorder that is gone has nothing to leave."""


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
