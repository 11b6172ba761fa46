"""The SQL of the store, and the one row shape that spans tables. Standard library only."""

from __future__ import annotations

import json
from typing import Any

from lar_debug.model.foreign import IMPORTED
from lar_debug.model.records import Changes, NodeRef, Outcome, StepSummary, Tokens
from lar_debug.store.rows import ReadText, column_reference, column_text, load, readable

PUT_RUN = f"INSERT OR REPLACE INTO run VALUES ({','.join('?' * 20)})"
_IMPORTED = f'instr(entry, \'"kind": "{IMPORTED}"\')>0'
_BEING_IMPORTED = f"status='running' AND {_IMPORTED}"
RUNS = f"SELECT * FROM run WHERE NOT ({_BEING_IMPORTED}) ORDER BY started DESC, run"
UNFINISHED_IMPORTS = f"SELECT * FROM run WHERE {_BEING_IMPORTED}"
RUN = "SELECT * FROM run WHERE run=?"
SET_STATUS = "UPDATE run SET status=?, error=?, ended=? WHERE run=?"

# A file of another program may name the same thread; it has nothing to go on with.
NEWEST_OF_THREAD = (
    f"SELECT * FROM run WHERE thread=? AND NOT ({_IMPORTED}) ORDER BY started DESC, run LIMIT 1"
)
RUNS_OF_THREAD = f"SELECT run FROM run WHERE thread=? AND NOT ({_IMPORTED})"
SET_ENTRY = "UPDATE run SET entry=? WHERE run=?"
REOPEN = "UPDATE run SET status=?, error='', ended=NULL WHERE run=?"

TOKEN = "SELECT token FROM claim WHERE thread=?"
CLAIM = "SELECT thread, token, process, beat, beat_on_boot FROM claim WHERE thread=?"
PUT_CLAIM = "INSERT OR REPLACE INTO claim VALUES (?,?,?,?,?)"
BEAT = "UPDATE claim SET beat=?, beat_on_boot=? WHERE thread=? AND token=?"
END_CLAIM = "DELETE FROM claim WHERE thread=? AND token=?"
FORGET_CLAIMS = (
    "DELETE FROM claim WHERE NOT EXISTS (SELECT 1 FROM run r WHERE r.thread=claim.thread)"
)

PUT_TASK = "INSERT OR REPLACE INTO task VALUES (?,?,?,?,?,?,?,?)"
TASKS = "SELECT * FROM task WHERE run=? AND step=? ORDER BY started, key"

SET_SEAL = "UPDATE run SET machine=? WHERE run=?"

SET_PROGRAM = (
    "UPDATE run SET engine_version=?, python=?, interpreter=?, cwd=?, script=?, argv=?, "
    "machine=?, entry=? WHERE run=?"
)
DROP_NODES = "DELETE FROM node WHERE run=?"
DROP_FILES = "DELETE FROM file WHERE run=? AND step=?"
DROP_UNRUN = (
    "DELETE FROM step WHERE run=? AND step>0",
    "DELETE FROM execution WHERE run=? AND step>0",
)
SET_NODE = "UPDATE step SET address=?, label=? WHERE run=? AND step=?"
SET_NEXT = "UPDATE execution SET next=? WHERE run=? AND step=? AND attempt=0"
SET_CALLER = "UPDATE call SET address=? WHERE run=? AND step=? AND attempt=0"

ADD_SEGMENT = "INSERT OR REPLACE INTO segment VALUES (?,?,?,?,?)"
END_SEGMENT = "UPDATE segment SET ended=? WHERE run=? AND segment=?"
SEGMENTS = "SELECT run, segment, process, started, ended FROM segment WHERE run=? ORDER BY segment"

ADD_NODE = f"INSERT OR IGNORE INTO node VALUES ({','.join('?' * 8)})"
NODE_COUNT = "SELECT count(*) FROM node WHERE run=?"
NODES = "SELECT * FROM node WHERE run=? ORDER BY position"

ADD_STEP = f"INSERT INTO step VALUES ({','.join('?' * 10)}, NULL, NULL)"
SET_IMPURE = "UPDATE step SET impure=? WHERE run=? AND step=?"
SET_ACCEPTED = "UPDATE step SET accepted=? WHERE run=? AND step=?"
# Steps have no gaps: counting 100,000 of them would take longer than a screen may.
STEP_NUMBERS = """
SELECT coalesce((SELECT min(step) FROM step WHERE run=?1), parent_step + 1, 0),
  (SELECT max(step) + 1 FROM step WHERE run=?1)
FROM run WHERE run=?1
"""
STEP_IS_THERE = "SELECT 1 FROM step WHERE run=? AND step=?"
STEPS = "SELECT * FROM step WHERE run=? AND step BETWEEN ? AND ? ORDER BY step"

PUT_EXECUTION = f"INSERT OR REPLACE INTO execution VALUES ({','.join('?' * 24)})"
_ENDED = (
    "outcome started duration_ns input before writes after next error traceback error_at changes "
    "prompt_tokens output_tokens effects marks fingerprint source edits note how"
)
END_EXECUTION = (
    f"UPDATE execution SET {', '.join(f'{name}=?' for name in _ENDED.split())} "
    "WHERE run=? AND step=? AND attempt=?"
)
NEWEST_ATTEMPT = "SELECT max(attempt) FROM execution WHERE run=? AND step=?"
ATTEMPTS = "SELECT attempt, outcome FROM execution WHERE run=? AND step=? ORDER BY attempt"
ATTEMPTED_STEPS = "SELECT DISTINCT step FROM execution WHERE run=? AND attempt>0"
EXECUTIONS = "SELECT * FROM execution WHERE run=? AND step=? ORDER BY attempt"
EXECUTION_STATES = (
    "SELECT attempt, outcome, started, note FROM execution WHERE run=? AND step=? ORDER BY attempt"
)
EXECUTION = "SELECT * FROM execution WHERE run=? AND step=? AND attempt=?"
END_ATTEMPT_AS = (
    "UPDATE execution SET outcome=?, error=? "
    "WHERE run=? AND step=? AND attempt=? AND outcome='running'"
)
SET_NOTE = "UPDATE execution SET note=? WHERE run=? AND step=? AND attempt=?"

SUMMARIES = """
SELECT s.step, s.engine_step, s.segment, s.address, s.label, e.outcome, e.changes, e.next, e.error,
  e.prompt_tokens, e.output_tokens, e.duration_ns,
  (SELECT max(a.attempt) FROM execution a WHERE a.run=s.run AND a.step=s.step),
  (SELECT max(a.attempt) FROM execution a
    WHERE a.run=s.run AND a.step=s.step AND a.outcome<>'superseded'),
  e.after, s.impure, e.started, e.effects,
  (SELECT a.effects FROM execution a WHERE a.run=s.run AND a.step=s.step
    AND a.outcome<>'superseded' ORDER BY a.attempt DESC LIMIT 1),
  s.accepted
FROM step s JOIN execution e ON e.run=s.run AND e.step=s.step AND e.attempt=0
WHERE s.run=? AND s.step BETWEEN ? AND ? ORDER BY s.step
"""

TOTALS = """
SELECT count(*), sum(prompt_tokens + output_tokens) FROM execution
WHERE run=? AND step>=? AND attempt=0
"""

LAST_SEGMENT = "SELECT segment FROM step WHERE run=? ORDER BY step DESC LIMIT 1"
SPENDING = """
SELECT s.step, s.engine_step, s.segment, e.started, e.prompt_tokens + e.output_tokens
FROM step s JOIN execution e ON e.run=s.run AND e.step=s.step AND e.attempt=0
WHERE s.run=? ORDER BY s.step
"""
ATTEMPTS_SPENDING = """
SELECT step, outcome, coalesce(next, '[]') <> '[]', prompt_tokens + output_tokens FROM execution
WHERE run=? AND attempt>0 AND outcome<>'running' AND step BETWEEN ? AND ?
"""

LAST_STEPS = """
SELECT max(CASE WHEN outcome IN ('error','crashed','waiting') THEN step END),
  max(CASE WHEN prompt_tokens + output_tokens > 0 THEN step END)
FROM execution WHERE run=? AND attempt=0
"""

FAILED_STEPS = """
SELECT step FROM execution WHERE run=? AND attempt=0 AND (outcome IN
  ('error','crashed','timeout','blocked','load_error') OR (outcome='running' AND ?)) ORDER BY step
"""

ADD_CALL = f"INSERT OR REPLACE INTO call VALUES ({','.join('?' * 17)})"
CALLS = "SELECT * FROM call WHERE run=? AND step=? AND attempt=? ORDER BY call"

ADD_TOUCH = "INSERT OR IGNORE INTO touch VALUES (?,?,?,?,?,?)"
TOUCHES = "SELECT key, mode FROM touch WHERE run=? AND step=? AND attempt=? ORDER BY position"

ADD_FILE = "INSERT OR REPLACE INTO file VALUES (?,?,?,?,?,?,?)"
FILES = (
    "SELECT path, mode, digest, text FROM file WHERE run=? AND step=? AND attempt=? ORDER BY path"
)

PATHS = "SELECT DISTINCT path FROM file WHERE run=? AND mode<>'w'"
FILES_READ = (
    "SELECT DISTINCT path, mode, digest FROM file "
    "WHERE run=? AND step>=0 AND attempt=0 AND mode IN ('r','missing')"
)
STEPS_READING = (
    "SELECT step FROM file WHERE run=? AND path=? AND mode=? AND digest=? AND step>=0 AND attempt=0"
)
STEPS_WITH_PROMPTS = (
    "SELECT s.address, min(s.step) FROM step s WHERE s.run=? AND EXISTS "
    "(SELECT 1 FROM call c WHERE c.run=s.run AND c.step=s.step AND c.attempt=0 AND c.kind='llm') "
    "GROUP BY s.address"
)
TRIES = "SELECT step FROM step WHERE run=? AND engine_step=? AND step>=? ORDER BY step"
STEPS_AT = "SELECT step FROM step WHERE run=? AND address=? ORDER BY step"

ADD_CONSOLE = """
INSERT INTO console VALUES (?,?,?,
  (SELECT coalesce(max(piece),-1)+1 FROM console WHERE run=? AND step=? AND attempt=?),?,?)
"""
CONSOLE_PIECES = "SELECT count(*) FROM console WHERE run=? AND step=? AND attempt=?"
CONSOLE = "SELECT stream, text FROM console WHERE run=? AND step=? AND attempt=? ORDER BY piece"


@readable
def summary(row: Any, read: ReadText) -> StepSummary:
    """A row of SUMMARIES as data."""
    changes = Changes() if row[6] is None else Changes(*map(tuple, json.loads(row[6])))
    following = () if row[7] is None else json.loads(row[7])
    return StepSummary(
        step=row[0],
        engine_step=row[1],
        segment=row[2],
        node=NodeRef(row[3], row[4]),
        outcome=Outcome(row[5]),
        changes=changes,
        next=tuple(NodeRef(address, label) for address, label in following),
        error=column_text(row[8], read),
        tokens=Tokens(row[9], row[10]),
        duration_ns=row[11],
        attempts=row[12],
        newest=row[13],
        after=column_reference(row[14]),
        impure=row[15] or "",
        started=row[16],
        effects=tuple(dict.fromkeys((*load(row[17], ()), *load(row[18], ())))),
        accepted=row[19],
    )
