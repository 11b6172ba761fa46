"""Pickles of values that have no other form, signed so that only this machine's are opened.

The signature covers the format's version, the run, the place in the state and the bytes: one
pickle cannot be passed off as another. Standard library only.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import io
import logging
import pickle
import types
from typing import Any, Final

from lar_debug.runtime.describe import error_text, guarded
from lar_debug.runtime.walk import LEAVES
from lar_debug.store.objects import class_of

CODEC_VERSION: Final = 1
MOST_BYTES: Final = 64 << 20

_SHARED_SAFELY: Final = LEAVES | {
    type,
    tuple,
    frozenset,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.ModuleType,
    types.CodeType,
}
"""Types whose sharing between two pickles does not matter."""


class Unpicklable(Exception):
    """A value cannot be kept as a pickle; the text is the reason."""


class _Limited(io.BytesIO):
    def write(self, data: Any) -> int:
        if self.tell() + len(data) > MOST_BYTES:
            raise Unpicklable(f"its pickle is larger than {MOST_BYTES >> 20} MB")
        return super().write(data)


class _Pickler(pickle.Pickler):
    """Notes every object that a restored copy would no longer share with the rest."""

    def __init__(self, file: _Limited) -> None:
        super().__init__(file, protocol=5)
        self.inside: dict[int, Any] = {}

    def persistent_id(self, obj: Any) -> Any:
        kind = class_of(obj)
        if kind not in _SHARED_SAFELY and not issubclass(kind, (type, enum.Enum, logging.Logger)):
            self.inside[id(obj)] = obj
        return None


class Pickled:
    """A pickle that was opened again once, and the objects inside (by id, kept alive)."""

    def __init__(self, value: Any) -> None:
        """Raises Unpicklable."""
        file = _Limited()
        pickler = _Pickler(file)
        try:
            pickler.dump(value)
        except Unpicklable:
            raise
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise Unpicklable(error_text(error)) from None
        self.data = file.getvalue()
        self.inside = pickler.inside
        self.inside.pop(id(value), None)
        self.flaw = self._check(value)

    def _check(self, value: Any) -> str:
        """Why a restored copy would be only nearly the same; "" when it is the same."""
        try:
            copy = pickle.loads(self.data)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            reason = f"its pickle cannot be opened: {error_text(error)}"
            raise Unpicklable(reason) from None
        if type(copy) is not type(value):
            raise Unpicklable(f"its pickle comes back as {type(copy).__name__}")
        if copy is value or guarded(_dump, copy) == self.data:
            return ""
        if type(value).__eq__ is object.__eq__:
            return ""
        same = guarded(lambda: bool(copy == value))
        return "" if same else "its pickle comes back as something that is not equal"


def _dump(value: Any) -> bytes:
    file = _Limited()
    _Pickler(file).dump(value)
    return file.getvalue()


def sign(key: bytes, run: str, path: tuple[bytes, ...], data: bytes) -> str:
    """The signature (hex) of a pickle at one place of one run."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    parts = (run.encode("utf-8", "surrogatepass"), *path)
    head = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    digest.update(b"lar-debug pickle %d %d " % (CODEC_VERSION, len(parts)) + head + data)
    return digest.hexdigest()


def is_signed(key: bytes, run: str, path: tuple[bytes, ...], data: bytes, mac: Any) -> bool:
    """True when `mac` is the signature of these bytes at this place."""
    if not isinstance(mac, str) or not mac.isascii():
        return False
    return hmac.compare_digest(sign(key, run, path, data), mac)
