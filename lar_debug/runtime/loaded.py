"""What a process has loaded since some moment: modules, and models that were built. Stdlib only.

What one process had to load others can have ahead (protocol.py, "preload").
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

from lar_debug.runtime.models import built_of, unbuilt


class Loaded:
    """What is loaded when this is made; later asked what came since."""

    def __init__(self) -> None:
        self._modules = frozenset(sys.modules)
        self._models = unbuilt()

    def since(self, is_wanted: Callable[[ModuleType], bool]) -> list[str]:
        """Names of wanted modules as they came, then "module:name" of models built in such."""
        modules = [
            name
            for name, module in list(sys.modules.items())
            if name not in self._modules and _is_importable(module) and is_wanted(module)
        ]
        models = [
            name
            for name in built_of(self._models)
            if (module := sys.modules.get(name.partition(":")[0])) and is_wanted(module)
        ]
        return [*modules, *models]


def _is_importable(module: ModuleType) -> bool:
    # What is put into sys.modules by hand may be any object.
    spec = getattr(module, "__spec__", None)
    name = getattr(spec, "name", "")
    return isinstance(name, str) and bool(name) and not name.startswith(("lar_debug", "__"))
