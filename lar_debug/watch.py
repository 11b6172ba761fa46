"""Tells which of a set of files were saved: the first link of save -> new output.

What a file holds decides (its stat, then its hash); watchfiles only says when to look, and
where it is missing, fails or goes deaf a poll looks instead. May not know steps, nodes or
the screen, and imports nothing slow: watchfiles is loaded in the watching thread.
"""

from __future__ import annotations

import asyncio
import os
import stat
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from hashlib import blake2b
from types import TracebackType
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, TypeAlias

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

POLL = 0.3
"""Seconds between two looks at every file while wake-ups work."""

POLL_ALONE = 0.05
"""Seconds between two looks when nothing else would notice a save."""

DEBOUNCE_MS = 50
STEP_MS = 5
BUSY_STEP_MS = 2
BUSY = 120.0
"""watchfiles' pace: a save is told one or two steps after it, a burst after the debounce. For
`BUSY` seconds after a save the step is the shorter one, which takes three times the processor."""

COARSE = 2.1
"""Seconds for which an unmoved stat proves nothing: some file systems count whole seconds, FAT
two, and every kernel a few milliseconds, so that a second save can leave the same stat."""

GONE = 0.1
"""Seconds a file may be away in the middle of a save (renamed away, not yet written again)."""

SAME_SAVE = 0.5
"""Seconds in which a new stat with the same content still belongs to the save just told: editors
set mode and times after the content. Longer than `POLL`, so that the next look falls into it."""

LARGE = 8 * 1024 * 1024
"""Bytes above which a file is judged by its stat alone, so that no look takes long."""


class Saved(NamedTuple):
    """Watched files that were saved.

    `paths` hold something else than before, were created or are gone; `touched` hold what they
    held (saved unchanged, touch, chmod). At least one of the two is not empty. Paths are spelled
    as in `Watcher.files`. `at`: seconds since the epoch when it was noticed.
    """

    paths: frozenset[str]
    at: float
    touched: frozenset[str] = frozenset()


_StatKey: TypeAlias = tuple[int, int, int, int, int]
_Finding: TypeAlias = Literal["changed", "touched", ""]


def _stat_key(status: os.stat_result) -> _StatKey:
    # ctime too: programs may put the old mtime back, none can put back ctime.
    return (
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_size,
        status.st_dev,
        status.st_ino,
    )


def _key_of(path: str) -> _StatKey | None:
    try:
        return _stat_key(os.stat(path))
    except (OSError, ValueError):
        return None


def _look(path: str) -> tuple[_StatKey | None, bytes | None]:
    """What `path` is now: its stat and its content's hash; (None, None) if it cannot be read."""
    try:
        status = os.stat(path)
        key = _stat_key(status)
        if stat.S_ISDIR(status.st_mode) or status.st_size > LARGE:
            return key, repr(key).encode()
        if not stat.S_ISREG(status.st_mode):
            # Opening a pipe or a device can block for ever or do something.
            return key, b""
        # The stat comes first: what is written after it makes a new one, and is seen next time.
        with open(path, "rb") as file:
            return key, blake2b(file.read(), digest_size=16).digest()
    except (OSError, ValueError):
        return None, None


class _Entry:
    """What is known of one watched file. Times are of the monotonic clock."""

    __slots__ = ("digest", "gone", "key", "seen", "told")

    def __init__(self, path: str, now: float) -> None:
        self.key: _StatKey | None
        self.digest: bytes | None
        self.key, self.digest = _look(path)
        self.seen = now
        self.gone: float | None = None
        self.told = float("-inf")

    def compare(self, path: str, now: float) -> _Finding:
        """What happened to the file since the last call."""
        if now - self.seen > COARSE and self.gone is None and _key_of(path) == self.key:
            return ""
        key, digest = _look(path)
        if digest is None:
            return self._missing(now)
        self.gone = None
        moved = key != self.key
        if moved:
            self.key, self.seen = key, now
        if digest != self.digest:
            self.digest = digest
            self.told = now
            return "changed"
        if moved and now - self.told > SAME_SAVE:
            self.told = now
            return "touched"
        return ""

    def _missing(self, now: float) -> _Finding:
        if self.digest is None:
            return ""
        if self.gone is None:
            self.gone = now
        if now - self.gone < GONE:
            return ""
        self.key = self.digest = self.gone = None
        self.seen = self.told = now
        return "changed"


class Files:
    """The truth about a set of files, without any wake-up: call `check` to look at all.

    Safe to use from several threads. A file need not exist: its creation is a change.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    @property
    def paths(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._entries)

    def replace(self, paths: Iterable[str]) -> bool:
        """Watch exactly `paths`; True when that is another set than before.

        A new one counts from what it holds now; one that stays keeps what was known of it, so
        a save that was not told yet is told. Raises ValueError for a path that is not absolute.
        """
        wanted = frozenset(paths)
        for path in wanted:
            if not os.path.isabs(path):
                raise ValueError(f"not an absolute path: {path}")
        now = time.monotonic()
        with self._lock:
            if wanted == self._entries.keys():
                return False
            known = self._entries
            self._entries = {path: known.get(path) or _Entry(path, now) for path in wanted}
            return True

    def check(self, now: float | None = None) -> Saved | None:
        """Look at every file; None when nothing was saved. `now`: monotonic seconds."""
        now = time.monotonic() if now is None else now
        with self._lock:
            found = {path: entry.compare(path, now) for path, entry in self._entries.items()}
        changed = frozenset(path for path, what in found.items() if what == "changed")
        touched = frozenset(path for path, what in found.items() if what == "touched")
        return Saved(changed, time.time(), touched) if changed or touched else None


class _Places(NamedTuple):
    """Where wake-ups can come from: `folders` to listen in, `names` that matter there."""

    folders: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, paths: Iterable[str]) -> _Places:
        folders: set[str] = set()
        names: set[str] = set()
        real_folders: dict[str, str] = {}
        for path in paths:
            folder, name = os.path.split(path)
            if folder not in real_folders:
                real_folders[folder] = os.path.realpath(folder)
            beside = os.path.join(real_folders[folder], name)
            # Only who listens beside a link's target hears of an edit there.
            real = os.path.realpath(beside) if os.path.islink(beside) else beside
            folders.update((folder, real_folders[folder], os.path.dirname(real)))
            names.update((path, beside, real))
        present = frozenset(folder for folder in folders if os.path.isdir(folder))
        return cls(present, frozenset(names))


class _Ear:
    """Hears of changes in folders through watchfiles; deaf where that is missing or fails."""

    def __init__(self, folders: frozenset[str]) -> None:
        self._notify: RustNotify | None = None
        if not folders:
            return
        try:
            # `watchfiles.watch` hides from its caller when listening has begun, and obeys
            # environment variables that force polling, which loses saves.
            from watchfiles._rust_notify import RustNotify

            self._notify = RustNotify(sorted(folders), False, False, 300, False, True)
        except (ImportError, OSError, RuntimeError):
            # Not installed, too many watches, or a folder that has just gone.
            pass

    @property
    def hears(self) -> bool:
        return self._notify is not None

    def listen(self, seconds: float, stop: threading.Event, step: int) -> frozenset[str]:
        """Paths that something happened to; empty after `seconds` or when `stop` is set."""
        if self._notify is None:
            stop.wait(seconds)
            return frozenset()
        milliseconds = max(1, round(seconds * 1000))
        try:
            heard = self._notify.watch(DEBOUNCE_MS, step, milliseconds, stop)
        except RuntimeError:
            self.close()
            return frozenset()
        # A word instead of a set: "timeout", "stop" or "signal".
        return frozenset() if isinstance(heard, str) else frozenset(path for _, path in heard)

    def close(self) -> None:
        if self._notify is not None:
            self._notify.close()
            self._notify = None


class Watcher:
    """Watches `files` in a thread of its own and gives every save to one `async for`.

        async with Watcher(files) as watcher:
            async for saved in watcher: ...

    `files` (absolute paths, that need not exist) may be set at any time, from any thread: no
    save of a file that stays is lost by it. Saves that are closer to each other than two looks
    come as one. `close` ends the iteration and returns when the thread is gone.
    """

    def __init__(self, files: Iterable[str] = ()) -> None:
        self._files = Files()
        self._files.replace(files)
        self._queue: asyncio.Queue[Saved | None] = asyncio.Queue()
        self._restart = threading.Event()
        self._closed = False
        self._deaf = False
        self._thread: threading.Thread | None = None

    @property
    def files(self) -> frozenset[str]:
        return self._files.paths

    @files.setter
    def files(self, paths: Iterable[str]) -> None:
        if self._files.replace(paths):
            self._restart.set()

    def start(self) -> None:
        """Begin to watch; needs a running event loop. Saves since the files were set count."""
        if self._thread is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._thread = threading.Thread(
                target=self._run, args=(loop,), name="lar-debug watch", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        self._closed = True
        self._restart.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._queue.put_nowait(None)

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __aiter__(self) -> AsyncIterator[Saved]:
        return self

    async def __anext__(self) -> Saved:
        saved = await self._queue.get()
        if saved is None:
            # For who asks once more.
            self._queue.put_nowait(None)
            raise StopAsyncIteration
        return saved

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        def give(saved: Saved | None) -> None:
            try:
                loop.call_soon_threadsafe(self._queue.put_nowait, saved)
            except RuntimeError:
                # The loop is closed: nobody is there to be told.
                self._closed = True
                self._restart.set()

        try:
            while True:
                # Cleared before `_closed` is read: a close in between must not be missed.
                self._restart.clear()
                if self._closed:
                    return
                self._listen(give)
        finally:
            give(None)

    def _listen(self, give: Callable[[Saved], None]) -> None:
        """Tell of saves until the ear has to be put elsewhere, or on new folders of old names."""
        places = _Places.of(self._files.paths)
        ear = _Ear(places.folders)
        try:
            self._tell(ear, places, give)
        finally:
            ear.close()

    def _tell(self, ear: _Ear, places: _Places, give: Callable[[Saved], None]) -> None:
        # Whatever was saved before the ear was there is found by the first look.
        first, woken, replaced, due, busy_until = True, False, False, 0.0, 0.0
        while not self._restart.is_set():
            if woken or time.monotonic() >= due:
                saved = self._files.check()
                if saved is not None:
                    give(saved)
                    busy_until = time.monotonic() + BUSY
                    if not first and self._is_elsewhere(woken, places):
                        return
                first = False
                due = time.monotonic() + (POLL if ear.hears and not self._deaf else POLL_ALONE)
            if replaced:
                return
            now = time.monotonic()
            step = BUSY_STEP_MS if now < busy_until else STEP_MS
            heard = ear.listen(due - now, self._restart, step)
            replaced = not heard.isdisjoint(places.folders)
            woken = replaced or not heard.isdisjoint(places.names)

    def _is_elsewhere(self, woken: bool, places: _Places) -> bool:
        """Whether the ear is in the wrong place, after a save.

        A save that only the poll found means that nothing is heard from there: the folder was
        replaced, or its file system tells nothing (mounts in containers). Until something is
        heard the poll then looks as often as it does alone.
        """
        self._deaf = not woken
        return self._deaf or _Places.of(self._files.paths) != places
