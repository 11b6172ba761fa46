"""Builds the real objects of a snapshot again, in the user's interpreter.

Opens a pickle only when this machine's key signed it for this run and place. What cannot be
built is a LostValue that says why. Standard library only.
"""

from __future__ import annotations

import base64
import enum
import pickle
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

from lar_debug.runtime import fields
from lar_debug.runtime.codec import LEAF_TAGS, find_class, quote, read_leaf
from lar_debug.runtime.describe import error_text, is_exactly
from lar_debug.runtime.lost import LostValue, NeedsUserCode
from lar_debug.runtime.pickles import is_signed
from lar_debug.runtime.pieces import dump_json, key_step
from lar_debug.store.chunks import MOST_ITEMS, Ref, has_marks, parse_json, read_text
from lar_debug.store.entries import LEAF, NODE, read_entries
from lar_debug.store.objects import (
    BLOB,
    CHUNK,
    DICT,
    LIST,
    TEXT,
    VALUE,
    ObjectStore,
    StoreDamaged,
    class_of,
    damaged,
    open_object,
    parse_digest,
    split_value,
)

Path = tuple[bytes, ...]


class _Tag(dict[str, Any]):
    """A `$type` object as it is stored."""


class _NeedPlaces(Exception):
    """The snapshot holds shared references: every object's place must be known."""


class Restorer:
    """Restores states of one run."""

    def __init__(self, objects: ObjectStore, run: str, key: bytes | None) -> None:
        self._objects, self._run, self._key = objects, run, key
        self.plain_only = False
        """While True nothing is imported or unpickled; what would need it raises NeedsUserCode."""
        self.items: dict[int, bytes] = {}
        """For the items of lists in the state restored last, by id: the object they were."""

    def state(self, ref: str) -> dict[str, Any]:
        """The state of a snapshot. Raises StoreDamaged, NeedsUserCode."""
        digest = parse_digest(ref)
        try:
            try:
                found = self._build(None).open(digest, ())
            except _NeedPlaces:
                found = self._build({}).open(digest, ())
        except (ValueError, TypeError, LookupError, struct.error, zlib.error) as error:
            raise damaged(digest, error) from None
        except RecursionError as error:
            raise damaged(digest, error) from None
        if not is_exactly(found, dict):
            self.items = {}
            raise StoreDamaged(f"the recording is damaged: object {ref} is no state")
        return found

    def _build(self, places: dict[Path, Any] | None) -> _Build:
        made = _Build(self._objects, self._run, self._key, places)
        made.plain_only = self.plain_only
        self.items = made.items
        return made


class _Build:
    """One restoration. `places` maps paths to built objects, or is None while none are needed."""

    def __init__(
        self, objects: ObjectStore, run: str, key: bytes | None, places: dict[Path, Any] | None
    ) -> None:
        self._objects, self._run, self._key, self._places = objects, run, key, places
        self.plain_only = False
        self.items: dict[int, bytes] = {}

    def open(self, digest: bytes, path: Path) -> Any:
        """The value of one object."""
        kind, payload = open_object(self._objects, digest)
        if kind == VALUE:
            return self._value(payload, path)
        if kind in (CHUNK, TEXT):
            data = payload if kind == CHUNK else read_text(self._objects, payload)
            return data.decode("utf-8", "surrogatepass")
        if kind == BLOB:
            return payload
        if kind == LIST:
            made: list[Any] = []
            self._place(path, made)
            self._list_items(payload, made, path)
            return made
        if kind == DICT:
            fields_made: dict[str, Any] = {}
            self._place(path, fields_made)
            self._dict_items(payload, fields_made, path)
            return fields_made
        raise ValueError(f"of kind {kind}")

    def _place(self, path: Path, made: Any) -> None:
        if self._places is not None:
            self._places[path] = made

    def _raw(self, payload: bytes) -> tuple[Any, bool]:
        """The JSON of a VALUE, and whether it is final: without tags and references."""
        text, digests = split_value(payload)
        if not digests and not has_marks(text):
            return parse_json(text, None), self._places is None
        parts = iter(digests)
        tags = False

        def hook(found: dict[str, Any]) -> Any:
            nonlocal tags
            if "$type" in found:
                tags = True
                return _Tag(found)
            if "$at" not in found:
                return found
            for part in parts:
                return Ref(part)
            raise ValueError("more marks than references")

        found = parse_json(text, hook)
        return found, not tags and not digests and self._places is None

    def _value(self, payload: bytes, path: Path) -> Any:
        found, final = self._raw(payload)
        return found if final else self._make(found, path)

    def _list_items(self, payload: bytes, made: list[Any], path: Path) -> None:
        for entry in read_entries(payload):
            if entry.kind == NODE:
                self._list_items(open_object(self._objects, entry.digest)[1], made, path)
            elif entry.kind == LEAF:
                found, final = self._raw(open_object(self._objects, entry.digest)[1])
                if final:
                    made += found
                else:
                    for item in found:
                        made.append(self._make(item, (*path, b"%d" % len(made))))
            else:
                item = self.open(entry.digest, (*path, b"%d" % len(made)))
                self.items[id(item)] = entry.digest
                made.append(item)
            if len(made) > MOST_ITEMS:
                raise ValueError("more items than any list")

    def _dict_items(self, payload: bytes, made: dict[str, Any], path: Path) -> None:
        for entry in read_entries(payload):
            inner = open_object(self._objects, entry.digest)[1]
            if entry.kind == NODE:
                self._dict_items(inner, made, path)
            else:
                for key, item in self._raw(inner)[0].items():
                    made[key] = self._make(item, (*path, quote(key)))

    def _make(self, raw: Any, path: Path) -> Any:
        """The object for parsed JSON."""
        kind = class_of(raw)
        if kind is _Tag:
            return self._tag(raw, path)
        if kind is Ref:
            return self.open(raw.digest, path)
        if kind is list:
            made: list[Any] = []
            self._place(path, made)
            for index, item in enumerate(raw):
                made.append(self._make(item, (*path, b"%d" % index)))
            return made
        if kind is dict:
            found: dict[str, Any] = {}
            self._place(path, found)
            for key, item in raw.items():
                found[key] = self._make(item, (*path, quote(key)))
            return found
        return raw

    # -- tags ---------------------------------------------------------------------------------

    def _tag(self, tag: _Tag, path: Path) -> Any:
        kind = tag["$type"]
        if kind == "ref":
            return self._shared(tag)
        if kind in _CONTENT:
            return _CONTENT[kind](self, tag, path)
        if kind == "lost":
            return self._lost(tag, path, tag.get("$reason", ""))
        try:
            if kind in LEAF_TAGS:
                content = tag.get("$value")
                return self.open(content.digest, path) if type(content) is Ref else read_leaf(tag)
            make = _CLASSES.get(kind)
            if make is None:
                return self._lost(tag, path, f"this lar-debug does not know the type {kind}")
            return make(self, tag, path)
        except (_NeedPlaces, StoreDamaged):
            raise
        except Exception as error:
            return self._lost(tag, path, error_text(error))

    def _shared(self, tag: _Tag) -> Any:
        if self._places is None:
            raise _NeedPlaces
        place = tuple(_dump(part) or b"" for part in tag["$value"])
        if place not in self._places:
            raise ValueError("a shared reference leads nowhere")
        return self._places[place]

    def _lost(self, tag: _Tag, path: Path, reason: str) -> LostValue:
        where = ".".join(part.decode("utf-8", "replace").strip('"') for part in path)
        made = LostValue(where, tag.get("$class", ""), tag.get("$text", ""), reason)
        self._place(path, made)
        return made

    def _unplaced(self, content: Any, path: Path) -> list[Any]:
        """The items of a list that stands for no list of the state."""
        if type(content) is Ref:
            items: list[Any] = []
            kind, payload = open_object(self._objects, content.digest)
            if kind == LIST:
                self._list_items(payload, items, path)
                return items
            content = self._raw(payload)[0]
        return [self._make(item, (*path, b"%d" % i)) for i, item in enumerate(content)]

    def _tuple(self, tag: _Tag, path: Path) -> Any:
        return tuple(self._unplaced(tag["$value"], path))

    def _set(self, tag: _Tag, path: Path) -> Any:
        made: set[Any] = set()
        self._place(path, made)
        made.update(self._unplaced(tag["$value"], path))
        return made

    def _frozenset(self, tag: _Tag, path: Path) -> Any:
        return frozenset(self._unplaced(tag["$value"], path))

    def _pairs(self, content: Any) -> list[list[Any]]:
        """[key, value] pairs, as parsed JSON."""
        return [self._raw_list(pair) for pair in self._raw_list(content)]

    def _raw_list(self, content: Any) -> list[Any]:
        if type(content) is not Ref:
            return content
        kind, payload = open_object(self._objects, content.digest)
        return self._raw_items(payload) if kind == LIST else self._raw(payload)[0]

    def _raw_items(self, payload: bytes) -> list[Any]:
        items: list[Any] = []
        for entry in read_entries(payload):
            if entry.kind in (NODE, LEAF):
                inner = open_object(self._objects, entry.digest)[1]
                items += self._raw_items(inner) if entry.kind == NODE else self._raw(inner)[0]
            else:
                items.append(Ref(entry.digest))
        return items

    def _plain(self, tag: _Tag, path: Path) -> Any:
        made: dict[str, Any] = {}
        self._place(path, made)
        for key, item in self._pairs(tag["$value"]):
            name = self._make(key, path)
            made[name] = self._make(item, (*path, quote(name)))
        return made

    def _dict(self, tag: _Tag, path: Path) -> Any:
        made: dict[Any, Any] = {}
        self._place(path, made)
        for index, (key, item) in enumerate(self._pairs(tag["$value"])):
            name = self._make(key, (*path, key_step(None, index)))
            made[name] = self._make(item, (*path, key_step(_dump(key), index)))
        return made

    # -- classes ------------------------------------------------------------------------------

    def _bytes(self, content: Any) -> bytes:
        if type(content) is Ref:
            kind, payload = open_object(self._objects, content.digest)
            if kind != BLOB:
                raise ValueError("no binary data")
            return payload
        return base64.b64decode(content, validate=True)

    def _bytearray(self, tag: _Tag, path: Path) -> Any:
        made = bytearray(self._bytes(tag["$value"]))
        self._place(path, made)
        return made

    def _enum(self, tag: _Tag, path: Path) -> Any:
        kind = self._class(tag)
        if not issubclass(kind, enum.Enum):
            raise TypeError(f"{tag['$class']} is no Enum any more")
        made = kind.__members__[tag["$value"]]
        self._place(path, made)
        return made

    def _dataclass(self, tag: _Tag, path: Path) -> Any:
        made = fields.make_dataclass(self._class(tag))
        self._place(path, made)
        fields.fill_dataclass(made, self._parts(tag["$value"], path))
        return made

    def _pydantic(self, tag: _Tag, path: Path) -> Any:
        made = fields.make_pydantic(self._class(tag))
        self._place(path, made)
        parts = self._parts(tag["$value"], path)
        extras = {
            name: self._make(tag[name], (*path, quote(name)))
            for name in ("$set", "$extra", "$private")
            if name in tag
        }
        fields.fill_pydantic(made, parts, extras)
        return made

    def _parts(self, content: Any, path: Path) -> dict[str, Any]:
        """The fields of an object: a dict that stands for no dict of the state."""
        if type(content) is not Ref:
            return {key: self._make(item, (*path, quote(key))) for key, item in content.items()}
        kind, payload = open_object(self._objects, content.digest)
        if kind == VALUE:
            return self._parts(self._raw(payload)[0], path)
        made: dict[str, Any] = {}
        self._dict_items(payload, made, path)
        return made

    def _numpy(self, tag: _Tag, path: Path) -> Any:
        content = tag["$value"]
        if type(content) is Ref:
            content = self._raw(open_object(self._objects, content.digest)[1])[0]
        made = fields.make_numpy(content, self._bytes(content["data"]))
        self._place(path, made)
        return made

    def _class(self, tag: _Tag) -> type:
        if self.plain_only:
            raise NeedsUserCode
        return find_class(tag["$class"])

    def _object(self, tag: _Tag, path: Path) -> Any:
        if self.plain_only:
            raise NeedsUserCode
        data = self._bytes(tag["$pickle"])
        if self._key is None:
            return self._lost(tag, path, "this machine has no key to check its pickle with")
        if not is_signed(self._key, self._run, path, data, tag.get("$mac")):
            return self._lost(
                tag, path, "its pickle was not signed by this machine for this place; not opened"
            )
        made = pickle.loads(data)
        self._place(path, made)
        return made


def _dump(raw: Any) -> bytes | None:
    """Parsed JSON as it was stored; None when it refers to another object."""
    try:
        return dump_json(raw).encode("utf-8", "surrogatepass")
    except TypeError:
        return None


_Maker = Callable[[_Build, _Tag, Path], Any]

# pyright: reportPrivateUsage=false
_CONTENT: Final[dict[str, _Maker]] = {
    "tuple": _Build._tuple,
    "set": _Build._set,
    "frozenset": _Build._frozenset,
    "plain": _Build._plain,
    "dict": _Build._dict,
}

_CLASSES: Final[dict[str, _Maker]] = {
    "bytearray": _Build._bytearray,
    "Enum": _Build._enum,
    "dataclass": _Build._dataclass,
    "pydantic": _Build._pydantic,
    "numpy": _Build._numpy,
    "object": _Build._object,
}
