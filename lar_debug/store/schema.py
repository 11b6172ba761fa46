"""The tables of a recording and their version. SQL only; standard library only.

No row refers to another by rowid: runs, steps and attempts are named by their own keys, and
snapshots and long texts by the digest of their content, so rows can be copied between stores.
"""

from __future__ import annotations

SCHEMA_VERSION = 2

# A table of 1 KB rows is an ordinary rowid table: WITHOUT ROWID spills such rows to overflow
# pages and doubles the file. Small rows that are read by key are clustered on it instead.
TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE object (digest BLOB PRIMARY KEY, data BLOB NOT NULL);

CREATE TABLE run (
  run TEXT PRIMARY KEY, thread TEXT NOT NULL, target TEXT NOT NULL,
  engine TEXT NOT NULL, engine_version TEXT NOT NULL, python TEXT NOT NULL,
  interpreter TEXT NOT NULL, cwd TEXT NOT NULL, script TEXT NOT NULL, argv TEXT NOT NULL,
  started REAL NOT NULL, status TEXT NOT NULL, ended REAL, error TEXT NOT NULL,
  parent_run TEXT, parent_step INTEGER, parent_attempt INTEGER,
  machine TEXT NOT NULL, entry TEXT NOT NULL, input BLOB
) WITHOUT ROWID;
CREATE INDEX run_started ON run (started);
CREATE INDEX run_thread ON run (thread, started);

CREATE TABLE segment (
  run TEXT NOT NULL, segment INTEGER NOT NULL, process TEXT NOT NULL,
  started REAL NOT NULL, ended REAL, PRIMARY KEY (run, segment)
) WITHOUT ROWID;

CREATE TABLE node (
  run TEXT NOT NULL, address TEXT NOT NULL, position INTEGER NOT NULL, label TEXT NOT NULL,
  type TEXT NOT NULL, place TEXT NOT NULL, produced_by INTEGER, fingerprint BLOB,
  PRIMARY KEY (run, address)
) WITHOUT ROWID;

CREATE TABLE step (
  run TEXT NOT NULL, step INTEGER NOT NULL, address TEXT NOT NULL, label TEXT NOT NULL,
  engine_step INTEGER NOT NULL, segment INTEGER NOT NULL,
  parent_step INTEGER, superstep INTEGER, namespace TEXT, task_id TEXT, impure TEXT,
  accepted INTEGER,
  PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE INDEX step_address ON step (run, address);

CREATE TABLE execution (
  run TEXT NOT NULL, step INTEGER NOT NULL, attempt INTEGER NOT NULL,
  outcome TEXT NOT NULL, started REAL NOT NULL, duration_ns INTEGER NOT NULL,
  input BLOB, before BLOB, writes BLOB, after BLOB,
  next TEXT, error BLOB, traceback BLOB, error_at TEXT, changes TEXT,
  prompt_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
  effects TEXT, marks TEXT, fingerprint BLOB, source BLOB, edits TEXT, note TEXT, how TEXT,
  PRIMARY KEY (run, step, attempt)
) WITHOUT ROWID;

CREATE TABLE call (
  run TEXT NOT NULL, step INTEGER NOT NULL, attempt INTEGER NOT NULL, call INTEGER NOT NULL,
  kind TEXT NOT NULL, address TEXT NOT NULL, model TEXT NOT NULL,
  prompt BLOB, system_instruction BLOB, output BLOB,
  prompt_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, duration_ns INTEGER NOT NULL,
  error BLOB, settings TEXT, finish TEXT, answer BLOB,
  PRIMARY KEY (run, step, attempt, call)
) WITHOUT ROWID;

CREATE TABLE touch (
  run TEXT NOT NULL, step INTEGER NOT NULL, attempt INTEGER NOT NULL,
  key TEXT NOT NULL, mode TEXT NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (run, step, attempt, key, mode)
) WITHOUT ROWID;

CREATE TABLE file (
  run TEXT NOT NULL, step INTEGER NOT NULL, attempt INTEGER NOT NULL,
  path TEXT NOT NULL, mode TEXT NOT NULL, digest TEXT NOT NULL, text BLOB,
  PRIMARY KEY (run, step, attempt, path, mode)
) WITHOUT ROWID;

CREATE TABLE task (
  run TEXT NOT NULL, step INTEGER NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL,
  result BLOB, errors TEXT, started REAL NOT NULL, duration_ns INTEGER NOT NULL,
  PRIMARY KEY (run, step, key)
) WITHOUT ROWID;

CREATE TABLE claim (
  thread TEXT PRIMARY KEY, token TEXT NOT NULL, process TEXT NOT NULL,
  beat REAL NOT NULL, beat_on_boot REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE console (
  run TEXT NOT NULL, step INTEGER NOT NULL, attempt INTEGER NOT NULL, piece INTEGER NOT NULL,
  stream TEXT NOT NULL, text BLOB NOT NULL,
  PRIMARY KEY (run, step, attempt, piece)
) WITHOUT ROWID;
"""

RUN_TABLES = (
    "console",
    "task",
    "file",
    "touch",
    "call",
    "execution",
    "step",
    "node",
    "segment",
    "run",
)
"""Every table that holds rows of a run, in the order in which they are deleted."""

REFERENCES = {
    "run": ("input",),
    "task": ("result",),
    "node": ("fingerprint",),
    "execution": (
        "input",
        "before",
        "writes",
        "after",
        "error",
        "traceback",
        "fingerprint",
        "source",
    ),
    "call": ("prompt", "system_instruction", "output", "error", "answer"),
    "file": ("text",),
    "console": ("text",),
}
"""Columns that may hold the digest of an object, for collecting garbage."""
