"""Encodes values of any type: tags, shared references, signed pickles, and marks for the rest.

Takes its time where kept.py is fast. Whatever a value of the user's does while it is looked at
ends in a mark, never in an exception.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Final

from lar_debug.model.values import Fidelity, Mark
from lar_debug.runtime.codec import Unfit, class_name, is_importable, quote
from lar_debug.runtime.describe import (
    class_text,
    error_text,
    guarded,
    readable_fields,
    short_text,
)
from lar_debug.runtime.fields import (
    dataclass_parts,
    is_numpy,
    is_pydantic,
    numpy_memory,
    numpy_parts,
    pydantic_parts,
)
from lar_debug.runtime.lost import LostValue
from lar_debug.runtime.pickles import Pickled, Unpicklable, sign
from lar_debug.runtime.pieces import (
    Fragment,
    PathParts,
    Pieces,
    dump_json,
    key_step,
    tag_fragment,
)
from lar_debug.runtime.sharing import Passed
from lar_debug.runtime.walk import LEAVES, MOST_LEVELS
from lar_debug.store.chunks import parse_plain
from lar_debug.store.objects import DICT, LIST, RESERVED, class_of

_Encoder = Callable[[Any, PathParts, int], Fragment]
_SEQUENCES: Final = frozenset({tuple, set, frozenset})


def plain_path(path: PathParts) -> tuple[Any, ...]:
    """The path as people and the reader know it."""
    return tuple(parse_plain(part) for part in path)


class Tagger:
    """Encodes the parts of one state that are not plain, in document order."""

    def __init__(
        self, pieces: Pieces, run: str, key: bytes | None, shared_inside: frozenset[int]
    ) -> None:
        """`shared_inside`: ids of pickled objects that share a part with something else."""
        self._pieces, self._run, self._key = pieces, run, key
        self._shared_inside = shared_inside
        self.marks: list[Mark] = []
        self.seen: dict[int, PathParts] = {}
        self.passed = Passed()
        self._referred: list[tuple[PathParts, Any]] = []
        self.inside: dict[int, dict[int, Any]] = {}
        """For every pickled object (by id) what its pickle holds besides itself."""
        self._memory: dict[int, PathParts] = {}
        self._alive: list[Any] = []

    def fragment(self, value: Any, path: PathParts, level: int = 0) -> Fragment:
        """The fragment of any value. Raises nothing because of the value."""
        kind = class_of(value)
        if kind in LEAVES:
            try:
                return self._pieces.leaf(value)
            except (Unfit, ValueError):
                return self._object(value, path)
        if level > MOST_LEVELS:
            return self.lost(value, path, f"nested deeper than {MOST_LEVELS} levels")
        if kind is not tuple and kind is not frozenset:
            first = self.seen.get(id(value))
            if first is None:
                first = self.passed.path(id(value))
            if first is not None:
                self._referred.append((first, value))
                return tag_fragment("ref", ("$value", (b"[" + b",".join(first) + b"]", b"")))
            self.seen[id(value)] = path
            self._alive.append(value)
        try:
            return self._container_or_object(value, path, level)
        except RecursionError:
            return self.lost(value, path, "nested too deep for the code that ran")

    def take_referred(self) -> list[tuple[PathParts, Any]]:
        """The objects met again since the last call, and where they stand."""
        found, self._referred = self._referred, []
        return found

    def _container_or_object(self, value: Any, path: PathParts, level: int) -> Fragment:
        kind = class_of(value)
        if kind is list:
            return self._pieces.join(LIST, None, self._items(list(value), path, level))
        if kind is dict:
            return self._dict(value, path, level)
        if kind in _SEQUENCES:
            return self._sequence(value, path, level)
        if kind is LostValue:
            name, text, reason = value.lar_debug_lost
            return self._lost_fragment(path, name, text, reason, None)
        encode = guarded(self._encoder, kind)
        if encode is not None:
            try:
                return encode(value, path, level)
            except Unfit:
                return self._object(value, path)
            except RecursionError:
                raise
            except Exception as error:
                return self.lost(value, path, error_text(error))
        return self._object(value, path)

    def _items(self, items: list[Any], path: PathParts, level: int) -> list[Fragment]:
        return [
            self.fragment(item, (*path, b"%d" % index), level + 1)
            for index, item in enumerate(items)
        ]

    def _sequence(self, value: Any, path: PathParts, level: int) -> Fragment:
        known = len(self.seen)
        parts = self._items(list(value), path, level)
        if class_of(value) is not tuple and len(self.seen) == known:
            # Equal sets give equal snapshots, in whatever order they iterate.
            parts.sort()
        return tag_fragment(class_of(value).__name__, ("$value", self._list(parts)))

    def _list(self, parts: list[Fragment]) -> Fragment:
        return self._pieces.join(LIST, None, parts)

    def _dict(self, value: dict[Any, Any], path: PathParts, level: int) -> Fragment:
        items = list(value.items())
        if all(type(key) is str for key, _ in items):
            keys = [key for key, _ in items]
            parts = [self.fragment(item, (*path, quote(key)), level + 1) for key, item in items]
            if RESERVED.isdisjoint(keys):
                return self._pieces.join(DICT, keys, parts)
            pairs = [self._list([(quote(k), b""), p]) for k, p in zip(keys, parts, strict=True)]
            return tag_fragment("plain", ("$value", self._list(pairs)))
        pairs: list[Fragment] = []
        for index, (key, item) in enumerate(items):
            name = self.fragment(key, (*path, key_step(None, index)), level + 1)
            step = key_step(name[0] if not name[1] else None, index)
            pairs.append(self._list([name, self.fragment(item, (*path, step), level + 1)]))
        return tag_fragment("dict", ("$value", self._list(pairs)))

    # -- classes ------------------------------------------------------------------------------

    def _enum(self, value: Any, _path: PathParts, _level: int) -> Fragment:
        kind = class_of(value)
        name = enum.Enum.__dict__["name"].__get__(value, kind)
        if not is_importable(kind) or kind.__members__.get(name) is not value:
            raise Unfit(kind.__name__)
        return self._tag("Enum", value, (quote(name), b""))

    def _bytearray(self, value: Any, _path: PathParts, _level: int) -> Fragment:
        return tag_fragment("bytearray", ("$value", self._pieces.blob(value)))

    def _dataclass(self, value: Any, path: PathParts, level: int) -> Fragment:
        parts = dataclass_parts(value)
        return self._tag("dataclass", value, self._fields(parts, path, level))

    def _pydantic(self, value: Any, path: PathParts, level: int) -> Fragment:
        parts, extras = pydantic_parts(value)
        fields = self._fields(parts, path, level)
        more = [
            (name, self.fragment(found, (*path, quote(name)), level + 1))
            for name, found in extras.items()
        ]
        return self._tag("pydantic", value, fields, *more)

    def _fields(self, parts: dict[str, Any], path: PathParts, level: int) -> Fragment:
        if not RESERVED.isdisjoint(parts):
            raise Unfit("a field with a name of the format")
        fragments = [
            self.fragment(part, (*path, quote(name)), level + 1) for name, part in parts.items()
        ]
        return self._pieces.join(DICT, list(parts), fragments)

    def _numpy(self, value: Any, path: PathParts, _level: int) -> Fragment:
        parts, data = numpy_parts(value)
        text = dump_json(parts).encode()
        head, digests = self._pieces.blob(data)
        content = text[:-1] + b',"data":' + head + b"}", digests
        memory = numpy_memory(value)
        self._alive.append(memory)
        first = self._memory.setdefault(id(memory), path)
        flaw: tuple[tuple[str, Fragment], ...] = ()
        if first is not path:
            reason = f"shares its memory with {'.'.join(part.decode() for part in first)}"
            flaw = self._mark(path, Fidelity.LOSSY, reason)
        return self._tag("numpy", value, content, *flaw)

    def _encoder(self, kind: type[Any]) -> _Encoder | None:
        """How values of a well-known class are taken apart; None for all others."""
        if kind is bytearray:
            return self._bytearray
        if issubclass(kind, enum.Enum):
            return self._enum
        if hasattr(kind, "__dataclass_fields__"):
            return self._dataclass
        if is_pydantic(kind):
            return self._pydantic
        return self._numpy if is_numpy(kind) else None

    def _tag(
        self, kind: str, value: Any, content: Fragment, *more: tuple[str, Fragment]
    ) -> Fragment:
        name = (quote(class_name(class_of(value))), b"")
        return tag_fragment(kind, ("$class", name), ("$value", content), *more)

    # -- pickles, and what cannot be kept -----------------------------------------------------

    def _object(self, value: Any, path: PathParts) -> Fragment:
        if self._key is None:
            return self.lost(value, path, "this machine has no key to sign its pickle with")
        try:
            pickled = Pickled(value)
        except Unpicklable as error:
            return self.lost(value, path, str(error))
        self._alive.append(pickled)
        self.inside[id(value)] = pickled.inside
        flaw = pickled.flaw
        if id(value) in self._shared_inside:
            flaw = "holds an object that stands elsewhere too; a restored copy has its own"
        mac = sign(self._key, self._run, path, pickled.data)
        return tag_fragment(
            "object",
            ("$class", (quote(class_text(value)), b"")),
            ("$text", (quote(short_text(value)), b"")),
            ("$value", self._view(value)),
            *(self._mark(path, Fidelity.LOSSY, flaw) if flaw else ()),
            ("$pickle", self._pieces.blob(pickled.data)),
            ("$mac", (quote(mac), b"")),
        )

    def _view(self, value: Any) -> Fragment:
        fields = readable_fields(value) or {}
        names = [name for name in fields if name not in RESERVED]
        parts: list[Fragment] = []
        for name in names:
            try:
                parts.append(self._pieces.leaf(fields[name]))
            except (Unfit, ValueError):
                parts.append((quote(short_text(fields[name])), b""))
        return self._pieces.join(DICT, names, parts)

    def lost(self, value: Any, path: PathParts, reason: str) -> Fragment:
        """The fragment of a value that cannot be kept, marked."""
        kind = class_of(value)
        deep = kind in (dict, list) or kind in _SEQUENCES
        text = f"<{kind.__name__} of {len(value)} items>" if deep else short_text(value)
        view = None if deep else self._view(value)
        return self._lost_fragment(path, class_text(value), text, reason, view)

    def _lost_fragment(
        self, path: PathParts, name: str, text: str, reason: str, view: Fragment | None
    ) -> Fragment:
        return tag_fragment(
            "lost",
            ("$class", (quote(name), b"")),
            ("$text", (quote(text), b"")),
            ("$value", view or (b"null", b"")),
            *self._mark(path, Fidelity.LOST, reason),
        )

    def _mark(
        self, path: PathParts, fidelity: Fidelity, reason: str
    ) -> tuple[tuple[str, Fragment], ...]:
        self.marks.append(Mark(plain_path(path), fidelity, reason))
        return (
            ("$fidelity", (quote(fidelity.value), b"")),
            ("$reason", (quote(reason), b"")),
        )

    def shared_inside(self, others: set[int]) -> frozenset[int]:
        """Ids of pickled objects that hold something which `others`, another pickle or the
        state itself hold too."""
        holders: dict[int, set[int]] = {}
        for owner, inside in self.inside.items():
            for part in inside:
                holders.setdefault(part, set()).add(owner)
        return frozenset(
            owner
            for part, owners in holders.items()
            if len(owners) > 1 or part in others or part in self.seen
            for owner in owners
        )
