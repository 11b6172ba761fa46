"""What a person does with a value of the state: edit it and run the step again, or see all of it.

An edit is for the state before the step, beside the edits that the shown attempt ran with.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lar_debug.diff.brief import brief
from lar_debug.diff.equality import kind_of
from lar_debug.diff.paths import parse_path, path_text
from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution
from lar_debug.model.tabs import StateEditView
from lar_debug.model.values import Path as ValuePath
from lar_debug.session.assignments import check_path, parse_form, split_assignment
from lar_debug.session.state_changes import differences
from lar_debug.session.value_text import pieces, safe, safe_json, start
from lar_debug.store.parts import holder_kind, text_pieces
from lar_debug.text import clean

if TYPE_CHECKING:
    from lar_debug.session.rerunning import Rerunning
    from lar_debug.session.session import Session
    from lar_debug.store.chunks import Reader

LONGEST_LINE: Final = 10_000
"""Characters of a value that are offered to be edited in one line."""
_MOST_TOLD: Final = 3


class StateActs:
    """Every method reads off the event loop; what is wrong with it is raised as a Problem."""

    def __init__(self, session: Session, rerunning: Rerunning) -> None:
        self._session = session
        self._rerunning = rerunning

    @property
    def _shown(self) -> tuple[int, int]:
        """The step and the attempt that are looked at."""
        view = self._session.step_view()
        if view is None:
            raise Problem("the step is still being read")
        return view.step, next((chip.attempt for chip in view.strip.chips if chip.shown), 0)

    # -- editing ----------------------------------------------------------------------------

    async def edit(self, place: str, *, before: bool) -> StateEditView:
        """What to ask for a new value of a place; `before` says that it is one of the state
        before the step, as it was shown."""
        return await asyncio.to_thread(self._field, *self._shown, place, before)

    def _field(self, step: int, attempt: int, place: str, before: bool) -> StateEditView:
        recording = self._session.recording
        execution = recording.execution(step, attempt)
        if not execution.before:
            raise Problem(f"the state before step {step} was not kept: nothing to edit")
        path = parse_path(place)
        reader = recording.store.reader
        try:
            path = path if before else self._place_before(execution, path)
            value = reader.place(execution.before, path)
        except KeyError:
            value = reader.place(execution.after or execution.before, parse_path(place))
        written, why_not = _offered(reader, value)
        held = edits_text(execution)
        title = f"set for step {step}, beside {held}" if held else f"set for step {step}"
        asked = f"{safe(path_text(path))} = {written}"
        return StateEditView(step, attempt, f"{title}{why_not}:", asked)

    def _place_before(self, execution: Execution, path: ValuePath) -> ValuePath:
        """Where what stands at a place after the step stood before it."""
        indexed = any(kind_of(key) is int for key in path)
        if not indexed or not execution.after:
            return path
        both = self._session.recording.beside(execution.before, execution.after, execution.marks)
        return differences(*both).old_place(path)

    async def run(self, asked: StateEditView, text: str) -> bool:
        """Run the step again with the edit; False when it does not run now."""
        path, equals, value = split_assignment(text)
        if not equals:
            raise Problem(f"{text}: write path = JSON, like order.total = 0")
        check_path(path)
        form = parse_form(path, value)
        if any(_marked(form)):
            raise Problem(f"{path}: a value with $type cannot be set by hand, plain JSON can")
        edits = await asyncio.to_thread(self._edits, asked, path, form)
        return self._rerunning.rerun(asked.step, edits)

    def _edits(self, asked: StateEditView, path: str, form: Any) -> Mapping[str, Any]:
        recording = self._session.recording
        execution = recording.execution(asked.step, asked.attempt)
        _check_fits(recording.store.reader, execution.before, parse_path(path))
        changed, unset = _held(execution)
        # The last one holds where an edit stands inside another.
        changed = {other: old for other, old in changed.items() if other != path}
        unset = [other for other in unset if other != path]
        return {"set": {**changed, path: form}, **({"unset": unset} if unset else {})}

    # -- all of a value ---------------------------------------------------------------------

    async def write(self, place: str, file: Path, *, before: bool) -> None:
        """Write a value to a file, cleaned of what a terminal would obey."""
        await asyncio.to_thread(self._write, *self._shown, place, file, before)

    def _write(self, step: int, attempt: int, place: str, file: Path, before: bool) -> None:
        recording = self._session.recording
        execution = recording.execution(step, attempt)
        state = execution.before if before else execution.after or execution.before
        reader = recording.store.reader
        try:
            value = reader.place(state, parse_path(place))
        except KeyError:
            raise Problem(f"{place} is not in this state") from None
        try:
            with file.open("w", encoding="utf-8") as into:
                into.writelines(map(clean, pieces(reader, value)))
                into.write("\n")
        except OSError as error:
            raise Problem(f"{place} cannot be written for the pager: {error.strerror}") from None


def _offered(reader: Reader, value: Any) -> tuple[str, str]:
    """A value as JSON in one line; "" and why not where it cannot stand there."""
    text, is_all = start(reader, value, LONGEST_LINE)
    if not is_all:
        return "", " (too long for a line)"
    form: Any = text if text_pieces(reader, value) is not None else json.loads(text)
    if any(_marked(form)):
        return "", " (not plain JSON)"
    return safe_json(form), ""


def _marked(form: Any) -> Iterator[bool]:
    if kind_of(form) is dict:
        yield "$type" in form
        for inner in form.values():
            yield from _marked(inner)
    elif kind_of(form) is list:
        for inner in form:
            yield from _marked(inner)


def _check_fits(reader: Reader, state: str, path: ValuePath) -> None:
    """Raises Problem where nothing can be put into the state at `path`."""
    name, key = path_text(path), kind_of(path[-1])
    try:
        kind = holder_kind(reader, reader.place(state, path[:-1]))
        if kind == "list":
            reader.place(state, path)
    except KeyError:
        raise Problem(f"{name}: the state before the step has no such place") from None
    fits = kind == "list" or (kind and key is str) or (kind == "keyed" and key is int)
    if not fits:
        where = path_text(path[:-1]) or "the state"
        raise Problem(f"{name} cannot be set alone: {where} is no plain dict or list")


def _held(execution: Execution) -> tuple[dict[str, Any], list[str]]:
    """What an attempt's input was set to, and what was taken out of it."""
    edits = execution.edits
    return dict(edits.get("set") or {}), list(edits.get("unset") or ())


def edits_text(execution: Execution) -> str:
    """ "order.total = 0", for the edits of the state that an attempt ran with; "" for none."""
    changed, unset = _held(execution)
    told = [f"{path} = {brief(value, 24)}" for path, value in changed.items()]
    told += [f"{path} unset" for path in unset]
    more = f" and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return ", ".join(told[:_MOST_TOLD]) + more
