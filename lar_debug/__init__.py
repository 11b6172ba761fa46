"""lar-debug: a time-travel debugger for agent graphs.

Importing this package loads nothing else: the runtime half runs inside the user's
interpreter with the standard library alone, so no module here may import a third-party one.
What a program uses of it (`DurableExecutor`, `task`, `idempotency_key`, `Interrupted`,
`Problem`) is loaded when it is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lar_debug.model.problem import Problem as Problem
    from lar_debug.runtime.engines.lar_durable import DurableExecutor as DurableExecutor
    from lar_debug.runtime.interrupts import Interrupted as Interrupted
    from lar_debug.runtime.tasks import idempotency_key as idempotency_key
    from lar_debug.runtime.tasks import task as task

__version__ = "0.1.0"

_PLACES = {
    "DurableExecutor": "lar_debug.runtime.engines.lar_durable",
    "Interrupted": "lar_debug.runtime.interrupts",
    "Problem": "lar_debug.model.problem",
    "idempotency_key": "lar_debug.runtime.tasks",
    "task": "lar_debug.runtime.tasks",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = found
    return found
