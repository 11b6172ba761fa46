"""Running steps again, on a key or on a save: the part of the session that starts work.

A save runs the step that is looked at or pinned, when it made that step stale, and never more
than that. A step that reached the outside when it ran waits for a key. One attempt at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lar_debug.model.records import Outcome, RunStatus
from lar_debug.model.views import RunningView
from lar_debug.session import elsewhere
from lar_debug.session.attempted import Attempted, LoadError
from lar_debug.session.reached import why_marked
from lar_debug.session.recording import Recording
from lar_debug.session.reexecution import Conditions, Reexecution
from lar_debug.session.saving import Saving, ran_again_words
from lar_debug.session.stale import Stale, Staleness
from lar_debug.session.turns import Turns, Work
from lar_debug.session.unsaid import Unsaid
from lar_debug.session.variation import note_variation
from lar_debug.session.watched import MOST_FILES, Watched
from lar_debug.settings import ATTEMPT_TIMEOUT
from lar_debug.store.database import Store
from lar_debug.store.trust import sealed
from lar_debug.watch import Saved

if TYPE_CHECKING:
    from lar_debug.session.session import Session

STAY_SECONDS = 0.2
"""How long a step is looked at before a process is made ready for it."""

SETTLE_SECONDS = 0.15
"""How long a file that does not parse is given to become whole before it is an error."""

NEWER_SAVE = "a newer save came"


class Rerunning:
    """Runs steps of one recording again."""

    def __init__(
        self,
        recording: Recording,
        interpreter: Path,
        *,
        on_save: bool = True,
        trusted: bool = True,
        timeout: float = ATTEMPT_TIMEOUT,
    ) -> None:
        self._recording = recording
        self.interpreter = interpreter
        self.saving = Saving(runs=on_save)
        self.trusted = trusted
        self._asked = False
        self._reexecution = Reexecution(
            recording,
            interpreter,
            timeout=timeout,
            on_event=self._worker_said,
            on_console=self._printed,
        )
        self._watched = Watched(recording)
        self._watching = False
        self._staleness = Staleness(recording)
        self._judging = asyncio.Lock()
        self._turns = Turns(lambda work: self.session.spawn(work), self._say_stopped)
        self._asked_for: tuple[int, Conditions] | None = None
        self._is_outdated = False
        self._readying: asyncio.Task[None] | None = None
        self.unsaid = Unsaid(recording.shown_path)
        self._session: Session | None = None
        self.stale = Stale()
        self.load_error: LoadError | None = None
        self.running: RunningView | None = None
        self.spent = 0

    def attach(self, session: Session) -> None:
        """The session that is told of everything."""
        self._session = session

    @property
    def session(self) -> Session:
        assert self._session is not None
        return self._session

    def _worker_said(self, line: str) -> None:
        self.session.say(line, "note")

    def _printed(self, step: int) -> None:
        self.session.forget(step)
        self.session.look_again()

    def looked_at(self) -> None:
        """Another step is looked at: when it stays so, a process is made ready for it."""
        if self._readying is not None:
            self._readying.cancel()
        if self._reexecution.is_started:
            self._readying = self.session.spawn(self._get_ready())

    async def _get_ready(self) -> None:
        await asyncio.sleep(STAY_SECONDS)
        await self._prepare()

    async def _prepare(self) -> None:
        await self._reexecution.get_ready(self._target(), self._watched.likely)

    # -- what a save will do ----------------------------------------------------------------

    def toggle_on_save(self) -> None:
        self.session.say(self.saving.toggle())

    def toggle_pin(self, step: int) -> None:
        self.session.say(self.saving.toggle_pin(self.session.summary(step)))
        self.looked_at()

    def _target(self) -> int:
        return self.saving.target(self.session.cursor)

    def on_save_text(self) -> str:
        """What a save will do, for the header. Reads no more than a window of the timeline."""
        if not self.trusted:
            return elsewhere.on_save(self.session.facts.info)
        if not self._watching:
            return ""
        return self.saving.announced(self.session.summary(self._target()), len(self._watched))

    # -- life -------------------------------------------------------------------------------

    async def open(self, since: float) -> None:
        """Start watching and the interpreter, unless the run itself goes on. Raises Problem."""
        if self.session.facts.info.status is not RunStatus.RUNNING:
            await self.run_ended(since)

    async def run_ended(self, since: float) -> None:
        """The recording is whole: saves from `since` on run steps again. Raises Problem."""
        if not self.trusted or self._watching or not self.session.facts.steps:
            return
        self._watching = True
        unwatched = await self._watched.begin(since)
        self.session.spawn(self._listen())
        self.session.changed("header")
        self.session.spawn(self._start())
        if unwatched:
            self._saved(Saved(unwatched, time.time()))
        await self._judge()

    async def _start(self) -> None:
        session = self.session
        name = self._recording.shown_path(str(self.interpreter))
        engine = session.facts.info.engine
        does = f"importing {engine} (about 2 s the first time)"
        line = f"starting {name}, {does}"
        if not session.events():
            session.say(line, shorter=(f"starting python, {does}",))
        await self._reexecution.start()
        await self._prepare()
        await self._watched.add(self._reexecution.opened)
        if session.event().text == line:
            ready = "ready: edit and save"
            session.say(f"{ready}, or r runs the step as it is", shorter=[ready])
        session.changed("header")

    async def close(self) -> None:
        await asyncio.to_thread(self._watched.watcher.close)
        await self._reexecution.close()

    async def _listen(self) -> None:
        async with self._watched.watcher as watcher:
            async for saved in watcher:
                self._saved(saved)

    async def _judge(self) -> None:
        """Find anew which steps are stale. Raises Problem."""
        async with self._judging:
            self.stale = await asyncio.to_thread(self._staleness.look)
        self.session.changed("timeline")
        self.session.look_again()

    # -- saves ------------------------------------------------------------------------------

    def _saved(self, saved: Saved) -> None:
        if not saved.paths:
            names = self.unsaid.names(saved.touched)
            self.session.say(f"saved {names}: it holds what it held, not run")
            return
        self.unsaid.saved(saved.paths)
        self._is_outdated |= not saved.paths.isdisjoint(self._reexecution.opened)
        self._watched.saved(saved.paths)
        step = self._target()
        why_not = self.saving.why_not(self.session.summary(step))
        if why_not is None:
            self._take_turn(lambda: self._run_saved(step, saved.at))
        elif self._asked_for is not None and self._turns.is_at_work:
            # The attempt that was asked for goes on: this save would run none in its place.
            self._turns.afterwards(lambda: self._mark(step, why_not))
        else:
            self._turns.now(lambda: self._mark(step, why_not), NEWER_SAVE)

    def _tell(self, *texts: str, error: bool = False) -> None:
        """Say what came of the saves that were not told of yet, in more and in fewer words."""
        text, *shorter = self.unsaid.lines(*texts)
        self.session.say(text, "error" if error else "", shorter=shorter)

    def _take_turn(self, work: Work) -> None:
        """Do this next. A call of a model that is under way is not cut off by every save of a
        burst; anything else ends at once."""
        running = self.running
        if running is not None and self.session.summary(running.step).tokens.total:
            self._turns.when_quiet(work, NEWER_SAVE)
        else:
            self._turns.now(work, NEWER_SAVE)

    def _say_stopped(self, why: str) -> None:
        if self.running is not None:
            stopped = self.running
            self.session.say(f"stopped #{stopped.attempt} of step {stopped.step}: {why}")

    async def _mark(self, step: int, why: str) -> None:
        await self._renew()
        # Only looked at: what code on the way to the node wants from outside, it does not get.
        attempted = await self._reexecution.run(step, Conditions(probe=True, blocked=True))
        self.session.spawn(self._take_over(attempted))
        from lar_debug.runtime.effects import Blocked

        error = attempted.load_error
        if error is not None and not error.message.startswith(Blocked.__name__):
            await self._tell_load_error(error)
        else:
            node = self.session.summary(step).node
            self._tell(why or await asyncio.to_thread(why_marked, self._recording, step, node))

    async def _run_saved(self, step: int, at: float) -> None:
        await self._renew()
        if self._asked_for is not None and self._asked_for[0] == step:
            # The attempt that this save took the place of was asked for, changed or not.
            conditions = self._asked_for[1]
        else:
            against = await asyncio.to_thread(self._recording.last_finished, step)
            by_any_way = self.saving.pinned == step
            conditions = Conditions(against=against, by_any_way=by_any_way)
        attempted = await self._run(step, conditions)
        done = attempted.execution
        if await self._shown(attempted) and done is not None:
            passed = (time.time() - at) * 1000
            self._tell(*ran_again_words(done, passed))
        elif attempted.unchanged:
            self._tell(f"nothing that step {step} runs has changed, not run")
        elif attempted.load_error is None:
            self._tell(f"step {step} cannot run: {attempted.problem}", error=True)

    async def _renew(self) -> None:
        """Start the interpreter anew where it holds what a file held before."""
        if self._is_outdated:
            self._is_outdated = False
            await self._reexecution.restart()

    async def _tell_load_error(self, error: LoadError) -> None:
        from lar_debug.session.endings import load_error_words

        # A save that is still being written is torn for a moment; the next event cancels this.
        await asyncio.sleep(SETTLE_SECONDS)
        self.load_error = error
        step = self._target()
        newest = (await asyncio.to_thread(self._recording.last_finished, step)).attempt
        self.unsaid.forget()
        text, shorter = load_error_words(self._recording, error, newest)
        self.session.say(text, "error", shorter=shorter)
        await self._judge()

    # -- keys -------------------------------------------------------------------------------

    def rerun(
        self, step: int, edits: Mapping[str, Any] | None = None, *, tasks_live: bool = False
    ) -> bool:
        """Run a step once more, changed or not, with `edits` of its state; with `tasks_live` its
        tasks are done again too. False: not now."""
        info = self.session.facts.info
        if not self.trusted and not self._asked:
            self._asked, words = elsewhere.asking(info, self.interpreter)
            self.session.say(words, "note")
        elif self.session.summary(step).outcome is Outcome.RUNNING:
            self.session.say(f"step {step} is running; r runs it again when it has ended")
        elif self.running is not None and self.running.step != step:
            other = self.running
            self.session.say(f"#{other.attempt} of step {other.step} runs; x stops it, then r")
        else:
            conditions = Conditions(edits=edits or {}, tasks_live=tasks_live)
            self._asked_for = step, conditions
            self._turns.now(lambda: self._run_asked(step, conditions), "r runs it again")
            return True
        return False

    async def _run_asked(self, step: int, conditions: Conditions) -> None:
        await self._trust()
        await self._renew()
        attempted = await self._run(step, conditions)
        done = attempted.execution
        if await self._shown(attempted) and done is not None:
            spent = f"{attempted.seconds * 1000:.0f} ms"
            self.session.say(f"step {step} ran again as #{done.attempt} in {spent}")
        elif attempted.load_error is None:
            self.session.say(f"step {step} cannot run: {attempted.problem}", "error")

    async def _trust(self) -> None:
        """A person has answered for the run: it is this machine's from now on."""
        if self.trusted:
            return

        def seal() -> None:
            with closing(Store.open(self._recording.store.path)) as store:
                store.set_seal(self._recording.run, sealed(self._recording.info).machine)

        await asyncio.to_thread(seal)
        self.trusted = True
        await self.run_ended(time.time())

    def stop(self) -> None:
        """Stop the attempt that runs now; it is kept as superseded."""
        if not self._turns.stop():
            self.session.say("no attempt runs")
            return
        self._asked_for = None
        self.unsaid.forget()
        running = self.running
        what = f"#{running.attempt} of step {running.step}" if running else "before the node began"
        self.session.say(f"stopped {what}")

    async def _run(self, step: int, conditions: Conditions) -> Attempted:
        mine: RunningView | None = None

        def begun(attempt: int) -> None:
            nonlocal mine
            mine = self.running = RunningView(step, attempt, time.time())
            self.session.running_changed()

        try:
            attempted = await self._reexecution.run(step, conditions, on_begun=begun)
            self._asked_for = None
            return attempted
        finally:
            if mine is not None and self.running is mine:
                self.running = None
                self.session.running_changed()

    async def _shown(self, attempted: Attempted) -> bool:
        """Show what came of asking for an attempt; True when there is one.

        The new output comes first, all that it means for other steps later.
        """
        done = attempted.execution
        if attempted.loaded is not None:
            self.load_error = None
        try:
            if done is not None:
                self.stale = self.stale._replace(own={**self.stale.own, done.step: ""})
                await self.session.attempt_ended(done.step)
            elif attempted.load_error is not None:
                await self._tell_load_error(attempted.load_error)
        finally:
            # Not this work's any more: a newer save must not keep it from being learnt.
            self.session.spawn(self._take_over(attempted))
        return done is not None

    # -- what an attempt taught -------------------------------------------------------------

    async def _take_over(self, attempted: Attempted) -> None:
        """Take over which steps are stale now, which files matter, what it cost."""
        loaded, done = attempted.loaded, attempted.execution
        paths = [] if attempted.load_error is None else [attempted.load_error.file]
        if loaded is not None:
            self._staleness.loaded(loaded.fingerprints)
            paths += [*loaded.modules, *loaded.opened]
        unseen: frozenset[str] = frozenset()
        if done is not None:
            self.spent += done.tokens.total
            store = self._recording.store
            uses = await asyncio.to_thread(store.files, done.run, done.step, done.attempt)
            unseen = await self._watched.used(uses)
            if await asyncio.to_thread(note_variation, self._recording, done):
                self.session.forget(done.step)
        if await self._watched.add([*paths, *self._reexecution.opened]) and self._watched.left_out:
            many = f"{MOST_FILES + self._watched.left_out:,}"
            self.session.say(f"watching {MOST_FILES:,} of {many} files that steps read", "note")
        self.session.changed("header")
        await self._judge()
        await self._prepare()
        if unseen:
            # They were saved after the attempt had read them and before anybody watched.
            self._saved(Saved(unseen, time.time()))
