"""What a node's behaviour depends on, as a map of short hashes: equal maps, equal code.

A part is one thing that a person may edit: an attribute ("prompt_template"), a function
("tool_function:clean"), what a function uses ("tool_function:clean uses helpers.text.normalise").
Line numbers, comments, docstrings and the order of definitions do not count. Engines say which
class their nodes have; this file imports none of them and calls nothing of the user's.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, cast

from lar_debug.runtime.identity import entries, is_of, is_plain_mapping, items
from lar_debug.runtime.later_imports import LaterImports
from lar_debug.runtime.sources import UserFiles, normal_module, type_of
from lar_debug.runtime.tracebacks import is_own

Fingerprint = dict[str, str]

_DEPTH = 6
_ITEMS = 2_000
_NAMED_ITEMS = 40
"""Entries of one container up to which a change is told by the entry."""
_OPTIMIZED = 0x2
_PLAIN = (str, int, float, bool, bytes, type(None), complex)
_NOT_DEFINITION = frozenset(
    {
        "__abstractmethods__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__hash__",
        "__match_args__",
        "__module__",
        "__orig_bases__",
        "__parameters__",
        "__qualname__",
        "__slots__",
        "__static_attributes__",
        "__weakref__",
    }
)
"""Attributes of a class that Python makes, not the person who wrote it."""


def _hash(*parts: object) -> str:
    text = "\0".join(map(str, parts))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class Fingerprinter:
    """Fingerprints of the nodes of one graph.

    `opened` are packages whose objects are looked into although they are not the user's (an
    engine's validator holds the user's functions); `label` names another node of the graph.
    """

    def __init__(
        self,
        node_type: type,
        files: UserFiles,
        label: Callable[[Any], str],
        opened: tuple[str, ...] = (),
    ) -> None:
        self._node_type = node_type
        self._files = files
        self._label = label
        self._opened = opened
        self._imports = LaterImports(files)

    def of(self, node: Any) -> Fingerprint:
        """The parts of one node. Parts that differ between two looks in a row are left out."""
        first, second = self._look(node), self._look(node)
        return {name: part for name, part in first.items() if second.get(name) == part}

    def _look(self, node: Any) -> Fingerprint:
        look = _Look(self._node_type, self._files, self._label, self._opened, self._imports)
        look.node(node)
        return look.parts


class _Look:
    """One walk over everything that a node's execution may reach by name or attribute."""

    def __init__(
        self,
        node_type: type,
        files: UserFiles,
        label: Callable[[Any], str],
        opened: tuple[str, ...],
        imports: LaterImports,
    ) -> None:
        self.parts: Fingerprint = {}
        self._node_type = node_type
        self._files = files
        self._label = label
        self._opened = opened
        self._imports = imports
        self._seen: set[int] = set()
        # Temporary objects (bound methods) must live until the end, or their ids are used again.
        self._kept: list[object] = []

    def node(self, node: Any) -> None:
        self._seen.add(id(node))
        kind = type_of(node)
        self.parts["class"] = _qualified(kind)
        if self._is_user_class(kind):
            self._class(kind, "class")
        for name, value in sorted(getattr(node, "__dict__", {}).items()):
            if not name.startswith("__"):
                self._value(value, name, 0)

    def _is_user_class(self, kind: type) -> bool:
        return self._files.is_named_module(kind.__module__)

    def _class(self, kind: type, at: str) -> None:
        if id(kind) in self._seen:
            return
        self._seen.add(id(kind))
        for base in kind.__mro__:
            if not self._is_user_class(base):
                continue
            for name, value in sorted(vars(base).items()):
                if name in _NOT_DEFINITION or name.startswith(("_abc_", "__pydantic")):
                    continue
                self._value(_unwrapped(value), f"{at}.{name}", 1)

    def _value(self, value: Any, at: str, depth: int) -> None:
        if is_of(value, self._node_type):
            self.parts[at] = f"->{self._label(value)}"
        elif isinstance(value, _PLAIN):
            self.parts[at] = _hash(type_of(value).__name__, repr(value))
        elif isinstance(value, FunctionType):
            self._function(value, at, depth)
        elif isinstance(value, functools.partial):
            self._partial(cast("functools.partial[Any]", value), at, depth)
        elif isinstance(value, MethodType):
            self._kept.append(value)
            self._value(value.__func__, at, depth)
            self._value(value.__self__, f"{at}.self", depth + 1)
        elif isinstance(value, type):
            self.parts[at] = _qualified(value)
            if self._is_user_class(value):
                self._class(value, at)
        elif isinstance(value, (ModuleType, BuiltinFunctionType)):
            self.parts[at] = f"{type_of(value).__name__} {value.__name__}"
        elif id(value) not in self._seen and depth <= _DEPTH:
            self._seen.add(id(value))
            self._container(value, at, depth)

    def _partial(self, value: functools.partial[Any], at: str, depth: int) -> None:
        self._value(value.func, at, depth)
        for index, item in enumerate(value.args):
            self._value(item, f"{at}.args[{index}]", depth + 1)
        for name, item in sorted(value.keywords.items()):
            self._value(item, f"{at}.{name}", depth + 1)

    def _container(self, value: Any, at: str, depth: int) -> None:
        kind = type_of(value)
        if kind in (list, tuple):
            content = [(f"{at}[{index}]", item) for index, item in enumerate(items(value))]
        elif is_plain_mapping(value):
            content = [(f"{at}[{_short(key)}]", item) for key, item in entries(value)]
        elif kind in (set, frozenset):
            self.parts[at] = _hash(*sorted(_short(item) for item in items(value)))
            return
        else:
            self._object(value, kind, at, depth)
            return
        self.parts[at] = f"{kind.__name__} of {len(content)}"
        if len(content) <= _NAMED_ITEMS:
            for place, item in content:
                self._value(item, place, depth + 1)
        else:
            self._in_one(content[:_ITEMS], at, depth)

    def _in_one(self, content: list[tuple[str, Any]], at: str, depth: int) -> None:
        """Data that is a table rather than a setting is one part, however long it is."""
        outer, self.parts = self.parts, {}
        for place, item in content:
            self._value(item, place, depth + 1)
        outer[at] += " " + _hash(*(f"{place} {part}" for place, part in self.parts.items()))
        self.parts = outer

    def _object(self, value: Any, kind: type[Any], at: str, depth: int) -> None:
        self.parts[at] = f"a {_qualified(kind)}"
        if self._is_user_class(kind):
            self._class(kind, at)
        elif not kind.__module__.startswith(self._opened or ("\0",)):
            return
        for name, item in sorted(getattr(value, "__dict__", {}).items()):
            self._value(item, f"{at}.{name}", depth + 1)

    def _function(self, function: FunctionType, at: str, depth: int) -> None:
        while is_own(function.__code__.co_filename) and hasattr(function, "__wrapped__"):
            # What lar-debug has put around the user's code is no part of it.
            function = getattr(function, "__wrapped__")  # noqa: B009
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        is_user = self._files.is_named_module(function.__module__) or self._files.is_source(
            function.__code__.co_filename
        )
        if not is_user:
            self.parts[at] = f"{function.__module__}.{function.__qualname__}"
            return
        if depth == 0 and function.__name__.isidentifier():
            at = f"{at}:{function.__name__}"
        self._code(function.__code__, at, function, function.__doc__)
        for index, value in enumerate(function.__defaults__ or ()):
            self._value(value, f"{at} default {index}", 2)
        for name, value in sorted((function.__kwdefaults__ or {}).items()):
            self._value(value, f"{at} default {name}", 2)
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=False
        ):
            try:
                content = cell.cell_contents
            except ValueError:
                continue
            self._value(content, f"{at} uses {name}", 2)
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is not None:
            self._value(wrapped, f"{at} wraps", 2)

    def _code(self, code: CodeType, at: str, function: FunctionType, doc: str | None) -> None:
        self.parts[at] = self._code_hash(code, at, function, doc)

    def _code_hash(self, code: CodeType, at: str, function: FunctionType, doc: str | None) -> str:
        constants: list[str] = []
        for index, constant in enumerate(code.co_consts):
            if not isinstance(constant, CodeType):
                is_doc = index == 0 and _is_docstring(code, constant, doc)
                constants.append("None" if is_doc else _constant(constant))
            elif constant.co_name.startswith("<"):
                # Comprehensions and lambdas have no name to tell: they are part of what is around.
                constants.append(self._code_hash(constant, at, function, None))
            else:
                self._code(constant, f"{at}>{constant.co_name}", function, None)
        self._used(code, at, function)
        return _hash(
            code.co_code.hex(), *constants, code.co_names, code.co_varnames, code.co_freevars
        )

    def _used(self, code: CodeType, at: str, function: FunctionType) -> None:
        names = function.__globals__
        home = normal_module(function.__module__ or "")
        modules: list[ModuleType] = []
        for name in code.co_names:
            if name not in names:
                continue
            value = names[name]
            if isinstance(value, ModuleType):
                if self._files.is_module(value):
                    modules.append(value)
            elif not isinstance(value, BuiltinFunctionType):
                self._value(value, f"{at} uses {_shown_name(name, value, home, self._files)}", 1)
        for module in modules:
            for name in code.co_names:
                if name in vars(module):
                    module_name = normal_module(module.__name__)
                    self._value(vars(module)[name], f"{at} uses {module_name}.{name}", 1)
        for name, meaning in self._imports.of(code, str(names.get("__package__") or "")).items():
            self.parts[f"{at} uses {name}"] = meaning


def _unwrapped(value: Any) -> Any:
    """The function inside a staticmethod, a classmethod or a property."""
    for name in ("__func__", "fget"):
        if type(value) in (staticmethod, classmethod, property) and hasattr(value, name):
            return getattr(value, name)
    return value


def _is_docstring(code: CodeType, constant: object, doc: str | None) -> bool:
    """True for the constant that holds a function's docstring: it changes nothing that runs."""
    if constant is None or doc is None or code.co_name == "<lambda>":
        return False
    if not code.co_flags & _OPTIMIZED:
        return False
    if sys.version_info >= (3, 13):
        # There the compiler takes the indentation away, so the two may differ.
        return bool(code.co_flags & 0x4000000)
    return constant == doc


def _constant(value: object) -> str:
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(map(_constant, items(value)))) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(map(_constant, items(value))) + ")"
    return f"{type(value).__name__}:{value!r}"


def _qualified(kind: type) -> str:
    return f"{normal_module(kind.__module__)}.{kind.__qualname__}"


def _shown_name(name: str, value: Any, home: str, files: UserFiles) -> str:
    """A name as a reason shows it: with its module where that is another one of the user's."""
    if not isinstance(value, (FunctionType, type)):
        return name
    module = normal_module(value.__module__ or "")
    if module == home or not files.is_named_module(value.__module__):
        return name
    return f"{module}.{value.__qualname__}"


def _short(value: object) -> str:
    """A text for a key or an item of a set that is the same in every process."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_short, items(value))) + ")"
    return _qualified(type(value))
