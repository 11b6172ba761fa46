"""The lock of a thread: held by whoever goes on with it, dropped by the system with its process.

A file beside the store for each thread that is at work. Standard library only.
"""

from __future__ import annotations

import fcntl
import os
from hashlib import blake2b
from pathlib import Path
from weakref import WeakSet

from lar_debug.store.descriptors import Identity, identity

_held: WeakSet[ThreadLock] = WeakSet()


def _leave_to_parent() -> None:
    """In a forked child: the lock is the parent's, and must not outlive it in the child."""
    for lock in list(_held):
        lock.close()


os.register_at_fork(after_in_child=_leave_to_parent)


class ThreadLock:
    """The lock of one thread. Not held until `acquire` says so."""

    _descriptor: int | None = None

    def __init__(self, store: Path, thread: str) -> None:
        name = blake2b(thread.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        self._path = store.with_name(f"{store.name}-thread-{name}")
        self._identity: Identity | None = None
        self._taken = False

    def acquire(self, *, force: bool = False) -> bool:
        """Take the lock; False when somebody has it. With `force` it is taken from whoever has
        it: that one keeps a lock that nobody looks at any more. Raises OSError."""
        while True:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self.close()
            # From here on it is closed with this object, whatever a signal handler raises.
            self._descriptor = os.open(self._path, flags, 0o600)
            self._identity = identity(self._descriptor)
            _held.add(self)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.close()
                if not force:
                    return False
                self._unlink()
                continue
            # Its last holder may have removed the file while it was opened here.
            if self._identity == self._file_now():
                self._taken = True
                return True

    @property
    def held(self) -> bool:
        """False when the program has closed the descriptor, or another took the lock by force."""
        open_now = self._descriptor is not None and identity(self._descriptor) == self._identity
        return self._taken and open_now and self._identity == self._file_now()

    def release(self) -> None:
        """Let others have it; removes its file. Does nothing when it is not held."""
        try:
            if self.held:
                self._unlink()
        finally:
            self.close()

    def close(self) -> None:
        """Drop the descriptor: in a forked child the parent keeps the lock."""
        if self._descriptor is not None and identity(self._descriptor) == self._identity:
            os.close(self._descriptor)
        self._descriptor, self._taken = None, False

    def __del__(self) -> None:
        self.close()

    def _file_now(self) -> Identity | None:
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _unlink(self) -> None:
        try:
            os.unlink(self._path)
        except FileNotFoundError:
            return
