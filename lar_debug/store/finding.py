"""Finds a text in what a snapshot has that the one before it had not. Standard library only.

Equal objects have equal names, so each distinct object is searched once for a text, however many
steps hold it; two values are gone down side by side only where the new one holds the text at all.
Nothing large is ever put together: a long text is searched chunk by chunk.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from lar_debug.model.values import Tagged
from lar_debug.store.chunks import Reader, Ref, strict_same
from lar_debug.store.entries import ITEM, NODE, Entry, read_entries
from lar_debug.store.objects import (
    BLOB,
    CHUNK,
    DAMAGE,
    LIST,
    TEXT,
    TREES,
    VALUE,
    ObjectStore,
    class_of,
    damaged,
    open_object,
    parse_digest,
    split_value,
)

LONGEST: Final = 120
"""Characters; no chunk of a text is shorter than a text that is looked for."""

_REMEMBERED: Final = 200_000
_MOST_COMPARED: Final = 256
"""Chunks of a text that are compared line by line."""
_NOTHING: Final = object()
_RAW: Final = frozenset({"bytes", "bytearray", "ref"})
"""Tagged types whose content is no text of the recorded program's."""

_SPELLED_ELSE: Final = ("true", "false", "none", "nan", "inf")
"""What a value that JSON spells otherwise is found by."""


class Needle:
    """A text that is looked for; without capitals in it, capitals make no difference."""

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST]
        self._folds = self.text == self.text.lower()
        odd = any(sign in '"\\' or not sign.isprintable() for sign in self.text)
        spelled = any(self.text.lower() in word for word in _SPELLED_ELSE)
        self.as_in_json = not odd and not spelled
        """Whether JSON that holds it has these very characters in it."""

    def folded(self, text: str) -> str:
        return text.lower() if self._folds else text

    def is_in(self, text: str) -> bool:
        return self.text in self.folded(text)


class Finder:
    """Looks for one text in many snapshots of a store; for one thread at a time."""

    def __init__(self, objects: ObjectStore, needle: Needle) -> None:
        self._objects = objects
        self._reader = Reader(objects)
        self._needle = needle
        self._holds: dict[bytes, bool] = {}
        self._edges: dict[bytes, tuple[str, str]] = {}
        self._chunks: dict[bytes, tuple[bytes, ...]] = {}
        self._newest: tuple[str, dict[Any, Any]] = ("", {})
        """What one step leaves the next one begins with."""

    def key_in(self, ref: str, hidden: Iterable[str]) -> str | None:
        """A key of a snapshot under which the text stands, or whose name has it."""
        try:
            for key, value in self._state(ref).items():
                if key not in hidden and (self._needle.is_in(key) or self._in(value)):
                    return key
        except (*DAMAGE, RecursionError) as error:
            raise damaged(parse_digest(ref), error) from None
        return None

    def new_key_in(self, old: str, new: str, keys: Iterable[str]) -> str | None:
        """The first of `keys` whose value has the text in `new` where `old` has something else.

        Raises StoreDamaged.
        """
        try:
            before, after = self._state(old) if old else {}, self._state(new)
            for key in keys:
                if key in after and self._is_new(before.get(key, _NOTHING), after[key]):
                    return key
        except (*DAMAGE, RecursionError) as error:
            raise damaged(parse_digest(new), error) from None
        return None

    def _state(self, ref: str) -> dict[Any, Any]:
        if ref == self._newest[0]:
            return self._newest[1]
        found = self._reader.level(parse_digest(ref))
        if class_of(found) is Tagged:
            found = self._reader.complete(found)
        state: dict[Any, Any] = found if class_of(found) is dict else {}
        self._newest = (ref, state)
        return state

    # -- the whole of a value ---------------------------------------------------------------

    def _in(self, value: Any) -> bool:
        kind = class_of(value)
        if kind is Ref:
            return self._in_object(value.digest)
        if kind is str:
            return self._needle.is_in(value)
        if kind is dict:
            return any(self._needle.is_in(key) or self._in(inner) for key, inner in value.items())
        if kind is list:
            return any(map(self._in, value))
        if kind is Tagged:
            named = self._needle.is_in(value.text)
            return named or (value.type not in _RAW and self._in(value.content))
        return self._needle.is_in(repr(value))

    def _in_object(self, digest: bytes) -> bool:
        known = self._holds.get(digest)
        if known is None:
            known = self._look_into(digest)
            for memory in (self._holds, self._edges, self._chunks):
                if len(memory) > _REMEMBERED:
                    memory.clear()
            self._holds[digest] = known
        return known

    def _look_into(self, digest: bytes) -> bool:
        kind, payload = open_object(self._objects, digest)
        if kind == BLOB:
            return False
        if kind == CHUNK:
            return self._needle.is_in(payload.decode("utf-8", "surrogatepass"))
        if kind == TEXT:
            return self._in_chunks(self._chunks_of(digest, payload), frozenset())
        if kind in TREES:
            return any(self._in_object(entry.digest) for entry in read_entries(payload))
        text, digests = split_value(payload)
        if self._needle.as_in_json and not self._needle.is_in(text.decode("utf-8", "replace")):
            return any(map(self._in_object, digests))
        return self._in(self._reader.level(digest))

    # -- what is new in a value -------------------------------------------------------------

    def _is_new(self, old: Any, new: Any) -> bool:
        if not self._in(new):
            return False
        if old is _NOTHING:
            return True
        if class_of(old) is Ref and class_of(new) is Ref:
            return old != new and self._is_new_object(old.digest, new.digest)
        old, new = (self._opened(side) for side in (old, new))
        kind = class_of(new)
        if kind is not class_of(old):
            return True
        if kind is dict:
            return any(
                self._is_new(old[key], value)
                if key in old
                else self._needle.is_in(key) or self._in(value)
                for key, value in new.items()
            )
        if kind is list:
            return self._is_new_in_list(old, new)
        if kind is Tagged and (old.type, old.name) == (new.type, new.name) and not new.text:
            return self._is_new(old.content, new.content)
        if kind is str:
            return self._is_in_new_line(old, new)
        return not strict_same(old, new)

    def _is_in_new_line(self, old: str, new: str) -> bool:
        if "\n" in self._needle.text:
            return self._needle.is_in(new)
        known = set(old.split("\n"))
        return any(line not in known and self._needle.is_in(line) for line in new.split("\n"))

    def _is_new_in_chunks(self, old: tuple[bytes, ...], new: tuple[bytes, ...]) -> bool:
        stayed = frozenset(old) & frozenset(new)
        if not self._in_chunks(new, stayed):
            return False
        changed = [_changed(chunks, stayed) for chunks in (old, new)]
        if any(len(chunks) > _MOST_COMPARED for chunks in changed):
            return True
        # What was written behind a text is cut together with the end that the text had.
        return self._is_in_new_line(*("".join(map(self._chunk, chunks)) for chunks in changed))

    def _chunk(self, digest: bytes) -> str:
        return open_object(self._objects, digest)[1].decode("utf-8", "surrogatepass")

    def _opened(self, value: Any) -> Any:
        return self._reader.level(value.digest) if class_of(value) is Ref else value

    def _is_new_object(self, old: bytes, new: bytes) -> bool:
        one, other = open_object(self._objects, old), open_object(self._objects, new)
        kinds = (one[0], other[0])
        if kinds == (TEXT, TEXT):
            chunks = self._chunks_of(old, one[1]), self._chunks_of(new, other[1])
            return self._is_new_in_chunks(*chunks)
        if kinds == (LIST, LIST):
            return self._is_new_in_list(self._parts(one[1]), self._parts(other[1]))
        if TEXT in kinds and kinds != (VALUE, TEXT):
            return True
        return self._is_new(self._reader.level(old), self._reader.level(new))

    def _is_new_in_list(self, old: list[Any], new: list[Any]) -> bool:
        """Whether an item (or a part of a tree) that only the new one of two lists has holds it."""
        stayed = {_name(part) for part in old} & {_name(part) for part in new}
        before, after = ([one for one in side if _name(one) not in stayed] for side in (old, new))
        if any(class_of(part) is Entry for part in (*before, *after)):
            if not any(map(self._in_part, after)):
                return False
            return self._is_new_in_list(self._below(before), self._below(after))
        if len(before) == len(after):
            return any(map(self._is_new, before, after))
        return any(map(self._in, after))

    def _parts(self, payload: bytes) -> list[Any]:
        """What is directly below a node of a list: an Entry for several items, or an item."""
        entries = read_entries(payload)
        return [Ref(one.digest) if one.kind == ITEM else one for one in entries]

    def _in_part(self, part: Any) -> bool:
        return self._in_object(part.digest) if class_of(part) is Entry else self._in(part)

    def _below(self, parts: list[Any]) -> list[Any]:
        found: list[Any] = []
        for part in parts:
            if class_of(part) is not Entry:
                found.append(part)
            elif part.kind == NODE:
                found += self._parts(open_object(self._objects, part.digest)[1])
            else:
                found += self._reader.level(part.digest)
        return found

    # -- long texts -------------------------------------------------------------------------

    def _chunks_of(self, digest: bytes, payload: bytes) -> tuple[bytes, ...]:
        """The digests of the chunks of a text, in order."""
        known = self._chunks.get(digest)
        if known is None:
            found: list[bytes] = []
            for entry in read_entries(payload):
                kind = entry.kind
                if kind == NODE:
                    inner = open_object(self._objects, entry.digest)[1]
                    found += self._chunks_of(entry.digest, inner)
                else:
                    found.append(entry.digest)
            known = self._chunks[digest] = tuple(found)
        return known

    def _in_chunks(self, chunks: tuple[bytes, ...], known: frozenset[bytes]) -> bool:
        """Whether a text has it in a chunk that is not `known`, or where such a chunk borders."""
        end, was_known = "", True
        for chunk in chunks:
            is_known = chunk in known
            if not is_known and self._in_object(chunk):
                return True
            start, following = self._edges_of(chunk)
            if not (is_known and was_known) and self._needle.text in end + start:
                return True
            size = len(self._needle.text) - 1
            whole = following if len(following) == size else end + following
            end, was_known = whole[max(0, len(whole) - size) :], is_known
        return False

    def _edges_of(self, chunk: bytes) -> tuple[str, str]:
        edges = self._edges.get(chunk)
        if edges is None:
            size = len(self._needle.text) - 1
            text = self._needle.folded(self._chunk(chunk))
            edges = self._edges[chunk] = (text[:size], text[max(0, len(text) - size) :])
        return edges


def _name(part: Any) -> object:
    """The same for equal items of a list, and for equal parts of a tree."""
    return part.digest if class_of(part) in (Ref, Entry) else repr(part)


def _changed(chunks: tuple[bytes, ...], stayed: frozenset[bytes]) -> list[bytes]:
    """Those that did not stay, and those beside them: a line may begin or end there."""
    gone = [chunk not in stayed for chunk in chunks]
    return [chunk for at, chunk in enumerate(chunks) if any(gone[max(0, at - 1) : at + 2])]
