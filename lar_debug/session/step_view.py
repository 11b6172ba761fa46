"""Everything about one step and one of its attempts, read and compared, ready to be painted.

Runs off the event loop: reads the recording, changes nothing. What cannot change any more (the
body: diff, cause, console, state) is kept by what it was made from; the strip and the notes
around it are made anew.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from lar_debug.diff.build import build
from lar_debug.model.changes import Change, Row, Span
from lar_debug.model.document import CauseDocument, Document, TextBlock, TreeRow
from lar_debug.model.records import Execution, Outcome
from lar_debug.model.values import Fidelity, Mark
from lar_debug.model.views import Chip, StepView, StripView
from lar_debug.session.attempts_view import Listed, attempts_view
from lar_debug.session.comparison import Comparison, recorded_verdict, same_output
from lar_debug.session.console_rows import console_rows
from lar_debug.session.edit_names import EditNames
from lar_debug.session.endings import ending_document, last_good
from lar_debug.session.looking import Base
from lar_debug.session.prompt_view import prompt_view
from lar_debug.session.range import over_range
from lar_debug.session.recorded_cause import recorded_cause
from lar_debug.session.recording import Recording
from lar_debug.session.shown import IsWanted, Outdated, Shown
from lar_debug.session.state_tree import StateTrees
from lar_debug.session.state_values import peek_rows
from lar_debug.session.tasks_told import tasks_told

BODIES_KEPT = 64
LEAST_KEPT = 3
CHARACTERS_KEPT = 32_000_000

_PARTS = Span(" | ", "dim")
_COMPARING = Span("comparing…", "dim")
_NO_CAUSE = CauseDocument("", "", "", "")


@dataclass(frozen=True)
class _Body:
    """What an execution came to, beside what it is compared with."""

    document: Document
    verdict: tuple[Span, ...]
    cause: CauseDocument
    console: tuple[Row, ...]
    state: tuple[Row, ...]
    state_size: str
    tasks: str


@dataclass(frozen=True)
class _Pair:
    """An execution that is shown, its base (None: the state before it), and all that are.

    `printed` counts the pieces of its console: they may come after its end.
    """

    execution: Execution
    base: Execution | None
    visible: tuple[Execution, ...]
    printed: int

    @property
    def key(self) -> tuple[object, ...]:
        sides = (self.execution, self.base)
        known = [(one.step, one.attempt, one.outcome) for one in sides if one is not None]
        return (self.printed, *known)

    @property
    def is_final(self) -> bool:
        """False while more may be learnt of how the execution ends or ended, or it may be gone
        on from."""
        unended = (Outcome.RUNNING, Outcome.CRASHED, Outcome.WAITING)
        return self.execution.outcome not in unended


class StepViews:
    """Makes step views of one recording; in one thread at a time."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._bodies: OrderedDict[tuple[object, ...], _Body] = OrderedDict()
        self._states = StateTrees(recording)
        self._names = EditNames(recording)

    def view(self, shown: Shown, is_wanted: IsWanted) -> StepView:
        """Read and compare what `shown` names. Raises Outdated, and Problem when the store
        cannot be read."""
        recording = self._recording
        executions = recording.executions(shown.step)
        visible = _visible(executions)
        pair = self._pair(visible, _chosen(visible, shown), shown)
        body = self._body(pair, is_wanted)
        of_tab = self._of_tab(pair, executions, shown)
        view = self._framed(pair, body, executions, shown, of_tab)
        if shown.since is None:
            return view
        return over_range(recording, view, shown.since, pair.execution)

    def heading(self, shown: Shown) -> StepView | None:
        """The same without what takes long: where it stands and what it wrote, nothing compared.
        None where the open tab would show what it is not. For any thread. Raises Problem."""
        if shown.tab.pane != "diff-pane" or shown.since is not None:
            return None
        executions = self._recording.executions(shown.step)
        visible = _visible(executions)
        pair = self._pair(visible, _chosen(visible, shown), shown)
        return self._framed(pair, _heading(self._recording, pair), executions, shown, {})

    def _framed(
        self,
        pair: _Pair,
        body: _Body,
        executions: list[Execution],
        shown: Shown,
        of_tab: dict[str, Any],
    ) -> StepView:
        recording, execution = self._recording, pair.execution
        step = recording.step(shown.step)
        node = recording.nodes().get(step.node.address)
        return StepView(
            step=shown.step,
            label=step.node.label,
            type=node.type if node is not None else "",
            where=node.where if node is not None else "",
            reads=execution.reads,
            note=_note(executions, pair, shown, body.tasks),
            strip=_strip(pair, shown),
            verdict=_verdict(pair, body, shown),
            diff=body.document,
            cause=body.cause,
            console=body.console,
            state=body.state,
            state_title=f"state {'after' if execution.after else 'before'} #{execution.attempt}",
            state_size=body.state_size,
            **of_tab,
        )

    def _of_tab(self, pair: _Pair, executions: list[Execution], shown: Shown) -> dict[str, Any]:
        """What only the open tab shows."""
        recording, execution, wish = self._recording, pair.execution, shown.tab
        if wish.pane == "state-pane":
            return {"state_view": self._states.view(execution, wish.state)}
        if wish.pane == "prompt-pane":
            return {"prompt": prompt_view(recording, execution)}
        if wish.pane == "attempts-pane":
            cost = recording.attempts_cost(shown.step)
            listed = Listed(
                execution.attempt, pair.base, shown.held, shown.accepted, wish.killed, cost
            )
            return {"attempts": attempts_view(self._names, executions, listed)}
        return {}

    def prepare(self, shown: Shown, is_wanted: IsWanted) -> None:
        """Read what h and l lead to from here, so that they flip at once. Raises as `view`."""
        visible = _visible(self._recording.executions(shown.step))
        here = _chosen(visible, shown)
        for one in visible:
            if abs(visible.index(one) - visible.index(here)) == 1:
                self._body(self._pair(visible, one, shown), is_wanted)
                if shown.tab.pane == "state-pane":
                    self._states.differences(one)

    def _pair(self, visible: list[Execution], execution: Execution, shown: Shown) -> _Pair:
        store, run = self._recording.store, self._recording.run
        printed = store.console_pieces(run, execution.step, execution.attempt)
        return _Pair(execution, _base(visible, execution, shown), tuple(visible), printed)

    def _body(self, pair: _Pair, is_wanted: IsWanted) -> _Body:
        body = self._bodies.get(pair.key)
        if body is None:
            body = _build(self._recording, pair, is_wanted)
            if pair.is_final:
                self._bodies[pair.key] = body
            self._drop_old()
        else:
            self._bodies.move_to_end(pair.key)
        return body

    def _drop_old(self) -> None:
        """Keep as many bodies as are looked at again, and the neighbours of the newest."""
        size = sum(map(_characters, self._bodies.values()))
        while len(self._bodies) > (BODIES_KEPT if size < CHARACTERS_KEPT else LEAST_KEPT):
            _, body = self._bodies.popitem(last=False)
            size -= _characters(body)


def _characters(body: _Body) -> int:
    """How many characters the texts of a body have."""
    return sum(block.size for block in body.document.blocks if isinstance(block, TextBlock))


def _visible(executions: Iterable[Execution]) -> list[Execution]:
    """The recorded execution, and the attempts that came to an end of their own."""
    hidden = (Outcome.SUPERSEDED, Outcome.RUNNING)
    return [one for one in executions if one.attempt == 0 or one.outcome not in hidden]


def _chosen(visible: list[Execution], shown: Shown) -> Execution:
    return next((one for one in visible if one.attempt == shown.attempt), visible[-1])


def _base(visible: list[Execution], execution: Execution, shown: Shown) -> Execution | None:
    """What the execution is compared with; None for the state before the step."""
    if shown.held is not None and shown.held != execution.attempt:
        return next((one for one in visible if one.attempt == shown.held), None)
    if shown.base is Base.BEFORE or execution.attempt == 0:
        return None
    if shown.base is Base.RECORDED:
        return visible[0]
    before = [one for one in visible if one.attempt < execution.attempt]
    return next((one for one in reversed(before) if one.outcome.finished), visible[0])


def _build(recording: Recording, pair: _Pair, is_wanted: IsWanted) -> _Body:
    """The slow part; given up between its stages when nobody wants it any more."""

    def still_wanted() -> None:
        if not is_wanted():
            raise Outdated

    execution, base = pair.execution, pair.base
    still_wanted()
    compared = Comparison(recording, base or execution, execution)
    document = _document(recording, pair, compared)
    still_wanted()
    if base is None:
        verdict = recorded_verdict(recording, execution, document)
        cause = recorded_cause(recording, execution)
    else:
        verdict = compared.verdict() + _came_back(recording, pair, compared)
        cause = compared.cause_document()
    still_wanted()
    left = execution.after or execution.before
    hidden = recording.quiet_after(left)
    state = recording.glimpse(left)
    keys = {key: item for key, item in state.items() if key not in hidden}
    # Nothing on the screen shows the changed values themselves, and they may be megabytes.
    changes = tuple(Change(one.kind, one.at_old, one.at_new) for one in document.changes)
    return _Body(
        replace(document, changes=changes),
        verdict + last_good(execution, pair.visible),
        cause,
        console_rows(recording, execution),
        peek_rows(recording.store.reader, keys, execution),
        f"{len(keys)} key{'' if len(keys) == 1 else 's'}",
        tasks_told(compared.calls) if execution.attempt else "",
    )


def _heading(recording: Recording, pair: _Pair) -> _Body:
    """What is known of an execution before its states are read."""
    execution, base = pair.execution, pair.base
    wrote = _wrote(recording, execution)
    if base is None and (wrote.changes or execution.outcome is not Outcome.SUCCESS):
        verdict = recorded_verdict(recording, execution, wrote)
    else:
        numbers = f"#{base.attempt} → " if base is not None else ""
        verdict = (Span(f"{numbers}#{execution.attempt}  ", "strong"), _COMPARING)
    document = Document((TreeRow(" ", (_COMPARING,)),))
    return _Body(document, verdict, _NO_CAUSE, (), (), "", "")


def _wrote(recording: Recording, execution: Execution) -> Document:
    """The keys that it changed, as they were counted when it ran."""
    changes, hidden = execution.changes, recording.hidden
    came = [Change("changed", (key,), (key,)) for key in (*changes.added, *changes.updated)]
    gone = [Change("removed", (key,), None) for key in changes.removed]
    told = (one for one in (*came, *gone) if (one.at_old or ("",))[0] not in hidden)
    return Document(changes=tuple(told))


def _document(recording: Recording, pair: _Pair, compared: Comparison) -> Document:
    execution = pair.execution
    if execution.outcome is not Outcome.SUCCESS:
        files = recording.files(execution).values()
        read = recording.store.reader.text
        at = execution.error_at[0] if execution.error_at is not None else ""
        texts = {use.path: read(use.text) for use in files if use.text and use.path == at}
        return ending_document(recording, execution, texts)
    if pair.base is not None:
        return compared.document
    both = execution.before, execution.after or execution.before
    states = recording.beside(*both, execution.marks)
    return build(*states, hidden=recording.quiet_after(*both))


def _came_back(recording: Recording, pair: _Pair, compared: Comparison) -> tuple[Span, ...]:
    """ " (also = #1)", when another attempt than the base had this output before."""
    if pair.execution.outcome is not Outcome.SUCCESS or pair.base is None:
        return ()
    also = same_output(recording, pair.execution)
    if also is None or also == pair.base.attempt:
        return ()
    if compared.document.changes:
        return (_PARTS, Span(f"as #{also} was", "note"))
    return (Span(f" (also = #{also})"),)


def _verdict(pair: _Pair, body: _Body, shown: Shown) -> tuple[Span, ...]:
    if shown.impure and pair.base is not None and body.document.changes:
        said = Span("run unedited it varied too | not all of this is your edit", "note")
        # Right behind what changed: on a narrow screen the parts at the end are left out.
        spans = body.verdict
        parts = (at for at, span in enumerate(spans) if span.text == _PARTS.text)
        at = next(parts, len(spans))
        return (*spans[:at], _PARTS, said, *spans[at:])
    return body.verdict


def _strip(pair: _Pair, shown: Shown) -> StripView:
    base = pair.base
    chips = [
        Chip(
            attempt=one.attempt,
            outcome=one.outcome,
            label="recorded" if one.attempt == 0 else _clock(one.started),
            base=base is not None and one.attempt == base.attempt,
            shown=one.attempt == pair.execution.attempt,
            accepted=one.attempt == shown.accepted,
            held=one.attempt == shown.held,
        )
        for one in pair.visible
    ]
    if shown.running is not None:
        chips.append(Chip(shown.running, Outcome.RUNNING, "", base=False, shown=False))
    unseen = sum(one.attempt > shown.seen for one in pair.visible)
    return StripView(
        tuple(chips),
        new=unseen if shown.attempt is not None else 0,
        loading="" if shown.load_error is None else f"!{shown.load_error.line or ''}",
    )


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def _note(executions: list[Execution], pair: _Pair, shown: Shown, tasks: str) -> str:
    """What is doubtful about the step, the most telling first; then how it ran."""
    if shown.stale:
        return f"stale: {shown.stale} | r re-runs it"
    execution = pair.execution
    lost = [mark for mark in execution.marks if mark.path and mark.fidelity is Fidelity.LOST]
    read = [mark for mark in lost if mark.path[0] in execution.reads]
    if read:
        return _lost(read[0], execution)
    recorded = executions[0]
    if recorded.effects and not shown.impure and not _ran_unedited(recorded, executions):
        return "not checked for hidden inputs: it calls out (r runs it unedited, once)"
    if shown.impure:
        return shown.impure
    if execution.marks and execution.marks[0].path:
        mark = execution.marks[0]
        return f"{mark.fidelity.value}: {mark.path[0]}: {mark.reason}"
    how = f"{execution.how} to reach the node" if execution.how else ""
    return " | ".join(filter(None, (how, tasks)))


def _lost(mark: Mark, execution: Execution) -> str:
    name = mark.path[0]
    return (
        f"lost: {name} could not be kept ({mark.reason}); step {execution.step} reads it. "
        f"r runs it without, or --set {name}=..."
    )


def _ran_unedited(recorded: Execution, executions: list[Execution]) -> bool:
    return any(
        one.attempt
        and one.outcome.finished
        and not one.edits
        and one.fingerprint == recorded.fingerprint
        for one in executions
    )
