"""The files whose saves matter to one recording: bounded, the user's own, absolute.

Files are looked at off the event loop: taking one in reads it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

from lar_debug.model.records import FileUse
from lar_debug.session.recording import Recording
from lar_debug.session.stale import saved_unseen
from lar_debug.watch import Watcher

MOST_FILES = 2_000
"""More are not watched: each costs a look three times a second."""

MOST_LIKELY = 4
"""A process that waits for the next save stops before each of these."""

_SYSTEM = ("/usr/", "/lib/", "/lib64/", "/dev/", "/proc/", "/sys/")
_INSTALLED = ("/site-packages/", "/dist-packages/", "/.cache/lar-debug/")


CLOCK_STEP = 0.02
"""Seconds by which the time of a file may lie before the moment it was saved: kernels stamp files
with a clock that moves in steps."""


class Watched:
    """What a recording's watcher watches."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._environment = str(Path(recording.info.interpreter).parent.parent) + "/lib"
        self._paths: dict[str, None] = {}
        self._any_saved = False
        self.left_out = 0
        """How many files were too many to be watched."""
        self.likely: tuple[str, ...] = ()
        """The files that are likely to be saved next: those that were saved last; before any was,
        those that importing the graph read, which are its prompts more often than not."""
        self.watcher = Watcher()

    def __len__(self) -> int:
        return len(self._paths)

    async def begin(self, since: float) -> frozenset[str]:
        """Watch what was recorded: the user's modules first, then what steps opened.

        Returns those that were saved from `since` (seconds since the epoch) on and before they
        were watched: nobody else will tell of that save.
        """
        paths = await asyncio.to_thread(self._recorded)
        await self.add(paths)
        return await asyncio.to_thread(_saved_since, frozenset(self._paths), since)

    def _recorded(self) -> list[str]:
        store, run = self._recording.store, self._recording.run
        of_run = [use for use in store.files(run) if use.mode != "w"]
        self.likely = tuple(use.path for use in of_run if use.mode == "import")
        return [*(use.path for use in of_run), *store.paths(run)]

    def saved(self, paths: Iterable[str]) -> None:
        """These were saved just now."""
        saved = tuple(sorted(paths))
        before = self.likely if self._any_saved else ()
        self._any_saved = True
        self.likely = (*saved, *(one for one in before if one not in saved))[:MOST_LIKELY]

    async def add(self, paths: Iterable[str]) -> bool:
        """Watch these too; True when that are more than before."""
        known, left_out = len(self._paths), self.left_out
        for path in paths:
            if path in self._paths or not self._matters(path):
                continue
            if len(self._paths) >= MOST_FILES:
                self.left_out += 1
            else:
                self._paths[path] = None
        if len(self._paths) == known:
            return self.left_out > left_out
        await asyncio.to_thread(self._watch, frozenset(self._paths))
        return True

    def _watch(self, paths: frozenset[str]) -> None:
        self.watcher.files = paths

    def _matters(self, path: str) -> bool:
        if not Path(path).is_absolute() or path.startswith((*_SYSTEM, self._environment)):
            return False
        return not any(part in path for part in _INSTALLED)

    async def used(self, uses: Iterable[FileUse]) -> frozenset[str]:
        """Watch the files of an attempt.

        Returns those that were saved after the attempt had read them and before they were
        watched: nobody else will tell of that save.
        """
        uses = [use for use in uses if use.mode != "w"]
        new = [use for use in uses if use.path not in self._paths]
        await self.add(use.path for use in uses)
        return await asyncio.to_thread(saved_unseen, new) if new else frozenset()


def _saved_since(paths: frozenset[str], since: float) -> frozenset[str]:
    # ctime: whoever renames a file into place, or puts its old time back, moves that one.
    return frozenset(path for path in paths if _changed_at(path) >= since - CLOCK_STEP)


def _changed_at(path: str) -> float:
    try:
        return os.stat(path).st_ctime
    except (OSError, ValueError):
        return 0.0
