"""Snapshots of live states: taken at the cost of what changed, restored exactly or marked.

Runs in the user's interpreter. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lar_debug.model.records import Changes
from lar_debug.model.values import Mark
from lar_debug.runtime.codec import Unfit, quote
from lar_debug.runtime.describe import error_text
from lar_debug.runtime.kept import Flat, Keeper, Kept, NotPlain
from lar_debug.runtime.lost import NeedsUserCode
from lar_debug.runtime.pieces import Fragment, Pieces
from lar_debug.runtime.restore import Restorer
from lar_debug.runtime.sharing import Links, is_any_shared, sharing_keys
from lar_debug.runtime.tagging import Tagger
from lar_debug.runtime.walk import CONTAINERS, LEAVES
from lar_debug.store.ahead import Ahead
from lar_debug.store.chunks import Reader, raw_value, strict_same
from lar_debug.store.objects import (
    AT,
    RESERVED,
    VALUE,
    ObjectStore,
    ObjectWriter,
    class_of,
    value_payload,
)
from lar_debug.store.texts import TextWriter

_STR: Final = frozenset({str})
_TOPS_KEPT: Final = 3


@dataclass(frozen=True, slots=True)
class _Top:
    """What stands for each key of a state, and (of the keys that refer to containers which
    stand under another key) for those."""

    parts: dict[str, Fragment]
    links: dict[str, tuple[Fragment, ...]]


_NO_LINKS: Final[dict[str, tuple[Fragment, ...]]] = {}


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot: its reference (hex) and what it could not keep as it was."""

    ref: str
    marks: tuple[Mark, ...] = ()


class Snapshotter:
    """Takes and restores the states of one run."""

    def __init__(
        self, objects: ObjectStore, texts: TextWriter, *, run: str, key: bytes | None
    ) -> None:
        """`key` signs and checks pickles; without it their values are lost."""
        self._run, self._key = run, key
        self._texts = texts
        self._writer = ObjectWriter(objects)
        self._pieces = Pieces(self._writer, texts)
        self._keeper = Keeper(self._pieces)
        self._reader = Reader(objects)
        self._ahead = Ahead(objects)
        self._restorer = Restorer(self._ahead, run, key)
        self._kept: dict[str, Kept | Flat] = {}
        self._leaves: dict[str, tuple[Any, Fragment]] = {}
        self._tops: dict[str, _Top] = {}

    def take(self, state: dict[str, Any]) -> Taken:
        """Keep a state as it is now. Raises nothing because of the values in it."""
        try:
            return self._take(state, dict(state))
        except Exception:
            # Another thread changed the state meanwhile, or the stack is nearly used up: what
            # is kept may be half renewed.
            self._kept.clear()
            copy = dict(state)
            return self._finish(*self._tag(state, copy, {}, set(copy)))

    def restore(self, ref: str) -> dict[str, Any]:
        """The state again, of real objects; a value that cannot be restored is a LostValue.

        The next `take` of it costs only what changed. Raises StoreDamaged.
        """
        try:
            state = self._restorer.state(ref)
        finally:
            self._ahead.forget()
        self._keeper.stored = self._restorer.items
        self._writer.held, self._texts.writer.held = {}, {}
        stored = False
        try:
            taken = self.take(state).ref
            stored = taken == ref
            if taken in self._tops:
                # What a node changes, it changes in this state; of a lost value less came back
                # than what was stored says about it.
                self._tops[ref] = self._tops[taken]
        finally:
            self._keeper.stored = self._restorer.items = {}
            self._writer.release(stored=stored)
            self._texts.writer.release(stored=stored)
        return state

    def restore_plain(self, ref: str) -> dict[str, Any] | None:
        """The state again, if that needs no class but Python's own; else None.

        For restoring ahead of time, before the user's modules are imported. Raises StoreDamaged.
        """
        self._restorer.plain_only = True
        try:
            return self.restore(ref)
        except NeedsUserCode:
            return None
        finally:
            self._restorer.plain_only = False

    def forget(self) -> None:
        """Hold no object of a state any longer; the next snapshot is taken from scratch."""
        self._kept, self._leaves, self._tops = {}, {}, {}

    def changes(self, old: str, new: str, hidden: frozenset[str] = frozenset()) -> Changes:
        """Top-level keys that differ, without the `hidden` ones. Raises StoreDamaged."""
        before, after = self._tops.get(old), self._tops.get(new)
        if before is None or after is None:
            found = self._reader.changed(old, new)
            return Changes(
                _without(found.added, hidden),
                _without(found.updated, hidden),
                _without(found.removed, hidden),
            )
        return Changes(
            _without([key for key in after.parts if key not in before.parts], hidden),
            tuple(key for key in _without(after.parts, hidden) if _differs(before, after, key)),
            _without([key for key in before.parts if key not in after.parts], hidden),
        )

    def _take(self, state: dict[str, Any], copy: dict[str, Any]) -> Taken:
        if not _STR.issuperset(map(type, copy)) or not RESERVED.isdisjoint(copy):
            self._kept.clear()
            return self._take_odd(state)
        before, self._kept = self._kept, {}
        leaves, self._leaves = self._leaves, {}
        parts: dict[str, Fragment] = {}
        odd: set[str] = set()
        owners = {id(state)}
        for key, value in copy.items():
            known = leaves.get(key)
            if known is not None and known[0] is value:
                self._leaves[key] = known
                parts[key] = known[1]
                continue
            try:
                parts[key] = self._plain(key, value, before.get(key), owners)
            except (NotPlain, Unfit, ValueError):
                odd.add(key)
        below = [kept.walk.ids for kept in self._kept.values() if kept.walk.ids]
        if below and is_any_shared(owners, below):
            odd |= sharing_keys(state, copy, self._kept)
        if not odd:
            return self._finish(_Top(parts, _NO_LINKS), ())
        return self._finish(*self._tag(state, copy, parts, odd))

    def _plain(
        self, key: str, value: Any, before: Kept | Flat | None, owners: set[int]
    ) -> Fragment:
        """The fragment of a plain value that no earlier key holds. Raises NotPlain, Unfit,
        ValueError."""
        kind = class_of(value)
        if kind in LEAVES:
            part = self._pieces.leaf(value)
            self._leaves[key] = value, part
            return part
        if kind not in CONTAINERS or id(value) in owners:
            raise NotPlain
        owners.add(id(value))
        self._kept[key] = kept = self._keeper.keep(value, before)
        return kept.fragment

    def _tag(
        self,
        state: dict[str, Any],
        copy: dict[str, Any],
        parts: dict[str, Fragment],
        odd: set[str],
    ) -> tuple[_Top, tuple[Mark, ...]]:
        """All keys, the `odd` ones encoded anew, and those that turn out to share with them."""
        shared: frozenset[int] = frozenset()
        while True:
            tagger = Tagger(self._pieces, self._run, self._key, shared)
            tagger.seen[id(state)] = ()
            plain = {key: kept for key, kept in self._kept.items() if key not in odd}
            links = Links(self._keeper)
            for key, value in copy.items():
                if key in odd:
                    parts[key] = _guarded(tagger, value, key)
                    links.add(key, tagger.take_referred())
                elif key in plain:
                    tagger.passed.add(key, value, plain[key])
            ids = {key: {id(copy[key]), *kept.walk.ids} for key, kept in plain.items()}
            more = {key for key, own in ids.items() if not own.isdisjoint(tagger.seen)}
            inside = tagger.shared_inside(set[int]().union(*ids.values()))
            if not more and inside <= shared:
                top = _Top({key: parts[key] for key in copy}, links.of_all(parts))
                return top, tuple(tagger.marks)
            odd |= more
            shared |= inside

    def _take_odd(self, state: dict[str, Any]) -> Taken:
        """Keep a state whose own keys are no plain texts."""
        tagger = Tagger(self._pieces, self._run, self._key, frozenset())
        piece = tagger.fragment(state, ())
        shared = tagger.shared_inside(set())
        if shared:
            tagger = Tagger(self._pieces, self._run, self._key, shared)
            piece = tagger.fragment(state, ())
        return Taken(self._writer.put(VALUE, value_payload(*piece)).hex(), tuple(tagger.marks))

    def _finish(self, top: _Top, marks: tuple[Mark, ...]) -> Taken:
        ref = self._pieces.root(top.parts).hex()
        self._tops.pop(ref, None)
        self._tops[ref] = top
        if len(self._tops) > _TOPS_KEPT:
            del self._tops[next(iter(self._tops))]
        return Taken(ref, marks)


def _guarded(tagger: Tagger, value: Any, key: str) -> Fragment:
    path = (quote(key),)
    try:
        return tagger.fragment(value, path, 1)
    except Exception as error:
        return tagger.lost(value, path, error_text(error))


def _differs(before: _Top, after: _Top, key: str) -> bool:
    """True for a key that both have and that was updated."""
    old, new = before.parts.get(key), after.parts[key]
    if old is None:
        return False
    if old is not new and not _is_same_fragment(old, new):
        return True
    return before.links.get(key) != after.links.get(key)


def _is_same_fragment(old: Fragment, new: Fragment) -> bool:
    if old == new:
        return True
    # Only a dict says the same in more than one way.
    texts = old[0], new[0]
    return all(b"{" in text and text != AT for text in texts) and strict_same(
        raw_value(*old), raw_value(*new)
    )


def _without(keys: Iterable[str], hidden: frozenset[str]) -> tuple[str, ...]:
    return tuple(key for key in keys if key not in hidden)
