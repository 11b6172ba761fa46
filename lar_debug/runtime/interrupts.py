"""The graph asks a person: what is raised where it waits. Knows no engine."""

from __future__ import annotations

from typing import Any

from lar_debug.model.problem import one_line
from lar_debug.model.threads import Question, question_in


class Interrupted(BaseException):
    """The run waits for a person; whoever answers lets it go on, in any process.

    `question` is "" where the run only pauses before a node. No Exception, as KeyboardInterrupt
    is none: it is no error, and neither the engine, nor a node, nor an `except Exception` around
    the loop may take it for one and go on.
    """

    def __init__(self, note: str = "", *, node: str = "", pause: str = "") -> None:
        """`note` is the question as a step keeps it, `node` the class of the node that asks;
        `pause` the label of the node that a run only stops before."""
        super().__init__()
        self.note = note
        self.node = node
        self.pause = pause
        self.thread = ""
        self.run = ""
        self._asked = question_in(note) or Question()

    @property
    def question(self) -> str:
        return self._asked.question

    @property
    def choices(self) -> tuple[str, ...]:
        return self._asked.choices

    @property
    def context(self) -> dict[str, Any]:
        """What the node shows a person of the state."""
        return dict(self._asked.context)

    @property
    def needs_rationale(self) -> bool:
        return self._asked.needs_rationale

    def __str__(self) -> str:
        what = f"before {self.pause}" if self.pause else "for a person's answer"
        asked = f": {self.question} ({'/'.join(self.choices)})" if self.question else ""
        return one_line(f"thread {self.thread or '?'} waits {what}{asked}")
