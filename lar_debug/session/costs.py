"""What resuming saved, and attempts at a step: tokens spent beside those of starting over.

Counted from what was recorded; prices are not known here. Writes nothing, knows no screen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from lar_debug.model.records import Outcome
from lar_debug.model.spending import AttemptTokens, StepTokens
from lar_debug.store.database import Store


class Resume(NamedTuple):
    """One time that a run was gone on with: `step` is the first that ran then, `started` in seconds
    since the epoch. `spent` are the tokens of its segment, `saved` those of the steps before it
    that it did not run again."""

    segment: int
    step: int
    started: float
    spent: int
    saved: int

    @property
    def words(self) -> str:
        """ "302 tok, starting over 776: 474 saved", "" where there was nothing to save."""
        if not self.saved:
            return ""
        over = self.spent + self.saved
        return f"{self.spent:,} tok, starting over {over:,}: {self.saved:,} saved"


def resumes_in(steps: Sequence[StepTokens]) -> tuple[Resume, ...]:
    """The resumes of a run, oldest first. `steps` are all of its steps, in their order.

    A resume goes on with one step of the engine; of each step of the engine before that one the
    newest try counts as saved. One that begins anew from the start saves nothing.
    """
    found: list[Resume] = []
    latest: dict[int, int] = {}
    by_segment: dict[int, list[StepTokens]] = {}
    for one in steps:
        by_segment.setdefault(one.segment, []).append(one)
    for segment, own in by_segment.items():
        first = own[0]
        if segment:
            saved = sum(took for at, took in latest.items() if at < first.engine_step)
            spent = sum(one.tokens for one in own)
            found.append(Resume(segment, first.step, first.started, spent, saved))
        latest |= {one.engine_step: one.tokens for one in own}
    return tuple(found)


class AttemptsCost(NamedTuple):
    """What the attempts took that were made of a step, or of all steps of a run: how many, their
    tokens, and those that as many whole runs would have taken."""

    made: int = 0
    tokens: int = 0
    whole_runs: int = 0

    @property
    def words(self) -> str:
        """ "3 attempts: 1,206 tokens, whole runs 2,328", "" without attempts."""
        if not self.made:
            return ""
        told = f"{self.made:,} attempt{'' if self.made == 1 else 's'}"
        if self.whole_runs:
            told += f": {self.tokens:,} tokens"
        if self.whole_runs > self.tokens:
            told += f", {'a whole run' if self.made == 1 else 'whole runs'} {self.whole_runs:,}"
        return told


def cost_of_attempts(
    steps: Iterable[StepTokens], attempts: Iterable[AttemptTokens]
) -> AttemptsCost:
    """What attempts took. `steps` are all steps of the run, in their order.

    The whole run beside an attempt takes what the attempt took, and for every other step of the
    engine what its newest try took when it was recorded; beside an attempt that led nowhere
    (it failed, waits, was stopped) only the steps before it count.
    """
    newest: dict[int, int] = {}
    engine_steps: dict[int, int] = {}
    for one in steps:
        newest[one.engine_step] = one.tokens
        engine_steps[one.step] = one.engine_step
    order = sorted(newest)
    up_to = list(accumulate((newest[at] for at in order), initial=0))
    made = tokens = whole = 0
    for one in attempts:
        place = bisect_left(order, engine_steps.get(one.step, 0))
        others = up_to[place]
        if one.outcome is Outcome.SUCCESS or one.leads_on:
            others += up_to[-1] - up_to[min(place + 1, len(order))]
        made += 1
        tokens += one.tokens
        whole += one.tokens + others
    return AttemptsCost(made, tokens, whole)


def resumes_of(store: Store, run: str) -> tuple[Resume, ...]:
    """The resumes of a run, oldest first. Raises StoreError."""
    return resumes_in(store.spending(run)) if store.last_segment(run) else ()


class Spent(NamedTuple):
    """Tokens of a run's recorded steps, or of all runs of a thread, and what its resumes saved."""

    tokens: int
    saved: int
    runs: int = 1


class Spendings:
    """What runs and their threads took, each read once: for as long as one command takes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._runs: dict[str, Spent] = {}
        self._threads: dict[str, tuple[list[str], Spent]] = {}

    def of_run(self, run: str) -> Spent:
        """Raises StoreError."""
        if run not in self._runs:
            saved = sum(one.saved for one in resumes_of(self._store, run))
            self._runs[run] = Spent(self._store.totals(run)[1], saved)
        return self._runs[run]

    def of_thread(self, thread: str, run: str) -> Spent:
        """All runs of a thread; `run` alone, where it is of a file that only names the thread.

        Raises StoreError.
        """
        if thread not in self._threads:
            runs = self._store.runs_of_thread(thread)
            each = [self.of_run(one) for one in runs]
            tokens, saved = sum(one.tokens for one in each), sum(one.saved for one in each)
            self._threads[thread] = runs, Spent(tokens, saved, len(runs))
        runs, spent = self._threads[thread]
        return spent if run in runs else self.of_run(run)
