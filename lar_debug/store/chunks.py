"""How snapshots and texts are read: plain data out of the objects of a recording.

What JSON lacks is `{"$type": ..., "$value": ...}` there and a Tagged here. Reading never runs
code of the recorded program, never unpickles, and trusts no byte. Standard library only.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple, cast

from lar_debug.model.records import Changes
from lar_debug.model.values import Fidelity, Path, Tagged, Value
from lar_debug.store.ahead import Ahead
from lar_debug.store.entries import LEAF, NODE, Entry, read_entries
from lar_debug.store.objects import (
    BLOB,
    CHUNK,
    DAMAGE,
    DICT,
    DIGEST_BYTES,
    LIST,
    MOST_BYTES,
    TEXT,
    VALUE,
    ObjectStore,
    StoreDamaged,
    children,
    class_of,
    damaged,
    open_object,
    parse_digest,
    split_value,
)

__all__ = ["ObjectStore", "Reader", "StoreDamaged", "children"]

MOST_ITEMS: Final = 1 << 25
"""A longer list is not read: a store may be hostile."""
_CACHED_BYTES: Final = 8 << 20
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_PLAIN_JSON: Final = json.JSONDecoder()


class Ref(NamedTuple):
    """A child object that has not been read."""

    digest: bytes


def has_marks(text: bytes) -> bool:
    """True when JSON of a VALUE may hold tags or references."""
    return b'"$' in text and (b'"$type"' in text or b'"$at"' in text)


def parse_json(text: bytes, hook: Callable[[dict[str, Any]], Any] | None) -> Any:
    """JSON of a VALUE; `hook` makes values of its marks. Raises ValueError."""
    decoded = text.decode("utf-8", "surrogatepass")
    if hook is not None and has_marks(text):
        return json.loads(decoded, object_hook=hook)
    return _PLAIN_JSON.decode(decoded)


def tagged(found: dict[str, Any]) -> Tagged:
    """The value that a `$type` object stands for; "plain" pairs are not yet a dict."""
    name = found.get("$class", "").replace(":", ".")
    fidelity = Fidelity(found.get("$fidelity", "exact"))
    text, reason = found.get("$text", ""), found.get("$reason", "")
    return Tagged(found["$type"], found.get("$value"), name, text, fidelity, reason)


def _finished(found: Tagged) -> Value:
    return dict(found.content) if found.type == "plain" else found


def parse_plain(text: bytes) -> Value:
    """A value from JSON that refers to no other object."""
    return parse_json(text, lambda found: _finished(tagged(found)) if "$type" in found else found)


def raw_value(text: bytes, digests: bytes) -> Value:
    """A value from JSON with its digests; what they name stays a Ref."""
    size = DIGEST_BYTES
    parts = [Ref(digests[start : start + size]) for start in range(0, len(digests), size)]
    return parse_json(text, _hook(iter(parts), tagged))


class Reader:
    """Reads snapshots and texts. Equal sub-trees come back as the same object: change none.

    Every method raises StoreDamaged where the recording is damaged.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._values: dict[bytes, Value] = {}
        self._parts: dict[bytes, list[Value] | dict[str, Value]] = {}
        self._kept_bytes = 0

    def value(self, ref: str, path: Path = ()) -> Value:
        """The value of a snapshot at `path`; reads only what the path needs.

        Raises KeyError where the path leads nowhere.
        """
        digest = parse_digest(ref)
        if not path:
            return self._load(digest)
        try:
            return self.complete(self.place(ref, path))
        except KeyError:
            raise
        except (*DAMAGE, RecursionError) as error:
            raise damaged(digest, error) from None

    def place(self, ref: str, path: Path = ()) -> Any:
        """What stands at `path` with nothing below it read: a Ref, or as `level` has it.

        Raises KeyError where the path leads nowhere.
        """
        digest = parse_digest(ref)
        try:
            found: Any = Ref(digest)
            for key in path:
                found = self._step(found, key)
            return found
        except KeyError:
            raise
        except (*DAMAGE, RecursionError) as error:
            raise damaged(digest, error) from None

    def text(self, ref: str) -> str:
        """A text that a TextWriter wrote."""
        found = self._load(parse_digest(ref))
        if not isinstance(found, str):
            raise StoreDamaged(f"the recording is damaged: object {ref} is no text")
        return found

    def changed(self, old: str, new: str) -> Changes:
        """Top-level keys that differ between two snapshots; reads only their roots."""
        return compare_keys(self._top(old), self._top(new), strict_same)

    def kind(self, digest: bytes) -> int:
        """The kind of an object."""
        return open_object(self._objects, digest)[0]

    def entries(self, digest: bytes) -> list[Entry]:
        """The entries of a node of a tree."""
        return read_entries(open_object(self._objects, digest)[1])

    def level(self, digest: bytes) -> Any:
        """What an object holds; large parts of a list, dict or Tagged stay a Ref."""
        kind, payload = open_object(self._objects, digest)
        if kind in (LIST, DICT):
            return self._pieces(digest, kind, payload)
        return self._raw(payload) if kind == VALUE else self._load(digest)

    def text_start(self, digest: bytes, size: int) -> str:
        """The beginning of a long text: at least `size` bytes of it."""
        parts: list[str] = []
        for part in self.text_pieces(digest):
            parts.append(part)
            size -= len(part.encode("utf-8", "surrogatepass"))
            if size <= 0:
                break
        return "".join(parts)

    def text_pieces(self, digest: bytes) -> Iterator[str]:
        """A long text in pieces, read as they are asked for."""
        for part in text_parts(self._objects, open_object(self._objects, digest)[1]):
            # No chunk cuts a character.
            yield part.decode("utf-8", "surrogatepass")

    def _top(self, ref: str) -> dict[str, Value]:
        digest = parse_digest(ref)
        found: Any = None
        try:
            found = self.level(digest)
        except (*DAMAGE, RecursionError) as error:
            raise damaged(digest, error) from None
        if type(found) is Tagged and found.type in ("dict", "plain"):
            # Keys that are no texts are told by their short form.
            pairs = self.complete(found.content)
            return {key if type(key) is str else _short(key): item for key, item in pairs}
        if isinstance(found, dict):
            return cast("dict[str, Value]", found)
        raise StoreDamaged(f"the recording is damaged: object {ref} is no state")

    def _load(self, digest: bytes) -> Value:
        if digest in self._values:
            return self._values[digest]
        try:
            found = self._read(digest)
        except (*DAMAGE, RecursionError) as error:
            raise damaged(digest, error) from None
        self._values[digest] = found
        return found

    def _read(self, digest: bytes) -> Value:
        kind, payload = open_object(self._objects, digest)
        if kind == VALUE:
            self._keeps(len(payload))
            text, digests = split_value(payload)
            return parse_json(
                text, _hook(map(self._load, digests), lambda tag: _finished(tagged(tag)))
            )
        if kind == CHUNK:
            return payload.decode("utf-8", "surrogatepass")
        if kind == TEXT:
            return self._read_text(digest, payload)
        if kind == BLOB:
            return base64.b64encode(payload).decode()
        whole = self._pieces(digest, kind, payload)
        return self.complete(whole)

    def _read_text(self, digest: bytes, payload: bytes) -> str:
        ahead = Ahead(self._objects)
        ahead.get(digest)
        # No chunk cuts a character. Decoding them together would take one long call.
        parts = (part.decode("utf-8", "surrogatepass") for part in text_parts(ahead, payload))
        text = "".join(parts)
        self._keeps(len(text))
        return text

    def _keeps(self, size: int) -> None:
        """So much more is kept; too much is dropped first."""
        self._kept_bytes += size
        if self._kept_bytes > _CACHED_BYTES:
            # One by one: to free a hundred thousand values in one call holds up every thread.
            while self._values:
                self._values.popitem()
            while self._parts:
                self._parts.popitem()
            self._kept_bytes = size

    def _pieces(self, digest: bytes, kind: int, payload: bytes) -> Any:
        """The items of a tree node, large ones as Ref."""
        known = self._parts.get(digest)
        if known is not None:
            return known
        items: list[Value] = []
        fields: dict[str, Value] = {}
        for entry in read_entries(payload):
            part = self._part(entry)
            if kind == DICT:
                fields.update(part)
            else:
                items.extend(part)
            if len(items) > MOST_ITEMS:
                raise ValueError("more items than any list")
        self._parts[digest] = whole = fields if kind == DICT else items
        return whole

    def _part(self, entry: Entry) -> Any:
        if entry.kind == NODE:
            return self._pieces(entry.digest, *open_object(self._objects, entry.digest))
        if entry.kind == LEAF:
            return self._raw(open_object(self._objects, entry.digest)[1])
        return [Ref(entry.digest)]

    def _raw(self, payload: bytes) -> Value:
        self._keeps(len(payload))
        text, digests = split_value(payload)
        return raw_value(text, b"".join(digests))

    def complete(self, found: Value) -> Value:
        """What `level` brought, with nothing left out."""
        if isinstance(found, Ref):
            return self._load(found.digest)
        kind = class_of(found)
        if kind is list:
            whole = _PLAIN.issuperset(map(class_of, found))
            return [*found] if whole else [self.complete(item) for item in found]
        if kind is dict:
            if _PLAIN.issuperset(map(class_of, found.values())):
                return {**found}
            return {key: self.complete(item) for key, item in found.items()}
        if kind is Tagged:
            return _finished(replace(found, content=self.complete(found.content)))
        return found

    def _step(self, found: Value, key: Any) -> Value:
        """The child `key` of a value; opens one object, or one per level of a tree."""
        if isinstance(found, Ref):
            kind, payload = open_object(self._objects, found.digest)
            if kind == LIST and type(key) is int:
                return self._item(payload, key)
            if kind in (LIST, DICT):
                return self._step(self._pieces(found.digest, kind, payload), key)
            if kind == VALUE:
                return self._step(self._raw(payload), key)
            raise KeyError(key)
        if type(found) is Tagged:
            if found.type not in ("dict", "plain"):
                return self._step(found.content, key)
            for name, item in self.complete(found.content):
                if strict_same(name, key):
                    return item
            raise KeyError(key)
        kind_of = class_of(found)
        if (kind_of is dict and type(key) is str and key in found) or (
            kind_of is list and type(key) is int and 0 <= key < len(found)
        ):
            return found[key]
        raise KeyError(key)

    def _item(self, payload: bytes, index: int) -> Value:
        while index >= 0:
            for entry in read_entries(payload):
                if index < entry.items:
                    break
                index -= entry.items
            else:
                break
            if entry.kind not in (LEAF, NODE):
                return Ref(entry.digest)
            kind, payload = open_object(self._objects, entry.digest)
            if kind == VALUE:
                return self._raw(payload)[index]
        raise KeyError(index)


def _hook(
    parts: Iterator[Any], tag: Callable[[dict[str, Any]], Any]
) -> Callable[[dict[str, Any]], Any]:
    def read(found: dict[str, Any]) -> Any:
        if "$type" in found:
            return tag(found)
        if "$at" not in found:
            return found
        for part in parts:
            return part
        raise ValueError("more marks than references")

    return read


def _short(key: Value) -> str:
    return f"{key.type} {key.content}" if type(key) is Tagged else repr(key)


def read_text(objects: ObjectStore, payload: bytes) -> bytes:
    """All bytes under a TEXT node. Raises StoreDamaged or ValueError."""
    return b"".join(text_parts(objects, payload))


def text_parts(
    objects: ObjectStore, payload: bytes, expected: int | None = None
) -> Iterator[bytes]:
    """The chunks under a TEXT node. Raises StoreDamaged or ValueError."""
    entries = read_entries(payload)
    size = sum(entry.items for entry in entries)
    if size > MOST_BYTES or expected not in (None, size):
        raise ValueError("a text has another length than its node says")
    for entry in entries:
        kind, inner = open_object(objects, entry.digest)
        if kind == TEXT:
            yield from text_parts(objects, inner, entry.items)
        elif len(inner) != entry.items:
            raise ValueError("a chunk has another length than its node says")
        else:
            yield inner


def strict_same(old: Value, new: Value) -> bool:
    """Type-strict equality of plain data; the order of a dict's keys is no difference."""
    kind = class_of(old)
    if kind is not type(new):
        return False
    if kind is list:
        return len(old) == len(new) and all(map(strict_same, old, new))
    if kind is dict:
        return old.keys() == new.keys() and all(strict_same(old[key], new[key]) for key in old)
    if kind is Tagged:
        one = (old.type, old.name, old.text, old.fidelity.value, old.reason)
        two = (new.type, new.name, new.text, new.fidelity.value, new.reason)
        return one == two and strict_same(old.content, new.content)
    return repr(old) == repr(new) if kind is float else bool(old == new)


def compare_keys(
    old: dict[str, Any], new: dict[str, Any], same: Callable[[Any, Any], bool]
) -> Changes:
    """Keys added and updated in the order of `new`, removed in that of `old`."""
    return Changes(
        tuple(key for key in new if key not in old),
        tuple(key for key in new if key in old and not same(old[key], new[key])),
        tuple(key for key in old if key not in new),
    )
