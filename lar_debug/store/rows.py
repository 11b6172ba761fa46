"""How records become table rows and come back. No SQL; standard library only.

Columns that are mostly empty hold NULL, lists are JSON, long texts are references to chunked
objects: short text stays in the row as TEXT, a reference is a BLOB, so the two never mix.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from lar_debug.model.records import (
    Call,
    Changes,
    Execution,
    Node,
    NodeRef,
    Outcome,
    RunInfo,
    RunStatus,
    Segment,
    Step,
    Tokens,
)
from lar_debug.model.values import Fidelity, Mark
from lar_debug.store.objects import DAMAGE, StoreDamaged

INLINE_TEXT = 200
"""Texts up to this many characters stay in their row."""

_compact = json.JSONEncoder(separators=(",", ":")).encode

Row = tuple[Any, ...]
P = ParamSpec("P")
R = TypeVar("R")

WriteText = Callable[[str], str]
ReadText = Callable[[str], str]


def readable(
    convert: Callable[Concatenate[Row, P], R],
) -> Callable[Concatenate[Row, P], R]:
    """What makes data of a row: a row that nobody of us wrote raises StoreDamaged."""

    @wraps(convert)
    def guarded(row: Row, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return convert(row, *args, **kwargs)
        except (*DAMAGE, RecursionError) as error:
            detail = str(error).split("\n", 1)[0][:120]
            what = f"a row of it cannot be understood ({detail})"
            raise StoreDamaged(f"the recording is damaged: {what}") from None

    return guarded


def storable(text: str) -> str:
    """SQLite refuses lone surrogates; they are written the way Python prints them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def dump(value: Any) -> str | None:
    """JSON for a column, NULL for what is empty."""
    return _compact(value) if value else None


@lru_cache(maxsize=512)
def _dump_names(names: tuple[tuple[str, str], ...]) -> str:
    """The JSON of a dict of texts: that of a node is written with each of its steps."""
    return _compact(dict(names))


def _dump_fingerprint(fingerprint: Mapping[str, str]) -> str:
    return _dump_names(tuple(fingerprint.items())) if fingerprint else ""


def load(text: str | None, empty: Any) -> Any:
    """The value of a JSON column."""
    return empty if text is None else json.loads(text)


def text_column(text: str, write: WriteText, inline: int = INLINE_TEXT) -> str | bytes | None:
    """A text for its column: NULL, the text itself up to `inline` characters, else a reference."""
    if not text:
        return None
    if len(text) <= inline and (text.isascii() or storable(text) == text):
        return text
    return bytes.fromhex(write(text))


def column_text(column: str | bytes | None, read: ReadText) -> str:
    """The text that `text_column` wrote."""
    if column is None:
        return ""
    return column if isinstance(column, str) else read(bytes(column).hex())


def reference(ref: str) -> bytes | None:
    """A snapshot reference for its column."""
    return bytes.fromhex(ref) if ref else None


def column_reference(column: bytes | None) -> str:
    """The reference that a column holds, "" for NULL."""
    return "" if column is None else bytes(column).hex()


def run_row(info: RunInfo) -> Row:
    parent = info.parent or (None, None, None)
    return (
        info.run,
        storable(info.thread),
        storable(info.target),
        info.engine,
        info.engine_version,
        info.python,
        storable(info.interpreter),
        storable(info.cwd),
        storable(info.script),
        json.dumps(info.argv),
        info.started,
        info.status.value,
        info.ended,
        storable(info.error),
        *parent,
        info.machine,
        json.dumps(info.entry),
        reference(info.input),
    )


@readable
def row_run(row: Row) -> RunInfo:
    parent = None if row[14] is None else (row[14], row[15], row[16])
    return RunInfo(
        run=row[0],
        thread=row[1],
        target=row[2],
        engine=row[3],
        engine_version=row[4],
        python=row[5],
        interpreter=row[6],
        cwd=row[7],
        script=row[8],
        argv=tuple(json.loads(row[9])),
        started=row[10],
        status=RunStatus(row[11]),
        ended=row[12],
        error=row[13],
        parent=parent,
        machine=row[17],
        entry=json.loads(row[18]),
        input=column_reference(row[19]),
    )


def segment_row(segment: Segment) -> Row:
    return (segment.run, segment.segment, segment.process, segment.started, segment.ended)


def node_row(run: str, position: int, node: Node, write: WriteText) -> Row:
    fingerprint = text_column(_dump_fingerprint(node.fingerprint), write)
    return (
        run,
        storable(node.address),
        position,
        storable(node.label),
        storable(node.type),
        storable(node.where),
        node.produced_by,
        fingerprint,
    )


@readable
def row_node(row: Row, read: ReadText) -> Node:
    return Node(
        address=row[1],
        label=row[3],
        type=row[4],
        where=row[5],
        produced_by=row[6],
        fingerprint=load(column_text(row[7], read) or None, {}),
    )


def step_row(step: Step) -> Row:
    return (
        step.run,
        step.step,
        *reference_row(step.node),
        step.engine_step,
        step.segment,
        step.parent_step,
        step.superstep,
        step.namespace or None,
        step.task_id or None,
    )


@readable
def row_step(row: Row) -> Step:
    return Step(
        run=row[0],
        step=row[1],
        node=NodeRef(row[2], row[3]),
        engine_step=row[4],
        segment=row[5],
        parent_step=row[6],
        superstep=row[7],
        namespace=row[8] or "",
        task_id=row[9] or "",
    )


def reference_row(node: NodeRef) -> Row:
    """(address, label) of the node of a step."""
    return (storable(node.address), storable(node.label))


@lru_cache(maxsize=512)
def following(nodes: tuple[NodeRef, ...]) -> str | None:
    return dump([[node.address, node.label] for node in nodes])


@lru_cache(maxsize=512)
def _changes(changes: Changes) -> str | None:
    return dump([changes.added, changes.updated, changes.removed] if changes else None)


def execution_row(execution: Execution, write: WriteText) -> Row:
    marks = [[list(mark.path), mark.fidelity.value, mark.reason] for mark in execution.marks]
    return (
        execution.run,
        execution.step,
        execution.attempt,
        execution.outcome.value,
        execution.started,
        execution.duration_ns,
        reference(execution.input),
        reference(execution.before),
        reference(execution.writes),
        reference(execution.after),
        following(execution.next),
        text_column(execution.error, write),
        text_column(execution.traceback, write),
        dump(execution.error_at),
        _changes(execution.changes),
        execution.tokens.prompt,
        execution.tokens.output,
        dump(execution.effects),
        json.dumps(marks, default=repr) if marks else None,
        text_column(_dump_fingerprint(execution.fingerprint), write),
        # The same text in every row of a node: 16 bytes for a reference.
        text_column(execution.source, write, inline=0),
        dump(execution.edits),
        storable(execution.note) or None,
        execution.how or None,
    )


@readable
def row_execution(row: Row, reads: Row, written: Row, read: ReadText) -> Execution:
    changes = load(row[14], [(), (), ()])
    return Execution(
        run=row[0],
        step=row[1],
        attempt=row[2],
        outcome=Outcome(row[3]),
        started=row[4],
        duration_ns=row[5],
        input=column_reference(row[6]),
        before=column_reference(row[7]),
        writes=column_reference(row[8]),
        after=column_reference(row[9]),
        next=tuple(NodeRef(address, label) for address, label in load(row[10], [])),
        error=column_text(row[11], read),
        traceback=column_text(row[12], read),
        error_at=None if row[13] is None else tuple(json.loads(row[13])),
        changes=Changes(*(tuple(keys) for keys in changes)),
        tokens=Tokens(row[15], row[16]),
        reads=reads,
        written=written,
        effects=tuple(load(row[17], ())),
        marks=tuple(
            Mark(tuple(path), Fidelity(fidelity), reason)
            for path, fidelity, reason in load(row[18], [])
        ),
        fingerprint=load(column_text(row[19], read) or None, {}),
        source=column_text(row[20], read),
        edits=load(row[21], {}),
        note=row[22] or "",
        how=row[23] or "",
    )


def call_row(key: Row, call: Call, write: WriteText) -> Row:
    return (
        *key,
        call.call,
        call.kind,
        storable(call.address),
        storable(call.model),
        text_column(call.prompt, write),
        text_column(call.system_instruction, write),
        text_column(call.output, write),
        call.tokens.prompt,
        call.tokens.output,
        call.duration_ns,
        text_column(call.error, write),
        json.dumps(call.settings, default=repr) if call.settings else None,
        call.finish or None,
        text_column(dump(call.answer) or "", write),
    )


@readable
def row_call(row: Row, read: ReadText) -> Call:
    return Call(
        call=row[3],
        kind=row[4],
        address=row[5],
        model=row[6],
        prompt=column_text(row[7], read),
        system_instruction=column_text(row[8], read),
        output=column_text(row[9], read),
        tokens=Tokens(row[10], row[11]),
        duration_ns=row[12],
        error=column_text(row[13], read),
        settings=load(row[14], {}),
        finish=row[15] or "",
        answer=load(column_text(row[16], read) or None, {}),
    )
