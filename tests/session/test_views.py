"""What is shown of a step, from a store alone: notes, verdicts and documents of every ending."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from lar_debug.model.checks import Check
from lar_debug.model.document import TreeRow
from lar_debug.model.records import Execution, Outcome, RunStatus
from lar_debug.model.views import StepView
from lar_debug.panes._signs import UNICODE_SIGNS
from lar_debug.panes.verdict import fitting
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.session.attempted import Attempted
from lar_debug.session.comparison import Comparison, same_output
from lar_debug.session.looking import Base
from lar_debug.session.recording import Recording
from lar_debug.session.reexecution import Reexecution
from lar_debug.session.step_view import Outdated, Shown, StepViews
from lar_debug.session.variation import note_variation
from lar_debug.session.verification import check_steps
from lar_debug.store.database import Store
from tests.unit.store_process import begin, info


class Written:
    """A recorded step whose attempts are written down as a test wants them."""

    def __init__(self, path: Path) -> None:
        self.store = Store.open(path, create=True)
        self.store.add_run(info("r", status=RunStatus.FINISHED))
        self.before = begin(self.store, "r", {"order": 1}).before
        self.views = StepViews(Recording(self.store, self.store.run("r")))

    def end(
        self, attempt: int, outcome: Outcome, state: dict[str, Any] | None = None, **known
    ) -> None:
        if attempt:
            self.store.begin_attempt("r", 0, before=self.before, edits={}, started=1e9)
        execution = Execution("r", 0, attempt, outcome, 1e9, before=self.before)
        if state is not None:
            taken = Snapshotter(self.store.objects, self.store.texts, run="r", key=None).take(state)
            execution = execution._replace(after=taken.ref, marks=taken.marks)
        self.store.end_execution(execution._replace(**known))

    def view(self, **shown) -> StepView:
        return self.views.view(Shown(0, **shown), lambda: True)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    written = Written(tmp_path / "recordings.db")
    yield written
    written.store.close()


def text(spans) -> str:
    return "".join(span.text for span in spans)


def rows(view: StepView) -> list[str]:
    found = [block for block in view.diff.blocks if isinstance(block, TreeRow)]
    return [f"{row.sign} {text(row.spans)}" for row in found]


def test_a_lost_value_that_the_step_reads_is_told_before_it_runs_again(written: Written):
    lock = {"order": 1, "client": threading.Lock()}
    written.end(0, Outcome.SUCCESS, lock, reads=("client",))
    note = written.view().note
    assert note.startswith("lost: client could not be kept (")
    assert note.endswith("); step 0 reads it. r runs it without, or --set client=...")


def test_a_lost_value_that_nobody_reads_is_no_warning_to_run_it(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1, "client": threading.Lock()}, reads=("order",))
    assert "--set" not in written.view().note


def test_a_lost_value_alone_is_no_sign_that_a_step_varies(written: Written):
    recording = Recording(written.store, written.store.run("r"))
    lost = {"client": threading.Lock()}
    written.end(0, Outcome.SUCCESS, {**lost, "n": 1, "__node_counts": 1})
    written.end(1, Outcome.SUCCESS, {**lost, "n": 1, "__node_counts": 2})
    assert text(written.view(attempt=1).verdict).startswith("#0 → #1  same as far as can be told")
    assert not note_variation(recording, recording.execution(0, 1))
    written.end(2, Outcome.SUCCESS, {**lost, "n": 2, "__node_counts": 3})
    assert note_variation(recording, recording.execution(0, 2))


async def test_verification_calls_no_step_impure_for_a_lost_value_or_another_code(written: Written):
    recording = Recording(written.store, written.store.run("r"))
    lost = {"client": threading.Lock()}
    written.end(0, Outcome.SUCCESS, {"order": 1, **lost, "n": 1}, source="return 1")

    async def checked(attempt: int, state: dict[str, Any], source: str = "return 1") -> Check:
        class Again:
            async def run(self, step: int, _conditions: object) -> Attempted:
                state.update(lost, order=1)
                written.end(attempt, Outcome.SUCCESS, state, source=source)
                return Attempted(recording.execution(step, attempt), None)

        (check,) = [one async for one in check_steps(recording, cast("Reexecution", Again()))]
        return check

    same = await checked(1, {"n": 1})
    assert (same.ok, same.why) == (True, "client could not be kept, not compared")
    assert not recording.summaries(0, 0)[0].impure
    edited = await checked(2, {"n": 2}, source="return 2")
    assert edited.why == "n differs: source:1 was changed since the recording"
    assert not recording.summaries(0, 0)[0].impure, "other code says nothing of the recorded one"
    other = await checked(3, {"n": 2})
    assert (other.ok, other.why) == (False, "n differs: the step depends on more than its state")
    assert recording.summaries(0, 0)[0].impure


def test_that_a_step_varies_by_itself_has_room_on_a_narrow_screen(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1, "reply": "one word\n" * 3})
    written.end(1, Outcome.SUCCESS, {"order": 1, "reply": "one word\n" * 2 + "other word\n"})
    told = written.view(attempt=1, impure="run unedited it came out otherwise").verdict
    assert "| not all of this is your edit" in text(told)
    narrow = text(tuple(fitting(told, 78, UNICODE_SIGNS)))
    assert narrow.startswith("#0 → #1  reply: ")
    assert narrow.endswith(" | run unedited it varied too")


def test_an_output_that_came_back_names_another_attempt_than_the_base(written: Written):
    recording = Recording(written.store, written.store.run("r"))
    for attempt, order in enumerate((1, 2, 2, 2)):
        written.end(attempt, Outcome.SUCCESS, {"order": order})
    one, two, three = (recording.execution(0, attempt) for attempt in (1, 2, 3))
    told = [
        text(Comparison(recording, base, shown).verdict(also=same_output(recording, shown)))
        for base, shown in ((one, two), (two, three))
    ]
    assert told == [
        "#1 → #2  same output, word for word",
        "#2 → #3  same output, word for word (also = #1)",
    ]


def test_what_makes_a_step_stale_comes_before_any_other_note(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1}, effects=("connect",))
    assert written.view().note.startswith("not checked for hidden inputs")
    assert written.view(stale="reply.md changed 14:09").note == (
        "stale: reply.md changed 14:09 | r re-runs it"
    )


def test_a_step_that_calls_out_is_checked_by_running_it_unedited_once(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1}, effects=("connect",), fingerprint={"a": "1"})
    written.end(1, Outcome.SUCCESS, {"order": 2}, fingerprint={"a": "2"})
    assert written.view().note.startswith("not checked")
    written.end(2, Outcome.SUCCESS, {"order": 1}, fingerprint={"a": "1"})
    assert written.view().note == ""


def test_an_attempt_that_ran_out_of_time_says_so_and_where_the_last_good_one_is(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1})
    written.end(1, Outcome.SUCCESS, {"order": 2})
    written.end(2, Outcome.ERROR, {"order": 1}, error="ValueError: no")
    written.end(3, Outcome.TIMEOUT, {"order": 1}, error="its time was up")
    view = written.view()
    assert text(view.verdict) == ("#2 → #3  timed out: its time was up | last good #1 is 2 h away")
    assert rows(view) == ["! its time was up"]


def test_an_error_of_many_lines_is_shown_whole(written: Written):
    written.end(0, Outcome.ERROR, error="ValueError: one\ntwo\nthree")
    view = written.view()
    assert text(view.verdict) == "#0 recorded  failed: ValueError: one"
    assert rows(view) == ["! ValueError: one", "! two", "! three"]


def test_an_attempt_whose_process_died_is_told_with_its_signal(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1})
    number = written.store.begin_attempt("r", 0, before=written.before, edits={}, started=1e9)
    written.store.end_attempt_as("r", 0, number, Outcome.CRASHED, "killed by SIGSEGV")
    view = written.view()
    assert text(view.verdict) == "#0 → #1  crashed: killed by SIGSEGV | last good #0 is one h away"


def test_attempts_that_were_killed_or_still_run_leave_no_chip(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1})
    written.end(1, Outcome.SUPERSEDED)
    written.end(2, Outcome.SUCCESS, {"order": 2})
    written.store.begin_attempt("r", 0, before=written.before, edits={}, started=1e9)
    chips = written.view().strip.chips
    assert [(chip.attempt, chip.base, chip.shown) for chip in chips] == [
        (0, True, False),
        (2, False, True),
    ]
    chips = written.view(running=3).strip.chips
    assert (chips[-1].attempt, chips[-1].outcome) == (3, Outcome.RUNNING)


def test_every_kind_of_base_compares_with_what_it_says(written: Written):
    for attempt in range(4):
        written.end(attempt, Outcome.SUCCESS, {"order": attempt + 2})
    assert rows(written.view())[0].startswith("~ order  4 → 5")
    assert rows(written.view(base=Base.RECORDED))[0].startswith("~ order  2 → 5")
    assert rows(written.view(base=Base.BEFORE))[0].startswith("~ order  1 → 5")
    assert rows(written.view(attempt=1, held=3))[0].startswith("~ order  5 → 3")
    chips = written.view(attempt=1, held=3).strip.chips
    assert [chip.attempt for chip in chips if chip.held] == [3]


def test_what_it_printed_is_shown_though_it_comes_after_the_end(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1})
    assert written.view().console == ()
    # In pieces, as programs write: a line, and a character, may be cut.
    for piece in (b"one", b" \xe2", b"\x80\xa6", b"\r\ntwo\xff\n"):
        written.store.add_console("r", 0, 0, "stdout", piece)
    written.store.add_console("r", 0, 0, "stderr", b"three\n")
    console = written.view().console
    assert [(row.gutter, row.text) for row in console] == [
        ("out", "one …"),
        ("out", "two\\xff"),
        ("err", "three"),
    ]


def test_a_view_that_was_read_once_is_not_compared_again(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1})
    written.end(1, Outcome.SUCCESS, {"order": 2})
    first, second = written.view(), written.view()
    assert second.diff is first.diff
    assert written.view(attempt=0).diff is not first.diff


def test_reading_is_given_up_when_somebody_looks_elsewhere(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1})
    with pytest.raises(Outdated):
        written.views.view(Shown(0), lambda: False)


def test_an_attempt_says_what_had_to_be_run_to_reach_its_node(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1})
    written.end(1, Outcome.SUCCESS, {"order": 2}, how="ran main()")
    assert written.view().note == "ran main() to reach the node"


def test_a_step_in_which_recording_stopped_did_not_die(written: Written):
    written.end(0, Outcome.CRASHED, error="recording stopped: no room left to write it")
    verdict = text(written.view().verdict)
    assert verdict == "#0 recorded  recording stopped here: no room left to write it"


def test_an_attempt_that_died_is_not_told_to_have_lost_its_source(written: Written):
    written.end(0, Outcome.SUCCESS, {"order": 1}, source="def node(state): ...")
    written.end(1, Outcome.CRASHED, error="killed by SIGKILL")
    assert "gone" not in written.view().cause.title
