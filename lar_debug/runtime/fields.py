"""Dataclasses, pydantic models and numpy arrays as plain parts, and back again.

Parts are taken only where setting them again gives the same object: the class is found by its
name and holds nothing else. Objects come back without `__init__`, validators or `__setstate__`.
numpy and pydantic are only looked at when the program has imported them. Standard library only.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from typing import Any, Final

from lar_debug.runtime.codec import Unfit, is_importable
from lar_debug.runtime.describe import is_exactly
from lar_debug.store.objects import class_of

_NUMPY_KINDS: Final = frozenset("biufcSUmM?")
_PYDANTIC_EXTRAS: Final = (
    ("$set", "__pydantic_fields_set__"),
    ("$extra", "__pydantic_extra__"),
    ("$private", "__pydantic_private__"),
)


def dataclass_parts(value: Any) -> dict[str, Any]:
    """All that a dataclass instance holds, by field. Raises Unfit."""
    kind = class_of(value)
    names = [field.name for field in dataclasses.fields(kind)]
    attributes = _attributes(value)
    slots = _slots(kind)
    if not _is_made_of_parts(kind) or not (attributes.keys() | slots) <= set(names):
        raise Unfit(kind.__name__)
    try:
        return {
            name: attributes[name] if name not in slots else object.__getattribute__(value, name)
            for name in names
        }
    except (KeyError, AttributeError):
        raise Unfit(kind.__name__) from None


def _attributes(value: Any) -> dict[str, Any]:
    try:
        found: Any = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    if not is_exactly(found, dict) or any(type(key) is not str for key in found):
        raise Unfit(type(value).__name__)
    return found


def _slots(kind: type) -> set[str]:
    found: set[str] = set()
    for base in kind.__mro__:
        names: Any = vars(base).get("__slots__", ())
        found.update((names,) if isinstance(names, str) else names)
    return found - {"__dict__", "__weakref__"}


def _is_made_of_parts(kind: type) -> bool:
    own_reduce = kind.__reduce__ is object.__reduce__ and kind.__reduce_ex__ is object.__reduce_ex__
    return own_reduce and is_importable(kind) and _can_be_made(kind)


def _can_be_made(kind: type) -> bool:
    try:
        object.__new__(kind)
    except TypeError:
        return False
    return True


def make_dataclass(kind: type[Any]) -> Any:
    """An instance without fields. Raises TypeError when `kind` is no dataclass."""
    if not hasattr(kind, "__dataclass_fields__"):
        raise TypeError(f"{kind.__name__} is no dataclass any more")
    return object.__new__(kind)


def fill_dataclass(made: Any, parts: dict[str, Any]) -> None:
    """Set the fields, frozen or not. Raises AttributeError when the class has changed."""
    kind = class_of(made)
    slots = _slots(kind)
    names = {field.name for field in dataclasses.fields(made)}
    if names != parts.keys():
        raise AttributeError(f"the fields of {kind.__name__} have changed")
    for name, part in parts.items():
        if name in slots:
            object.__setattr__(made, name, part)
        else:
            made.__dict__[name] = part


def is_pydantic(kind: type) -> bool:
    """True for a model class of pydantic 2."""
    base: Any = getattr(sys.modules.get("pydantic.main"), "BaseModel", None)
    if not isinstance(base, type) or not issubclass(kind, base):
        return False
    return hasattr(base, "__pydantic_extra__")


def pydantic_parts(value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """(fields, what else the model holds by tag key). Raises Unfit."""
    kind = class_of(value)
    if not is_importable(kind) or kind.__reduce__ is not object.__reduce__:
        raise Unfit(kind.__name__)
    parts = _attributes(value)
    try:
        extras = {key: object.__getattribute__(value, name) for key, name in _PYDANTIC_EXTRAS}
    except AttributeError:
        raise Unfit(kind.__name__) from None
    extras["$set"] = sorted(extras["$set"])
    return parts, {key: found for key, found in extras.items() if found is not None}


def make_pydantic(kind: type[Any]) -> Any:
    """A model without fields. Raises TypeError when `kind` is no model."""
    if not is_pydantic(kind):
        raise TypeError(f"{kind.__name__} is no pydantic model any more")
    made: Any = object.__new__(kind)
    return made


def fill_pydantic(made: Any, parts: dict[str, Any], extras: dict[str, Any]) -> None:
    """Set what `pydantic_parts` took; `$set` is a list of names."""
    object.__setattr__(made, "__dict__", parts)
    for key, name in _PYDANTIC_EXTRAS:
        found = extras.get(key)
        object.__setattr__(made, name, set(found or ()) if key == "$set" else found)


def is_numpy(kind: type) -> bool:
    """True for arrays and scalars of numpy itself, not for subclasses of other packages."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return False
    generic: Any = getattr(numpy, "generic", None)
    if kind is getattr(numpy, "ndarray", None):
        return True
    return isinstance(generic, type) and issubclass(kind, generic) and kind.__module__ == "numpy"


def numpy_parts(value: Any) -> tuple[dict[str, Any], bytes]:
    """(dtype, shape, order, writeable; the raw bytes). Raises Unfit for dtypes with objects."""
    dtype = value.dtype
    if dtype.kind not in _NUMPY_KINDS or dtype.names is not None or dtype.metadata:
        raise Unfit(f"dtype {dtype}")
    scalar = type(value).__name__ != "ndarray"
    fortran = not scalar and value.flags.f_contiguous and not value.flags.c_contiguous
    order = "F" if fortran else "C"
    parts: dict[str, Any] = {"dtype": dtype.str, "shape": None if scalar else list(value.shape)}
    if not scalar:
        parts |= {"order": order, "writeable": bool(value.flags.writeable)}
    return parts, value.tobytes(order)


def numpy_memory(value: Any) -> Any:
    """The array that owns the memory of an array: two views of it share their content."""
    kind = class_of(value)
    while isinstance(value.base, kind):
        value = value.base
    return value


def make_numpy(parts: dict[str, Any], data: bytes) -> Any:
    """The array or scalar again. Raises ValueError or TypeError when the parts do not fit."""
    numpy: Any = importlib.import_module("numpy")

    dtype = numpy.dtype(parts["dtype"])
    if dtype.hasobject:
        raise ValueError("an array of objects")
    if parts["shape"] is None:
        return numpy.frombuffer(data, dtype)[0]
    order = parts["order"]
    array: Any = numpy.frombuffer(data, dtype).reshape(parts["shape"], order=order).copy(order)
    array.flags.writeable = parts["writeable"]
    return array
