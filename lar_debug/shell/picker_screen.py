"""The picker: all recorded runs, to open one of them or to delete it. Runs come by themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import ClassVar, Protocol, cast

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import Worker

from lar_debug.model.changes import Row, Span
from lar_debug.model.problem import Problem
from lar_debug.model.runs import RunRow, RunsView
from lar_debug.model.views import EventLine as Event
from lar_debug.panes._signs import Signs
from lar_debug.panes.event_line import EventLine
from lar_debug.panes.pick_list import PickList
from lar_debug.panes.run_list import RunList
from lar_debug.panes.runs_head import RunsHead
from lar_debug.panes.text_field import TextField
from lar_debug.shell.help_screen import TextScreen
from lar_debug.shell.list_keys import LIST_BINDINGS
from lar_debug.shell.session_port import SessionPort
from lar_debug.shell.waited_screen import WaitedScreen

_HELP = (
    ("j k Down Up", "Another run"),
    ("g G Home End", "The first run, the last one"),
    ("ctrl+d ctrl+u", "A page down, up"),
    ("Enter", "Open the run where it was left, else at the step that failed"),
    ("/", "Show the runs that hold a text; Esc shows all again"),
    ("d", "Delete the run with all its attempts, after a question"),
    ("q", "Quit"),
)


class RunsPort(Protocol):
    """The runs of a store. Callbacks come on the thread of the event loop."""

    on_change: Callable[[], None]
    on_problem: Callable[[str], None]

    @property
    def view(self) -> RunsView: ...

    async def follow(self) -> None: ...

    async def open(self, run: str) -> SessionPort: ...

    async def delete(self, run: str) -> None: ...


class PickerScreen(WaitedScreen[None], inherit_bindings=False):
    """`open_session` shows a run that was chosen; `q` on top of it comes back here."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *LIST_BINDINGS,
        Binding("slash", "filter", "Filter", show=False),
        Binding("d", "delete", "Delete", show=False),
        Binding("y", "answer_yes", "Yes", show=False),
        Binding("n", "answer_no", "No", show=False),
        Binding("question_mark", "help", "Help", show=False),
        Binding("escape", "back", "All runs", show=False),
        Binding("q", "close", "Quit", show=False),
        Binding("ctrl+z", "app.suspend_process", "Suspend", show=False),
    ]

    def __init__(
        self, runs: RunsPort, signs: Signs, open_session: Callable[[SessionPort], None]
    ) -> None:
        super().__init__()
        self._runs = runs
        self._signs = signs
        self._open_session = open_session
        self._head = RunsHead(signs)
        self._list = RunList(signs)
        self._event = EventLine(signs)
        self._field = TextField(signs)
        self._filter = ""
        self._asked: RunRow | None = None
        self._opening = False
        self._read = asyncio.Event()
        """The runs of the store are known."""
        self._following: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """The list between the head and the event line."""
        yield from (self._head, self._list, self._event, self._field)

    def on_mount(self) -> None:
        """Show what is known, then look at the store."""
        self._field.display = False
        self._runs.on_change = self._show
        self._runs.on_problem = lambda text: self._say(text, "error")
        self._show()
        self.set_focus(self._list, scroll_visible=False)

    def on_screen_resume(self) -> None:
        """Runs are looked for while they are in sight."""
        self._opening = False
        if self._following is None:
            self._following = self.run_worker(self._runs.follow, exit_on_error=True)

    def on_screen_suspend(self) -> None:
        """A run is looked at: the store is left to it."""
        if self._following is not None:
            self._following.cancel()
            self._following = None

    def _show(self) -> None:
        view = self._runs.view
        if view.read:
            self._read.set()
        self._head.show(view, self._filter)
        if view.rows or not view.read:
            self._list.show([row for row in view.rows if self._fits(row)])
        else:
            self._list.show_empty(view.place)

    def _fits(self, row: RunRow) -> bool:
        words = (row.run, row.name, row.target, row.status.value, row.note)
        return self._filter.lower() in " ".join(words).lower()

    def _say(self, text: str, tone: str = "") -> None:
        self._event.show(Event(time.strftime("%H:%M:%S"), text, "error" if tone else ""))

    # -- keys -------------------------------------------------------------------------------

    def action_walk(self, by: int) -> None:
        self._forget_question()
        self._list.walk(by)

    def action_walk_pages(self, by: int) -> None:
        self._forget_question()
        self._list.walk_pages(by)

    def action_walk_to(self, last: bool) -> None:
        self._forget_question()
        self._list.walk_to(self._list.line_count if last else 0)

    def action_choose(self) -> None:
        self._forget_question()
        self._list.choose()

    def on_pick_list_chosen(self, message: PickList.Chosen) -> None:
        """A run is opened off the event loop: its store is read first."""
        message.stop()
        row = self._list.row
        if row is not None and not self._opening:
            self._opening = True
            self._say(f"opening {row.short} {row.name}")
            self._work(self._open(row))

    async def _open(self, row: RunRow) -> None:
        try:
            session = await self._runs.open(row.run)
        finally:
            self._opening = False
        self._event.show(Event("", ""))
        self._open_session(session)

    def action_help(self) -> None:
        """The page with the keys."""
        wide = max(len(keys) for keys, _ in _HELP) + 2
        rows = [Row(spans=(Span(keys.ljust(wide), "key"), Span(does))) for keys, does in _HELP]
        app = cast("App[None]", self.app)  # pyright: ignore[reportUnknownMemberType]
        app.push_screen(TextScreen.of_rows(self._signs, "keys", rows))

    def action_delete(self) -> None:
        """Asks first."""
        row = self._asked = self._list.row
        if row is not None:
            steps = f", {row.steps:,} steps" if row.steps >= 0 else ""
            self._say(f"delete {row.short} {row.name}{steps}?  y deletes it, n leaves it")

    def action_answer_yes(self) -> None:
        """Deletes what was asked about."""
        row, self._asked = self._asked, None
        if row is not None:
            self._work(self._delete(row))

    def action_answer_no(self) -> None:
        """Leaves it."""
        self._forget_question()

    async def _delete(self, row: RunRow) -> None:
        await self._runs.delete(row.run)
        self._say(f"deleted {row.short} {row.name}")

    def _forget_question(self) -> None:
        if self._asked is not None:
            self._asked = None
            self._say("not deleted")

    def action_filter(self) -> None:
        """Show the runs that hold a text, while it is typed."""
        self._forget_question()
        self._field.display, self._event.display = True, False
        self._field.ask("/", self._filter)
        self.set_focus(self._field, scroll_visible=False)

    def on_text_field_typed(self, message: TextField.Typed) -> None:
        """Another letter, another list."""
        message.stop()
        self._set_filter(message.text)

    def on_text_field_taken(self, message: TextField.Taken) -> None:
        """The filter stays."""
        message.stop()
        self._leave_field()

    def on_text_field_left(self, message: TextField.Left) -> None:
        """All runs again."""
        message.stop()
        self._set_filter("")
        self._leave_field()

    def _set_filter(self, text: str) -> None:
        if text != self._filter:
            self._filter = text
            self._show()

    def _leave_field(self) -> None:
        self._field.display, self._event.display = False, True
        self.set_focus(self._list, scroll_visible=False)

    def action_back(self) -> None:
        """Without the question; without the filter."""
        if self._asked is not None:
            self._forget_question()
        else:
            self._set_filter("")

    async def action_close(self) -> None:
        """Out; a question comes first."""
        if self._asked is not None:
            self._forget_question()
        else:
            await self.run_action("app.quit")

    def _work(self, work: Awaitable[None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except Problem as error:
                self._say(str(error), "error")

        self.do_first(guarded())

    async def caught_up(self, key: str) -> None:
        """Keys that were typed ahead are for the runs there are, and for the one being opened."""
        await self._read.wait()
        await super().caught_up(key)
