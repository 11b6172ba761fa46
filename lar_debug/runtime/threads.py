"""Where a thread goes on: read from the rows of its newest run. Knows no engine.

A step that ended well leads to its next node, with the state that it left. One that failed,
waits, or died with its process is run again, from the state that it began with, as a step of its
own: what was recorded stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from lar_debug.model.problem import Problem
from lar_debug.model.records import Execution, NodeRef, Outcome, RunInfo, RunStatus
from lar_debug.model.threads import Answer, Durability, Question, questions_in
from lar_debug.model.values import Mark
from lar_debug.store.database import Store

ANSWERS: Final = "answers"
"""Key of a run's entry: what a person has answered in the step where the run stands."""


FORK: Final = "fork"
"""Key of a fork's entry: the node and the engine's step that it begins with, and the thread that
its program names."""


class ThreadProblem(Problem):
    """A thread cannot go on as it was asked to; one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run goes on.

    `node` is None where it begins anew from its start node; `state` the reference of the snapshot
    to go on with, `marks` what that could not keep. `tries` are the steps that were earlier tries
    of the step to come: its visit to the node counts no second time. `finished` is True when
    there is no step to come. `questions` are open; `answers` are those that the step to come has
    by their ids.
    """

    run: RunInfo
    state: str
    engine_step: int = 0
    node: NodeRef | None = None
    marks: tuple[Mark, ...] = ()
    tries: tuple[int, ...] = ()
    questions: tuple[Question, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict[str, Answer])
    unended: int | None = None
    """The step in which its process ended."""
    finished: bool = False
    anew: bool = False
    """From its beginning."""
    parent: tuple[str, int, int] | None = None
    """Where it is another run that goes on, a fork: the execution of `run` that it continues."""


def beginning_of(run: RunInfo) -> Position:
    """Where a run began: with its start node, a fork with the node that it continued with."""
    found: Any = run.entry.get(FORK)
    if not isinstance(found, dict):
        return Position(run, run.input, anew=True)
    begins = cast("dict[str, Any]", found)
    node = NodeRef(*map(str, begins["node"]))
    return Position(run, run.input, int(begins["engine_step"]), node, anew=True)


def position_of(store: Store, run: RunInfo) -> Position:
    """Where a run goes on. Raises StoreError."""
    steps = store.step_numbers(run.run)
    if not steps:
        return beginning_of(run)
    step = store.step(run.run, steps[-1])
    execution = store.execution(run.run, step.step, 0)
    if ended_well(execution):
        if not execution.next:
            return Position(run, execution.after, step.engine_step + 1, finished=True)
        return Position(
            run, execution.after, step.engine_step + 1, execution.next[0], execution.marks
        )
    waiting = execution.outcome is Outcome.WAITING
    return Position(
        run,
        execution.before,
        step.engine_step,
        step.node,
        execution.marks,
        tries=tuple(store.tries(run.run, step.engine_step, begun_at(run))),
        questions=questions_in(execution.note) if waiting else (),
        answers=_kept_answers(run, step.engine_step),
        unended=step.step if execution.outcome is Outcome.RUNNING else None,
    )


def ended_well(execution: Execution) -> bool:
    """True where what an execution left is what the graph goes on with."""
    if execution.outcome is Outcome.ERROR:
        # The node has dealt with it itself: its error leads somewhere.
        return bool(execution.next)
    return execution.outcome is Outcome.SUCCESS


def begun_at(run: RunInfo) -> int:
    """The step with which a run began last: not 0 where it was begun anew from its start."""
    return int(run.entry.get("begun_at", 0))


def _kept_answers(run: RunInfo, engine_step: int) -> dict[str, Answer]:
    """What a person has said already to questions of a step that is tried again."""
    kept: Any = run.entry.get(ANSWERS)
    if not isinstance(kept, dict):
        return {}
    known = cast("dict[str, Any]", kept)
    given = cast("dict[str, list[Any]]", known["given"] if known["step"] == engine_step else {})
    return {id: Answer(*map(str, said)) for id, said in given.items()}


def answers_told(answers: Mapping[str, Answer]) -> str:
    """ "answered approve", of several questions each with its id; "" without an answer."""
    if len(answers) == 1:
        return f"answered {next(iter(answers.values())).value}"
    told = ", ".join(f"{id} {answer.value}" for id, answer in answers.items())
    return f"answered {told}" if told else ""


def answers_entry(position: Position) -> dict[str, Any]:
    """What a run that goes on notes of the answers, for further tries of the step."""
    given = {id: list(answer) for id, answer in position.answers.items()}
    return {ANSWERS: {"step": position.engine_step, "given": given}} if given else {}


def answered(
    position: Position, answer: str | Mapping[str, str], rationale: str | Mapping[str, str]
) -> dict[str, Answer]:
    """What a person says now: to the one question that is open, or by the ids of several.

    Raises ThreadProblem.
    """
    thread, asked = position.run.thread, {one.id: one for one in position.questions}
    if not asked:
        raise ThreadProblem(f"thread {thread} waits for no answer")
    if isinstance(answer, str):
        if len(asked) > 1:
            raise ThreadProblem(
                f"thread {thread} asks {len(asked)} questions; answer each by its id: "
                f"{', '.join(asked)}"
            )
        answer = dict.fromkeys(asked, answer)
    found: dict[str, Answer] = {}
    for id, value in answer.items():
        if id not in asked:
            raise ThreadProblem(f"thread {thread} asks no {id}; it asks {', '.join(asked)}")
        if value.strip().lower() not in asked[id].choices:
            raise ThreadProblem(
                f"{value!r} is none of the choices of thread {thread}: "
                f"{', '.join(asked[id].choices)}"
            )
        found[id] = Answer(
            value, rationale if isinstance(rationale, str) else rationale.get(id, "")
        )
    return found


def is_announced(run: RunInfo) -> bool:
    """True for a run of which there is no more than what was to be started."""
    return bool(run.entry.get("announced"))


def named_thread(name: Any) -> str:
    """The thread that a caller names. Raises ThreadProblem."""
    if not isinstance(name, str):
        raise ThreadProblem(f"the thread_id {name!r} is no text: give a str")
    if not name:
        raise ThreadProblem("name the thread to go on with: thread_id is empty")
    return name


def named_durability(name: str) -> Durability:
    """Raises ThreadProblem."""
    try:
        return Durability(name)
    except ValueError:
        raise ThreadProblem(
            f"durability {name!r} is none of: {', '.join(one.value for one in Durability)}"
        ) from None


def start_name(run: RunInfo) -> str:
    """ "module:name" of the start node of a run, "" where no module holds it."""
    return str(cast("dict[str, Any]", run.entry.get("names") or {}).get("start", ""))


def durability_of(run: RunInfo) -> Durability:
    """How a run is kept."""
    return Durability(run.entry.get("durability", Durability.ASYNC.value))


def begins_anew(position: Position, *, from_start: bool) -> Position:
    """The position itself, or the beginning of its run where `from_start` asks for that.

    Raises ThreadProblem for a run whose steps were not kept while it went on.
    """
    run = position.run
    if from_start:
        return beginning_of(run)
    died = run.status in (RunStatus.RUNNING, RunStatus.CRASHED)
    if died and run.entry.get("begun") and durability_of(run) is Durability.EXIT:
        raise ThreadProblem(
            f'thread {run.thread} ran with durability "exit" and was cut off before its end was '
            "written: its steps were not kept; from_start=True (--from-start) runs them all again"
        )
    return position


def refuse_lossy(marks: tuple[Mark, ...], thread: str, hidden: frozenset[str]) -> None:
    """Raises ThreadProblem when a state holds what could not be kept as it was."""
    for mark in marks:
        where = ".".join(map(str, mark.path))
        if mark.path and str(mark.path[0]) in hidden:
            continue
        raise ThreadProblem(
            f"thread {thread}: {where} cannot be kept as it is ({mark.reason}); put plain data "
            "there, or allow_lossy=True (--allow-lossy) goes on without"
        )
