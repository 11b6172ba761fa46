"""Two executions of a step beside each other: what came out, and what went in otherwise.

Shared by the command line and the screen. Reads the recording only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from lar_debug.diff.build import build
from lar_debug.diff.cause import InputText, WentIn, cause_document, causes
from lar_debug.diff.equality import cannot_be_told, same
from lar_debug.diff.verdict import verdict, verdict_of_recording
from lar_debug.model.changes import Cause, Span
from lar_debug.model.document import CauseDocument, Document
from lar_debug.model.records import Call, Execution, FileUse, Outcome
from lar_debug.model.values import Mark, Value
from lar_debug.session.cut_off import cut_off_calls
from lar_debug.session.endings import ending_spans
from lar_debug.session.prompts import in_prompt
from lar_debug.session.recording import Recording
from lar_debug.session.tasks_told import task_results

MS = 1_000_000

THE_MODELS_OWN = "the difference is the model's own"
"""What is said of another output where nothing else went in."""

OF_ITS_TASKS = "its tasks gave other results"
"""What is said of another output where nothing else differs but that."""

NOT_IN_FILE = "the code and settings of #0 are not in its file"
"""What is said where one of the two was imported."""

_FILLED_IN = "the prompt, filled in"

_SAME_SOURCE = {"source": InputText("")}
"""A source that is the same on both sides: it lets the cause say that the code is."""


@dataclass(frozen=True)
class Side:
    """One execution with what is needed of it to compare."""

    recording: Recording
    execution: Execution

    @cached_property
    def calls(self) -> list[Call]:
        return self.recording.calls(self.execution)

    @cached_property
    def model_calls(self) -> list[Call]:
        return [call for call in self.calls if call.kind == "llm"]

    @cached_property
    def files(self) -> dict[str, FileUse]:
        """Files behind this execution by shown path."""
        found = self.recording.files(self.execution)
        return {self.recording.shown_path(path): use for path, use in found.items()}

    def text(self, use: FileUse) -> str:
        return self.recording.store.reader.text(use.text) if use.text else ""

    def is_prompt(self, use: FileUse) -> bool:
        """True when the text of a file went into a prompt."""
        if not use.text or use.mode not in ("r", "import"):
            return False
        return in_prompt(self.text(use), self.model_calls)


class Comparison:
    """An execution and its base, of one step or of two."""

    def __init__(self, recording: Recording, base: Execution, shown: Execution) -> None:
        self._recording = recording
        self._base = Side(recording, base)
        self._shown = Side(recording, shown)

    @property
    def _left(self) -> tuple[str, str]:
        """The snapshots of what the two left."""
        base, shown = self._base.execution, self._shown.execution
        return base.after or base.before, shown.after or shown.before

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Keys that views leave out."""
        return self._recording.quiet_after(*self._left)

    @cached_property
    def document(self) -> Document:
        """What came out otherwise; what the node wrote is shown even where it is the same."""
        written = self._shown.execution.written
        output = [key for key in written if key not in self.hidden]
        states = self._recording.beside(*self._left, self._marks)
        shown = self._recording.glimpse(self._left[1], output)
        return build(*states, hidden=self.hidden, output=output, shown=shown)

    @property
    def differs(self) -> bool:
        """Whether anything came out otherwise that can be told."""
        return not all(map(cannot_be_told, self.document.changes))

    @property
    def calls(self) -> list[Call]:
        """Those of what is shown."""
        return self._shown.calls

    @property
    def _marks(self) -> tuple[Mark, ...]:
        return self._base.execution.marks + self._shown.execution.marks

    def went_in(self) -> tuple[WentIn, WentIn]:
        """What the two executions started from, as far as it can matter to the node."""
        old, new = self._base.execution.before, self._shown.execution.before
        states = self._recording.beside(old, new, self._marks)
        return self._known_of_file(*states) if self._of_a_file else self._with_files(states)

    def _with_files(self, states: tuple[Value, Value]) -> tuple[WentIn, WentIn]:
        base, shown = self._base, self._shown
        differing = list(_differing(base.files, shown.files))
        common = [name for name in shown.files if name in base.files]
        prompts = [name for name in common if _either(name, base, shown, Side.is_prompt)]
        ran = base.execution.fingerprint, shown.execution.fingerprint
        explained = any(name in prompts for name in differing)
        sources: list[dict[str, InputText]] = [{}, {}]
        kept = base.execution.source, shown.execution.source
        # An attempt whose process died has kept none.
        if all(kept) and kept[0] != kept[1]:
            explained = True
            for side, texts in zip((base, shown), sources, strict=True):
                texts.update(own_source(side))
        modules = [name for name in differing if _has_mode(name, "module", base, shown)]
        # The node's own file first: what it calls stands there more often than elsewhere.
        modules.sort(key=lambda name: name not in own_source(shown))
        imported: list[str] = []
        if not explained and ran[0] != ran[1]:
            imported = [name for name in differing if _has_mode(name, "import", base, shown)]
            for side, texts in zip((base, shown), sources, strict=True):
                texts.update(_texts(side, modules))
        others = [
            name
            for name in differing
            if name not in prompts
            and (name in imported or _either(name, base, shown, _read_by_node))
        ]
        return tuple(  # type: ignore[return-value]
            WentIn(
                prompts=_texts(side, prompts),
                sources=texts or (_SAME_SOURCE if all(kept) else {}),
                files=_texts(side, others),
                model=side.model_calls[0].model if side.model_calls else "",
                settings=side.model_calls[0].settings if side.model_calls else {},
                state=state,
            )
            for side, texts, state in zip((base, shown), sources, states, strict=True)
        )

    @property
    def _of_a_file(self) -> bool:
        """Whether one of the two is known from a file alone: no code, no settings."""
        return self._recording.imported and 0 in (
            self._base.execution.attempt,
            self._shown.execution.attempt,
        )

    def _known_of_file(self, old: Value, new: Value) -> tuple[WentIn, WentIn]:
        # Of a step that was not run there is nothing that could differ but the state.
        unrun = self._base.execution.outcome is Outcome.NOT_RUN
        calls = (self._shown if unrun else self._base).model_calls
        return _asked(calls, old), _asked(self._shown.model_calls, new)

    def causes(self) -> list[Cause]:
        return causes(*self.went_in(), hidden=self.hidden)

    def cause_document(self) -> CauseDocument:
        name = f"#{self._base.execution.attempt}"
        told = cause_document(*self.went_in(), base=name, hidden=self.hidden)
        if self._of_a_file:
            return replace(told, extent=NOT_IN_FILE, extent_in_full=NOT_IN_FILE)
        if told.causes or not self.differs:
            return told
        if task_results(self._base.calls) != task_results(self._shown.calls):
            return replace(told, extent=OF_ITS_TASKS, extent_in_full=OF_ITS_TASKS)
        if not self._shown.model_calls:
            return told
        return replace(told, extent=THE_MODELS_OWN, extent_in_full=THE_MODELS_OWN)

    def verdict(self, *, also: int | None = None) -> tuple[Span, ...]:
        """What came of the attempt, in one line; `also` is another one with its output, which is
        told where that is not the base itself."""
        old, new = self._base.execution, self._shown.execution
        if old.outcome is Outcome.NOT_RUN:
            return recorded_verdict(self._recording, new, self.document)
        numbers = Span(f"#{old.attempt} → #{new.attempt}  ", "strong")
        if new.outcome is not Outcome.SUCCESS:
            return (numbers, *ending_spans(self._recording, new))
        return (
            numbers,
            *verdict(
                self.document,
                next_old=[node.label for node in old.next],
                next_new=[node.label for node in new.next],
                tokens_old=old.tokens.total,
                tokens_new=new.tokens.total,
                ms=new.duration_ns // MS,
                also=None if also == old.attempt else also,
                cut_off=cut_off_calls(self._shown.model_calls),
            ),
        )


def _asked(calls: list[Call], state: Value) -> WentIn:
    """What is known of an execution without its code: what its model was asked, and its state."""
    prompts = {_FILLED_IN: InputText(calls[0].prompt)} if len(calls) == 1 else {}
    return WentIn(prompts=prompts, model=calls[0].model if calls else "", state=state)


def same_output(recording: Recording, execution: Execution) -> int | None:
    """The first earlier attempt with exactly this output and next node, None without one."""
    if not execution.after:
        return None
    for one in recording.executions(execution.step):
        if one.attempt >= execution.attempt:
            return None
        alike = one.outcome is execution.outcome and one.next == execution.next
        if alike and (one.after == execution.after or _same_state(recording, one, execution)):
            return one.attempt
    return None


def _same_state(recording: Recording, one: Execution, other: Execution) -> bool:
    """True when two executions left the same but for the engine's bookkeeping."""
    if not one.after:
        return False
    old, new = recording.beside(one.after, other.after)
    hidden = recording.quiet_after(one.after, other.after)
    return same(_without(old, hidden), _without(new, hidden))


def _without(state: Value, hidden: frozenset[str]) -> Value:
    if not isinstance(state, dict):
        return state
    kept = cast("dict[str, Value]", state)
    return {key: value for key, value in kept.items() if key not in hidden}


def recorded_verdict(
    recording: Recording, execution: Execution, document: Document
) -> tuple[Span, ...]:
    """The verdict of an execution that is compared with nothing but the state before it."""
    name = f"#{execution.attempt}" + (" recorded  " if execution.attempt == 0 else "  ")
    if execution.outcome is not Outcome.SUCCESS:
        return (Span(name, "strong"), *ending_spans(recording, execution))
    return (
        Span(name, "strong"),
        *verdict_of_recording(
            document,
            next_new=[node.label for node in execution.next],
            tokens=execution.tokens.total,
            ms=execution.duration_ns // MS,
            cut_off=cut_off_calls(recording.calls(execution)),
        ),
    )


def _differing(old: Mapping[str, FileUse], new: Mapping[str, FileUse]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name), new.get(name)
        if one is not None and other is not None and one.digest != other.digest:
            yield name


def _either(name: str, base: Side, shown: Side, test: object) -> bool:
    assert callable(test)
    return any(name in side.files and test(side, side.files[name]) for side in (base, shown))


def _has_mode(name: str, mode: str, base: Side, shown: Side) -> bool:
    return any(name in side.files and side.files[name].mode == mode for side in (base, shown))


def _read_by_node(side: Side, use: FileUse) -> bool:
    """True for a file that the node itself opened, rather than the import of its module."""
    execution = side.execution
    own = side.recording.store.files(execution.run, execution.step, execution.attempt)
    return any(one.path == use.path and one.mode in ("r", "missing") for one in own)


def _texts(side: Side, names: Iterable[str]) -> dict[str, InputText]:
    found = ((name, side.files.get(name)) for name in names)
    return {
        name: InputText(side.text(use), digest="" if use.text else use.digest)
        for name, use in found
        if use is not None
    }


def own_source(side: Side) -> dict[str, InputText]:
    """The node's own source, under the file it stands in, from the line where it begins."""
    source = side.execution.source
    if not source:
        return {}
    for name, use in side.files.items():
        if use.mode == "module":
            text = side.text(use)
            at = text.find(source)
            if at >= 0:
                return {name: InputText(source, text.count("\n", 0, at) + 1)}
    return {"source": InputText(source)}
