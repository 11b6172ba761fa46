"""A job that loads a user's program, as re-executing a step does."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lar_debug.runtime import loader

Report = Callable[[dict[str, Any]], None]


def load(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Load `script` or `module` below `root`, and tell what `value()` of it returns.

    The result also has what was compiled, what counts as the user's, and sys.argv.
    """
    root = request["root"]
    compiled: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "compile" and str(arguments[1]).startswith(root):
            compiled.append(str(arguments[1])[len(root) + 1 :])

    sys.addaudithook(hook)
    loader.load_from_source([root])
    options = {"name": request["name"]} if "name" in request else {}
    argv = request.get("argv", [])
    try:
        if "module" in request:
            module = loader.load_module(request["module"], argv, **options)
        else:
            module = loader.load_script(request["script"], argv, **options)
    except loader.LoadError as error:
        return {"load_error": error.as_data(), "line": str(error)}
    report({"loaded": True})
    if "overwrite" in request:
        Path(request["script"]).write_text(request["overwrite"])
    return {
        "value": module.value(),
        "name": module.__name__,
        "compiled": sorted(compiled),
        "loaded": {path[len(root) + 1 :]: file.digest for path, file in loader.loaded.items()},
        "argv": sys.argv,
        "first": sys.path[0],
    }


def unpickle(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Load a script and open a pickle that was made in it when it ran as `__main__`."""
    del report
    loader.load_from_source([request["root"]])
    module = loader.load_script(request["script"], [])
    ticket = pickle.loads(bytes.fromhex(request["pickle"]))
    return {"same": type(ticket) is module.Ticket, "number": ticket.number}
