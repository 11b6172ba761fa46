"""The tree of a state, read only as far as it is opened. Runs off the event loop."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from lar_debug.diff.brief import brief, difference
from lar_debug.diff.paths import parse_path, path_text
from lar_debug.model.changes import Row, Span
from lar_debug.model.records import Execution
from lar_debug.model.tabs import StateRow, StateView, StateWish
from lar_debug.model.values import Path, PathKey
from lar_debug.session.recording import Recording
from lar_debug.session.state_changes import Differences, Place, differences
from lar_debug.session.state_values import Told, tell
from lar_debug.session.value_text import start
from lar_debug.store.parts import Opened, opened

HUNDRED: Final = 100
"""Parts that are shown at once."""
ALONE: Final = 64 * 1024
"""Characters of one value that are shown alone."""
_DIFFERENCES_KEPT: Final = 16
_OLD_CELLS: Final = 60
_PIECE: Final = 1_000
_NOTHING = Place()


class StateTrees:
    """Makes the views of states of one recording; in one thread at a time."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._differences: OrderedDict[tuple[str, str], Differences] = OrderedDict()

    def view(self, execution: Execution, wish: StateWish) -> StateView:
        """The state on the side that `wish` names. Raises Problem when it cannot be read."""
        tree = _Tree(self._recording, execution, wish, self.differences(execution))
        return tree.alone(wish.alone) if wish.alone is not None else tree.view()

    def differences(self, execution: Execution) -> Differences:
        """What the execution changed in the state it was given; nothing where it left none."""
        old, new = execution.before, execution.after
        if not old or not new or old == new:
            return Differences()
        known = self._differences.get((old, new))
        if known is None:
            known = differences(*self._recording.beside(old, new, execution.marks))
            self._differences[old, new] = known
            if len(self._differences) > _DIFFERENCES_KEPT:
                self._differences.popitem(last=False)
        self._differences.move_to_end((old, new))
        return known


@dataclass(frozen=True, slots=True)
class _Here:
    """One value of the tree: where it stands, and what is known of the changes there."""

    path: Path
    place: str
    depth: int
    changed: Place


class _Tree:
    """One view of one execution's state."""

    def __init__(
        self,
        recording: Recording,
        execution: Execution,
        wish: StateWish,
        changes: Differences,
    ) -> None:
        self._recording, self._execution, self._wish = recording, execution, wish
        self._reader = recording.store.reader
        after = execution.after or execution.before
        self._state = execution.before if wish.side == "before" else after
        quiet = recording.quiet_after(execution.before, after)
        self._hidden = frozenset[str]() if wish.hidden else quiet
        side = changes.old_side if wish.side == "before" else changes.new_side
        self._changed = side(self._hidden)
        self._further = dict(wish.further)
        self._left_out = sum(map(self._is_there, self._hidden)) if self._state else 0

    # -- the tree ---------------------------------------------------------------------------

    def view(self) -> StateView:
        """All rows that are opened."""
        here = _Here((), "", -1, self._changed)
        root = opened(self._reader, self._reader.place(self._state)) if self._state else None
        rows = tuple(self._parts(here, root)) if root is not None else ()
        count = root.size - self._left_out if root is not None else 0
        size = f"{count:,} key{'' if count == 1 else 's'}"
        if self._left_out:
            size += f", {self._left_out} hidden"
        return StateView(self._wish, self._title(), rows, size=size)

    def _title(self) -> str:
        execution = self._execution
        name = f"#{execution.attempt}"
        if self._wish.side == "before":
            return f"state before {name}"
        if not execution.after:
            return f"{name} left no state: this is what it was given"
        return f"state after {name}" if self._wish.side == "after" else f"what {name} changed"

    def _is_there(self, key: str) -> bool:
        try:
            self._reader.place(self._state, (key,))
            return True
        except KeyError:
            return False

    def _parts(self, here: _Here, whole: Opened) -> Iterator[StateRow]:
        shown = HUNDRED * (1 + self._further.get(here.place, 0))
        some = whole.parts()
        if here.depth < 0 and self._hidden:
            some = ((key, value) for key, value in some if key not in self._hidden)
        for key, value in islice(some, shown):
            yield from self._of_part(here, whole, key, value)
        rest = whole.size - shown - (self._left_out if here.depth < 0 else 0)
        if rest > 0:
            yield StateRow(here.place, here.depth + 1, f"… {rest:,} more", more=rest)
        if self._wish.side == "both":
            yield from self._gone(here)

    def _of_part(self, here: _Here, whole: Opened, key: PathKey, value: Any) -> Iterator[StateRow]:
        changed = here.changed.at(key) or _NOTHING
        inner = self._below(here, key, changed)
        told = tell(self._reader, value, is_open=inner.place in self._wish.opened)
        yield self._row(inner, _name(whole, key), told)
        if told.parts is not None and inner.place in self._wish.opened:
            yield from self._parts(inner, told.parts)

    def _below(self, here: _Here, key: PathKey, changed: Place) -> _Here:
        part = path_text((key,))
        dot = "." if here.place and not part.startswith("[") else ""
        return _Here((*here.path, key), f"{here.place}{dot}{part}", here.depth + 1, changed)

    def _row(self, here: _Here, name: str, told: Told) -> StateRow:
        spans, changed = told.spans, here.changed
        if self._wish.side == "both" and changed.sign in ("~", "M") and changed.other is not None:
            spans = self._both(changed.other, told)
        is_open = told.parts is not None and here.place in self._wish.opened
        return StateRow(
            here.place,
            here.depth,
            name,
            spans,
            sign="?" if told.doubt else changed.sign,
            fold="" if told.parts is None else "open" if is_open else "closed",
            note=self._note(here, told, is_open),
        )

    def _both(self, other: Path, told: Told) -> tuple[Span, ...]:
        """`old → new` of a changed leaf."""
        old = tell(self._reader, self._reader.place(self._execution.before, other), is_open=False)
        if told.parts is not None:
            # Something else became a container: what is in it stands below.
            return (Span(brief(old.seen, _OLD_CELLS), "out"), Span(" → ", "dim"), *told.spans)
        one, new = brief(old.seen, _OLD_CELLS), brief(told.seen, _OLD_CELLS)
        note = difference(old.seen, told.seen) or ("differs inside" if one == new else "")
        end = (Span(f"  {note}", "dim"),) if note else ()
        return (Span(one, "out"), Span(" → ", "dim"), Span(new, "in"), *end)

    def _gone(self, here: _Here) -> Iterator[StateRow]:
        """What the step took out, on the side that shows both."""
        for path in here.changed.gone:
            value = self._reader.place(self._execution.before, path)
            if here.depth < 0 and path[0] in self._hidden:
                continue
            told = tell(self._reader, value, is_open=False)
            name = f"[{path[-1]}]" if type(path[-1]) is int else _told_key(path[-1])
            spans = tuple(Span(span.text, "out") for span in told.spans)
            yield StateRow(path_text(path), here.depth + 1, name, spans, sign="-")

    def _note(self, here: _Here, told: Told, is_open: bool) -> str:
        if told.doubt:
            step = self._execution.step
            read = here.path[0] in self._execution.reads and told.doubt.startswith("lost")
            end = f"; step {step} reads it. r runs it without, i sets it"
            return told.doubt + end if read else told.doubt
        if told.parts is None or is_open:
            return ""
        inside = [
            mark.fidelity.value
            for mark in self._execution.marks
            if len(mark.path) > len(here.path) and mark.path[: len(here.path)] == here.path
        ]
        return f"{inside[0]} inside" if inside else ""

    # -- one value --------------------------------------------------------------------------

    def _value(self, path: Path) -> Any:
        """What stands at a path, where both sides are shown also what stood there. Raises
        KeyError."""
        try:
            return self._reader.place(self._state, path)
        except KeyError:
            if self._wish.side != "both":
                raise
            return self._reader.place(self._execution.before, path)

    def alone(self, place: str) -> StateView:
        """One value as text; where this state has none, one row says so."""
        title = f"{place}  {self._title()}"
        try:
            value = self._value(parse_path(place))
        except (KeyError, ValueError):
            row = Row(spans=(Span("not in this state", "dim"),))
            return StateView(self._wish, title, text=(row,))
        text, is_all = start(self._reader, value, ALONE)
        rows = [Row(bar=True, spans=_in_spans(line)) for line in text.split("\n")]
        size = tell(self._reader, value, is_open=True).size
        if not is_all:
            of = f" of {size}" if opened(self._reader, value) is None else ""
            words = f"{ALONE // 1024} KB shown{of}, o opens all"
            rows.append(Row(spans=(Span(words, "note"),)))
        return StateView(self._wish, title, text=tuple(rows), size=size)


def _in_spans(line: str) -> tuple[Span, ...]:
    """A line in pieces: of one span no more is painted than a screen could hold."""
    return tuple(Span(line[at : at + _PIECE]) for at in range(0, len(line), _PIECE))


def _name(whole: Opened, key: PathKey) -> str:
    if whole.kind == "list":
        return f"[{key}]"
    return _told_key(key)


def _told_key(key: PathKey) -> str:
    return key if type(key) is str else brief(key)
