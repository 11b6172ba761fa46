"""The one mutable thing: which run is open, which step and attempt are looked at, what goes on.

Commands return at once; work goes on in tasks of the event loop, and subscribers hear which of
"header", "timeline", "step", "event" and "running" changed. Nothing that is wrong with a store
or with the user's code leaves it as an exception: it becomes an event line. No screen in here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec

from lar_debug.model.problem import Problem
from lar_debug.model.records import Outcome, RunStatus, StepSummary
from lar_debug.model.views import EventLine, HeaderView, RunningView, StepView, TimelineRows
from lar_debug.session.acts import Acts
from lar_debug.session.events import Events, Tone
from lar_debug.session.following import Following
from lar_debug.session.header import Facts, header_view, how_it_ended, read_facts
from lar_debug.session.looking import Looking
from lar_debug.session.recording import Recording
from lar_debug.session.remembered import Place, place_of, remember
from lar_debug.session.rerunning import Rerunning
from lar_debug.session.shown import Shown
from lar_debug.session.tabs import Tabs
from lar_debug.session.timeline import Timeline
from lar_debug.session.viewer import Viewer
from lar_debug.session.walking import Walking

P = ParamSpec("P")
Topics = frozenset[str]


def command(
    method: Callable[Concatenate[Session, P], None],
) -> Callable[Concatenate[Session, P], None]:
    """A thing that a person asks for: what is wrong with it becomes an event line."""

    @wraps(method)
    def asked(self: Session, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Problem as error:
            self.say(str(error), "error")

    return asked


class Session(Acts):
    """One open run. `open` it on a running event loop, `close` it there. Raises Problem when
    the run cannot be read at the start; nothing does later."""

    def __init__(self, recording: Recording, rerunning: Rerunning, *, step: int | None) -> None:
        super().__init__()
        self.recording = recording
        self.facts = read_facts(recording)
        self._project = recording.project
        self._rerunning = rerunning
        store = str(recording.store.path)
        self._events = Events({store: recording.shown_path(store)})
        self._looking = Looking(0 if step is None else step)
        self._timeline = Timeline(recording, self._flags, self._store_problem)
        self._subscribers: list[Callable[[Topics], None]] = []
        self.tabs = Tabs(self.look_again)
        self.walking = Walking(recording, self, lambda: rerunning.stale)
        self._view: StepView | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: set[str] = set()
        rerunning.attach(self)

    # -- what the screen reads --------------------------------------------------------------

    @property
    def cursor(self) -> int:
        return self._looking.step

    def subscribe(self, callback: Callable[[Topics], None]) -> Callable[[], None]:
        """Call `callback` with what changed; the function returned ends that."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def header(self) -> HeaderView:
        return header_view(
            self.facts,
            self._project,
            on_save=self._rerunning.on_save_text() if len(self._timeline) else "",
            tail=self._looking.tail,
            spent=self._rerunning.spent,
            goes_on=self._going_on is not None and self._going_on.is_at_work,
        )

    def timeline(self) -> TimelineRows:
        return self._timeline

    def summary(self, step: int) -> StepSummary:
        """The recorded line of a step, as the timeline has it."""
        return self._timeline.summary(step)

    def step_view(self) -> StepView | None:
        return self._view

    def event(self) -> EventLine:
        return self._events.newest

    def events(self) -> Sequence[EventLine]:
        return self._events.lines

    def running(self) -> RunningView | None:
        """The attempt that runs; while the recorded run goes on, its step as attempt 0."""
        if self._rerunning.running is not None or not self._is_live:
            return self._rerunning.running
        steps = self._timeline.steps
        return RunningView(max(steps.stop - 1, steps.start), 0, self.facts.since)

    @property
    def _is_live(self) -> bool:
        return self.facts.info.status is RunStatus.RUNNING

    @property
    def looking(self) -> Looking:
        """What is looked at, for those who decide what a save does."""
        return self._looking

    @property
    def trusted(self) -> bool:
        """Whether this machine recorded the run, or a person has answered for it."""
        return self._rerunning.trusted

    def _flags(self, line: StepSummary) -> str:
        found = "*" if self._rerunning.stale.reason(line.step, line.node.address) else ""
        found += "#" if line.impure else ""
        return found + ("P" if line.step == self._rerunning.saving.pinned else "")

    # -- moving -----------------------------------------------------------------------------

    @command
    def go(self, step: int) -> None:
        """Look at another step; its newest attempt is shown. The last step of a run that goes
        on is followed."""
        step = self._nearest(step)
        if self._is_live:
            self._looking.tail = step == self._timeline.steps.stop - 1
        if step != self.cursor and len(self._timeline):
            self._looking.go(step)
            self.look_again()
            self._rerunning.looked_at()
        self.changed("header", "timeline")

    def _nearest(self, step: int) -> int:
        """The step that there is, for one that a person asks for."""
        steps = self._timeline.steps
        return max(steps.start, min(step, steps.stop - 1))

    def move(self, by: int) -> None:
        self.go(self.cursor + by)

    @command
    def show_older(self) -> None:
        self._show(self._looking.beside(-1, self._attempts()))

    @command
    def show_newer(self) -> None:
        self._show(self._looking.beside(1, self._attempts()))

    @command
    def show_newest(self) -> None:
        self._looking.attempt = None
        self.look_again()

    @command
    def show_attempt(self, attempt: int) -> None:
        self._show(attempt)

    def _show(self, attempt: int | None) -> None:
        if attempt is not None and self._looking.show(attempt, self._attempts()):
            self.look_again()

    def _attempts(self) -> list[int]:
        """Numbers of the attempts that can be looked at, oldest first."""
        unseen = (Outcome.SUPERSEDED, Outcome.RUNNING)
        store, run = self.recording.store, self.recording.run
        known = store.attempts(run, self.cursor)
        return [number for number, outcome in known if number == 0 or outcome not in unseen]

    def go_back_to(self, place: Place) -> None:
        """Look at the step under the cursor as it was looked at when the run was left."""
        self.tabs.open(place.tab)
        place.put_into(self._looking, self._attempts())

    @command
    def cycle_base(self) -> None:
        self._looking.cycle_base()
        self.say(f"compared with {self._looking.base.value}")
        self.look_again()

    @command
    def hold_base(self) -> None:
        attempts = self._attempts()
        if not attempts:
            return
        # What was chosen last, though its view may still be on its way.
        chosen = self._looking.attempt
        self._looking.hold(attempts[-1] if chosen is None else chosen)
        held = self._looking.held
        self.say(
            "the base is free again" if held is None else f"#{held} stays the base (B frees it)"
        )
        self.look_again()

    # -- doing ------------------------------------------------------------------------------

    @command
    def toggle_on_save(self) -> None:
        self._rerunning.toggle_on_save()
        self.changed("header")

    @command
    def toggle_pin(self) -> None:
        if len(self._timeline):
            self._rerunning.toggle_pin(self.cursor)
            self.changed("header", "timeline")

    @command
    def rerun(self) -> None:
        if len(self._timeline):
            self._rerunning.rerun(self.cursor)

    @command
    def rerun_live(self) -> None:
        """Run the step once more, and its tasks too rather than take their recorded results."""
        if len(self._timeline):
            self._rerunning.rerun(self.cursor, tasks_live=True)

    @command
    def stop(self) -> None:
        self._rerunning.stop()

    def follow_run(self) -> None:
        """The run goes on: look at its newest step until somebody looks back."""
        self._looking.tail = True
        if len(self._timeline):
            self._looking.go(self._timeline.steps[-1])
        self.look_again()

    # -- what others tell -------------------------------------------------------------------

    def say(self, text: str, tone: Tone = "", *, of: str = "", shorter: Sequence[str] = ()) -> None:
        """A message on the event line; `of` and `shorter` as in Events."""
        self._events.add(text, tone, of=of, shorter=shorter)
        self.changed("event")

    def changed(self, *topics: str) -> None:
        """Tell the subscribers what changed."""
        for callback in list(self._subscribers):
            callback(frozenset(topics))

    def forget(self, step: int) -> None:
        """The store holds something new of a step."""
        try:
            self._timeline.forget(step)
        except Problem as error:
            self._store_problem(error)
        self.changed("timeline", "header")

    async def attempt_ended(self, step: int) -> None:
        """The store has a new attempt of a step: show it where it is followed."""
        self.forget(step)
        if step == self.cursor:
            self.look_again()
            if self._viewer is not None:
                await self._viewer.settled()

    def running_changed(self) -> None:
        """An attempt has begun or ended: its chip comes or goes, the output stays."""
        self.changed("running")
        self.look_again()

    def look_again(self) -> None:
        """Read what is looked at anew, off the event loop."""
        if self._viewer is None or not len(self._timeline):
            return
        looking, rerunning, step = self._looking, self._rerunning, self.cursor
        line, running = self.summary(step), rerunning.running
        self._viewer.want(
            Shown(
                step=step,
                attempt=looking.attempt,
                base=looking.base,
                held=looking.held,
                seen=looking.seen,
                stale=rerunning.stale.reason(step, line.node.address),
                impure=line.impure,
                accepted=line.accepted,
                running=running.attempt if running is not None and running.step == step else None,
                load_error=rerunning.load_error,
                tab=self.tabs.wish,
                since=self.walking.since,
            )
        )

    def _show_view(self, view: StepView) -> None:
        self._told.clear()
        if view != self._view:
            self._view = view
            self.changed("step")

    def _store_problem(self, error: Problem) -> None:
        """Said once until something can be read again: rows ask for the same store each."""
        if str(error) not in self._told:
            self._told.add(str(error))
            self.say(str(error), "error")

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run something in the background until this session is closed."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            known = isinstance(error, Problem)
            self.say(str(error) if known else f"{type(error).__name__}: {error}", "error")

    # -- life -------------------------------------------------------------------------------

    async def open(self) -> None:
        """Show the step, then start watching and the interpreter. Saves count from now on."""
        since = time.time()
        self._viewer = Viewer(self.recording, self._show_view, self._store_problem)
        self._looking.step = self._nearest(self.cursor)
        self.look_again()
        self._opened.set()
        if self._is_live:
            self._looking.tail = True
            self.say("following the run: k looks back, G follows again")
            self.changed("header", "running")
            self.spawn(self._tick())
        following = Following(self.recording, self.facts, self._store_changed, self._store_problem)
        self.spawn(following.go_on())
        self.spawn(self._rerunning.open(since))

    async def _tick(self) -> None:
        """Count the seconds of a run that goes on."""
        while self._is_live:
            await asyncio.sleep(1)
            self.changed("header")

    def _store_changed(self, facts: Facts) -> None:
        """Somebody wrote: the run that goes on, an attempt, another session."""
        before, self.facts = self.facts, facts
        was_live = before.info.status is RunStatus.RUNNING
        try:
            if was_live:
                self._timeline.grow()
            else:
                self._timeline.forget()
        except Problem as error:
            self._store_problem(error)
            return
        newest = self._timeline.steps.stop - 1
        if self._looking.tail and newest > self.cursor:
            self._looking.go(newest)
        if was_live and not self._is_live:
            self._run_ended()
        elif self._is_live and not was_live:
            self.spawn(self._tick())
        self.look_again()
        self.changed("timeline", "header", *(("running",) if was_live else ()))

    def _run_ended(self) -> None:
        try:
            self.say(*how_it_ended(self.recording))
            best = self.recording.default_step()
        except Problem as error:
            self._store_problem(error)
            best = None
        if self._looking.tail and best is not None:
            self._looking.go(best)
        self._looking.tail = False
        self.spawn(self._rerunning.run_ended(time.time()))

    async def close(self) -> None:
        """Stop everything that `open` started; nothing goes on after it."""
        place = place_of(self._looking, self.tabs.wish.pane)
        remember(self.recording.store.path, self.recording.run, place)
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.close_programs()
        await self._rerunning.close()
        if self._viewer is not None:
            await self._viewer.close()
