"""Loads the user's own modules, always as their source is now.

Python's bytecode files are told apart by the second of the last change and the size, so of two
saves within a second the old code would run. Here source is compiled, or taken from a cache of
our own that goes by content. Nothing is written into the project. Installed packages are
left to Python. Standard library only; works on the interpreter it is called in, for good.
"""

from __future__ import annotations

import importlib.util
import linecache
import os
import site
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from lar_debug.runtime.compiled import CompileCache, content_digest
from lar_debug.runtime.observation import quiet
from lar_debug.runtime.sources import read_bytes


class Loaded(NamedTuple):
    """A source file of the user's, as it was loaded. `digest` is hex of its content."""

    source: bytes
    digest: str

    @property
    def text(self) -> str:
        """The source as Python read it: its declared encoding, newlines as \\n."""
        return importlib.util.decode_source(self.source)


class LoadError(Exception):
    """The user's source cannot be read or does not parse: one line.

    `file` is absolute; `line` counts from 1, 0 when the whole file is meant; `message` is what
    is wrong; `text` the line of the source, without its newline, "" when there is none.
    """

    def __init__(self, file: str, line: int, message: str, text: str = "") -> None:
        place = f"{os.path.basename(file)}:{line}" if line else os.path.basename(file)
        super().__init__(f"{place} {message}")
        self.file = file
        self.line = line
        self.message = message
        self.text = text

    def as_data(self) -> dict[str, Any]:
        """{"file", "line", "message", "text"}, for a report."""
        return {"file": self.file, "line": self.line, "message": self.message, "text": self.text}


loaded: dict[str, Loaded] = {}
"""Every user file that was loaded in this process, by its absolute path."""

BeforeReading = Callable[[str], None]

_cache: CompileCache | None = None
_before_reading: BeforeReading | None = None


class _UserFiles:
    """Which files are the user's: below the roots, in no installed package."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots = tuple(os.path.realpath(root) + os.sep for root in roots)
        installed = {os.path.dirname(os.__file__), *site.getsitepackages()}
        installed.add(site.getusersitepackages())
        self._installed = tuple(os.path.realpath(folder) + os.sep for folder in installed)
        self._folders: dict[str, bool] = {}

    def __contains__(self, path: str) -> bool:
        folder = os.path.dirname(path)
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = self._judge(os.path.realpath(folder) + os.sep)
        return known

    def _judge(self, folder: str) -> bool:
        if not folder.startswith(self._roots) or folder.startswith(self._installed):
            return False
        parts = folder.split(os.sep)
        return "site-packages" not in parts and "dist-packages" not in parts


def load_from_source(roots: Iterable[str], *, before_reading: BeforeReading | None = None) -> None:
    """From now on load what is below `roots` from its source; to be called once in a process.

    `roots` are folders; installed packages inside of them are left alone. Compiled code is kept
    in the user's cache folder, where it is safe there. `before_reading` is called with the path of
    each source file that is about to be read.
    """
    global _cache, _before_reading
    _before_reading = before_reading
    _cache = CompileCache.of_user()
    files = _UserFiles(roots)
    stock = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        return _compiled(os.path.abspath(path)) if path in files else stock(self, fullname)

    SourceFileLoader.get_code = get_code


def load_script(path: str, argv: Sequence[str], *, name: str = "__mp_main__") -> ModuleType:
    """Run a script as `python path argv...` would.

    As "__mp_main__" its main block does not run, as "__main__" it does; it is registered under
    both names, so that what was pickled in it is found again. Raises LoadError when it or a
    module it imports cannot be read or does not parse, and whatever it raises itself.
    """
    file = os.path.abspath(path)
    sys.argv = [path, *argv]
    _put_first(os.path.dirname(file))
    return _execute(_new_main(name, file, None), file)


def load_module(dotted: str, argv: Sequence[str], *, name: str = "__mp_main__") -> ModuleType:
    """Run a module as `python -m dotted argv...` would, so that relative imports work.

    For the rest as `load_script`. Raises LoadError also when there is no such module.
    """
    _put_first(os.getcwd())
    spec = _find(dotted)
    file = os.path.abspath(spec.origin) if spec and spec.origin and spec.has_location else None
    if spec is None or file is None:
        raise LoadError(os.path.join(os.getcwd(), dotted), 0, "is no module that can be run")
    sys.argv = [file, *argv]
    return _execute(_new_main(name, file, spec), file)


def load_error(error: BaseException) -> LoadError | None:
    """The LoadError behind an exception of an import, None when the code itself raised it."""
    if isinstance(error, LoadError):
        return error
    if not isinstance(error, SyntaxError) or error.filename not in loaded:
        return None
    lines = loaded[error.filename].source.splitlines()
    number = error.lineno or 0
    text = error.text or ""
    if not text and 0 < number <= len(lines):
        text = lines[number - 1].decode("utf-8", "replace")
    return LoadError(error.filename, number, error.msg, text.rstrip("\r\n"))


def keep_lines() -> None:
    """Let tracebacks and `inspect` show the source that was loaded, whatever was saved since."""
    for path, file in loaded.items():
        try:
            lines = file.text.splitlines(keepends=True)
        except (SyntaxError, UnicodeDecodeError):
            continue
        # An entry without a time is never compared with the file.
        linecache.cache[path] = (len(file.source), None, lines, path)


def read_source(path: str) -> bytes | None:
    """The source of a file of the user's that need not be loaded; None when it cannot be read."""
    file = loaded.get(path)
    if file is not None:
        return file.source
    if _before_reading is not None:
        _before_reading(path)
    return read_bytes(path)


def _find(dotted: str) -> ModuleSpec | None:
    try:
        spec = importlib.util.find_spec(dotted)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(dotted + ".__main__")
    except (ModuleNotFoundError, ValueError):
        return None
    except SyntaxError as error:
        raise load_error(error) or error from None
    return spec


def _put_first(folder: str) -> None:
    if not sys.path or sys.path[0] != folder:
        sys.path.insert(0, folder)


def _new_main(name: str, file: str, spec: ModuleSpec | None) -> ModuleType:
    module = ModuleType(name)
    module.__file__ = file
    module.__dict__["__builtins__"] = __builtins__
    if spec is None:
        module.__loader__ = SourceFileLoader(name, file)
    else:
        module.__spec__ = spec
        module.__package__ = spec.parent
        module.__loader__ = spec.loader
    sys.modules[name] = sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    return module


def _execute(module: ModuleType, file: str) -> ModuleType:
    try:
        code = _compiled(file)
        if not loaded[file].source.strip():
            # A file that an editor has emptied to write it anew.
            raise LoadError(file, 0, "is empty")
        exec(code, module.__dict__)
    except OSError as error:
        if file in loaded:
            raise
        raise LoadError(file, 0, f"cannot be read: {error.strerror}") from None
    except SyntaxError as error:
        raise load_error(error) or error from None
    return module


def _compiled(path: str) -> CodeType:
    """The code of a source file as it is now. Raises OSError or SyntaxError."""
    if _before_reading is not None:
        _before_reading(path)
    # What is opened here is our doing: the source is noted as a module, the cache not at all.
    with quiet():
        with open(path, "rb") as file:
            source = file.read()
        digest = content_digest(source)
        loaded[path] = Loaded(source, digest)
        code = _cache.get(path, digest) if _cache else None
        if code is None:
            code = _compile(source, path)
            if _cache:
                _cache.put(path, digest, code)
    return code


def _compile(source: bytes, path: str) -> CodeType:
    hole = source.find(b"\0")
    if hole >= 0:
        # Blocks that were not written yet; Python's versions say it in their own ways, or no line.
        line = source.count(b"\n", 0, hole) + 1
        raise SyntaxError("source code holds NUL characters", (path, line, None, None))
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        # Where only the encoding is wrong Python names no file.
        error.filename = path
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        # Brackets that are nested too deep.
        raise SyntaxError(str(error) or "nested too deep", (path, 1, None, None)) from None
