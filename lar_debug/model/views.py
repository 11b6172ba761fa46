"""What the screen shows, as frozen data made by the session. Panes paint these and nothing else.

Texts here are raw recorded text: a pane cleans them at the door (lar_debug.text) when it paints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from lar_debug.model.changes import Row, Span
from lar_debug.model.records import Outcome
from lar_debug.model.tabs import AttemptsView, PromptView, StateView

if TYPE_CHECKING:
    from lar_debug.model.document import CauseDocument, Document


class HeaderView(NamedTuple):
    """The first line. `on_save` says what a save will do; `environment` engine and interpreter."""

    target: str
    run: str
    recorded: str
    status: str
    steps: int
    tokens: int
    on_save: str
    environment: str
    spent: int = 0
    """Tokens this session has spent itself."""
    saved: int = 0
    """Tokens that were not spent again because the run was resumed."""
    origin: str = ""
    """Of a fork, "continued from #3 of 7f3a:5"."""


class TimelineRow(NamedTuple):
    """One step. `flags` holds any of `*` stale, `#` impure, `P` pinned; `changed` is
    "+topic +mood"."""

    step: int
    label: str
    outcome: Outcome
    flags: str
    changed: str
    tokens: int
    ms: int
    attempt: int
    """Newest attempt that is not superseded; 0 when there is only the recording."""
    seam: bool = False
    """True for the first step of a resumed segment."""


class TimelineRows(Protocol):
    """The steps of a run, read as they are painted: a run may have 100,000. Those of a fork begin
    behind the step that it continues from."""

    @property
    def steps(self) -> range: ...

    def __len__(self) -> int: ...

    def row(self, step: int) -> TimelineRow: ...


class Chip(NamedTuple):
    """One attempt in the strip: `label` "recorded" or "14:03:40" where there is room."""

    attempt: int
    outcome: Outcome
    label: str
    base: bool
    shown: bool
    accepted: bool = False
    held: bool = False
    """Whether it stays the base; while it is shown itself it is compared with another one."""


class StripView(NamedTuple):
    """The attempts axis; `new` counts those that came while a person stays on an older one."""

    chips: tuple[Chip, ...]
    new: int = 0
    loading: str = ""
    """"!33" when the newest save does not parse at that line."""


class StepView(NamedTuple):
    """Everything about the step and the attempt that are looked at."""

    step: int
    label: str
    type: str
    where: str
    reads: tuple[str, ...]
    note: str
    """Stale, unchecked or lost values, said on the step rule; "" when there is nothing to say."""
    strip: StripView
    verdict: tuple[Span, ...]
    diff: Document
    cause: CauseDocument
    """Both are laid out to the pane's size by lar_debug.diff.layout."""
    console: tuple[Row, ...]
    """One row a printed line; `gutter` names its stream, "out" or "err", "" for a traceback."""
    state: tuple[Row, ...]
    """The peek at the foot of the side-by-side layout: one row a key."""
    state_title: str = ""
    state_size: str = ""
    state_view: StateView | None = None
    prompt: PromptView | None = None
    attempts: AttemptsView | None = None
    """These three are there while their tab is open."""


class Place(NamedTuple):
    """A line (from 1) of a file: its absolute path, and `shown` its name for people."""

    file: str
    line: int
    shown: str


class KeyChange(NamedTuple):
    """One step that wrote a key of the state; `spans` is the change in one row."""

    step: int
    label: str
    sign: Literal["+", "~", "-"]
    spans: tuple[Span, ...]


class EventLine(NamedTuple):
    """The one place for messages."""

    time: str
    text: str
    tone: Literal["", "error", "note"] = ""
    shorter: tuple[str, ...] = ()
    """The same in fewer words, for where there is no room for all of them."""


class RunningView(NamedTuple):
    """An attempt or a run that goes on now."""

    step: int
    attempt: int
    started: float
