"""The parts of one value of a snapshot, read as they are asked for. Standard library only.

Values are as `Reader.level` has them: what is large is a Ref until somebody opens it. Every
function raises StoreDamaged where the recording is damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from lar_debug.model.values import PathKey, Tagged
from lar_debug.store.chunks import Reader, Ref
from lar_debug.store.glimpses import Look
from lar_debug.store.objects import BLOB, CHUNK, DICT, LIST, TEXT, class_of

_SEQUENCES: Final = frozenset({"tuple", "set", "frozenset"})
_FIELDS: Final = frozenset({"dataclass", "pydantic", "object"})

Kind = Literal["list", "dict", "pairs"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A value that has parts. `content` is a list, a dict, or a Ref to the tree of one."""

    reader: Reader
    kind: Kind
    content: Any

    @property
    def size(self) -> int:
        """How many parts there are; none of them is read for that."""
        if isinstance(self.content, Ref):
            return sum(entry.items for entry in self.reader.entries(self.content.digest))
        return len(self.content)

    def parts(self) -> Iterator[tuple[PathKey, Any]]:
        """Each part with its key."""
        items = self._items()
        if self.kind == "list":
            yield from enumerate(items)
        elif self.kind == "dict":
            yield from cast("Iterator[tuple[str, Any]]", items)
        else:
            for pair in items:
                key, value = self.reader.level(pair.digest) if isinstance(pair, Ref) else pair
                yield self.reader.complete(key), value

    def _items(self) -> Iterator[Any]:
        content = self.content
        if isinstance(content, Ref):
            yield from Look(self.reader).items(self.reader.entries(content.digest))
        else:
            yield from content.items() if self.kind == "dict" else content


def seen(reader: Reader, value: Any) -> Any:
    """The value itself where it is small enough to stand in one object; trees and long texts
    stay a Ref."""
    if isinstance(value, Ref) and reader.kind(value.digest) not in (LIST, DICT, TEXT, BLOB, CHUNK):
        return reader.level(value.digest)
    return value


def opened(reader: Reader, value: Any) -> Opened | None:
    """The value as something with parts; None for a leaf."""
    value = seen(reader, value)
    kind = class_of(value)
    if kind is Ref:
        of_tree: dict[int, Kind] = {LIST: "list", DICT: "dict"}
        found = of_tree.get(reader.kind(value.digest))
        return Opened(reader, found, value) if found else None
    if kind is dict or kind is list:
        return Opened(reader, "dict" if kind is dict else "list", value)
    return _opened_tag(reader, value) if kind is Tagged else None


def _opened_tag(reader: Reader, value: Tagged) -> Opened | None:
    inner = opened(reader, value.content)
    if inner is None or class_of(seen(reader, value.content)) is Tagged:
        return None
    if value.type in ("dict", "plain"):
        return Opened(reader, "pairs", inner.content) if inner.kind == "list" else None
    fits = value.type in _SEQUENCES if inner.kind == "list" else value.type in _FIELDS
    return inner if fits else None


def holder_kind(reader: Reader, value: Any) -> Literal["list", "dict", "keyed", ""]:
    """What the program had there that parts can be put into: a list, a dict of texts, a dict with
    other keys; "" for anything else."""
    value = seen(reader, value)
    if class_of(value) is Tagged:
        found: Literal["dict", "keyed", ""] = "keyed" if value.type == "dict" else ""
        return "dict" if value.type == "plain" else found
    whole = opened(reader, value)
    return "" if whole is None or whole.kind == "pairs" else whole.kind


def text_pieces(reader: Reader, value: Any) -> Iterator[str] | None:
    """A text in pieces; None for any other value."""
    value = seen(reader, value)
    if class_of(value) is str:
        return iter([value])
    if isinstance(value, Ref) and reader.kind(value.digest) == TEXT:
        return reader.text_pieces(value.digest)
    if isinstance(value, Ref) and reader.kind(value.digest) == CHUNK:
        return iter([cast("str", reader.level(value.digest))])
    return None
