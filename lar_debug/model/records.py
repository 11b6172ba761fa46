"""What a recording consists of: runs, steps, executions of a step, and what happened in them.

A step is where a node stood in a run; an execution is one time its code ran: number 0 is the
recorded one, the others are attempts. References to snapshots and long texts are hex digests
of the store. May import nothing beside the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from lar_debug.model.values import NOTHING, Mark, Value


class RunStatus(str, Enum):
    """Where a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CRASHED = "crashed"
    WAITING = "waiting"
    STOPPED = "stopped"


class Outcome(str, Enum):
    """How one execution of a step ended; RUNNING while it has not."""

    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"
    WAITING = "waiting"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    SUPERSEDED = "superseded"
    BLOCKED = "blocked"
    LOAD_ERROR = "load_error"
    NOT_RUN = "not_run"
    """Of a node that can be run from an imported state, and was not yet."""

    @property
    def finished(self) -> bool:
        """True when the node ran to an end of its own, so that its output can be a base."""
        return self in (Outcome.SUCCESS, Outcome.ERROR, Outcome.WAITING)


STORED = "stored"
"""`finish` of a task whose result came from the record."""

NOT_NOTED = "not noted"
"""What the script of a run did before it, where nobody looked: it may have been anything."""

RECORDING_STOPPED = "recording stopped: "
"""How the error of a run begins that went on unrecorded, and of the step in which that began."""


class Tokens(NamedTuple):
    """Tokens as the model's provider counted them."""

    prompt: int = 0
    output: int = 0

    @property
    def total(self) -> int:
        return self.prompt + self.output


class NodeRef(NamedTuple):
    """A node as a person and as the loader know it."""

    address: str
    label: str


class Node(NamedTuple):
    """One node of the graph of a run, as it stood when the run began or when it was made.

    `type` is the class name, `where` "answering.py:31" relative to the project, `produced_by`
    the ordinal of the step that made it at run time (AdaptiveNode), else None. `fingerprint`
    maps a part ("prompt_template", "tool_function:clean uses STOP") to a short hash; `reads`
    are the state keys that its definition names.
    """

    address: str
    label: str
    type: str
    where: str = ""
    produced_by: int | None = None
    fingerprint: Mapping[str, str] = NOTHING


class RunInfo(NamedTuple):
    """One execution of a graph on a thread.

    Times are seconds since the epoch. `target` is what a person started ("agent.py",
    "agent.py:entry"); `script` the absolute file behind it; `entry` tells the loader how to
    reach the start node again: {"kind": "script"|"target", "label", "call_site", "ordinal"}, and
    what the script did to the outside before: "reached", a list of [kind, where]. "packages" are
    names of installed modules that the nodes were the first to import.
    """

    run: str
    thread: str
    target: str
    engine: str
    engine_version: str
    python: str
    interpreter: str
    cwd: str
    script: str
    argv: tuple[str, ...]
    started: float
    status: RunStatus = RunStatus.RUNNING
    ended: float | None = None
    error: str = ""
    parent: tuple[str, int, int] | None = None
    machine: str = ""
    entry: Mapping[str, Value] = NOTHING
    input: str = ""
    """Snapshot reference of the state that it was started with, where that was kept."""


class Segment(NamedTuple):
    """One process's part of a run; a resume continues the same run as a new segment.

    `process` identifies the process beyond its number: boot id, pid and start time, so that
    a number used again is not taken for it. `ended` is None while it goes on or when it died.
    """

    run: str
    segment: int
    process: str
    started: float
    ended: float | None = None


class Call(NamedTuple):
    """One thing a node did outside the state."""

    call: int
    kind: str
    """llm, task, http, file or process."""
    address: str = ""
    model: str = ""
    prompt: str = ""
    system_instruction: str = ""
    output: str = ""
    tokens: Tokens = Tokens()
    duration_ns: int = 0
    error: str = ""
    settings: Mapping[str, Value] = NOTHING
    """Model settings that were sent (temperature, ...); for other kinds what was asked."""
    finish: str = ""
    """Why the model stopped: "stop", "length", ...; STORED for a task that was not done again."""
    answer: Mapping[str, Value] = NOTHING
    """What a model answered beside `output` (its reasoning, the tools it calls, the details of
    its usage), as its provider's client names it."""


class FileUse(NamedTuple):
    """A file that a step opened, or that the user's modules came from.

    `mode` is "r" or "w" (by the node), "missing" (looked for, not there), "import" (read while
    modules were imported) or "module" (a source file of the user's). An attempt has only those
    modules that are not as they were recorded, and "gone" for those that it did not load.
    `digest` is hex of the content, `text` the store's reference to it when it was kept (user
    modules and text files under 256 KB).
    """

    path: str
    mode: str
    digest: str = ""
    text: str = ""


class Changes(NamedTuple):
    """Keys of the state that an execution added, updated and removed, bookkeeping apart."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed)


class Step(NamedTuple):
    """A step of a run: which node, and where it stands. What happened is in its executions."""

    run: str
    step: int
    node: NodeRef
    engine_step: int
    segment: int = 0
    parent_step: int | None = None
    superstep: int | None = None
    namespace: str = ""
    task_id: str = ""


class Execution(NamedTuple):
    """One time the code of a step ran: attempt 0 is the recorded one.

    `before`, `after`, `input`, `writes` are snapshot references, "" where there is none.
    `edits` are the changes a person made to the state first: {"set": {path: value}, "unset":
    [path]}. `effects` names what reached the outside: connect, process, write. `fingerprint`
    is that of the node when it ran.
    """

    run: str
    step: int
    attempt: int
    outcome: Outcome
    started: float
    before: str = ""
    after: str = ""
    input: str = ""
    writes: str = ""
    duration_ns: int = 0
    next: tuple[NodeRef, ...] = ()
    error: str = ""
    traceback: str = ""
    error_at: tuple[str, int] | None = None
    changes: Changes = Changes()
    tokens: Tokens = Tokens()
    reads: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    fingerprint: Mapping[str, str] = NOTHING
    source: str = ""
    """Reference to the node's own source text."""
    edits: Mapping[str, Value] = NOTHING
    note: str = ""
    how: str = ""
    """What had to be done to reach the node: "" (imported), "ran main()", "prefix"."""


class StepSummary(NamedTuple):
    """One line of a timeline: the recorded execution of a step and its newest attempt.

    `attempts` counts re-executions; `newest` is the newest attempt that was not superseded.
    `effects` are those of the recorded execution and of the newest attempt (and of the script on
    the way to the node, where that has to run for it); `started` is when the recorded one began,
    in seconds since the epoch.
    """

    step: int
    engine_step: int
    segment: int
    node: NodeRef
    outcome: Outcome
    changes: Changes
    next: tuple[NodeRef, ...]
    error: str
    tokens: Tokens
    duration_ns: int
    attempts: int
    newest: int
    after: str = ""
    impure: str = ""
    """Why the step's result depends on more than its state, "" when nothing says so."""
    started: float = 0.0
    effects: tuple[str, ...] = ()
    accepted: int | None = None
    """The attempt that a person marked as good."""
