"""What a save does: which step it runs, or why it only marks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from lar_debug.model.records import Execution, StepSummary


@dataclass
class Saving:
    """`runs`: saves run a step rather than only mark; `pinned`: that one, wherever one looks."""

    runs: bool = True
    pinned: int | None = None

    def target(self, cursor: int) -> int:
        """The step that a save is about."""
        return cursor if self.pinned is None else self.pinned

    def may_run(self, line: StepSummary) -> bool:
        """False for a step that reached the outside, until it is pinned."""
        return self.pinned == line.step or not line.effects

    def why_not(self, line: StepSummary) -> str | None:
        """Why a save only marks; None when it runs the step, "" when the step's effects are why."""
        if not self.runs:
            return "only marked, not run (w lets saves run the step)"
        return None if self.may_run(line) else ""

    def announced(self, line: StepSummary, watched: int) -> str:
        """What a save will do, for the header."""
        files = f", watching {watched:,} file{'' if watched == 1 else 's'}" if watched else ""
        if not self.runs:
            return f"only mark{files}"
        verb = "re-run" if self.may_run(line) else "only mark"
        return f"{verb} {line.step} {line.node.label}{files}"

    def toggle(self) -> str:
        """Let saves run a step, or only mark; says which."""
        self.runs = not self.runs
        mode = "runs the step again" if self.runs else "only marks what it made stale"
        return f"from now on a save {mode}"

    def toggle_pin(self, line: StepSummary) -> str:
        """Pin a step, or free it; says which."""
        self.pinned = None if self.pinned == line.step else line.step
        name = f"step {line.step} {line.node.label}"
        if self.pinned is None:
            return f"{name} is no longer pinned"
        return f"pinned: saves run {name}, wherever you look"


def _for_newcomers(done: Execution) -> str:
    if done.attempt == 1 and done.step == 1:
        return "Step 0 was not run."
    if done.attempt == 1 and done.step > 1:
        return f"Steps 0-{done.step - 1} were not run."
    return "h/l flip between attempts, b the base" if done.attempt == 2 else ""


def ran_again_words(done: Execution, on_screen: float) -> tuple[str, ...]:
    """That a save made an attempt, in ever fewer words; `on_screen` is the milliseconds from the
    save until it was shown. The first two attempts of a step say besides what a newcomer asks."""
    number, passed = f"#{done.attempt}", f"{on_screen:.0f} ms"
    said = f"step {done.step} ran again as {number}"
    node = f"(node {done.duration_ns // 1_000_000} ms)"
    besides = _for_newcomers(done)
    longer = (f"{said}, on screen in {passed} {node}. {besides}", f"{said} in {passed}. {besides}")
    return (
        *(longer if besides else ()),
        f"{said}, on screen in {passed} {node}",
        f"{said}, on screen in {passed}",
        f"{said}, {passed}",
        f"{number} in {passed}",
    )
