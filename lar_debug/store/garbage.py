"""Deleting the objects that nothing names any more. Standard library only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from lar_debug.store.chunks import children
from lar_debug.store.schema import REFERENCES


def delete_unreached(sql: sqlite3.Connection, kept: Iterable[bytes]) -> int:
    """Delete every object that neither a row nor one of `kept` leads to; the bytes they held.

    Inside a transaction in which nobody else refers to objects without a row.
    """
    todo = list(kept)
    for table, columns in REFERENCES.items():
        for column in columns:
            query = f"SELECT DISTINCT {column} FROM {table} WHERE typeof({column})='blob'"
            todo += [bytes(row[0]) for row in sql.execute(query)]
    reached: set[bytes] = set()
    while todo:
        digest = todo.pop()
        if digest in reached:
            continue
        reached.add(digest)
        row = sql.execute("SELECT data FROM object WHERE digest=?", (digest,)).fetchone()
        if row is not None:
            todo += children(bytes(row[0]))
    rows = sql.execute("SELECT digest, length(data) FROM object").fetchall()
    gone = [(bytes(digest), size) for digest, size in rows if bytes(digest) not in reached]
    sql.executemany("DELETE FROM object WHERE digest=?", [(digest,) for digest, _ in gone])
    return sum(size for _, size in gone)
