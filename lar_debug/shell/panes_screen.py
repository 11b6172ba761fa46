"""What the main screen shows: the panes, where they stand, and the views that they are handed.

The session tells what has changed and the panes get it; what keys and clicks do about the session
is main_screen.py. Keeps no recorded data of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.layout import Layout
from textual.timer import Timer
from textual.widget import Widget

from lar_debug.model.problem import Problem
from lar_debug.panes._line_view import LineView
from lar_debug.panes._signs import Signs
from lar_debug.panes.attempts_strip import AttemptsStrip
from lar_debug.panes.cause_dock import CauseDock
from lar_debug.panes.divider import Divider
from lar_debug.panes.event_line import EventLine
from lar_debug.panes.header import Header
from lar_debug.panes.key_line import KeyLine
from lar_debug.panes.spinner_cell import SpinnerCell
from lar_debug.panes.state_peek import StatePeek
from lar_debug.panes.step_rule import StepRule
from lar_debug.panes.tab_bar import TabBar
from lar_debug.panes.text_field import TextField
from lar_debug.panes.timeline import Timeline
from lar_debug.panes.timeline_line import TimelineLine
from lar_debug.panes.too_small import TooSmall
from lar_debug.panes.verdict import Verdict
from lar_debug.shell.detail import Detail
from lar_debug.shell.keys import KEYS, Key, give_keys, key_hints
from lar_debug.shell.plan import TABS, Plan, PlanLayout, Sizes, Wants, plan
from lar_debug.shell.running import Spinner, running_words, told_seconds
from lar_debug.shell.session_port import SessionPort, Topic
from lar_debug.shell.waited_screen import WaitedScreen

PAINT_SECONDS = 0.004
"""How long one picture waits for the one before it, at most."""


class PanesScreen(WaitedScreen[None], inherit_bindings=False):
    """Timeline, detail and cause of one session; `clock` gives seconds since the epoch."""

    AUTO_FOCUS = ""

    def __init__(
        self,
        session: SessionPort,
        signs: Signs,
        *,
        keys: Sequence[Key] = KEYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.session = session
        self._keys_held = keys
        self._signs = signs
        self.clock = clock
        self._sizes = Sizes()
        self._changed: Topic = frozenset()
        self._unsubscribe: Callable[[], None] | None = None
        self._asked_to_quit = False
        self._painter: Timer | None = None
        self._layout = PlanLayout(self._planned)
        self._plan = Plan({})
        self._spinner = Spinner(self, self.turn)
        self._header = Header(signs)
        self._timeline = Timeline(signs)
        self._timeline_line = TimelineLine(signs)
        self._step_rule = StepRule(signs)
        self._tab_bar = TabBar(signs, TABS)
        self._strip = AttemptsStrip(signs)
        self._cell = SpinnerCell(signs)
        self._verdict = Verdict(signs)
        self._detail = Detail(signs)
        for pane in self._detail:
            give_keys(pane)
        self._dock = CauseDock(signs)
        self._peek = StatePeek(signs)
        self._event = EventLine(signs)
        self._field = TextField(signs)
        self._taken: Callable[[str], bool] | None = None
        """Gets what is typed, while something is asked."""
        self._asked_from: Widget | None = None
        self._keys = KeyLine(signs)

    @property
    def _update_timer(self) -> Timer:
        """Textual paints at most 60 times a second: what a key asked for, and comes right after
        its first picture, would have to wait for the next turn."""
        if self._painter is None:
            self._painter = self.set_interval(PAINT_SECONDS, self._on_timer_update, pause=True)
        return self._painter

    @property
    def layout(self) -> Layout:
        """Panes stand where the plan puts them."""
        return self._layout

    @property
    def plan(self) -> Plan:
        """Where the panes are just now."""
        return self._plan

    @property
    def spinning(self) -> bool:
        """Whether a timer is at work; idle, there is none."""
        return self._spinner.at_work

    def compose(self) -> ComposeResult:
        """All panes, also those that the first plan has no place for."""
        yield from (self._header, self._timeline, self._timeline_line, Divider(self._signs))
        yield from (self._step_rule, self._tab_bar, self._strip, self._verdict)
        yield from (*self._detail, self._dock, self._peek)
        yield from (self._event, self._field, self._keys, TooSmall(self._signs), self._cell)

    def on_mount(self) -> None:
        """Show what is known; the session starts its work after that has been painted."""
        self._unsubscribe = self.session.subscribe(self._session_changed)
        self._keys.show(key_hints(self._keys_held))
        for tab in TABS:
            if tab.pane == self.session.tabs.pane and self._detail.open(tab.number):
                self._tab_bar.show(tab.number)
        self._show(frozenset({"all"}))
        self._focus_pane("timeline")
        self.call_after_refresh(self.run_worker, self.session.open, exit_on_error=True)

    async def on_unmount(self) -> None:
        """Nothing of the session outlives the screen."""
        self._spinner.stop()
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self.session.close()

    def on_resize(self, event: events.Resize) -> None:
        """Another size may be another plan."""
        self._replan(event.size)

    # What the session tells

    def _session_changed(self, topics: Topic) -> None:
        # Several tellings in one turn of the loop become one repaint.
        if not self._changed:
            self.call_later(self._show_changed)
        self._changed |= topics

    def _show_changed(self) -> None:
        topics, self._changed = self._changed, frozenset()
        self._show(topics)

    def _show(self, topics: Topic) -> None:
        everything = "all" in topics
        if everything or "header" in topics:
            self._header.show(self.session.header())
        if everything or "timeline" in topics:
            self._timeline.show(self.session.timeline(), self.session.cursor)
            self._timeline_line.show(self.session.timeline(), self.session.cursor)
            self._replan(self.size)
        if everything or "step" in topics:
            self._show_step()
        if everything or "event" in topics:
            self._event.show(self.session.event())
        if everything or "running" in topics:
            self._show_running()
        if "question" in topics:
            self.answer_question()

    def answer_question(self) -> None:
        """The session has a question; what asks it is the main screen's."""
        raise NotImplementedError

    def _show_step(self) -> None:
        self._timeline.move_to(self.session.cursor)
        self._timeline_line.move_to(self.session.cursor)
        view = self.session.step_view()
        if view is None:
            # The step before stays, under its own name, until this one has been read.
            return
        self._step_rule.show(view)
        self._strip.show(view.strip)
        self._verdict.show(view.verdict)
        shown = self._plan.regions
        if self._detail.tab.pane in shown:
            self._detail.show(view)
        if "cause-dock" in shown:
            self._dock.show(view.step, view.cause, numbers=self._plan.numbers)
        if "state-peek" in shown:
            self._peek.show(view)

    def _show_running(self) -> None:
        if self.session.running() is not None:
            self._spinner.start()
            return
        self._asked_to_quit = False
        self._spinner.stop()
        self._strip.show_running(False)
        self._verdict.show_running("")
        self._timeline.show_running(-1)
        self._replan(self.size)

    def turn(self, frame: int) -> None:
        """Paint one more turn of the sign of what runs."""
        running = self.session.running()
        if running is None:
            return
        view = self.session.step_view()
        here = view is not None and view.step == running.step and running.attempt > 0
        self._strip.show_running(here)
        self._timeline.show_running(-1 if here else running.step)
        self._cell.turn(frame)
        self._replan(self.size)
        seconds = told_seconds(self.clock() - running.started)
        self._verdict.show_running(running_words(running, view, seconds) if here else "")

    @contextmanager
    def problems_told(self) -> Generator[None]:
        """What cannot be done is told on the event line, and the rest left out."""
        try:
            yield
        except Problem as error:
            self.session.say(str(error), "error")

    # A line to type into

    def ask(self, prompt: str, taken: Callable[[str], bool], text: str = "") -> None:
        """Ask for one line, beginning with `text`. `taken` gets what was typed, and says whether
        that was all; else the field stays with its text. Esc leaves it."""
        if self._taken is None:
            self._asked_from = self.focused
        self._taken = taken
        self._field.ask(prompt, text)
        self._replan(self.size)
        self._keep_focus()

    def on_text_field_taken(self, message: TextField.Taken) -> None:
        """Enter was pressed in it."""
        message.stop()
        if self._taken is not None and self._taken(message.text):
            self.stop_asking()
        else:
            self._field.go_on()

    def on_text_field_left(self, message: TextField.Left) -> None:
        """Esc was pressed in it."""
        message.stop()
        self.stop_asking()

    def stop_asking(self) -> None:
        """The event line comes back, and the focus to where it was."""
        if self._taken is None:
            return
        self._taken = None
        self.set_focus(self._asked_from, scroll_visible=False)
        self._replan(self.size)

    # Where the panes are

    def _planned(self, size: Size) -> Plan:
        steps = len(self.session.timeline())
        wants = Wants(
            steps,
            self._detail.tab.pane,
            self._sizes,
            self._spinner_place(),
            asking=self._taken is not None,
        )
        return plan(size, wants)

    def _spinner_place(self) -> tuple[int, int] | None:
        """Where the sign of what runs stands, as far as its pane is on the screen."""
        regions = self._plan.regions
        column = self._strip.running_column
        if column is not None and (strip := regions.get("attempts-strip")):
            return strip.x + column, strip.y
        place = self._timeline.running_place
        if place is not None and (timeline := regions.get("timeline")):
            return timeline.x + place[0], timeline.y + place[1]
        return None

    def _replan(self, size: Size) -> None:
        planned = self._planned(size)
        if planned == self._plan:
            return
        if self._plan.one_line and not planned.one_line and self._sizes.alone == "timeline":
            # There is room for both again.
            self._sizes = self._sizes._replace(alone="")
            planned = self._planned(size)
        self._plan = planned
        self._timeline.set_head(planned.head)
        self._show_step()
        self._keep_focus()
        # Textual arranges a screen again when one of its children asks for a new layout.
        self._header.refresh(layout=True)

    def _keep_focus(self) -> None:
        if self._taken is not None:
            self.set_focus(self._field if "text-field" in self._plan.regions else None)
            return
        focused = self.focused
        if focused is not None and focused.id not in self._plan.regions:
            self.set_focus(None)
        if self.focused is None and "timeline" in self._plan.regions:
            self._focus_pane("timeline")

    def _focus_pane(self, name: str) -> None:
        panes: dict[str, Widget] = {
            "timeline": self._timeline,
            "detail": self._detail.pane,
        }
        pane = panes[name]
        if pane.id in self._plan.regions:
            self.set_focus(pane, scroll_visible=False)

    @property
    def _scrolled(self) -> LineView | None:
        """The text pane that has the focus; None where keys walk the steps."""
        return next((p for p in (self._detail.pane, self._dock) if p is self.focused), None)

    def on_descendant_focus(self) -> None:
        """The rule of the focused pane is drawn double. While something is asked, keys type."""
        if self._taken is not None and self.focused is not self._field:
            self._keep_focus()
        self._step_rule.set_focused(self.focused is self._detail.pane)
        focus = self.focused.id if self.focused is not None else ""
        self._keys.show(key_hints(self._keys_held, focus or ""))

    on_descendant_blur = on_descendant_focus
