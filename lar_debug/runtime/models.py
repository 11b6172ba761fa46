"""Pydantic models whose building is put off until their first use: who was built, and building.

A model that a library defers is built anew in every forked child that needs it. An attempt
tells which ones it had to build, and the next children inherit them. Standard library only;
looks at pydantic only where the user's program has imported it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any


def _base() -> Any:
    return getattr(sys.modules.get("pydantic.main"), "BaseModel", None)


def _subclasses(kind: Any) -> Iterator[Any]:
    for one in type.__subclasses__(kind):
        yield one
        yield from _subclasses(one)


def unbuilt() -> list[Any]:
    """The models that are defined but not built yet."""
    base = _base()
    if base is None:
        return []
    known = {id(one): one for one in _subclasses(base)}
    return [one for one in known.values() if not getattr(one, "__pydantic_complete__", True)]


def built_of(models: list[Any]) -> list[str]:
    """Those of `models` that have been built since, as "module:qualified.name"."""
    return sorted(
        f"{one.__module__}:{one.__qualname__}"
        for one in models
        if getattr(one, "__pydantic_complete__", False) and "<" not in one.__qualname__
    )


def build(name: str) -> None:
    """Build the model of that "module:qualified.name". Raises what importing and building raise."""
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    found.model_rebuild()
