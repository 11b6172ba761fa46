"""The user's modules that are loaded in this process, as files with their content."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from lar_debug.model.records import FileUse
from lar_debug.runtime.effects import KeepText, file_use
from lar_debug.runtime.loader import loaded
from lar_debug.runtime.sources import UserFiles


def module_files(
    files: UserFiles, keep_text: KeepText, known: Collection[tuple[str, str]] = ()
) -> Iterator[FileUse]:
    """One use per source file of the user's, with the content that was loaded from it.

    Files whose (path, digest) is among the `known` are left out.
    """
    for path in dict.fromkeys(_paths(files)):
        source = loaded.get(path)
        if source is None:
            yield file_use(path, "module", keep_text)
        elif (path, source.digest) not in known:
            text = keep_text(source.source.decode("utf-8", "replace"))
            yield FileUse(path, "module", source.digest, text)


def module_digests(files: UserFiles) -> dict[str, str]:
    """The digest of each source file of the user's, by its path."""
    return {
        path: loaded[path].digest if path in loaded else file_use(path, "module", _nowhere).digest
        for path in _paths(files)
    }


def _nowhere(text: str) -> str:
    del text
    return ""


def _paths(files: UserFiles) -> Iterator[str]:
    for _, module in files.modules():
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.endswith(".py"):
            yield os.path.abspath(path)
