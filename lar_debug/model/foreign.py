"""Runs that came from a file of another program: what they are marked with. Pure."""

from __future__ import annotations

from typing import Any, cast

from lar_debug.model.records import RunInfo

IMPORTED = "import"
"""The kind of entry of a run that was imported and whose graph nobody has named yet."""

GO_ENGINE = "langgraphgo"


def file_of(info: RunInfo) -> str:
    """The absolute path of the file that a run was imported from, "" for one that was not."""
    file: Any = info.entry.get("file")
    return str(cast("dict[str, Any]", file).get("path", "")) if isinstance(file, dict) else ""
