"""What a node does to the world: files it opens, hosts it connects to, programs it starts.

What happens is told by hooks.py. Knows no engine and no store.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, cast

from lar_debug.model.records import NOT_NOTED, FileUse
from lar_debug.runtime.ahead import Ahead
from lar_debug.runtime.compiled import content_digest
from lar_debug.runtime.observation import Observation, observed, quiet
from lar_debug.runtime.outside import Outside
from lar_debug.runtime.sources import DIGEST_LIMIT, UserFiles, read_bytes

TEXT_LIMIT = 256 << 10
"""Bytes of a text file that are kept with the recording."""


class Blocked(PermissionError):
    """Raised into a node that is only verified and wants to reach the outside."""


KeepText = Callable[[str], str]
"""Puts a text into the store and returns its reference."""


class Effects:
    """Notes what happens for the observed nodes, and outside of them what was read for the run."""

    def __init__(
        self, files: UserFiles, keep_text: KeepText, *, whole_program: bool = True
    ) -> None:
        """Without `whole_program` only what nodes do is looked at."""
        self._files = files
        self._keep_text = keep_text
        self._whole_program = whole_program
        self._hosts: dict[str, str] = {}
        self.read_outside: dict[str, FileUse] = {}
        self.outside = Outside(files)
        self.active = True
        self.blocking = False
        """While True nothing reaches the outside: what tries gets Blocked."""
        self.ahead: Ahead | None = None
        """What waits before the outside is reached; while a graph is recorded nothing does."""

    @property
    def reached(self) -> list[list[str]]:
        """[kind, where] of what the program did to the outside while no node ran."""
        if self._whole_program:
            return self.outside.reached
        return [["process", NOT_NOTED]]

    @property
    def blocks(self) -> bool:
        """True while nothing of what a node does may reach the outside."""
        return self.blocking or any(one.blocking for one in observed())

    # -- what is noted ----------------------------------------------------------------------

    def opened(self, path: Any, *, writing: bool) -> None:
        """A file was opened, or is about to be."""
        running = observed()
        if not running and not self._whole_program:
            return
        name = self._data_path(path)
        if name is None:
            return
        if self.ahead is not None and not writing:
            self.ahead.comes_to(name)
        if writing:
            self._reach(running, "file", "write", name, {"path": name, "mode": "w"})
            for one in running:
                one.files[name, "w"] = FileUse(name, "w")
            return
        if any((name, "w") in one.files or (name, "r") in one.files for one in running):
            return
        use = self._use(name, next((one.keep_text for one in running if one.keep_text), None))
        if use is None:
            return
        for one in running:
            one.files[name, use.mode] = use
        if not running:
            self.read_outside[name] = use._replace(mode="import") if use.mode == "r" else use

    def changed(self, what: str, path: Any) -> None:
        """A file or folder was removed, renamed, made, ..."""
        name = self._data_path(path)
        if name is not None:
            self._reach(observed(), "file", "write", name, {"path": name, "mode": what})

    def connected(self, address: Any) -> None:
        """A socket is about to connect."""
        if isinstance(address, tuple):
            host, *rest = map(str, cast("tuple[object, ...]", address))
            where = ":".join((self._hosts.get(host, host), *rest[:1]))
        else:
            where = os.fsdecode(address) if isinstance(address, (str, bytes)) else repr(address)
        self._reach(observed(), "http", "connect", where, {"address": where})

    def about_to_reach(self) -> None:
        """Something outside of this process comes next."""
        if self.ahead is not None:
            self.ahead.wait()

    def lists(self, folder: Any) -> None:
        """The names in a folder are about to be read."""
        if self.ahead is not None:
            self.ahead.lists(folder)

    def resolved(self, host: Any, found: list[Any]) -> None:
        """A name was looked up: connections are shown by name."""
        if isinstance(host, (str, bytes)):
            name = host if isinstance(host, str) else host.decode("ascii", "replace")
            for entry in found:
                self._hosts[str(entry[4][0])] = name

    def started(self, command: Any) -> None:
        """A process is about to be started."""
        argv = _parts(command) if isinstance(command, (list, tuple)) else [plain(command)]
        self._reach(observed(), "process", "process", " ".join(argv), {"argv": argv})

    def _reach(
        self,
        running: tuple[Observation, ...],
        kind: str,
        effect: str,
        where: str,
        settings: dict[str, Any],
    ) -> None:
        self.about_to_reach()
        for one in running:
            one.effects[effect] = None
            if not any(call.kind == kind and call.settings == settings for call in one.calls[-1:]):
                one.begin_call(kind, prompt=where, settings=settings)
        if not running and self._whole_program:
            self.outside.note(kind, where)
        if self.blocks:
            line = f"not done while it is only checked: {effect} {where}"
            for one in running:
                one.blocked = one.blocked or line
            raise Blocked(line)

    # -- files ------------------------------------------------------------------------------

    def _data_path(self, path: Any) -> str | None:
        if isinstance(path, int) or path is None:
            return None
        try:
            name = os.path.abspath(os.fsdecode(path))
        except (TypeError, ValueError, OSError):
            return None
        return name if self._files.is_data(name) and not os.path.isdir(name) else None

    def _use(self, name: str, keep_text: KeepText | None) -> FileUse | None:
        with quiet():
            if not os.path.exists(name):
                return FileUse(name, "missing")
            if not os.path.isfile(name):
                return None
            return file_use(name, "r", keep_text or self._keep_text)

    def written_files(self, running: Observation) -> list[FileUse]:
        """The files of a node that has ended, the written ones with what is in them now."""
        return [
            FileUse(use.path, "w", _digest(use.path)) if use.mode == "w" else use
            for use in running.files.values()
        ]


def file_use(path: str, mode: str, keep_text: KeepText) -> FileUse:
    """A file with its digest, and its text when it is text and under 256 KB."""
    data = read_bytes(path, DIGEST_LIMIT)
    if data is None:
        return FileUse(path, mode)
    text = ""
    if len(data) < TEXT_LIMIT and b"\0" not in data:
        try:
            text = keep_text(data.decode("utf-8"))
        except UnicodeDecodeError:
            text = ""
    return FileUse(path, mode, content_digest(data), text)


def _digest(path: str) -> str:
    data = read_bytes(path, DIGEST_LIMIT)
    return "" if data is None else content_digest(data)


def _parts(command: Any) -> list[str]:
    return [plain(part) for part in command]


def plain(part: Any) -> str:
    """A path or a word of a command as text."""
    try:
        name: str = os.fsdecode(part)
    except TypeError:
        return repr(part)
    return name
