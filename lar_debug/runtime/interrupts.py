"""The graph asks a person: who may answer, and what is raised where it waits. Knows no engine."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any, Final

from lar_debug.model.problem import one_line
from lar_debug.model.threads import Answer, Question, questions_in

_NO_ANSWERS: Final[Mapping[str, Answer]] = {}


class Person:
    """The answers that one step has, and the questions that it leaves open. Branches beside each
    other may all ask."""

    def __init__(self, answers: Mapping[str, Answer] = _NO_ANSWERS, *, alone: bool = False) -> None:
        """`answers` by the id of their question; `alone`: nobody else is asked."""
        self.alone = alone
        self._answers = answers
        self._turns: dict[str, int] = {}
        self._reasons: dict[str, str] = {}
        self._open: list[tuple[int, int, dict[str, Any]]] = []
        self._lock = threading.Lock()

    def after(self) -> Person:
        """Who is asked in the next step: its questions are others."""
        return Person(alone=self.alone)

    def take(self, asked: dict[str, Any], place: int) -> str | None:
        """What the node gets to hear that asks now: the answer, then the reason where it wants
        that too; None where there is none that it takes.

        `asked` is the question as a note keeps it, `place` where it stands among others. A node
        that asks in one step for the second time has the id with "#2".
        """
        id: str = asked["id"]
        with self._lock:
            if id in self._reasons:
                return self._reasons.pop(id)
            turn = self._turns[id] = self._turns.get(id, 0) + 1
            name = id if turn == 1 else f"{id}#{turn}"
            answer = self._answers.get(name)
            if answer is None or answer.value.strip().lower() not in asked["choices"]:
                self._open.append((place, turn, {**asked, "id": name}))
                return None
            if asked["needs_rationale"]:
                self._reasons[id] = answer.rationale
            return answer.value

    def note(self) -> str:
        """The open questions as a step keeps them; "" without one."""
        with self._lock:
            asked = [one for _, _, one in sorted(self._open, key=lambda one: one[:2])]
        return json.dumps(asked[0] if len(asked) == 1 else asked, default=repr) if asked else ""


class Interrupted(BaseException):
    """The run waits for a person; whoever answers lets it go on, in any process.

    `questions` are those that are open: more than one where parallel branches ask, none where the
    run only pauses before a node; `question` and what goes with it is the first of them. No
    Exception, as KeyboardInterrupt is none: it is no error, and neither the engine, nor a node,
    nor an `except Exception` around the loop may take it for one and go on.
    """

    def __init__(self, note: str = "", *, node: str = "", pause: str = "") -> None:
        """`note` has the questions as a step keeps them, `node` the class of the node that asks;
        `pause` the label of the node that a run only stops before."""
        super().__init__()
        self.note = note
        self.node = node
        self.pause = pause
        self.thread = ""
        self.run = ""

    @property
    def questions(self) -> tuple[Question, ...]:
        return questions_in(self.note)

    @property
    def _first(self) -> Question:
        return next(iter(self.questions), Question())

    @property
    def question(self) -> str:
        return self._first.question

    @property
    def choices(self) -> tuple[str, ...]:
        return self._first.choices

    @property
    def context(self) -> dict[str, Any]:
        """What the node shows a person of the state."""
        return dict(self._first.context)

    @property
    def needs_rationale(self) -> bool:
        return self._first.needs_rationale

    def __str__(self) -> str:
        asked = self.questions
        what = f"before {self.pause}" if self.pause else "for a person's answer"
        several = [f"{one.id}: " if len(asked) > 1 else "" for one in asked]
        told = "; ".join(
            f"{name}{one.question} ({'/'.join(one.choices)})"
            for name, one in zip(several, asked, strict=True)
        )
        return one_line(f"thread {self.thread or '?'} waits {what}{f': {told}' if told else ''}")
