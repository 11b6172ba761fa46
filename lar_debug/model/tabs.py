"""What the State, Prompt and Attempts tabs show, and what a person chose to see in them.

Frozen data between the session, which reads the recording, and the panes, which paint. Texts are
raw recorded text: a pane cleans them at the door when it paints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from lar_debug.model.changes import Row, Span
from lar_debug.model.records import Outcome

if TYPE_CHECKING:
    from lar_debug.model.document import Document

Side = Literal["after", "before", "both"]


class StateWish(NamedTuple):
    """How much of a state is to be seen; places are written as people write them: `order.items[2]`.

    `opened` are the places whose parts are shown, the first hundred of them; `further` has how
    many hundreds more (place, hundreds); `hidden` asks for the engine's bookkeeping too; `alone`
    is the one value that fills the tab.
    """

    side: Side = "after"
    opened: frozenset[str] = frozenset()
    further: frozenset[tuple[str, int]] = frozenset()
    hidden: bool = False
    alone: str | None = None


class StateRow(NamedTuple):
    """One line of a state's tree.

    `sign` tells how the value differs from the other side ("~" also for what has a change
    inside); `fold` is "open" or "closed" for what has parts and "" for a leaf; `note` is what
    could not be kept as it was; `more` counts the parts of `place` that this row stands for.
    `spans` is the value in one line, on the side `both` with `old → new` where it changed.
    """

    place: str
    depth: int
    name: str
    spans: tuple[Span, ...] = ()
    sign: Literal["+", "-", "~", "M", "?", " "] = " "
    fold: Literal["open", "closed", ""] = ""
    note: str = ""
    more: int = 0


class StateView(NamedTuple):
    """The tree as far as it is opened, or one value alone as `text` rows; `size` says how large
    the whole is."""

    wish: StateWish
    title: str
    rows: tuple[StateRow, ...] = ()
    text: tuple[Row, ...] = ()
    size: str = ""


class StateEditView(NamedTuple):
    """What is asked while a value of an attempt's input is edited: `title` says for which step
    and which edits hold already, `text` is `path = JSON` to begin with."""

    step: int
    attempt: int
    title: str
    text: str


class PromptSection(NamedTuple):
    """One text that went into the step: what was sent, a template, the node's source.

    `file` is the absolute path of the file that it stood in, `line` the first line (from 1) there
    and `place` both for people ("prompts/reply.md:1"); "" and 0 for a text that is in no file.
    `now` says whether the file still holds it ("same", "differs", "gone", ""); `can_put_back`
    whether the file can be given the content again that it had.
    """

    title: str
    text: str
    file: str = ""
    line: int = 0
    now: Literal["same", "differs", "gone", ""] = ""
    can_put_back: bool = False
    notes: tuple[str, ...] = ()
    place: str = ""


class PromptView(NamedTuple):
    """Everything the model was sent and where it came from; `title` "ran in #3 | ..."."""

    attempt: int
    title: str
    sections: tuple[PromptSection, ...] = ()


class PutBackView(NamedTuple):
    """What putting back the texts of an attempt would change, before anything is written."""

    title: str
    document: Document


class AttemptRow(NamedTuple):
    """One attempt, named by its edit: `reply.md:9 +"in two bullets"`."""

    attempt: int
    outcome: Outcome
    time: str = ""
    edit: tuple[Span, ...] = ()
    tokens: int = 0
    ms: int = 0
    next: str = ""
    shown: bool = False
    base: bool = False
    held: bool = False
    accepted: bool = False
    note: str = ""


class AttemptsView(NamedTuple):
    """All attempts of a step, oldest first; `killed` says that superseded ones are among them,
    `title` what they took: `3 attempts: 1,206 tokens, whole runs 2,328`."""

    rows: tuple[AttemptRow, ...]
    killed: bool = False
    title: str = ""
