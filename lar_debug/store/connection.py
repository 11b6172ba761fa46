"""One SQLite connection: opening, transactions, buffered objects. Standard library only.

What goes wrong with a store becomes a StoreError of one line here, so that nobody above
handles sqlite3 exceptions. May not know what a run or a step is.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lar_debug.model.problem import Problem
from lar_debug.store.descriptors import Descriptors
from lar_debug.store.in_use import InUse
from lar_debug.store.schema import SCHEMA_VERSION, TABLES

BUSY_MS = 2_000
"""How long a writer waits for another one; transactions here stay far below it."""

WAL_LIMIT_BYTES = 8 << 20

_PAGE_BYTES = 4096
_VERSION = "SELECT value FROM meta WHERE name='schema'"
_MOST_ASKED = 500
"""Values in one query; older versions of SQLite take 999."""


class StoreError(Problem):
    """The store cannot be read or written; the text is one line that says what to do."""


class StoreInUse(StoreError):
    """Objects cannot be collected now: somebody may refer to some that no row names yet."""


def _is_full(folder: Path) -> bool:
    """True when not even SQLite's smallest file fits; it calls that an I/O error."""
    try:
        room = os.statvfs(folder)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < 64 << 10


def explain(error: Exception, path: Path) -> StoreError:
    """The one line for an sqlite3 or file error on `path`."""
    text = str(error)
    if "locked" in text or "busy" in text:
        line = f"{path} is locked by another program; try again when it is done"
    elif "malformed" in text or "not a database" in text:
        line = (
            f"{path} is damaged: {text}; move it away, or read what is left with sqlite3 .recover"
        )
    elif "full" in text or "No space" in text or ("I/O" in text and _is_full(path.parent)):
        line = f"no room left to write {path}; free some space, what was recorded is kept"
    elif "readonly" in text or "Read-only" in text or "Permission denied" in text:
        line = f"{path} cannot be written (read-only)"
    elif "unable to open" in text:
        why = (
            "no right to read it"
            if os.path.lexists(path)
            else "it is not there; lar-debug run SCRIPT.py makes one, --store PATH names another"
        )
        line = f"cannot open {path}: {why}"
    elif "no such table" in text or "no such column" in text:
        line = f"{path} is no store of lar-debug (or a damaged one): {text}"
    else:
        line = f"{path}: {text}"
    return StoreError(line)


class Connection:
    """A connection that knows its process: in a forked child it refuses instead of corrupting.

    `get` and `put` make it the ObjectStore of this store. Objects that are put are written with
    the next transaction, so that a step's rows never stand without the snapshots they name.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        # One file has one name: beside it lie the locks by which its users know of each other.
        self.path = path = Path(os.path.realpath(path))
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._pending: dict[bytes, bytes] = {}
        self._waits_for_disk: bool | None = False
        self._writing = False
        self._in_use = InUse(path)
        self._descriptors = Descriptors(path)
        try:
            self._sqlite = self._open(create)
        except (sqlite3.Error, OSError) as error:
            raise explain(error, path) from None

    def _open(self, create: bool) -> sqlite3.Connection:
        made = self._descriptors.opened_by(lambda: self._connect(create))
        self._prepare(made, create)
        self._descriptors.note_all()
        return made

    def _own(self) -> sqlite3.Connection:
        """The connection, made anew where the program has closed its files under it."""
        if not self._descriptors.intact:
            with self._descriptors.left_to_others(), suppress(sqlite3.Error):
                self._sqlite.close()
            self._sqlite = self._open(create=False)
        return self._sqlite

    def _connect(self, create: bool) -> sqlite3.Connection:
        if create:
            # SQLite would create the file with the process's umask; state holds secrets. Only a
            # new file may be opened besides: closing it takes SQLite's locks from the process.
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if not self.path.is_file():
            raise sqlite3.OperationalError("unable to open database file")
        # Without the right to write the file can still be read, if no log is left beside it.
        may_write = os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)
        mode = "rw" if may_write else "ro"
        uri = f"{self.path.absolute().as_uri()}?mode={mode}"
        if mode == "ro" and not os.access(self.path.parent, os.W_OK):
            uri += "&immutable=1"
        self.writable = mode == "rw"
        return sqlite3.connect(
            uri,
            uri=True,
            timeout=BUSY_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
        )

    def _prepare(self, made: sqlite3.Connection, create: bool) -> None:
        execute = made.execute
        execute("PRAGMA trusted_schema=OFF")
        if self.writable:
            execute("PRAGMA journal_mode=WAL")
            execute("PRAGMA synchronous=NORMAL")
            self._waits_for_disk = False
            execute(f"PRAGMA journal_size_limit={WAL_LIMIT_BYTES}")
            # Half as many waits for the disk as by default, for a log of that size.
            execute(f"PRAGMA wal_autocheckpoint={WAL_LIMIT_BYTES // _PAGE_BYTES}")
        if create and not _has_tables(made):
            _create_tables(made)
        row = execute(_VERSION).fetchone()
        if row is None or row[0] != str(SCHEMA_VERSION):
            found = "unknown" if row is None else row[0]
            raise sqlite3.DatabaseError(
                f"its format is {found}, this lar-debug reads {SCHEMA_VERSION}; "
                "open it with the version that made it"
            )

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise StoreError(f"{self.path} was opened by another process; open it again")

    def _ready(self, safe: bool) -> sqlite3.Connection:
        """The connection, outside of any transaction, and waiting for the disk when `safe`."""
        if self._writing:
            raise StoreError(f"{self.path}: a signal handler or a finalizer came in between")
        sql = self._own()
        if not self._descriptors.in_place:
            raise StoreError(
                f"{self.path} was deleted or replaced while it was in use: what is written would "
                "be lost; put it back, or start the program again"
            )
        if sql.in_transaction:
            # A signal handler raised just where the last one was to end.
            sql.execute("ROLLBACK")
        if safe is not self._waits_for_disk:
            # Cannot be changed inside a transaction.
            self._waits_for_disk = None
            sql.execute(f"PRAGMA synchronous={'FULL' if safe else 'NORMAL'}")
            self._waits_for_disk = safe
        return sql

    @property
    def in_place(self) -> bool:
        """False once the file was deleted or replaced by another."""
        return self._descriptors.in_place

    @contextmanager
    def transaction(self, *, safe: bool = False) -> Generator[sqlite3.Connection, None, None]:
        """Write under one lock: all of it or nothing. Flushes the objects put so far.

        What is written survives the end of this process; `safe` waits until it survives a power
        cut too, with all that was written before.
        """
        self._check_process()
        with self._lock:
            try:
                sql = self._ready(safe)
                try:
                    self._writing = True
                    sql.execute("BEGIN IMMEDIATE")
                    self._in_use.share()
                    # Another thread may put meanwhile; what it puts waits for the next one.
                    flushed = dict(self._pending)
                    if flushed:
                        sql.executemany(
                            "INSERT OR IGNORE INTO object VALUES (?, ?)", flushed.items()
                        )
                    yield sql
                    sql.execute("COMMIT")
                except BaseException:
                    if sql.in_transaction:
                        sql.execute("ROLLBACK")
                    raise
                finally:
                    self._writing = False
                for digest in flushed:
                    self._pending.pop(digest, None)
            except (sqlite3.Error, OSError) as error:
                raise explain(error, self.path) from None

    @contextmanager
    def collection(self) -> Generator[tuple[sqlite3.Connection, frozenset[bytes]], None, None]:
        """A transaction in which objects may be deleted, and the digests not to be.

        Raises StoreInUse while any other connection may still refer to objects without a row.
        """
        with self.transaction() as sql:
            if not self._in_use.alone():
                raise StoreInUse(
                    f"{self.path} is written by a recording or an attempt; "
                    "try again when it is done"
                )
            try:
                yield sql, frozenset(self._pending)
            finally:
                self._in_use.share_again()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of one query."""
        self._check_process()
        with self._lock:
            try:
                return self._own().execute(query, values).fetchall()
            except (sqlite3.Error, OSError) as error:
                raise explain(error, self.path) from None

    def get(self, digest: bytes) -> bytes:
        """The object of that digest; KeyError when the store does not hold it."""
        pending = self._pending.get(digest)
        if pending is not None:
            return pending
        found = self.rows("SELECT data FROM object WHERE digest=?", (digest,))
        if not found:
            raise KeyError(digest)
        return bytes(found[0][0])

    def get_many(self, digests: Sequence[bytes]) -> dict[bytes, bytes]:
        """Those of the objects that the store holds, by digest."""
        found = {digest: self._pending[digest] for digest in digests if digest in self._pending}
        left = [digest for digest in digests if digest not in found]
        for start in range(0, len(left), _MOST_ASKED):
            some = left[start : start + _MOST_ASKED]
            marks = ",".join("?" * len(some))
            rows = self.rows(f"SELECT digest, data FROM object WHERE digest IN ({marks})", some)
            found.update((bytes(digest), bytes(data)) for digest, data in rows)
        return found

    def put(self, digest: bytes, data: bytes) -> None:
        """Keep an object until the next transaction writes it."""
        self._pending[digest] = data

    def drop_pending(self) -> None:
        """Forget what was put and not written: nothing will ever name it."""
        self._pending.clear()

    def version(self) -> int:
        """A number that changes when any other connection has written."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def close(self) -> None:
        """Write what is pending and close; nothing in a forked child, where it is not ours."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            # No row names what is pending; into a deleted file nothing is written at all.
            if self._pending and self.writable and self.in_place:
                with self.transaction():
                    pass
            self._own().close()
            self._in_use.close()


def _has_tables(made: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name='meta'"
    return made.execute(query).fetchone() is not None


def _create_tables(made: sqlite3.Connection) -> None:
    # Two programs may create the store at the same moment: the lock decides, then look again.
    made.execute("BEGIN IMMEDIATE")
    try:
        if not _has_tables(made):
            for statement in TABLES.split(";"):
                if statement.strip():
                    made.execute(statement)
            made.execute("INSERT INTO meta VALUES (?, ?)", ("schema", str(SCHEMA_VERSION)))
        made.execute("COMMIT")
    except BaseException:
        made.execute("ROLLBACK")
        raise
