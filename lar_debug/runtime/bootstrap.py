"""The file that the user's interpreter is started with, by its path: `bootstrap.py ENTRY FD`.

ENTRY is a `package.module:function` of lar_debug; it is called with the JSON object that is read
from the inherited file descriptor FD to its end. Makes `lar_debug` importable from the folder
this file belongs to and nothing else of the debugger's installation. May import nothing but the
standard library, and must parse on old Pythons, so that a person gets a line instead of a
SyntaxError.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType
from typing import Any

OLDEST = (3, 10)
REFUSED = 2
"""Exit code when this interpreter or project cannot be used; stderr has the one line why."""

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGE = "lar_debug"


class _OwnLoader(SourceFileLoader):
    """Loads the debugger's files without leaving the bytecode of another Python beside them."""

    cache: Any = None

    def set_data(self, path: Any, data: Any, *, _mode: int = 0o666) -> None:
        """Keep nothing: SourceLoader calls this to write a .pyc file."""

    def source_to_code(self, data: Any, path: Any, *unused: Any, **named: Any) -> CodeType:
        """Called where there is no .pyc file of this Python: use the user's own cache instead."""
        del unused, named
        if self.cache is None:
            return super().source_to_code(data, path)
        return self.cache.compiled(data, path)


class _Finder:
    """Finds `lar_debug` and what is in it, and nothing else."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The spec of a module of ours, None for every other module."""
        del path, target
        if name != PACKAGE and not name.startswith(PACKAGE + "."):
            return None
        place = os.path.join(FOLDER, *name.split(".")[1:])
        if os.path.isdir(place):
            file, search = os.path.join(place, "__init__.py"), [place]
        else:
            file, search = place + ".py", None
        if not os.path.isfile(file):
            return None
        return importlib.util.spec_from_file_location(
            name, file, loader=_OwnLoader(name, file), submodule_search_locations=search
        )


def _refuse(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.exit(REFUSED)


def _version_in(file: str) -> str:
    """`__version__` as written in a file, without running it: "" when it has none."""
    with open(file, encoding="utf-8") as source:
        found = re.search(r"^__version__\s*=\s*[\"']([^\"']+)", source.read(), re.MULTILINE)
    return found.group(1) if found else ""


def _refuse_other_version() -> None:
    """Two versions of the recording code in one program would write what neither can read."""
    spec = importlib.util.find_spec(PACKAGE)
    file = spec.origin if spec else None
    own = os.path.join(FOLDER, "__init__.py")
    if file is None or os.path.realpath(file) == os.path.realpath(own):
        return
    theirs, ours = _version_in(file), _version_in(own)
    if theirs != ours:
        _refuse(
            f"this project has lar-debug {theirs or 'of an unknown version'} in "
            f"{os.path.dirname(file)}, the debugger is {ours}: install {ours} there too, or none"
        )


def main(arguments: list[str]) -> None:
    """Make the package importable, then call the entry with its options."""
    if sys.version_info < OLDEST:
        _refuse(
            f"{sys.executable} is Python {sys.version_info[0]}.{sys.version_info[1]}, "
            f"lar-debug needs 3.10 or newer there: choose another with --python PATH"
        )
    # `python FILE` puts the folder of FILE first; what runs later puts its own there.
    if sys.path and os.path.abspath(sys.path[0]) == os.path.dirname(os.path.abspath(__file__)):
        del sys.path[0]
    _refuse_other_version()
    sys.meta_path.insert(0, _Finder)
    _OwnLoader.cache = importlib.import_module(PACKAGE + ".runtime.compiled").CompileCache.of_user()
    # Only now: a module of the user's that shadows the standard library must not be met above.
    import json

    module, _, function = arguments[0].partition(":")
    with os.fdopen(int(arguments[1]), "rb") as options:
        chosen = json.load(options)
    getattr(importlib.import_module(module), function)(chosen)


if __name__ == "__main__":
    main(sys.argv[1:])
