"""Pieces of stored JSON and how they become objects: the one place that decides what is inline.

A fragment is JSON with the digests that its marks stand for. What fits in WHOLE bytes is one
piece; beyond that, children of more than CHILD bytes become objects of their own, long lists
and dicts become trees. Both encoders (kept.py for plain values, tagging.py for all others) go
through here, so that equal values always have equal digests.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, Final
from zlib import crc32

from lar_debug.runtime.codec import BIG_INT_BITS, WHOLE, leaf_tag, quote, write_bytes
from lar_debug.runtime.describe import is_exactly
from lar_debug.runtime.walk import CONTAINERS
from lar_debug.store.entries import ITEM, LEAF, Spine
from lar_debug.store.objects import (
    AT,
    BLOB,
    DICT,
    RESERVED,
    VALUE,
    ObjectWriter,
    class_of,
    value_payload,
)
from lar_debug.store.texts import TextWriter

Fragment = tuple[bytes, bytes]
"""(JSON, digests one after another)."""

PathParts = tuple[bytes, ...]
"""A place in a state: each key or index as JSON."""

CHILD: Final = 256
_INLINE_BYTES: Final = 900
"""Longer bytes would take more than WHOLE in base64."""
_LEAF_BYTES: Final = 1024
_MOST_LEAF_BYTES: Final = 4096
_KEY_BYTES: Final = 40
_SMALL_INT: Final = 1 << 62
_LEAST_PAIR: Final = len(b'"":0,')

dump_json = json.JSONEncoder(
    ensure_ascii=False,
    separators=(",", ":"),
    allow_nan=False,
    check_circular=False,
    default=leaf_tag,
).encode


class Builder:
    """A long list or dict as a tree: small pieces together in leaves, large items by digest."""

    def __init__(self, kind: int, writer: ObjectWriter) -> None:
        self._kind, self._writer = kind, writer
        self._spine = Spine(lambda payload: writer.put(kind, payload))
        self._ends: list[int] = []
        self._is_leaf: list[bool] = []
        self._open: list[Fragment] = []
        self._open_bytes = 0
        self._count = 0

    def add(self, piece: Fragment, key: str | None = None) -> None:
        """Append the next item, or for a dict the next `"key":value`."""
        self._count += 1
        text, digests = piece
        if text == AT and key is None:
            self._flush(self._count - 1)
            self._entry(ITEM, 1, digests, self._count)
            return
        self._open.append(piece)
        size = len(text) + len(digests) + 1
        self._open_bytes += size
        if key is None:
            ends = crc32(digests, crc32(text)) % _LEAF_BYTES < size
        else:
            # A changed value must not move the borders between keys.
            ends = crc32(quote(key)) % _LEAF_BYTES < _KEY_BYTES
        if ends or self._open_bytes >= _MOST_LEAF_BYTES:
            self._flush(self._count)

    def _flush(self, end: int) -> None:
        if self._open:
            text = join_pieces(self._open, self._kind)
            digest = self._writer.put(VALUE, value_payload(*text))
            self._entry(LEAF, len(self._open), digest, end)
            self._open, self._open_bytes = [], 0

    def _entry(self, kind: int, count: int, digest: bytes, end: int) -> None:
        self._spine.append(kind, count, digest)
        self._ends.append(end)
        self._is_leaf.append(kind == LEAF)

    def truncate(self, count: int) -> int:
        """Cut back to at most `count` items; returns how many stayed."""
        entries = bisect_right(self._ends, count)
        if entries and self._is_leaf[entries - 1]:
            # It may have ended only because the sequence did.
            entries -= 1
        self._spine.truncate(entries)
        del self._ends[entries:]
        del self._is_leaf[entries:]
        self._open, self._open_bytes = [], 0
        self._count = self._ends[-1] if self._ends else 0
        return self._count

    def finish(self) -> Fragment:
        """A reference to the tree. `truncate` before more is added."""
        self._flush(self._count)
        return AT, self._spine.finish()


def join_pieces(pieces: Iterable[Fragment], kind: int) -> Fragment:
    """One fragment of the items of a list, or of the `"key":value` pieces of a dict."""
    both = list(pieces)
    text = b",".join([piece[0] for piece in both])
    digests = b"".join([piece[1] for piece in both])
    return (b"{" + text + b"}" if kind == DICT else b"[" + text + b"]"), digests


def tag_fragment(kind: str, *fields: tuple[str, Fragment]) -> Fragment:
    """`{"$type":kind, ...}` with fields in that order."""
    head = b'{"$type":' + quote(kind)
    text = b"".join([b"," + quote(name) + b":" + piece[0] for name, piece in fields])
    return head + text + b"}", b"".join([piece[1] for _, piece in fields])


def key_step(key: bytes | None, index: int) -> bytes:
    """How a path names the value of a key that is no text: by the key's JSON when that is short
    and complete, else by the number of the pair."""
    return key if key is not None and len(key) <= CHILD else b'{"$key":%d}' % index


class Pieces:
    """Turns leaves into fragments and fragments into objects of one store."""

    def __init__(self, writer: ObjectWriter, texts: TextWriter) -> None:
        self.writer, self.texts = writer, texts
        self._named: dict[str, tuple[Fragment, Fragment]] = {}

    def leaf(self, value: Any) -> Fragment:
        """An atom or an immutable well-known value. Raises Unfit."""
        kind = class_of(value)
        if kind is str:
            return self.text(value)
        if kind is int and -_SMALL_INT < value < _SMALL_INT:
            return b"%d" % value, b""
        if kind is float and not math.isfinite(value):
            return dump_json({"$type": "float", "$value": repr(value)}).encode(), b""
        if kind is int and value.bit_length() > BIG_INT_BITS:
            return dump_json({"$type": "int", "$value": hex(value)}).encode(), b""
        if kind is bytes and len(value) > _INLINE_BYTES:
            return tag_fragment("bytes", ("$value", self.blob(value)))
        return dump_json(value).encode("utf-8", "surrogatepass"), b""

    def text(self, text: str) -> Fragment:
        if len(text) <= WHOLE:
            quoted = quote(text)
            if len(quoted) <= WHOLE:
                return quoted, b""
        return AT, self.texts.digest(text)

    def blob(self, data: bytes | bytearray) -> Fragment:
        """Binary data: inline in base64 when short, else an object."""
        if len(data) <= _INLINE_BYTES:
            return quote(write_bytes(data)), b""
        return AT, self.writer.put(BLOB, bytes(data))

    def external(self, piece: Fragment, least: int = CHILD) -> Fragment:
        """The same as a reference, when it has more than `least` bytes."""
        if len(piece[0]) + len(piece[1]) <= least:
            return piece
        return AT, self.writer.put(VALUE, value_payload(*piece))

    def join(self, kind: int, keys: list[str] | None, parts: list[Fragment]) -> Fragment:
        """The fragment of a whole list or dict."""
        if is_whole(keys or [], parts):
            return join_pieces(with_keys(keys, parts), kind)
        parts = [self.external(part) for part in parts]
        return self.joined_large(kind, keys, with_keys(keys, parts))

    def joined_large(self, kind: int, keys: list[str] | None, pieces: list[Fragment]) -> Fragment:
        """As `join`, of pieces whose large children are references already."""
        inline = inline_dict(pieces) if kind == DICT else None
        if inline is not None:
            return inline
        builder = Builder(kind, self.writer)
        for index, piece in enumerate(pieces):
            builder.add(piece, keys[index] if keys is not None else None)
        return builder.finish()

    def root(self, top: dict[str, Fragment]) -> bytes:
        """The digest of a whole state. Its large children are always objects of their own:
        the root is written at every change."""
        before, self._named = self._named, {}
        pieces: list[Fragment] = []
        for key, part in top.items():
            named = before.get(key)
            if named is None or named[0] is not part:
                text, digests = self.external(part)
                named = part, (quote(key) + b":" + text, digests)
            self._named[key] = named
            pieces.append(named[1])
        text, digests = self.joined_large(DICT, list(top), pieces)
        if text == AT:
            return digests
        return self.writer.put(VALUE, value_payload(text, digests))


def with_keys(keys: list[str] | None, parts: list[Fragment]) -> list[Fragment]:
    """For a dict: each part with its key before it."""
    if keys is None:
        return parts
    named = zip(keys, parts, strict=True)
    return [(quote(key) + b":" + text, digests) for key, (text, digests) in named]


def is_whole(keys: list[str], parts: list[Fragment]) -> bool:
    """True when a container is small enough to be written in one piece, without references."""
    if any(digests for _, digests in parts):
        return False
    return whole_size(keys, sum(len(text) for text, _ in parts), len(parts)) <= WHOLE


def whole_size(keys: list[str], values: int, count: int) -> int:
    """Bytes of a container in one piece."""
    if values + count > WHOLE:
        return WHOLE + 1
    return 1 + max(count, 1) + values + sum(len(quote(key)) + 1 for key in keys)


def inline_dict(pieces: list[Fragment]) -> Fragment | None:
    """A dict whose large children are references, when it fits in one piece."""
    if len(pieces) * _LEAST_PAIR > WHOLE:
        return None
    text, digests = join_pieces(pieces, DICT)
    return (text, digests) if len(text) + len(digests) - 1 <= WHOLE else None


def has_reserved_keys(value: Any) -> bool:
    """True when a dict somewhere in a plain value has a key that stored JSON uses itself."""
    todo = [value]
    while todo:
        found = todo.pop()
        if is_exactly(found, dict):
            if not RESERVED.isdisjoint(found):
                return True
            todo += found.values()
        elif type(found) in CONTAINERS:
            todo += found
    return False
