"""A diff of thousands of changes: its first rows are there before its last are laid out."""

from __future__ import annotations

from lar_debug.diff.layout import MOST_ROWS
from lar_debug.model.changes import Span
from lar_debug.model.document import Document, TreeRow
from lar_debug.panes.diff_pane import DiffPane
from lar_debug.shell.app import LarDebugApp
from tests.shell.fake_session import FakeSession

CHANGES = 20_000


async def test_the_first_rows_of_a_long_diff_do_not_wait_for_the_last() -> None:
    session = FakeSession()
    app = LarDebugApp(session, environ={})
    rows = tuple(TreeRow("~", (Span(f"items[{number}]"),)) for number in range(CHANGES))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        pane = app.screen.query_one(DiffPane)
        view = session.step_view()
        assert view is not None
        pane.show(view._replace(step=view.step + 1, diff=Document(rows)))
        assert pane.page <= pane.line_count < MOST_ROWS / 2
        assert "items[0]" in pane.text
        assert f"items[{CHANGES - 1}]" not in pane.text
        while pane.line_count <= MOST_ROWS:
            await pilot.pause()
        assert "the first 2,000 rows, o opens all" in pane.text
        # Another diff comes while the rest of one is still laid out.
        pane.show(view._replace(step=view.step + 2, diff=Document(rows)))
        pane.show(view._replace(step=view.step + 3, diff=Document(rows[:3])))
        for _ in range(20):
            await pilot.pause()
        assert pane.line_count == 3
