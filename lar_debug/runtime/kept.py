"""Encodes plain values again and again at the cost of what changed.

A Kept holds what the last snapshot of one container was made of: a Walk and the pieces of its
children. Nothing is trusted because of identity: containers are compared by their leaves.
"""

from __future__ import annotations

from operator import is_
from typing import Any, Final

from lar_debug.runtime.codec import WHOLE, Unfit
from lar_debug.runtime.pieces import (
    CHILD,
    Builder,
    Fragment,
    Pieces,
    dump_json,
    has_reserved_keys,
    inline_dict,
    is_whole,
    join_pieces,
    quote,
    whole_size,
    with_keys,
)
from lar_debug.runtime.walk import (
    CONTAINERS,
    LEAVES,
    Alignment,
    Walk,
    grow,
    is_same,
    starts_with,
    walk,
)
from lar_debug.store.objects import AT, DICT, LIST, RESERVED, class_of

_MOST_CHILDREN_TRIED: Final = 64
_KEEP_FROM: Final = 8
"""Nested containers with fewer containers inside are encoded anew when they change."""


class NotPlain(Exception):
    """A value needs the other encoder."""


class Kept:
    """A container as it was at the last snapshot."""

    __slots__ = ("builder", "fragment", "inner", "keys", "kind", "pieces", "sizes", "walk")

    def __init__(self, kind: type, keys: list[str], seen: Walk, fragment: Fragment) -> None:
        self.kind, self.keys, self.walk, self.fragment = kind, keys, seen, fragment
        self.pieces: list[Fragment] = []
        self.sizes: list[int] = []
        """Bytes of each child in one piece, or at least that many; WHOLE + 1 for too many."""
        self.inner: dict[int, Kept] = {}
        self.builder: Builder | None = None


class Flat:
    """A container of a few leaves as it was at the last snapshot: in one piece, and so cheap to
    encode anew that there is nothing else to keep."""

    __slots__ = ("children", "fragment", "keys")

    walk: Final = Walk([], set())

    def __init__(self, keys: list[str], children: list[Any], fragment: Fragment) -> None:
        self.keys, self.children, self.fragment = keys, children, fragment


class Keeper:
    """Makes and renews Kepts. Raises NotPlain for what is no plain value."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self.stored: dict[int, bytes] = {}
        """Items of lists, by id, that are objects of the store already."""

    def keep(self, value: Any, old: Kept | Flat | None) -> Kept | Flat:
        """The Kept of a dict or list; `old` is what stood in its place and may be used up."""
        kind = class_of(value)
        keys: list[str] = list(value) if kind is dict else []
        children: list[Any] = list(value.values()) if kind is dict else list(value)
        if not isinstance(old, Kept):
            if old is not None and _are(old.keys, keys) and _are(old.children, children):
                return old
            flat = _flat(value, keys, children)
            if flat is not None:
                return flat
            old = None
        elif old.kind is not kind:
            old = None
        count = len(old.walk.levels[0].values) if old is not None else 0
        seen, grown = _look(old, keys, children)
        if old is not None:
            same = count == len(children) if grown else _is_same(old, keys, seen)
            if same:
                old.walk = seen
                return old
        if old is None or not old.pieces:
            whole = _whole(value) if len(children) <= _MOST_CHILDREN_TRIED else None
            if whole is not None:
                return Kept(kind, keys, seen, (whole, b""))
            old, grown = Kept(kind, [], Walk([], set()), (b"", b"")), False
        self._renew(old, keys, children, seen, grown=grown)
        return old

    def _renew(
        self, kept: Kept, keys: list[str], children: list[Any], seen: Walk, *, grown: bool
    ) -> None:
        """Bring `kept` to the children of now, encoding only what is not in it.

        `grown` means that its own are known to be the first of them.
        """
        count = len(kept.pieces)
        if grown or (
            kept.keys == keys[:count] and count <= len(children) and starts_with(seen, kept.walk)
        ):
            stable = count
            for index in range(count, len(children)):
                self._append(kept, index, keys, children[index], None)
        else:
            stable = self._realign(kept, keys, children, seen)
        kept.keys, kept.walk = keys, seen
        kept.fragment = self._fragment(kept, stable)

    def _append(
        self, kept: Kept, index: int, keys: list[str], child: Any, before: Kept | None
    ) -> None:
        stored = self.stored.get(id(child)) if self.stored else None
        if stored is not None and type(child) in CONTAINERS:
            kept.pieces.append((AT, stored))
            kept.sizes.append(CHILD + 1)
            return
        piece, inner = self._piece(child, before)
        text, digests = piece
        if inner is not None:
            kept.inner[index] = inner
        kept.sizes.append(len(text) if not digests else WHOLE + 1)
        piece = self._pieces.external(piece)
        kept.pieces.append((quote(keys[index]) + b":" + piece[0], piece[1]) if keys else piece)

    def _realign(self, kept: Kept, keys: list[str], children: list[Any], seen: Walk) -> int:
        """Renew pieces when more than an addition happened; returns how many first ones stay."""
        stable, whole_prefix = 0, True
        pieces, sizes, inner = kept.pieces, kept.sizes, kept.inner
        kept.pieces, kept.sizes, kept.inner = [], [], {}
        for new, old, count, same in Alignment(kept.walk, seen, kept.keys, keys).runs():
            if same:
                kept.pieces += pieces[old : old + count]
                kept.sizes += sizes[old : old + count]
                moved = range(old, old + count) if inner else ()
                kept.inner.update((at - old + new, inner[at]) for at in moved if at in inner)
            else:
                self._append(kept, new, keys, children[new], inner.pop(old, None))
            whole_prefix = whole_prefix and same and old == new
            stable = new + count if whole_prefix else stable
        return stable

    def _fragment(self, kept: Kept, stable: int) -> Fragment:
        """What stands for the container, whose first `stable` pieces did not change."""
        pieces, keys = kept.pieces, kept.keys
        if whole_size(keys, sum(kept.sizes), len(pieces)) <= WHOLE:
            parts = [self._piece(child, None)[0] for child in kept.walk.levels[0].values]
            if is_whole(keys, parts):
                kept.builder = None
                kind = DICT if kept.kind is dict else LIST
                return join_pieces(with_keys(keys if kept.kind is dict else None, parts), kind)
        inline = inline_dict(pieces) if kept.kind is dict else None
        if inline is not None:
            kept.builder = None
            return inline
        if kept.builder is None:
            kept.builder = Builder(LIST if kept.kind is list else DICT, self._pieces.writer)
        first = kept.builder.truncate(stable)
        for index in range(first, len(pieces)):
            kept.builder.add(pieces[index], keys[index] if keys else None)
        return kept.builder.finish()

    def _piece(self, child: Any, before: Kept | None) -> tuple[Fragment, Kept | None]:
        if type(child) not in CONTAINERS:
            try:
                return self._pieces.leaf(child), None
            except Unfit:
                raise NotPlain from None
        if before is None and len(child) <= _MOST_CHILDREN_TRIED:
            whole = _whole(child)
            if whole is not None:
                return (whole, b""), None
        kept = self.keep(child, before)
        if isinstance(kept, Kept) and len(kept.walk.ids) >= _KEEP_FROM:
            return kept.fragment, kept
        return kept.fragment, None


def _look(old: Kept | None, keys: list[str], children: list[Any]) -> tuple[Walk, bool]:
    """The walk of a container's children, and whether they are those of `old` as they were, with
    perhaps more after them. Raises NotPlain."""
    known = len(old.keys) if old is not None else 0
    goes_on = old is not None and known <= len(keys) and all(map(is_, old.keys, keys))
    _check(keys[known:] if goes_on else keys)
    if old is not None and goes_on and grow(old.walk, children):
        return old.walk, True
    seen = walk(children)
    if seen is None:
        raise NotPlain
    return seen, False


def _are(old: list[Any], new: list[Any]) -> bool:
    """True for the very same objects."""
    return len(old) == len(new) and all(map(is_, old, new))


def _check(keys: list[str]) -> None:
    """Raises NotPlain when a dict with these keys needs the other encoder."""
    if keys and (set(map(type, keys)) != {str} or not RESERVED.isdisjoint(keys)):
        raise NotPlain


def _flat(value: Any, keys: list[str], children: list[Any]) -> Flat | None:
    """The value as a Flat, None when it is none. Raises NotPlain."""
    if len(children) > _MOST_CHILDREN_TRIED or not LEAVES.issuperset(map(type, children)):
        return None
    _check(keys)
    whole = _whole(value)
    return None if whole is None else Flat(keys, children, (whole, b""))


def _is_same(old: Kept, keys: list[str], seen: Walk) -> bool:
    return old.keys == keys and is_same(old.walk, seen)


def _whole(value: Any) -> bytes | None:
    """The JSON of a plain value when it is short, else None."""
    try:
        text = dump_json(value)
    except (ValueError, TypeError, RecursionError):
        return None
    if len(text) > WHOLE:
        return None
    if ('"$type":' in text or '"$at":' in text) and has_reserved_keys(value):
        raise NotPlain
    data = text.encode("utf-8", "surrogatepass")
    return data if len(data) <= WHOLE else None
