"""What became of one key of the state over all steps, first write to last, a row for each change.

Runs off the event loop, a slice at a time. Of large values only their size is read; what differs
between small ones is told by the rules of the diff.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from lar_debug.diff.brief import brief
from lar_debug.diff.build import build
from lar_debug.model.changes import Span
from lar_debug.model.document import TextBlock, TreeRow, Untouched
from lar_debug.model.records import StepSummary
from lar_debug.model.values import Glimpse, Tagged, Value
from lar_debug.model.views import KeyChange
from lar_debug.session.recording import Recording
from lar_debug.session.timeline import WINDOW
from lar_debug.store.chunks import Reader
from lar_debug.store.glimpses import glimpse

SLICE_SECONDS = 0.05

CELLS = 60

_NOTHING: Any = object()


class History:
    """Tells of keys; `known` are those that there are now."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._known: tuple[int, frozenset[str]] = (-1, frozenset())

    async def known(self) -> frozenset[str]:
        """The keys of the newest state. Raises Problem."""
        return await asyncio.to_thread(self._read_known)

    def _read_known(self) -> frozenset[str]:
        recording = self._recording
        steps = recording.step_numbers()
        if steps and steps.stop != self._known[0]:
            last = recording.execution(steps[-1], 0)
            left = last.after or last.before
            state = glimpse(Reader(recording.store.objects), left) if left else {}
            self._known = steps.stop, frozenset(state) - recording.quiet_after(left)
        return self._known[1]

    async def of(self, key: str) -> AsyncIterator[list[KeyChange]]:
        """The changes of a key, as they are found; [] while none are. Raises Problem."""
        slices = self._slices(key)
        while (found := await asyncio.to_thread(next, slices, None)) is not None:
            yield found

    def _slices(self, key: str) -> Iterator[list[KeyChange]]:
        found, since = list[KeyChange](), time.monotonic()
        previous: StepSummary | None = None
        look = _Look(self._recording, key)
        for start in self._recording.step_numbers()[::WINDOW]:
            for line in self._recording.summaries(start, start + WINDOW - 1):
                change = look.change(line, previous)
                previous = line
                if change is not None:
                    found.append(change)
                if time.monotonic() - since > SLICE_SECONDS:
                    yield found
                    found, since = [], time.monotonic()
        yield found


class _Look:
    """Looks at one key before and after steps."""

    def __init__(self, recording: Recording, key: str) -> None:
        self._recording = recording
        self._reader = Reader(recording.store.objects)
        self._key = key
        self._newest: tuple[str, Value] = ("", _NOTHING)
        """What one step leaves the next one begins with."""

    def change(self, line: StepSummary, previous: StepSummary | None) -> KeyChange | None:
        changes, key = line.changes, self._key
        if key in changes.removed:
            spans = (Span(brief(self._at(self._before(line, previous)), CELLS), "out"),)
            return KeyChange(line.step, line.node.label, "-", spans)
        if key in changes.added:
            spans = _whole(self._at(line.after))
            return KeyChange(line.step, line.node.label, "+", spans)
        if key in changes.updated:
            old = self._at(self._before(line, previous))
            spans = _changed(old, self._at(line.after))
            return KeyChange(line.step, line.node.label, "~", spans)
        if previous is None and (held := self._at(self._before(line, None))) is not _NOTHING:
            return KeyChange(line.step, "(the run began with it)", "+", _whole(held))
        return None

    def _before(self, line: StepSummary, previous: StepSummary | None) -> str:
        if previous is not None and previous.after:
            return previous.after
        return self._recording.store.execution(self._recording.run, line.step, 0).before

    def _at(self, ref: str) -> Value:
        if ref != self._newest[0]:
            found = glimpse(self._reader, ref, (self._key,)) if ref else {}
            self._newest = ref, found.get(self._key, _NOTHING)
        return self._newest[1]


def _whole(value: Value) -> tuple[Span, ...]:
    return (Span(brief(value, CELLS), "in"),)


def _changed(old: Value, new: Value) -> tuple[Span, ...]:
    """`old → new`, the one part that changed, or how many words of a text did."""
    if not (_is_whole(old) and _is_whole(new)):
        return _beside(old, new)
    blocks = [one for one in build(old, new).blocks if not isinstance(one, Untouched)]
    if len(blocks) != 1:
        return (*_beside(old, new), Span(f"  {len(blocks):,} changes", "dim"))
    block = blocks[0]
    if isinstance(block, TreeRow):
        return (Span(f"{block.sign} "), *block.spans) if block.sign != "~" else block.spans
    assert isinstance(block, TextBlock)
    return (*_words(block), Span("  "), Span(brief(new, CELLS), "dim"))


def _words(block: TextBlock) -> tuple[Span, ...]:
    """`+4 words -7 words`."""
    figures = block.figures
    label = (Span(f"{block.label}  ", "key"),) if block.label else ()
    if block.sign == "~" and figures.only_blanks:
        return (*label, Span("only blanks changed"))
    come, gone = figures.come, figures.out
    if figures.rewritten:
        come, gone = figures.words_new - figures.kept, figures.words_old - figures.kept
    parts: list[Span] = []
    if come:
        parts.append(Span(f"+{come:,} word{'' if come == 1 else 's'}", "in"))
    if gone:
        gap = " " if parts else ""
        parts.append(Span(f"{gap}-{gone:,} word{'' if gone == 1 else 's'}", "out"))
    return (*label, *(parts or [Span("only signs changed")]))


def _beside(old: Value, new: Value) -> tuple[Span, ...]:
    half = CELLS // 2
    return (Span(brief(old, half), "out"), Span(" → "), Span(brief(new, half), "in"))


def _is_whole(value: Value) -> bool:
    """Whether all of a value was read."""
    if isinstance(value, Glimpse):
        return False
    if isinstance(value, dict):
        return all(map(_is_whole, value.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    if isinstance(value, list):
        return all(map(_is_whole, value))  # pyright: ignore[reportUnknownArgumentType]
    return _is_whole(value.content) if isinstance(value, Tagged) else True
