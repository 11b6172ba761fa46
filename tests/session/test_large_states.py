"""A step on a state of megabytes: what is read is what is shown and what changed."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lar_debug.diff.layout import lay_out
from lar_debug.model.problem import Problem
from lar_debug.model.records import Changes, Execution, Outcome, RunStatus
from lar_debug.model.views import StepView
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.session import step_view
from lar_debug.session import viewer as viewer_of_steps
from lar_debug.session.recording import Recording
from lar_debug.session.step_view import IsWanted, Shown, StepViews
from lar_debug.session.viewer import Viewer
from lar_debug.store.database import Store
from lar_debug.store.objects import unpack
from tests.unit.store_process import begin, info


def page(number: int) -> str:
    return "\n".join(f"{number} {line} of the order that came late" for line in range(200))


def megabytes() -> dict[str, Any]:
    return {
        "items": [{"id": f"t{number}", "text": page(number)[:1000]} for number in range(2000)],
        "pages": {f"p{number}": page(number) for number in range(200)},
        "text": "".join(map(page, range(200))),
        "total": 1,
    }


class Attempts:
    """A step on a state of megabytes, with attempts that each leave something else."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = Store.open(path, create=True)
        self.store.add_run(info("r", status=RunStatus.FINISHED))
        self.state = megabytes()
        self.before = begin(self.store, "r", self.state).before
        self._known = 0
        self.longest = 0
        self.read = 0
        self._get = self.store.objects.get
        self._get_many = self.store.objects.get_many
        monkeypatch.setattr(self.store.objects, "get", self._count)
        monkeypatch.setattr(self.store.objects, "get_many", self._count_many)

    def _count(self, digest: bytes) -> bytes:
        data = self._get(digest)
        self.read += len(data)
        self.longest = max(self.longest, len(unpack(data)[1]))
        return data

    def _count_many(self, digests: list[bytes]) -> dict[bytes, bytes]:
        found = self._get_many(digests)
        self.read += sum(map(len, found.values()))
        return found

    def leave(self, changes: Changes | None = None, **written: Any) -> int:
        number = self._known
        if number:
            self.store.begin_attempt("r", 0, before=self.before, edits={}, started=1e9)
        snapshotter = Snapshotter(self.store.objects, self.store.texts, run="r", key=None)
        taken = snapshotter.take({**self.state, **written})
        execution = Execution("r", 0, number, Outcome.SUCCESS, 1e9, before=self.before)
        self.store.end_execution(
            execution._replace(
                after=taken.ref,
                marks=taken.marks,
                written=tuple(written),
                changes=changes or Changes(),
            )
        )
        self._known += 1
        return number

    def view(self, attempt: int) -> StepView:
        """The view as it is made for the first time in a session."""
        store = Store(self.store.objects)
        views = StepViews(Recording(store, store.run("r")))
        self.longest = self.read = 0
        return views.view(Shown(0, attempt=attempt), lambda: True)


@pytest.fixture
def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attempts]:
    attempts = Attempts(tmp_path / "recordings.db", monkeypatch)
    yield attempts
    attempts.store.close()


def said(view: StepView) -> str:
    return "".join(span.text for span in view.verdict)


def test_a_step_beside_megabytes_reads_the_rows_that_are_shown(attempts: Attempts):
    recorded = attempts.leave(total=2)
    view = attempts.view(recorded)
    assert "wrote total" in said(view)
    assert [row.text.split()[0] for row in view.state] == ["items", "pages", "text", "total"]
    assert attempts.read < 400_000
    assert attempts.longest < 16_384


def test_an_attempt_on_megabytes_reads_what_it_changed(attempts: Attempts):
    attempts.leave(total=2)
    items = list(attempts.state["items"])
    items[1000] = {"id": "t1000", "text": "short"}
    view = attempts.view(attempts.leave(total=2, items=items))
    assert view.diff.changes[0].at_new == ("items", 1000, "text")
    assert attempts.read < 600_000
    assert attempts.longest < 16_384


def test_a_list_that_was_written_as_it_was_is_not_read_again(attempts: Attempts):
    attempts.leave(items=attempts.state["items"])
    view = attempts.view(
        attempts.leave(items=attempts.state["items"], pages=attempts.state["pages"])
    )
    assert "same output" in said(view)
    assert attempts.read < 600_000


def test_of_views_with_megabytes_of_text_only_the_newest_are_kept(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(step_view, "CHARACTERS_KEPT", 100_000)
    numbers = [attempts.leave(text=attempts.state["text"] + f"{n}\n") for n in range(5)]
    views = StepViews(Recording(attempts.store, attempts.store.run("r")))
    for number in numbers:
        views.view(Shown(0, attempt=number), lambda: True)
    for number, again in [(numbers[-1], False), (numbers[-3], False), (numbers[0], True)]:
        attempts.read = 0
        views.view(Shown(0, attempt=number), lambda: True)
        assert (attempts.read > 0) is again


async def test_of_a_step_that_takes_long_the_verdict_is_seen_first(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
):
    attempts.leave(changes=Changes(updated=("total",)), total=2)
    recording = Recording(attempts.store, attempts.store.run("r"))
    is_seen = threading.Event()
    make = step_view._build
    seen: list[StepView] = []

    def build(*args: Any) -> Any:
        assert is_seen.wait(60)
        return make(*args)

    def see(view: StepView) -> None:
        seen.append(view)
        is_seen.set()

    monkeypatch.setattr(step_view, "_build", build)
    monkeypatch.setattr(viewer_of_steps, "HEADING_AFTER", 0.01)
    problems: list[Problem] = []
    viewer = Viewer(recording, see, problems.append)
    viewer.want(Shown(0))
    await viewer.settled()
    await viewer.close()
    assert not problems
    heading, whole = seen
    assert said(heading) == said(whole)
    assert "wrote total" in said(whole)
    assert heading.strip == whole.strip
    assert [row.text for row in lay_out(heading.diff, 80)] == ["comparing…"]
    assert "total" in "".join(row.text for row in lay_out(whole.diff, 80))


async def test_another_attempt_of_the_step_that_is_seen_comes_whole(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
):
    numbers = [attempts.leave(total=2), attempts.leave(total=3)]
    recording = Recording(attempts.store, attempts.store.run("r"))
    seen: list[StepView] = []
    problems: list[Problem] = []
    viewer = Viewer(recording, seen.append, problems.append)
    viewer.want(Shown(0, attempt=numbers[0]))
    await viewer.settled()
    seen.clear()
    monkeypatch.setattr(viewer_of_steps, "HEADING_AFTER", 0.0)
    viewer.want(Shown(0, attempt=numbers[1]))
    await viewer.settled()
    await viewer.close()
    assert [said(view).partition("  ")[0] for view in seen] == ["#0 → #1"]
    assert not problems


def test_what_only_the_ends_of_a_list_share_is_read_at_its_ends(attempts: Attempts):
    items = list(attempts.state["items"])
    changed = [items[0], *({"id": one["id"], "text": "short"} for one in items[1:])]
    view = attempts.view(attempts.leave(items=changed))
    assert len(view.diff.changes) == len(items) - 1
    assert attempts.read < 3_000_000


async def test_no_garbage_is_looked_for_while_a_view_is_made(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
):
    attempts.leave(total=2)
    recording = Recording(attempts.store, attempts.store.run("r"))
    looking: list[bool] = []
    make = StepViews.view

    def view(views: StepViews, shown: Shown, is_wanted: IsWanted) -> StepView:
        looking.append(gc.isenabled())
        return make(views, shown, is_wanted)

    monkeypatch.setattr(StepViews, "view", view)
    seen: list[StepView] = []
    problems: list[Problem] = []
    viewer = Viewer(recording, seen.append, problems.append)
    viewer.want(Shown(0))
    await viewer.settled()
    await viewer.close()
    assert (looking, len(seen), problems) == ([False], 1, [])
    assert gc.isenabled()
