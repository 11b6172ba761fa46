"""The user's modules that a function imports when it runs, told from their files.

Such a module may be loaded or not when somebody asks, so its source counts and never the module.
Imports and runs nothing of the user's. Standard library only.
"""

from __future__ import annotations

import ast
import dis
import os
import sys
from collections.abc import Iterator
from types import CodeType
from typing import cast

from lar_debug.runtime.compiled import content_digest
from lar_debug.runtime.loader import read_source
from lar_debug.runtime.sources import UserFiles

MOST_FILES = 200
"""More modules behind one import are not looked into."""

_IMPORT = dis.opmap["IMPORT_NAME"]


class LaterImports:
    """Reads each file once: the files of a process count as they were when they were first read."""

    def __init__(self, files: UserFiles) -> None:
        self._files = files
        self._meanings: dict[str, tuple[str, tuple[str, ...]]] = {}

    def of(self, code: CodeType, package: str) -> dict[str, str]:
        """What the modules say that the code imports, and those that they import in turn: hex
        digests that comments and docstrings do not change, by the names of the modules.

        `package` is where relative imports begin.
        """
        if _IMPORT not in code.co_code[::2]:
            return {}
        found: dict[str, str] = {}
        waiting = [*_imported_by_code(code, package)]
        while waiting and len(found) < MOST_FILES:
            name = waiting.pop()
            file = self._file(name)
            if file is not None and name not in found:
                found[name], further = self._meaning(file, name)
                waiting += further
        return found

    def _file(self, name: str) -> str | None:
        """The file of a module of the user's; None for any other, and for one without a file."""
        *parents, last = name.split(".")
        folders = [folder or os.getcwd() for folder in sys.path]
        for parent in parents:
            folders = [os.path.join(folder, parent) for folder in folders]
        for folder in folders:
            for place in (os.path.join(folder, last, "__init__.py"), f"{folder}/{last}.py"):
                if os.path.isfile(place):
                    return place if self._files.is_source(place) else None
        return None

    def _meaning(self, file: str, name: str) -> tuple[str, tuple[str, ...]]:
        """The digest of what a file says, and the names of the modules it imports."""
        known = self._meanings.get(file)
        if known is None:
            known = self._meanings[file] = _read(file, name)
        return known


def _read(file: str, name: str) -> tuple[str, tuple[str, ...]]:
    source = read_source(file)
    if source is None:
        return "", ()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return content_digest(source), ()
    package = name if os.path.basename(file) == "__init__.py" else name.rpartition(".")[0]
    imported = tuple(dict.fromkeys(_imported_by_tree(tree, package)))
    _forget_docstrings(tree)
    return content_digest(ast.dump(tree).encode("utf-8", "surrogatepass")), imported


def _imported_by_code(code: CodeType, package: str) -> Iterator[str]:
    before: list[object] = []
    for instruction in dis.get_instructions(code):
        if instruction.opcode == _IMPORT:
            level, names = before[-2:]
            yield from _named(
                str(instruction.argval),
                cast("tuple[str, ...]", names or ()),
                level if isinstance(level, int) else 0,
                package,
            )
        before.append(instruction.argval)


def _imported_by_tree(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _named(alias.name, (), 0, package)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            yield from _named(node.module or "", names, node.level, package)


def _named(module: str, names: tuple[str, ...], level: int, package: str) -> Iterator[str]:
    """The modules that one import may load: the packages on its way, itself, and what it takes
    from it, which may be modules too."""
    if level:
        base = package.split(".")
        base = base[: len(base) - level + 1]
        module = ".".join([*base, *([module] if module else [])])
    parts = module.split(".") if module else []
    yield from (".".join(parts[: count + 1]) for count in range(len(parts)))
    yield from (f"{module}.{name}" for name in names if module and name != "*")


def _forget_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                del node.body[0]
