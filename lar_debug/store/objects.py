"""Objects of a recording: bytes named by their content, each stored once.

An object is its kind (one byte) and a payload; its name is the 16-byte blake2b digest of kind
and payload before compression. A VALUE holds JSON in which `{"$at":0}` stands for the next of
the digests before it; LIST, DICT and TEXT are nodes of trees (entries.py); CHUNK is UTF-8 and
BLOB binary data. No byte of a store is trusted. Standard library only.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final, Protocol, cast

from lar_debug.model.problem import Problem
from lar_debug.store.entries import read_entries

VALUE: Final = 1
LIST: Final = 2
DICT: Final = 3
CHUNK: Final = 4
TEXT: Final = 5
BLOB: Final = 6

AT: Final = b'{"$at":0}'
"""Stands in JSON for the next digest of its object."""

RESERVED: Final = frozenset({"$type", "$at"})
"""A recorded dict with one of these keys is stored as `{"$type":"plain"}` with pairs."""

DIGEST_BYTES: Final = 16
MOST_BYTES: Final = 1 << 30
"""No text, blob or uncompressed object is read beyond this: a store may be hostile."""

_PACKED: Final = 0x80
_PACK_FROM: Final = 512
_PACKED_AT_MOST: Final = 0.75
"""Saving less is not worth the time that it takes to read."""
_VAIN_TRIES: Final = 8
_SMALL: Final = 8192
_SMALL_WINDOW_BITS: Final = 13
_SMALL_MEMORY: Final = 5
"""zlib clears its memory first: for small objects that takes longer than to compress them."""
_REMEMBERED: Final = 200_000
_COUNT: Final = struct.Struct("<H")
TREES: Final = frozenset({LIST, DICT, TEXT})
DAMAGE: Final = (ValueError, TypeError, LookupError, AttributeError, struct.error, zlib.error)


class_of = cast("Callable[[object], type[Any]]", type)
"""`type` of one argument: what a value exactly is, whatever it says of itself."""


class StoreDamaged(Problem):
    """An object is missing or is not what its name says; the text is one line."""


class ObjectStore(Protocol):
    """Where objects are kept. `get` raises KeyError; `put` may be repeated."""

    def get(self, digest: bytes) -> bytes: ...

    def put(self, digest: bytes, data: bytes) -> None: ...


class ObjectWriter:
    """Puts objects into a store, each once.

    While `held` is a dict new objects go there instead: for content that is most likely in
    the store already.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._known: set[bytes] = set()
        self._vain = 0
        """Objects since the last one that could be compressed."""
        self.held: dict[bytes, tuple[int, bytes]] | None = None

    def put(self, kind: int, payload: bytes) -> bytes:
        """Keep one object and return its digest."""
        digest = blake2b(bytes((kind,)) + payload, digest_size=DIGEST_BYTES).digest()
        if digest not in self._known:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            self._known.add(digest)
            if self.held is None:
                self._objects.put(digest, self._pack(kind, payload))
            else:
                self.held[digest] = (kind, payload)
        return digest

    def _pack(self, kind: int, payload: bytes) -> bytes:
        if len(payload) < _PACK_FROM or kind in TREES:
            return bytes((kind,)) + payload
        # What comes is most likely like what came: of noise only every eighth is tried.
        if self._vain >= _VAIN_TRIES and self._vain % _VAIN_TRIES:
            self._vain += 1
            return bytes((kind,)) + payload
        data = pack(kind, payload)
        self._vain = 0 if data[0] & _PACKED else self._vain + 1
        return data

    def release(self, *, stored: bool) -> None:
        """Stop holding; put what was held unless it is `stored` already."""
        held, self.held = self.held, None
        if held and not stored:
            for digest, (kind, payload) in held.items():
                self._objects.put(digest, pack(kind, payload))

    def forget(self) -> None:
        """Put every object again from now on."""
        self._known.clear()
        self.held = None


def pack(kind: int, payload: bytes) -> bytes:
    """The stored form of an object, compressed where that helps."""
    if len(payload) >= _PACK_FROM and kind not in TREES:
        packed = _compress(payload)
        if len(packed) < len(payload) * _PACKED_AT_MOST:
            return bytes((kind | _PACKED,)) + packed
    return bytes((kind,)) + payload


def _compress(payload: bytes) -> bytes:
    if len(payload) > _SMALL:
        return zlib.compress(payload, 1)
    zipped = zlib.compressobj(1, zlib.DEFLATED, _SMALL_WINDOW_BITS, _SMALL_MEMORY)
    return zipped.compress(payload) + zipped.flush()


def unpack(data: bytes) -> tuple[int, bytes]:
    """(kind, payload) of a stored object. Raises ValueError or zlib.error when it is damaged."""
    if not data:
        raise ValueError("empty")
    kind, payload = data[0], data[1:]
    if kind & _PACKED:
        kind &= ~_PACKED
        unzip = zlib.decompressobj()
        payload = unzip.decompress(payload, MOST_BYTES)
        if not unzip.eof:
            raise ValueError("cut off, or larger than any object")
    return kind, payload


def value_payload(text: bytes, digests: bytes) -> bytes:
    """Payload of a VALUE: JSON, and the digests that its AT marks stand for, in order."""
    return _COUNT.pack(len(digests) // DIGEST_BYTES) + digests + text


def split_value(payload: bytes) -> tuple[bytes, list[bytes]]:
    """(JSON, digests) of a VALUE."""
    (count,) = _COUNT.unpack_from(payload)
    start, end = _COUNT.size, _COUNT.size + count * DIGEST_BYTES
    if end > len(payload):
        raise ValueError("shorter than its references")
    return payload[end:], [payload[i : i + DIGEST_BYTES] for i in range(start, end, DIGEST_BYTES)]


def children(data: bytes) -> list[bytes]:
    """Digests that a stored object names; none when it cannot be read."""
    try:
        kind, payload = unpack(data)
        if kind == VALUE:
            return split_value(payload)[1]
        return [entry.digest for entry in read_entries(payload)] if kind in TREES else []
    except DAMAGE:
        return []


def open_object(objects: ObjectStore, digest: bytes) -> tuple[int, bytes]:
    """(kind, payload) of an object whose content fits its name. Raises StoreDamaged."""
    try:
        kind, payload = unpack(objects.get(digest))
    except KeyError:
        raise StoreDamaged(f"the recording is damaged: object {digest.hex()} is missing") from None
    except (ValueError, zlib.error) as error:
        raise damaged(digest, error) from None
    if blake2b(bytes((kind,)) + payload, digest_size=DIGEST_BYTES).digest() != digest:
        raise StoreDamaged(f"the recording is damaged: object {digest.hex()} was altered")
    return kind, payload


def damaged(digest: bytes, error: BaseException) -> StoreDamaged:
    """The one line for an object that cannot be understood."""
    detail = str(error).split("\n")[0] or type(error).__name__
    return StoreDamaged(f"the recording is damaged: object {digest.hex()}: {detail[:120]}")


def parse_digest(ref: str) -> bytes:
    """The digest that a reference names. Raises StoreDamaged when it names none."""
    try:
        digest = bytes.fromhex(ref)
    except ValueError:
        digest = b""
    if len(digest) != DIGEST_BYTES:
        raise StoreDamaged(f"{ref[:40]!r} is no reference to a snapshot or text")
    return digest
