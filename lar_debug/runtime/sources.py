"""Which files are the user's, what stands in them, and where something is defined.

Only reads source text; imports and runs nothing of the user's.
"""

from __future__ import annotations

import ast
import io
import os
import site
import stat
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from types import CodeType, ModuleType
from typing import Any, cast

from lar_debug.runtime.compiled import content_digest as content_digest
from lar_debug.runtime.tracebacks import OWN_FOLDER

DIGEST_LIMIT = 64 << 20
"""Larger files are noted without a digest: reading them would cost more than the step."""

_last_preloaded = ""


def note_preloaded() -> None:
    """What is imported now is no module of the user's: they are only imported in children."""
    global _last_preloaded
    _last_preloaded = next(reversed(sys.modules))
    _installed_folders()


def _loaded_since() -> list[str]:
    """Names of the modules that are not preloaded, in the order of their import.

    sys.modules keeps that order. It is read from its end: merely looking at the thousands of
    names before would copy, in a forked child, every page of memory that they lie in.
    """
    names: list[str] = []
    for name in reversed(sys.modules.copy() if not _last_preloaded else sys.modules):
        if name == _last_preloaded:
            break
        names.append(name)
    return names[::-1]


_open = os.open
"""As it is before the recorder patches it, so that our own reading is not recorded."""

SYSTEM_FOLDERS = ("/dev/", "/proc/", "/sys/")


def read_bytes(path: str, limit: int | None = None) -> bytes | None:
    """The content of a file, None when it cannot be read or is larger than `limit` bytes."""
    try:
        # Without waiting: opening a pipe would wait for somebody to write into it.
        descriptor = _open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with io.FileIO(descriptor, "r") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            if limit is not None and os.fstat(file.fileno()).st_size > limit:
                return None
            return file.readall()
    except (OSError, ValueError):
        return None


@cache
def _installed_folders() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {sysconfig.get_path(name) for name in names}
    paths |= {*site.getsitepackages(), site.getusersitepackages()}
    folders = {os.path.realpath(path) for path in paths if path} | {path for path in paths if path}
    return (*(folder.rstrip(os.sep) + os.sep for folder in sorted(folders)), OWN_FOLDER)


class UserFiles:
    """Tells the user's own files from installed ones. `roots` are folders of the project."""

    def __init__(self, roots: Iterable[str]) -> None:
        self.roots = tuple(os.path.realpath(root).rstrip(os.sep) + os.sep for root in roots)
        self._given = tuple(os.path.abspath(root).rstrip(os.sep) + os.sep for root in roots)
        self._installed = _installed_folders()
        self._known: dict[str, bool] = {}
        self._foreign: set[str] = set()

    def is_source(self, file: str | None) -> bool:
        """True for a source file under a root that is not of an installed package."""
        if not file:
            return False
        known = self._known.get(file)
        if known is None:
            # Thousands of modules are installed ones: following their links costs a stat for
            # each folder on the way, and their names say already what they are.
            known = not self._is_installed(file) and self._is_inside(os.path.realpath(file))
            self._known[file] = known
        return known

    def _is_inside(self, path: str) -> bool:
        return path.startswith(self.roots) and not self._is_installed(path)

    def is_data(self, path: str) -> bool:
        """True for a file that a node may open as an input or output of its own."""
        if path.startswith((*SYSTEM_FOLDERS, *self._installed)) or "site-packages" in path:
            return False
        # Python looks for modules there: an archive of its own that need not exist.
        return not path.endswith(".pyc") and not (path.endswith(".zip") and path in sys.path)

    def _is_installed(self, path: str) -> bool:
        return path.startswith(self._installed) or "site-packages" in path

    def is_module(self, module: object) -> bool:
        """True for a module of the user's. `__main__` always is."""
        if not isinstance(module, ModuleType):
            return False
        if module.__name__ in ("__main__", "__mp_main__"):
            return True
        return self.is_source(getattr(module, "__file__", None))

    def is_package(self, module: object) -> bool:
        """True for a module that is installed."""
        file = getattr(module, "__file__", None)
        return isinstance(file, str) and self._is_installed(file)

    def is_named_module(self, name: str | None) -> bool:
        return name is not None and self.is_module(sys.modules.get(name))

    def modules(self) -> list[tuple[str, ModuleType]]:
        """The user's modules that are loaded, `__main__` first, each once."""
        found: dict[int, tuple[str, ModuleType]] = {}
        names = ["__main__", *(name for name in _loaded_since() if name != "__main__")]
        for name in names:
            # Thousands of modules, most of them installed: each is judged once.
            if name in self._foreign:
                continue
            module = sys.modules.get(name)
            if module is not None and self.is_module(module):
                found.setdefault(id(module), (normal_module(name), module))
            elif isinstance(getattr(module, "__file__", None), str):
                self._foreign.add(name)
        return list(found.values())

    def relative(self, path: str) -> str:
        """A path as people read it: relative to the project where it lies inside."""
        for root in (*self._given, *self.roots):
            if path.startswith(root):
                return path[len(root) :]
        return path

    def place(self, file: str, line: int) -> str:
        """ "answering.py:31" """
        return f"{self.relative(file)}:{line}"


def type_of(value: object) -> type[Any]:
    """The class of a value of which nothing else is known."""
    return type(value)


def normal_module(name: str) -> str:
    """The script is `__main__` when run and `__mp_main__` when loaded: one name for both."""
    return "__main__" if name == "__mp_main__" else name


class SourceTexts:
    """Source files, read and parsed once each."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._statements: dict[str, list[ast.stmt]] = {}

    def lines(self, file: str) -> list[str]:
        if file not in self._lines:
            data = read_bytes(file) or b""
            self._lines[file] = data.decode("utf-8", "replace").splitlines(keepends=True)
        return self._lines[file]

    def statements(self, file: str) -> list[ast.stmt]:
        """All statements of a file, those of the module first; none of one that does not parse."""
        if file not in self._statements:
            try:
                tree = ast.parse("".join(self.lines(file)))
            except (SyntaxError, ValueError, RecursionError):
                self._statements[file] = []
            else:
                self._statements[file] = _all_statements(tree)
        return self._statements[file]

    def segment(self, file: str, node: ast.stmt) -> str:
        """The whole lines of a statement, decorators included."""
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(one.lineno for one in decorators)])
        return "".join(self.lines(file)[first - 1 : node.end_lineno])

    def of_code(self, code: CodeType) -> str:
        """The source of a function, lambdas with the statement they stand in."""
        found = self.statement_at(code.co_filename, code.co_firstlineno)
        return self.segment(code.co_filename, found) if found is not None else ""

    def of_class(self, cls: type, file: str) -> tuple[str, int]:
        """Source and line of a class, ("", 0) when it is not found."""
        name = cls.__qualname__.rpartition(".")[2]
        for node in self.statements(file):
            if isinstance(node, ast.ClassDef) and node.name == name:
                return self.segment(file, node), node.lineno
        return "", 0

    def statement_at(self, file: str, line: int) -> ast.stmt | None:
        """The definition that begins on a line, else the innermost statement that covers it."""
        best: ast.stmt | None = None
        for node in self.statements(file):
            if node.end_lineno is None:
                continue
            decorators: list[ast.expr] = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(one.lineno for one in decorators)])
            if first == line and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return node
            if first <= line <= node.end_lineno and (best is None or node.lineno >= best.lineno):
                best = node
        return best

    def assignment(self, file: str, name: str) -> ast.stmt | None:
        """The statement that gives a name its value, at module level before inside functions."""
        for node in self.statements(file):
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                targets = [node.target]
            else:
                continue
            if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                return node
        return None


def _all_statements(tree: ast.Module) -> list[ast.stmt]:
    """The statements of a module and, level by level, those inside them.

    Expressions are not looked into: they are most of a tree, and hold no statement.
    """
    found: list[ast.stmt] = []
    level: list[ast.AST] = [tree]
    while level:
        inner: list[ast.AST] = []
        for holder in level:
            for field in ("body", "orelse", "finalbody", "handlers", "cases"):
                part: Any = getattr(holder, field, None)
                if isinstance(part, list):
                    inner += cast("list[ast.AST]", part)
        found += [node for node in inner if isinstance(node, ast.stmt)]
        level = inner
    return found
