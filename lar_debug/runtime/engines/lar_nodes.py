"""What lar-debug says about a node of Lár: label, place, source, the keys its definition names.

Reads attributes of nodes and source files; runs nothing of the user's. Does not import the
engine: classes are told apart by the attributes that their constructors set.
"""

from __future__ import annotations

import functools
import string
import sys
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from lar_debug.model.engines import bookkeeping
from lar_debug.model.records import Node
from lar_debug.runtime.fingerprint import Fingerprint
from lar_debug.runtime.identity import GlobalName, Graph
from lar_debug.runtime.sources import SourceTexts, UserFiles, type_of

HIDDEN_KEYS = bookkeeping("lar")

_FUNCTIONS = ("func", "tool_function", "decision_function")


def code_of(node: Any) -> CodeType | None:
    """The code of the function that a node wraps, None for nodes that wrap none."""
    for name in _FUNCTIONS:
        function = getattr(node, "__dict__", {}).get(name)
        while isinstance(function, functools.partial):
            function = function.func
        function = getattr(function, "__func__", function)
        wrapped = getattr(function, "__wrapped__", None)
        code = getattr(wrapped if wrapped is not None else function, "__code__", None)
        if isinstance(code, CodeType):
            return code
    return None


def template_keys(template: object) -> tuple[str, ...]:
    """State keys that a prompt template names, as `{key}` or `{{key}}`."""
    if not isinstance(template, str):
        return ()
    single = template.replace("{{", "{").replace("}}", "}")
    keys: dict[str, None] = {}
    try:
        for _, field, _, _ in string.Formatter().parse(single):
            name = (field or "").partition(".")[0].partition("[")[0]
            if name.isidentifier():
                keys[name] = None
    except ValueError:
        pass
    return tuple(keys)


class NodeFacts:
    """Facts about the nodes of one run; source files are read once."""

    def __init__(self, files: UserFiles, caller_file: str = "") -> None:
        self._files = files
        self._texts = SourceTexts()
        self._caller_file = caller_file

    def label(self, node: Any) -> str:
        """What to call a node without a name of its own."""
        code = code_of(node)
        if code is not None:
            return f"{code.co_name} {self._files.place(code.co_filename, code.co_firstlineno)}"
        return type(node).__name__

    def definition(self, node: Any, name: GlobalName | None) -> tuple[str, str]:
        """(where, source): the function of the node, its class if it is the user's, or the
        statement that makes it. ("", "") when none of them is found."""
        code = code_of(node)
        if code is not None and self._files.is_source(code.co_filename):
            place = self._files.place(code.co_filename, code.co_firstlineno)
            return place, self._texts.of_code(code)
        kind = type_of(node)
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        if file is not None and self._files.is_source(file):
            source, line = self._texts.of_class(kind, file)
            return (self._files.place(file, line) if line else ""), source
        return self._statement(node, name)

    def _statement(self, node: Any, name: GlobalName | None) -> tuple[str, str]:
        if name is None:
            return "", ""
        for file in self._files_with(node, name):
            found = self._texts.assignment(file, name.name)
            if found is not None:
                return self._files.place(file, found.lineno), self._texts.segment(file, found)
        return "", ""

    def _files_with(self, node: Any, name: GlobalName) -> Iterator[str]:
        """Files that may make the node: that of its name first, then those it is imported from."""
        own = getattr(sys.modules.get(name.module), "__file__", None) or self._caller_file
        if own:
            yield own
        for _, module in self._files.modules():
            file = getattr(module, "__file__", None)
            if file and file != own and vars(module).get(name.name) is node:
                yield file

    def node(self, node: Any, graph: Graph, fingerprint: Fingerprint) -> Node:
        """The record of a node."""
        where, _ = self.definition(node, graph.name(node))
        return Node(
            address=graph.address(node),
            label=graph.label(node),
            type=type(node).__name__,
            where=where,
            produced_by=graph.made_by.get(id(node)),
            fingerprint=fingerprint,
        )


def question_key(node: Any) -> str | None:
    """The key that a HumanJuryNode leaves its answer under, None for a node that asks nobody."""
    known: dict[str, Any] = getattr(node, "__dict__", {})
    return str(known.get("output_key", "")) if "choices" in known else None


def question_of(node: Any, state: Mapping[str, Any], id: str) -> dict[str, Any]:
    """What a HumanJuryNode asks, as the execution keeps it in its note."""
    known: dict[str, Any] = getattr(node, "__dict__", {})
    return {
        "id": id,
        "question": known.get("prompt", ""),
        "choices": known.get("choices", []),
        "context": {key: state.get(key) for key in known.get("context_keys", ())},
        "needs_rationale": bool(known.get("authority_ledger")),
    }
