"""A session that tells the story of the sample: step 5 ran again three times, #3 is shown.

It holds frozen views only and writes down what it was asked to do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lar_debug.diff.build import build
from lar_debug.diff.text_diff import compare_texts
from lar_debug.model.changes import Row, Span
from lar_debug.model.document import CauseBlock, CauseDocument, Document
from lar_debug.model.problem import Problem
from lar_debug.model.records import Outcome
from lar_debug.model.tabs import PutBackView, StateEditView
from lar_debug.model.threads import Answer, Question
from lar_debug.model.views import (
    Chip,
    EventLine,
    HeaderView,
    KeyChange,
    Place,
    RunningView,
    StepView,
    StripView,
    TimelineRow,
)
from lar_debug.session.tabs import Tabs
from lar_debug.shell.session_port import Topic

OLD_REPLY = (
    "Dear Ms Lindqvist,\n\nyour order A-1042 has been with the carrier since 14 November and has"
    " not moved. We are sorry for the delay. Under our late delivery policy we refund 89.00 EUR."
    "\n\nKind regards\nNordwind Outdoor"
)
NEW_REPLY = (
    "Dear Ms Lindqvist,\n\n- Your order A-1042 has been with the carrier since 14 November and has"
    " not moved.\n- Under our late delivery policy we refund 89.00 EUR by 24 November."
    "\n\nKind regards\nNordwind Outdoor"
)
OLD_PROMPT = (
    "You write for Nordwind Outdoor, a shop for hiking gear.\n\nTicket: {ticket}\nOrder: {order}\n"
    "Topic: {topic}\nMood: {mood}\nPolicy: {policy}\n\n"
    "Write a formal answer. Name the amount of the refund."
)
NEW_PROMPT = OLD_PROMPT.replace(
    "a formal answer. Name the amount of",
    "a formal answer in two bullets. Name the amount and the date of",
)
STATE_BEFORE = {
    "ticket": {
        "from": "Eva Lindqvist",
        "subject": "Where is my tent?",
        "body": "I ordered it two weeks ago.",
        "order": "A-1042",
    },
    "order": {"id": "A-1042", "item": "Fjell 2 tent", "total": 89.0, "shipped": "2026-11-14"},
    "topic": "late_delivery",
    "mood": "annoyed",
    "policy": {"name": "late delivery", "refund_after_days": 5, "pay_within_days": 5},
}

STEPS = (
    TimelineRow(0, "load_ticket", Outcome.SUCCESS, "", "+ticket", 0, 1, 0),
    TimelineRow(1, "look_up_order", Outcome.SUCCESS, "", "+order", 0, 4, 0),
    TimelineRow(2, "read_ticket", Outcome.SUCCESS, "", "+topic +mood", 188, 9, 0),
    TimelineRow(3, "by_topic", Outcome.SUCCESS, "", "→ late_delivery", 0, 0, 0),
    TimelineRow(4, "find_policy", Outcome.SUCCESS, "", "+policy", 0, 2, 0),
    TimelineRow(5, "write_reply", Outcome.SUCCESS, "", "+reply", 391, 3, 3),
    TimelineRow(6, "check_reply", Outcome.SUCCESS, "", "+problems", 0, 1, 0),
)

HEADER = HeaderView(
    target="support_reply",
    run="7f3a",
    recorded="14:01",
    status="finished",
    steps=7,
    tokens=579,
    on_save="re-run 5 write_reply, watching 4 files",
    environment="lar 2.1.0, .venv python 3.11",
)


@dataclass(frozen=True)
class Rows:
    """A timeline that counts nothing and computes its rows when asked."""

    rows: Sequence[TimelineRow]
    first: int = 0

    @property
    def steps(self) -> range:
        return range(self.first, self.first + len(self.rows))

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, step: int) -> TimelineRow:
        return self.rows[self.steps.index(step)]


@dataclass(frozen=True)
class ManyRows:
    """A run of `count` steps, none of which exists before it is asked for."""

    count: int

    @property
    def steps(self) -> range:
        return range(self.count)

    def __len__(self) -> int:
        return self.count

    def row(self, step: int) -> TimelineRow:
        return TimelineRow(step, f"node{step % 7}", Outcome.SUCCESS, "", "+key", 10, 1, 0)


def strip(shown: int = 3, newest: int = 3) -> StripView:
    """The attempts of step 5 up to `newest`; the one before the shown one is the base."""
    times = ("recorded", "14:02:58", "14:03:20", "14:03:40", "14:04:05")
    return StripView(
        tuple(
            Chip(number, Outcome.SUCCESS, times[number], number == shown - 1, number == shown)
            for number in range(newest + 1)
        )
    )


VERDICT = (
    Span("#2 → #3  ", "strong"),
    Span("reply: 7 words out, 4 in | next check_reply, same | tokens 412 → 398 | 3 ms"),
)

PEEK = (
    Row(spans=(Span("ticket   {4}  from 'Eva Lindqvist'  subject 'Where is my tent?'"),)),
    Row(spans=(Span("order    {4}  id 'A-1042'  item 'Fjell 2 tent'  total 89.0"),)),
    Row(spans=(Span("topic    'late_delivery'"),)),
    Row(spans=(Span("mood     'annoyed'"),)),
    Row(spans=(Span("policy   {3}  name 'late delivery'  refund_after_days 5"),)),
    Row(sign="~", spans=(Span("reply    202 chars  'Dear Ms Lindqvist,…'"),)),
)

CONSOLE = (
    Row(gutter="out", spans=(Span("asking offline/echo"),)),
    Row(gutter="err", spans=(Span("no key is set, the offline model answers"),)),
)

DIFF = build({**STATE_BEFORE, "reply": OLD_REPLY}, {**STATE_BEFORE, "reply": NEW_REPLY})
CAUSE = CauseDocument(
    title="you changed prompts/reply.md:9",
    extent="only that",
    extent_in_full="only that: code, input, model, settings as in #2",
    foot="as in #2: code, input, model offline/echo, temperature 0.2",
    blocks=(
        CauseBlock(
            where="prompts/reply.md:9", pieces=compare_texts("", OLD_PROMPT, NEW_PROMPT).pieces
        ),
    ),
)
_EMPTY = StepView(
    step=0,
    label="",
    type="FunctionalNode",
    where="agent.py:12",
    reads=(),
    note="",
    strip=StripView((Chip(0, Outcome.SUCCESS, "recorded", base=False, shown=True),)),
    verdict=(Span("#0 recorded  "), Span("1 ms")),
    diff=Document(),
    cause=CauseDocument("", "", "", ""),
    console=(),
    state=(),
)

_LINES = [f"line {number} of a long text" for number in range(60)]
_LINES_CHANGED = [*_LINES[:30], "a line that was put in its place", *_LINES[31:]]


def long_text() -> FakeSession:
    """A session whose output is one text of 60 lines, the one in the middle changed."""
    session = FakeSession()
    document = build({"text": "\n".join(_LINES)}, {"text": "\n".join(_LINES_CHANGED)})
    session.view = step_view()._replace(diff=document)
    return session


def step_view(step: int = 5, shown: int = 3, newest: int = 3) -> StepView:
    """Step 5 with attempt `shown`; any other step has a view without attempts."""
    if step != 5:
        label = STEPS[step].label if step < len(STEPS) else f"node{step % 7}"
        return _EMPTY._replace(step=step, label=label)
    return StepView(
        step=5,
        label="write_reply",
        type="LLMNode",
        where="answering.py:31",
        reads=("ticket", "order", "policy", "topic", "mood"),
        note="",
        strip=strip(shown, newest),
        verdict=VERDICT,
        diff=DIFF,
        cause=CAUSE,
        console=CONSOLE,
        state=PEEK,
        state_title=f"state after #{shown}",
        state_size="6 keys, 2 KB",
    )


class FakeActs:
    """Writes down what was asked about attempts."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def accept(self, attempt: int) -> None:
        self._asked.append(f"accept {attempt}")

    def note(self, attempt: int, text: str) -> None:
        self._asked.append(f"note {attempt} {text}")

    def repeat(self, attempt: int) -> None:
        self._asked.append(f"repeat {attempt}")

    def hold(self, attempt: int) -> None:
        self._asked.append(f"hold {attempt}")


class FakeStateActs:
    """Offers a value to be edited, and writes down what was asked of the state."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    async def edit(self, place: str, *, before: bool) -> StateEditView:
        self._asked.append(f"edit {place}{' before' if before else ''}")
        return StateEditView(5, 3, "set for step 5, beside mood = 'calm':", f"{place} = 89.0")

    async def run(self, asked: StateEditView, text: str) -> bool:
        self._asked.append(f"run {asked.step} #{asked.attempt} {text}")
        if text.endswith("89."):
            raise Problem("the value is no JSON")
        return True

    async def write(self, place: str, file: Path, *, before: bool) -> None:
        self._asked.append(f"write {place}{' before' if before else ''}")
        file.write_text("all of it\n")


class FakeGoingOn:
    """Asks what a test wants asked, and writes down the answers."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked
        only = Question("go on with thread case-42 with write_reply? y")
        self.asks: tuple[Question, ...] | Problem = (only,)

    def questions(self) -> tuple[Question, ...]:
        if isinstance(self.asks, Problem):
            raise self.asks
        return self.asks

    def start(self, answers: Mapping[str, Answer]) -> None:
        said = [" ".join((id, *answer)).strip() for id, answer in answers.items()]
        self._asked.append(" ".join(("go_on", *said)))


class FakeContinuing:
    """Asks before a new run begins, and writes down how far it is to go."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked
        self.goes_on_itself = True
        self.asks: tuple[str, ...] | Problem = (
            "Continue from #3 as a new run with check_reply, models for real: "
            "n next step, c to the end, q no",
            "#3 as a new run: n next, c all, q no",
        )
        self.begun: FakeSession | None = None

    def questions(self) -> tuple[str, ...]:
        if isinstance(self.asks, Problem):
            raise self.asks
        return self.asks

    def start(self, *, one_step: bool) -> None:
        self._asked.append("fork for one step" if one_step else "fork to the end")

    async def opened(self) -> FakeSession:
        assert self.begun is not None
        return self.begun

    async def back(self) -> FakeSession:
        return await self.opened()


class FakePutBack:
    """Asks what a test wants asked, and writes down the answers."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked
        self.question: PutBackView | None = None
        self.prepared: PutBackView | None = None
        self.on_question: Callable[[], None] = lambda: None

    def ask(self, attempt: int, files: Collection[str] = ()) -> None:
        self._asked.append(" ".join(("put_back", str(attempt), *files)))
        self.question = self.prepared
        self.on_question()

    def write(self) -> None:
        self._asked.append("write")

    def leave(self) -> None:
        self._asked.append("leave")

    def undo(self) -> None:
        self._asked.append("undo")


class FakeHanding:
    """Hands over what a test put there."""

    def __init__(self) -> None:
        self.place = Place("/shop/prompts/reply.md", 9, "prompts/reply.md")
        self.written = NEW_REPLY
        self.asked: list[str] = []

    async def prompt_place(self) -> Place:
        self.asked.append("prompt")
        return self.place

    async def source_place(self) -> Place:
        self.asked.append("source")
        return self.place

    async def output(self) -> str:
        return self.written

    async def state(self, place: str, *, before: bool) -> str:
        return f"the value of {place}{' before' if before else ''}"

    async def command(self, place: str) -> str:
        return f"lar-debug show 7f3a --step 5 {place}".rstrip()

    def python(self) -> str:
        return "/shop/.venv/bin/python"


class FakeFind:
    """Looks for nothing, and knows what it was asked to look for."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked
        self.text = ""

    def start(self, text: str) -> None:
        self.text = text
        self._asked.append(f"find {text}")

    def step(self, by: int) -> None:
        self._asked.append(f"find {by:+}")


class FakeHistory:
    """Knows one key, and what two steps did to it."""

    def __init__(self) -> None:
        self.keys: dict[str, Sequence[KeyChange]] = {
            "reply": (
                KeyChange(5, "write_reply", "+", (Span("'Dear Ms Lindqvist,'", "in"),)),
                KeyChange(
                    6, "check_reply", "~", (Span("+4 words", "in"), Span(" -7 words", "out"))
                ),
            )
        }

    async def known(self) -> frozenset[str]:
        return frozenset(self.keys)

    async def of(self, key: str) -> AsyncIterator[list[KeyChange]]:
        for change in self.keys.get(key, ()):
            yield [change]


class FakeWalking:
    """Writes down where a person wants to go."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked
        self.find = FakeFind(asked)
        self.history = FakeHistory()
        self.ranged = False

    def toggle_range(self) -> None:
        self.ranged = not self.ranged
        self._asked.append("range")

    def leave(self) -> bool:
        left = self.ranged or bool(self.find.text)
        self.ranged, self.find.text = False, ""
        return left

    async def compare_with(self, attempt: int, name: str) -> tuple[str, Document]:
        if name == "99":
            raise Problem("run 7f3a has no step 99: its steps are 0 to 6")
        return f"state after {name} → 5@{attempt}", DIFF

    def next_failed(self) -> None:
        self._asked.append("failed")

    def next_stale(self) -> None:
        self._asked.append("stale")


class FakeSession:
    """Holds what the screen shows; tests change it and tell the screen."""

    def __init__(self) -> None:
        self.cursor = 5
        self.asked: list[str] = []
        self.opened = False
        self.closed = False
        self.rows: Rows | ManyRows = Rows(STEPS)
        self.head = HEADER
        self.view: StepView | None = step_view()
        self.shown_event = EventLine(
            "14:03:40",
            "saved prompts/reply.md: step 5 ran again as #3, on screen in 31 ms (node 3 ms)",
        )
        self.now: RunningView | None = None
        self.tabs = Tabs(lambda: None)
        self.attempt_acts = FakeActs(self.asked)
        self.put_back = FakePutBack(self.asked)
        self.going_on = FakeGoingOn(self.asked)
        self.continuing = FakeContinuing(self.asked)
        self.came_from = ""
        self.handing = FakeHanding()
        self.state_acts = FakeStateActs(self.asked)
        self.walking = FakeWalking(self.asked)
        self._subscribers: list[Callable[[Topic], None]] = []

    def say(self, text: str, tone: Literal["", "error", "note"] = "") -> None:
        self.shown_event = EventLine("14:05:00", text, tone)
        self.tell("event")

    def subscribe(self, callback: Callable[[Topic], None]) -> Callable[[], None]:
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    @property
    def subscribed(self) -> int:
        return len(self._subscribers)

    def tell(self, *topics: str) -> None:
        for callback in list(self._subscribers):
            callback(frozenset(topics))

    def header(self) -> HeaderView:
        return self.head

    def timeline(self) -> Rows | ManyRows:
        return self.rows

    def step_view(self) -> StepView | None:
        return self.view

    async def answered(self) -> None:
        """Everything is done at once."""

    async def settled(self) -> None:
        """The view is the one that is wanted."""

    def event(self) -> EventLine:
        return self.shown_event

    def events(self) -> Sequence[EventLine]:
        return [self.shown_event]

    def running(self) -> RunningView | None:
        return self.now

    def go(self, step: int) -> None:
        self.cursor = max(0, min(step, len(self.rows) - 1))
        self.view = step_view(self.cursor)
        self.tell("step")

    def move(self, by: int) -> None:
        self.go(self.cursor + by)

    def show_attempt(self, attempt: int) -> None:
        self.asked.append(f"show_attempt {attempt}")
        self.view = step_view(self.cursor, attempt)
        self.tell("step")

    def show_older(self) -> None:
        self.asked.append("show_older")

    def show_newer(self) -> None:
        self.asked.append("show_newer")

    def show_newest(self) -> None:
        self.asked.append("show_newest")

    def cycle_base(self) -> None:
        self.asked.append("cycle_base")

    def hold_base(self) -> None:
        self.asked.append("hold_base")

    def toggle_on_save(self) -> None:
        self.asked.append("toggle_on_save")

    def toggle_pin(self) -> None:
        self.asked.append("toggle_pin")

    def rerun(self) -> None:
        self.asked.append("rerun")

    def rerun_live(self) -> None:
        self.asked.append("rerun_live")

    def stop(self) -> None:
        self.asked.append("stop")

    async def open(self) -> None:
        self.opened = True

    async def close(self) -> None:
        self.closed = True
