"""Whether a store is whole: the database, every object, and every row with what it names.

Reads all of it and changes nothing. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from lar_debug.model.checks import Check
from lar_debug.store.connection import Connection, StoreError
from lar_debug.store.database import Store
from lar_debug.store.objects import StoreDamaged, children, open_object
from lar_debug.store.schema import REFERENCES

_AT_ONCE = 200
"""Objects that are held at one time."""

Look = Callable[[], str]
"""Returns what is wrong, "" when nothing is."""


def check_store(path: Path) -> Iterator[Check]:
    """The checks of a store, each with the first thing that is wrong. Raises StoreError when it
    cannot be opened."""
    with closing(Connection(path, create=False)) as connection, closing(Store.open(path)) as store:
        looks: tuple[tuple[str, Look], ...] = (
            ("database", lambda: _database(connection)),
            ("objects", lambda: _objects(connection)),
            ("references", lambda: _references(connection)),
            ("runs", lambda: _runs(store)),
        )
        for name, look in looks:
            try:
                why = look()
            except (StoreError, StoreDamaged) as error:
                why = str(error)
            yield Check(name, not why, None, why)


def _database(connection: Connection) -> str:
    found = [str(row[0]) for row in connection.rows("PRAGMA integrity_check(1)")]
    return "" if found == ["ok"] else f"SQLite finds: {found[0]}"


def _objects(connection: Connection) -> str:
    """Every object is what its name says, and what it names is there. Raises StoreDamaged."""
    last = 0
    while True:
        query = "SELECT rowid, digest, data FROM object WHERE rowid>? ORDER BY rowid LIMIT ?"
        rows = connection.rows(query, (last, _AT_ONCE))
        if not rows:
            return ""
        for rowid, digest, data in rows:
            open_object(connection, bytes(digest))
            wanted = dict.fromkeys(children(bytes(data)))
            missing = _missing(connection, list(wanted))
            if missing:
                return f"object {bytes(digest).hex()} names {missing}, which is missing"
            last = rowid


def _missing(connection: Connection, digests: list[bytes]) -> str:
    """The first of the digests that the store does not hold, in hex."""
    for start in range(0, len(digests), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        found = connection.rows(f"SELECT digest FROM object WHERE digest IN ({marks})", some)
        lost = set(some) - {bytes(row[0]) for row in found}
        if lost:
            return next(digest for digest in some if digest in lost).hex()
    return ""


def _references(connection: Connection) -> str:
    """Everything that a row names is there."""
    for table, columns in REFERENCES.items():
        for column in columns:
            rows = connection.rows(
                f"SELECT run, {column} FROM {table} WHERE typeof({column})='blob' AND NOT EXISTS "
                f"(SELECT 1 FROM object WHERE digest={column}) LIMIT 1"
            )
            if rows:
                run, digest = rows[0]
                return f"the {column} of a {table} of run {run}, {digest.hex()}, is missing"
    return ""


def _runs(store: Store) -> str:
    """Every row can be read, and every step has what was recorded of it. Raises StoreDamaged."""
    for info in store.runs():
        store.nodes(info.run)
        store.segments(info.run)
        for step in store.step_numbers(info.run):
            store.step(info.run, step)
            for execution in store.executions(info.run, step):
                store.calls(info.run, step, execution.attempt)
                store.console(info.run, step, execution.attempt)
            store.execution(info.run, step, 0)
    return ""
