"""What a thread is made of beside its runs: durability, the claim, tasks, a question to a person.

May import nothing beside the standard library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple, cast

from lar_debug.model.values import NOTHING, Value


class Durability(str, Enum):
    """What a run may lose. *Kept* survives kill -9, *safe* survives a power cut.

    SYNC: the end of a step is safe before the next begins. ASYNC: its begin is kept before the
    node runs, its end before the next step. EXIT: only thread and input are kept until the end.
    """

    EXIT = "exit"
    ASYNC = "async"
    SYNC = "sync"


class ClaimRow(NamedTuple):
    """Who goes on with a thread.

    `process` as in Segment; `beat` is the last sign of life in seconds since the epoch,
    `beat_on_boot` the same on the clock of its machine that nobody can set.
    """

    thread: str
    token: str
    process: str
    beat: float
    beat_on_boot: float


class Question(NamedTuple):
    """What a run asks a person; `question` is "" where it only pauses before a node.

    `id` names it among those of its step, the same in each try of that.
    """

    question: str = ""
    choices: tuple[str, ...] = ()
    context: Mapping[str, Value] = NOTHING
    needs_rationale: bool = False
    id: str = ""


class Answer(NamedTuple):
    """What a person said to a question, and why where that is asked for."""

    value: str
    rationale: str = ""


def questions_in(note: str) -> tuple[Question, ...]:
    """The open questions that the note of a waiting step holds."""
    try:
        asked: Any = json.loads(note)
    except (ValueError, RecursionError):
        return ()
    found = cast("list[Any]", asked if isinstance(asked, list) else [asked])
    return tuple(_question(cast("dict[str, Any]", one)) for one in found if isinstance(one, dict))


def _question(known: dict[str, Any]) -> Question:
    # Whoever made the store may have put anything there.
    context, choices = known.get("context"), known.get("choices")
    return Question(
        str(known.get("question") or ""),
        tuple(map(str, cast("list[Any]", choices))) if isinstance(choices, list) else (),
        cast("dict[str, Any]", context) if isinstance(context, dict) else {},
        bool(known.get("needs_rationale")),
        str(known.get("id") or ""),
    )


class TaskRow(NamedTuple):
    """One task of a step that came to an end.

    `key` is its qualified name, a hash of its arguments and which of equal calls it was; `result`
    the reference of a snapshot {"result": value}, "" when it failed. `errors` has one line for
    each try that failed. `started` is seconds since the epoch.
    """

    run: str
    step: int
    key: str
    name: str
    result: str = ""
    errors: tuple[str, ...] = ()
    started: float = 0.0
    duration_ns: int = 0
