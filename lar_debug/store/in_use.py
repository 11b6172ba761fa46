"""Who may still refer to objects that no row names yet. Standard library only.

A program that writes into a store remembers which objects it has put there and does not put
them again. Objects may therefore be collected only while nobody remembers any: every writer
shares a lock that the collector needs alone. The system drops it with the process, so a killed
writer leaves nothing behind.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from weakref import WeakSet

from lar_debug.store.descriptors import Identity, identity

_shared: WeakSet[InUse] = WeakSet()


def _leave_to_parent() -> None:
    """In a forked child: what the parent remembers is the parent's alone."""
    for one in list(_shared):
        one.close()


os.register_at_fork(after_in_child=_leave_to_parent)


class InUse:
    """One connection's part in that lock. All methods are called under the store's write lock,
    which is why none of them has to wait."""

    def __init__(self, store: Path) -> None:
        # A file of its own: closing a second descriptor of the database itself would take
        # SQLite's locks away from the whole process.
        self._path = store.with_name(store.name + "-writers")
        self._descriptor: int | None = None
        self._identity: Identity | None = None

    def share(self) -> None:
        """From now on this connection may remember objects. Raises OSError."""
        if self._descriptor is None or not self._is_open:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            self._descriptor, self._identity = descriptor, identity(descriptor)
            _shared.add(self)

    @property
    def _is_open(self) -> bool:
        """False when the program has closed the descriptor, whatever it opened there since."""
        return self._descriptor is not None and identity(self._descriptor) == self._identity

    def alone(self) -> bool:
        """True when no other connection, of any process, remembers objects. Raises OSError."""
        self.share()
        assert self._descriptor is not None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
            return False
        return True

    def share_again(self) -> None:
        """The end of being alone, before others can begin to write."""
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def close(self) -> None:
        """This connection remembers nothing any more."""
        if self._descriptor is not None and self._is_open:
            os.close(self._descriptor)
        self._descriptor = None
