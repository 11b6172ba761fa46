"""Running ahead of a save: what an attempt needs, and what the save will hardly touch.

A process that waits for its attempt loads the user's code as every attempt does, in the same
order, and stops right before the first thing that may come out differently when it is asked for:
a file that a person is editing, whatever reaches the outside, the node itself. What it saw of
the disk until then is looked at again when it is asked; where something has changed the process
is of no use, and says so. Knows no engine. Standard library only.
"""

from __future__ import annotations

import importlib
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from lar_debug.runtime.compiled import content_digest
from lar_debug.runtime.observation import is_quiet, quiet
from lar_debug.runtime.sources import UserFiles, read_bytes

Request = dict[str, Any]

MOST_SEEN = 5_000
"""More files and folders are not looked at again when a person waits."""

_UNSURE_SECONDS = 2.0
"""A file that was changed so shortly before may be changed again without its times telling."""

_Signature = tuple[int, ...]
_LOOKS = ("stat", "lstat", "access")


class Ahead:
    """What a process that runs ahead has seen, and where it stops."""

    def __init__(
        self,
        edited: Iterable[str],
        files: UserFiles,
        *,
        receive: Callable[[], Request],
        asked: Callable[[Request], None],
        give_up: Callable[[], NoReturn],
    ) -> None:
        """`receive` waits for what is wanted, `asked` is told it, `give_up` ends the process."""
        self._edited = frozenset(map(os.path.realpath, edited))
        self._files = files
        self._receive, self._asked, self._give_up = receive, asked, give_up
        self._lock = threading.RLock()
        self._seen: dict[str, tuple[_Signature | None, str]] = {}
        self._listed: dict[str, list[str] | None] = {}
        self._replaced: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}
        self.over = False
        """True from the moment when the attempt was asked for."""

    def begin(self) -> None:
        """Look at what the user's code looks at, from now until the attempt is asked for."""
        for name in _LOOKS:
            original = getattr(os, name)

            def looking(path: Any, *args: Any, _do: Any = original, **kwargs: Any) -> Any:
                if not is_quiet():
                    self.comes_to(path)
                return _do(path, *args, **kwargs)

            for able in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
                if original in able:
                    able.add(looking)
            self._replaced[name] = original, looking
            setattr(os, name, looking)

    def comes_to(self, path: Any) -> None:
        """A file is about to be read or looked at."""
        if self.over or isinstance(path, int):
            return
        try:
            name = os.path.abspath(os.fsdecode(path))
        except (TypeError, ValueError, OSError):
            return
        if name in self._seen or not self._files.is_data(name):
            return
        with quiet():
            edited = os.path.realpath(name) in self._edited
            if not edited:
                self._seen[name] = _look(name)
        if edited or len(self._seen) > MOST_SEEN:
            self.wait()

    def lists(self, path: Any) -> None:
        """The names in a folder are about to be read."""
        if self.over:
            return
        if isinstance(path, int):
            self.wait()
            return
        name = os.path.abspath(os.fsdecode(path or "."))
        if self._files.is_data(name):
            with quiet():
                self._listed[name] = _names(name)

    def wait(self) -> None:
        """Go on only when the attempt is asked for. Does nothing from then on."""
        with self._lock, quiet():
            if self.over:
                return
            request = self._receive()
            self.over = True
            for name, (original, looking) in self._replaced.items():
                # The user's code may have put something of its own there.
                if getattr(os, name) is looking:
                    setattr(os, name, original)
            if self._has_changed():
                self._give_up()
            importlib.invalidate_caches()
            self._asked(request)

    def _has_changed(self) -> bool:
        return any(_differs(name, *seen) for name, seen in self._seen.items()) or any(
            _names(name) != names for name, names in self._listed.items()
        )


def _look(path: str) -> tuple[_Signature | None, str]:
    """What tells a file from a later one: its times, and its content where they may not."""
    signature = _signature(path)
    if signature is None or time.time() - signature[-1] / 1e9 > _UNSURE_SECONDS:
        return signature, ""
    return signature, content_digest(read_bytes(path) or b"")


def _differs(path: str, signature: _Signature | None, digest: str) -> bool:
    if _signature(path) != signature:
        return True
    return bool(digest) and content_digest(read_bytes(path) or b"") != digest


def _signature(path: str) -> _Signature | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(status.st_mode):
        # Its times change with every save by renaming; what is in it is compared by name.
        return status.st_dev, status.st_ino, 0
    return status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns, status.st_mtime_ns


def _names(folder: str) -> list[str] | None:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return None
