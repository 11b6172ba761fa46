"""DurableExecutor: runs of Lár that pause, crash and resume at the right node.

The engine's own GraphExecutor runs every step; lar-debug records it as it records a debugged
program, and begins where the record ends. Standard library only beside the engine.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lar_debug.runtime.engines import lar
from lar_debug.runtime.engines.lar_engine import dict_of, loop_of, make_executor
from lar_debug.runtime.engines.lar_recording import LarRecording
from lar_debug.runtime.engines.lar_thread_run import ThreadRun, Wish
from lar_debug.runtime.forking import ForkPoint
from lar_debug.runtime.production import host_of_process, recorder_for
from lar_debug.runtime.threads import named_durability, named_thread

_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]

MAX_STEPS = 100
"""As GraphExecutor has it."""


class DurableExecutor:
    """Used where GraphExecutor is used: the same generator, the same entries.

    `store` is the file to record in; without it LAR_DEBUG_STORE, else the project of the script
    that was started (its folder, where it is in none), never the current folder. Of `durability`
    ("async", "sync" or "exit") docs/durable.md says what each may lose; without one a thread keeps
    its own, "async" at first. With `sync` a state that could not be kept exactly stops the run,
    unless `allow_lossy`. All other options are GraphExecutor's; without `log_dir` or `logger` the
    engine writes no log.

    Raises Problem, of one line, for what a person can mend.
    """

    def __init__(
        self,
        *,
        store: str | Path | None = None,
        durability: str | None = None,
        allow_lossy: bool = False,
        **options: Any,
    ) -> None:
        self._store = store
        self._durability = None if durability is None else named_durability(durability)
        self._allow_lossy = allow_lossy
        self.engine = make_executor(**options)
        """The GraphExecutor inside: its logger, its tracker."""

    def run_step_by_step(
        self,
        start_node: Any,
        initial_state: Any = None,
        max_steps: int = MAX_STEPS,
        *,
        thread_id: str = "",
        new: bool = False,
        durability: str | None = None,
        pause_before: str = "",
        from_start: bool = False,
        at: str = "",
        force: bool = False,
    ) -> Generator[dict[str, Any], Any, None]:
        """Run a graph on a thread; a generator of the engine's entries.

        A thread that did not come to its end goes on where it stopped, and `initial_state` is not
        looked at; one that did begins its next run with its last state and `initial_state` over
        that. `new=True` refuses both. `initial_state` (a dict or GraphState) is what the engine
        works on, as with GraphExecutor: afterwards it holds the last state. Without `thread_id`
        the thread is a new one.

        Yields an entry with the outcome `waiting` and raises Interrupted where a person is asked,
        and before the node `pause_before` (its label or address). `at` names the node to go on
        with where the graph has changed, `from_start` runs all steps again, `force` takes the
        thread from whoever holds it. `max_steps` counts over all that resumed.
        """
        wish = Wish(
            named_thread(thread_id or secrets.token_hex(6)),
            new=new,
            durability=None if durability is None else named_durability(durability),
            allow_lossy=self._allow_lossy,
            pause_before=pause_before,
            force=force,
            from_start=from_start,
            at=at,
        )
        return self._steps(start_node, initial_state, max_steps, wish, lar.Caller.of(_frame(1)))

    def resume(
        self,
        thread_id: str,
        start_node: Any,
        *,
        answer: str | Mapping[str, str] | None = None,
        rationale: str | Mapping[str, str] = "",
        state: Any = None,
        max_steps: int = MAX_STEPS,
        durability: str | None = None,
        pause_before: str = "",
        from_start: bool = False,
        at: str = "",
        force: bool = False,
    ) -> Generator[dict[str, Any], Any, None]:
        """Go on with a thread that is there and not at its end; else as `run_step_by_step`.

        `answer` is a person's, one of the choices, where the thread waits for it, `rationale` the
        reason for the node's ledger; of several questions a dict by their ids (those of
        Interrupted.questions). What is not answered stays open. A `state` that is given is filled
        with the recorded one.
        """
        wish = Wish(
            named_thread(thread_id),
            only_resume=True,
            durability=None if durability is None else named_durability(durability),
            allow_lossy=self._allow_lossy,
            pause_before=pause_before,
            force=force,
            from_start=from_start,
            at=at,
            answer=answer,
            rationale=rationale,
        )
        return self._steps(start_node, state, max_steps, wish, lar.Caller.of(_frame(1)))

    def fork(
        self,
        run: str,
        start_node: Any,
        *,
        step: int,
        attempt: int = 0,
        thread_id: str = "",
        state: Any = None,
        max_steps: int = MAX_STEPS,
        durability: str | None = None,
        pause_before: str = "",
        one_step: bool = False,
        at: str = "",
    ) -> Generator[dict[str, Any], Any, None]:
        """Continue from what an attempt of a recorded step left (0: the recorded execution), as a
        new run on a thread of its own; else as `run_step_by_step`.

        `run` is the id of the recorded run, of which nothing is written; `thread_id` one that
        there is not yet, without it a free one like "case-42-fork-1". The steps are numbered from
        `step` + 1. `one_step` pauses before the second of them. A `state` that is given is filled
        with the recorded one.
        """
        wish = Wish(
            named_thread(thread_id) if thread_id else "",
            fork=ForkPoint(run, step, attempt),
            durability=None if durability is None else named_durability(durability),
            allow_lossy=self._allow_lossy,
            pause_before=pause_before,
            one_step=one_step,
            at=at,
        )
        return self._steps(start_node, state, max_steps, wish, lar.Caller.of(_frame(1)))

    def _steps(
        self, start_node: Any, given: Any, max_steps: int, wish: Wish, caller: lar.Caller
    ) -> Generator[dict[str, Any], Any, None]:
        state = dict_of(given)
        host = host_of_process()
        options = {"max_steps": max_steps}
        loop = loop_of(self.engine)
        started = lar.Started(loop, self.engine, start_node, state, (), options, caller)
        if not isinstance(host, LarRecording):
            # A step is run again: the thread is its owner's, and nothing of it is written.
            return (yield from host.run(started))
        steps = None
        if host.goes_on is not None:
            steps = host.goes_on.begins(started, wish.thread, allow_lossy=wish.allow_lossy)
            wish = replace(wish, thread=host.goes_on.thread_of(wish.thread))
        if steps is not None:
            return (yield from steps)
        recorder = recorder_for(host, self._store)
        wish = replace(wish, durability=wish.durability or self._durability)
        yield from ThreadRun(host, recorder, started, wish).steps()
