"""What the screen needs from a session: reads that are ready, commands that return at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from lar_debug.model.tabs import PutBackView, StateEditView, StateWish
from lar_debug.model.threads import Answer, Question
from lar_debug.model.views import (
    EventLine,
    HeaderView,
    KeyChange,
    Place,
    RunningView,
    StepView,
    TimelineRows,
)

if TYPE_CHECKING:
    from lar_debug.model.document import Document

Topic: TypeAlias = frozenset[str]
"""What has changed: any of "header", "timeline", "step", "event", "running", "question", "fork",
"all"."""


class TabsPort(Protocol):
    """What a person chose to see; the step view that follows has it."""

    @property
    def pane(self) -> str: ...

    def open(self, pane: str) -> None: ...

    def see_state(self, state: StateWish) -> None: ...

    def toggle_killed(self) -> bool: ...


class AttemptActsPort(Protocol):
    """What a person does with one attempt of the step that is looked at."""

    def accept(self, attempt: int) -> None: ...

    def note(self, attempt: int, text: str) -> None: ...

    def repeat(self, attempt: int) -> None: ...

    def hold(self, attempt: int) -> None: ...


class StateActsPort(Protocol):
    """What a person does with one value of the state that is shown. All raise Problem."""

    async def edit(self, place: str, *, before: bool) -> StateEditView: ...

    async def run(self, asked: StateEditView, text: str) -> bool:
        """Run the step again with the edit; False when it does not run now."""
        ...

    async def write(self, place: str, file: Path, *, before: bool) -> None: ...


class PutBackPort(Protocol):
    """Texts of an attempt go back into their files, after a question."""

    @property
    def question(self) -> PutBackView | None:
        """What would be written; told of as "question", answered by `write` or `leave`."""
        ...

    def ask(self, attempt: int, files: Collection[str] = ()) -> None: ...

    def write(self) -> None: ...

    def leave(self) -> None: ...

    def undo(self) -> None: ...


class FindPort(Protocol):
    """The text that is looked for in all steps."""

    @property
    def text(self) -> str: ...

    def start(self, text: str) -> None: ...

    def step(self, by: int) -> None: ...


class HistoryPort(Protocol):
    """What became of a key over all steps. Both raise Problem."""

    async def known(self) -> frozenset[str]: ...

    def of(self, key: str) -> AsyncIterator[list[KeyChange]]: ...


class WalkingPort(Protocol):
    """Ways through the steps beside one at a time."""

    @property
    def find(self) -> FindPort: ...

    @property
    def history(self) -> HistoryPort: ...

    def toggle_range(self) -> None: ...

    def leave(self) -> bool:
        """End the range, else the search; False when there was neither."""
        ...

    async def compare_with(self, attempt: int, name: str) -> tuple[str, Document]:
        """A title and what is different from another step, attempt or run. Raises Problem."""
        ...

    def next_failed(self) -> None: ...

    def next_stale(self) -> None: ...


class GoingOnPort(Protocol):
    """The thread of the run that is shown goes on. Both raise Problem where it cannot."""

    def questions(self) -> tuple[Question, ...]: ...

    def start(self, answers: Mapping[str, Answer]) -> None: ...


class ContinuingPort(Protocol):
    """The shown attempt is continued from, as a new run. All raise Problem."""

    @property
    def goes_on_itself(self) -> bool:
        """Whether the recorded execution is shown of a run that can go on by itself."""
        ...

    def questions(self) -> tuple[str, ...]:
        """What is asked first, then the same in fewer words."""
        ...

    def start(self, *, one_step: bool) -> None:
        """Begin; when the new run can be opened that is told of as "fork"."""
        ...

    async def opened(self) -> SessionPort: ...

    async def back(self) -> SessionPort:
        """A session on the run that was left for this one."""
        ...


class HandingPort(Protocol):
    """What is shown, for other programs. Each raises Problem with one line."""

    async def prompt_place(self) -> Place: ...

    async def source_place(self) -> Place: ...

    async def output(self) -> str: ...

    async def state(self, place: str, *, before: bool) -> str: ...

    async def command(self, place: str) -> str: ...

    def python(self) -> str: ...


class SessionPort(Protocol):
    """The session as the screen sees it. Callbacks come on the thread of the event loop."""

    @property
    def cursor(self) -> int:
        """The step that is looked at."""
        ...

    def subscribe(self, callback: Callable[[Topic], None]) -> Callable[[], None]:
        """Call `callback` with what has changed, until the returned function is called."""
        ...

    def header(self) -> HeaderView: ...

    def timeline(self) -> TimelineRows: ...

    @property
    def tabs(self) -> TabsPort:
        """Which tab is open, and what is to be seen in it."""
        ...

    @property
    def walking(self) -> WalkingPort: ...

    @property
    def attempt_acts(self) -> AttemptActsPort: ...

    @property
    def state_acts(self) -> StateActsPort: ...

    @property
    def put_back(self) -> PutBackPort: ...

    @property
    def handing(self) -> HandingPort: ...

    @property
    def going_on(self) -> GoingOnPort: ...

    @property
    def continuing(self) -> ContinuingPort: ...

    @property
    def came_from(self) -> str:
        """The run that was left for this one, which continues it; "" for any other."""
        ...

    def step_view(self) -> StepView | None:
        """The step under the cursor and its shown attempt; None while it is being read."""
        ...

    async def answered(self) -> None:
        """Wait until what was asked for has been done: a match gone to, a question put."""
        ...

    async def settled(self) -> None:
        """Wait until the step view is that of what is looked at now."""
        ...

    def event(self) -> EventLine: ...

    def events(self) -> Sequence[EventLine]: ...

    def say(self, text: str, tone: Literal["", "error", "note"] = "") -> None:
        """A message on the event line."""
        ...

    def running(self) -> RunningView | None: ...

    def go(self, step: int) -> None: ...

    def move(self, by: int) -> None: ...

    def show_older(self) -> None: ...

    def show_newer(self) -> None: ...

    def show_newest(self) -> None: ...

    def show_attempt(self, attempt: int) -> None: ...

    def cycle_base(self) -> None: ...

    def hold_base(self) -> None: ...

    def toggle_on_save(self) -> None: ...

    def toggle_pin(self) -> None: ...

    def rerun(self) -> None: ...

    def rerun_live(self) -> None: ...

    def stop(self) -> None: ...

    async def open(self) -> None:
        """Start watching and the interpreter; called after the first paint."""
        ...

    async def close(self) -> None:
        """Stop everything that `open` started."""
        ...
