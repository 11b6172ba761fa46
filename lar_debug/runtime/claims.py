"""One process goes on with a thread: a lock, and in the store a token with a sign of life.

The lock says at once that its holder has ended, however that came; the token keeps one from
writing that lost the thread without noticing; the signs of life count where no lock can tell,
after the machine was started anew or when a program has closed all its files.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from typing import Final
from weakref import WeakSet

from lar_debug.model.problem import Problem
from lar_debug.model.threads import ClaimRow
from lar_debug.runtime.observation import quiet
from lar_debug.store.connection import explain
from lar_debug.store.database import Store, StoreError
from lar_debug.store.liveness import is_alive, is_same_boot, process_identity
from lar_debug.store.thread_lock import ThreadLock
from lar_debug.store.threads import Holding

BEAT_SECONDS: Final = 5.0
STALE_SECONDS: Final = 30.0
"""Without a sign of life for so long a holder that no lock vouches for counts as gone."""


class ThreadInUse(Problem):
    """Another process goes on with the thread; one line that says what to do."""


def _on_boot() -> float:
    """Seconds on a clock that nobody sets, the same for all processes of this machine."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def why_not(found: ClaimRow | None) -> str:
    """Why a thread whose lock is free may not be taken yet; "" when it may."""
    if found is None or found.process == process_identity():
        return ""
    if is_same_boot(found.process):
        silent = _on_boot() - found.beat_on_boot
        if not is_alive(found.process) or silent > STALE_SECONDS:
            return ""
    else:
        silent = time.time() - found.beat
        # A sign of life from the future says that a clock was changed, not that somebody lives.
        if abs(silent) > STALE_SECONDS:
            return ""
    wait = max(1, int(STALE_SECONDS - silent + 1))
    return f"process {pid_of(found.process)} may still be at it; try again in {wait} s"


def pid_of(process: str) -> str:
    """The number in a process identity, as a person knows it."""
    return process.split("/")[1] if "/" in process else "?"


class Claim:
    """Held from its making until `release`. Raises ThreadInUse and StoreError."""

    def __init__(self, store: Store, lock: threading.RLock, thread: str, *, force: bool) -> None:
        """`lock` is held whenever the store is written."""
        self._store, self._write_lock = store, lock
        self.holding = Holding(thread, secrets.token_hex(8))
        self._lock = ThreadLock(store.path, thread)
        self._pid = os.getpid()
        self.over = False
        try:
            self._acquire(force)
            now = ClaimRow(*self.holding, process_identity(), time.time(), _on_boot())
            with lock, quiet():
                reason = store.take_claim(now, lambda found: "" if force else why_not(found))
        except BaseException:
            self._lock.release()
            raise
        if reason:
            self._lock.release()
            raise ThreadInUse(f"thread {thread} is in use: {reason}, or take it over with force")
        _beating.add(self)
        _Heart.wake()

    def _acquire(self, force: bool) -> None:
        with quiet():
            try:
                taken = self._lock.acquire(force=force)
            except OSError as error:
                raise explain(error, self._store.path) from None
            if taken:
                return
            thread = self.holding.thread
            row = self._store.claim(thread)
        if row is not None and row.process == process_identity():
            raise ThreadInUse(
                f"thread {thread} is in use by this very process: close() the generator of its "
                "run first"
            )
        who = f"process {pid_of(row.process)}" if row is not None else "another process"
        raise ThreadInUse(
            f"thread {thread} is in use by {who}; wait for its end, or take it over with force"
        )

    def beat(self) -> None:
        """Give a sign of life; take the lock anew where the program has closed it."""
        with self._write_lock, quiet():
            if self.over:
                return
            if not self._store.beat(self.holding, time.time(), _on_boot()):
                _beating.discard(self)
            elif not self._lock.held:
                self._lock.acquire()

    def release(self) -> None:
        """Others may go on with the thread. In a forked child nothing happens, and nothing the
        second time, unless a signal handler broke off the first."""
        if os.getpid() != self._pid:
            return
        with self._write_lock, quiet():
            _beating.discard(self)
            try:
                if not self.over:
                    self._store.end_claim(self.holding)
            except StoreError:
                # No room, or the store is gone: without a lock it goes stale by itself.
                pass
            finally:
                self._lock.release()
            self.over = True


_beating: WeakSet[Claim] = WeakSet()


class _Heart:
    """One thread of this process that lets all its claims beat, while there are any."""

    _thread: threading.Thread | None = None
    _guard = threading.Lock()

    @classmethod
    def wake(cls) -> None:
        with cls._guard, quiet():
            if cls._thread is None:
                cls._thread = threading.Thread(target=cls._beat, name="lar-debug", daemon=True)
                cls._thread.start()

    @classmethod
    def _beat(cls) -> None:
        pause = threading.Event()
        while True:
            pause.wait(BEAT_SECONDS)
            with cls._guard:
                if not _beating:
                    cls._thread = None
                    return
            for claim in list(_beating):
                try:
                    claim.beat()
                except (StoreError, OSError):
                    # Whoever writes a step next hears of it.
                    continue

    @classmethod
    def stop_in_child(cls) -> None:
        cls._thread, cls._guard = None, threading.Lock()
        _beating.clear()


os.register_at_fork(after_in_child=_Heart.stop_in_child)
