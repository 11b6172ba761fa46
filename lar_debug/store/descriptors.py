"""The files that SQLite holds open, by the numbers that they have in this process.

A program that closes every descriptor, as daemons do, closes those too, and may then open files
of its own under the same numbers. SQLite notices nothing of that: it would wait for locks that
cannot be had, or write into the program's files. Standard library only.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

Identity = tuple[int, int]

_FOLDER = "/dev/fd"
_BESIDE = ("", "-wal", "-shm")

_opening = threading.Lock()


def identity(descriptor: int) -> Identity | None:
    """Device and inode of what is open under a number, None when nothing is."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Descriptors:
    """Those of one connection to the database at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before: dict[int, Identity] = {}
        self._database: dict[int, Identity] = {}
        self._all: dict[int, Identity] = {}

    def opened_by(self, connect: Callable[[], sqlite3.Connection]) -> sqlite3.Connection:
        """What `connect` opens; the database's own file is known from then on."""
        # Another connection that opened it meanwhile would have its number taken for ours.
        with _opening:
            self._before = self._open_now()
            made = connect()
            self._database = self._new()
        return made

    def note_all(self) -> None:
        """The connection has been used: the files beside the database are open as well."""
        self._all = self._new()

    @property
    def intact(self) -> bool:
        """False when somebody else has closed the database's file."""
        return all(identity(number) == known for number, known in self._database.items())

    @property
    def in_place(self) -> bool:
        """False when one of the files was deleted or replaced by others: what is written goes
        where nobody will find it."""
        return {*self._all.values()} <= self._named()

    @contextmanager
    def left_to_others(self) -> Generator[None, None, None]:
        """Whatever closes these numbers inside, what others opened under them stays open."""
        taken = [n for n, known in self._all.items() if identity(n) not in (None, known)]
        # All are copied before the first is closed: a copy takes the lowest number that is free.
        others = [(number, os.dup(number), os.get_inheritable(number)) for number in taken]
        for number in taken:
            os.close(number)
        try:
            yield
        finally:
            for number, copy, inheritable in others:
                os.dup2(copy, number, inheritable)
                os.close(copy)

    def _new(self) -> dict[int, Identity]:
        now = self._open_now()
        return {number: one for number, one in now.items() if self._before.get(number) != one}

    def _named(self) -> set[Identity]:
        """The database and the files beside it, as they are found by their names."""
        found: set[Identity] = set()
        for ending in _BESIDE:
            try:
                status = os.stat(f"{self._path}{ending}")
            except OSError:
                continue
            found.add((status.st_dev, status.st_ino))
        return found

    def _open_now(self) -> dict[int, Identity]:
        """The numbers under which the database and the files beside it are open now."""
        wanted = self._named()
        try:
            names = os.listdir(_FOLDER)
        except OSError:
            return {}
        found = ((int(name), identity(int(name))) for name in names if name.isdigit())
        return {number: one for number, one in found if one is not None and one in wanted}
