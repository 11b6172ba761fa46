"""A script of Lár that is started again, because only its own code makes the graph of a thread.

Runs that came before the thread's are read back from the record, and that run goes on in its very
place: the script's own loop gets the entries, and what stands behind it runs too. Runs that begin
later are recorded as ever.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo
from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_durable import MAX_STEPS
from lar_debug.runtime.engines.lar_engine import dict_of
from lar_debug.runtime.engines.lar_graph import LarGraph
from lar_debug.runtime.engines.lar_playback import played_back
from lar_debug.runtime.engines.lar_recording import LarRecording
from lar_debug.runtime.engines.lar_thread_run import ThreadRun, Wish
from lar_debug.runtime.forking import ForkPoint, forked_session, program_thread
from lar_debug.runtime.loader import load_script
from lar_debug.runtime.recorder import Recorder

REFUSED = 2


def start_again(
    options: Mapping[str, Any],
    recording: LarRecording,
    recorder: Recorder,
    info: RunInfo,
    fork: ForkPoint | None = None,
) -> int | None:
    """Run the script of a thread, which goes on where `info` stopped, or as a `fork` of it. Raises
    whatever the script raises, and LoadError; `options` are those of
    lar_debug.runtime.resume.main."""
    if info.thread == info.run or fork is not None or info.parent is not None:
        # The runs behind it have no thread of a person's either; that of a fork is its alone.
        recorder.origin = replace(recorder.origin, thread="")
    again = _Again(options, recording, recorder, info, fork)
    recording.goes_on = again
    try:
        load_script(options["script"], options.get("argv", []), name="__main__")
    except SystemExit as end:
        if again.there or end.code:
            raise
    if not again.there:
        target = options.get("target") or options["script"]
        sys.stderr.write(f"{target} ended without coming to {again.wanted}\n")
        return REFUSED
    return None


class _Again:
    """What happens to the runs that the script begins, up to the one that goes on."""

    def __init__(
        self,
        options: Mapping[str, Any],
        recording: LarRecording,
        recorder: Recorder,
        info: RunInfo,
        fork: ForkPoint | None,
    ) -> None:
        self.store, self.info = recorder.store, info
        self.there = False
        self._options, self._recording, self._recorder = options, recording, recorder
        self._fork = fork
        self._run: ThreadRun | None = None
        self._lock = threading.Lock()
        # What begins after it belongs to the program that was recorded, or to one that goes
        # another way from here on.
        known = str(info.entry.get("session", ""))
        recording.session = known if fork is None else forked_session(info)

    @property
    def wanted(self) -> str:
        """The run that goes on, in words."""
        named = self.info.thread != self.info.run
        return f"the run of thread {self.info.thread}" if named else f"run {self.info.run}"

    def snapshot(self, reference: str, run: str) -> dict[str, Any]:
        """A recorded state of a run, as real objects."""
        return self._recorder.restored(reference, run)

    def thread_of(self, thread: str) -> str:
        """What the program does further with the thread of a fork's parent is the fork's."""
        if self._run is not None and thread and thread == program_thread(self.info):
            return self._run.thread
        return thread

    def begins(
        self, started: lar.Started, thread: str, *, allow_lossy: bool
    ) -> Generator[Any, Any, Any] | None:
        """What stands for a run that the script begins; None: it is recorded as any. `thread` is
        that of a run that is durable by itself."""
        with self._lock:
            if self.there:
                return None
            ordinal, wanted = self._recording.runs, int(self.info.entry.get("ordinal", 0))
            # Of several runs on one thread a fork continues the one that was forked.
            forked = self._fork is not None or self.info.parent is not None
            known_by_name = thread == program_thread(self.info) and not forked
            if not known_by_name and ordinal < wanted:
                self._recording.runs += 1
                return _refusing(played_back(self, ordinal, started))
            self.there = True
        return _refusing(self._goes_on(started, thread, allow_lossy))

    def _goes_on(
        self, started: lar.Started, thread: str, allow_lossy: bool
    ) -> Generator[Any, Any, Any]:
        self._check_way(started, thread)
        options = self._options
        wish = Wish(
            "" if self._fork else self.info.thread,
            fork=self._fork,
            only_resume=True,
            allow_lossy=allow_lossy or bool(options.get("allow_lossy")),
            pause_before=options.get("pause_before") or "",
            one_step=bool(options.get("one_step")),
            force=bool(options.get("force")),
            from_start=bool(options.get("from_start")),
            at=options.get("at") or "",
            answer=options.get("answer"),
            rationale=options.get("rationale") or "",
        )
        own = started.kwargs.get("max_steps", started.args[0] if started.args else MAX_STEPS)
        started = replace(
            started,
            initial_state=dict_of(started.initial_state),
            args=(),
            kwargs={"max_steps": options.get("max_steps") or own},
        )
        self._run = ThreadRun(self._recording, self._recorder, started, wish)
        yield from self._run.steps()

    def _check_way(self, started: lar.Started, thread: str) -> None:
        """Raises Problem where the script begins another run than the recorded one."""
        entry, caller = self.info.entry, started.caller
        if thread == program_thread(self.info):
            return
        label = LarGraph(started.start_node, self._recorder.files, caller).graph.label
        now, then = label(started.start_node), str(entry.get("label"))
        if thread or (now, caller.function) != (then, entry.get("function")):
            raise Problem(
                f"the script took another way: it starts {now} in {caller.function}, the "
                f"recording {then} in {entry.get('function')}"
            )


def _refusing(steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """What is wrong with going on is one line, and the end: it is no error of the script's, whose
    code would handle or show it."""
    try:
        return (yield from steps)
    except Problem as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(REFUSED) from None
