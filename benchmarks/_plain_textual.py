"""What a person would write with Textual for the same steps, to be measured beside the screen.

Run: python -m benchmarks._plain_textual table|static STEPS.json
`table` has a DataTable of the steps and a Static for the one under the cursor; `static` is one
Static that is given its whole text again for each key.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Static

SHOWN = 10
"""Steps around the cursor that `static` shows."""


class Table(App[None]):
    """The steps as rows, the detail below."""

    CSS = "DataTable { height: 12; } #detail { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [("j", "move(1)", ""), ("k", "move(-1)", "")]

    def __init__(self, steps: list[dict[str, Any]]) -> None:
        super().__init__()
        self._steps = steps

    def compose(self) -> ComposeResult:
        table: DataTable[str] = DataTable(cursor_type="row")
        table.add_columns("#", "node", "changed", "tok", "ms")
        for one in self._steps:
            table.add_row(*(str(one[name]) for name in ("step", "node", "changed", "tok", "ms")))
        yield table
        yield Static(id="detail", markup=False)

    def on_mount(self) -> None:
        self.query_one(DataTable[str]).move_cursor(row=len(self._steps) - 2)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self.query_one("#detail", Static).update(Text(self._steps[event.cursor_row]["detail"]))

    def action_move(self, by: int) -> None:
        table = self.query_one(DataTable[str])
        table.move_cursor(row=table.cursor_row + by)


class Whole(App[None]):
    """All of it as one text."""

    BINDINGS: ClassVar[list[BindingType]] = [("j", "move(1)", ""), ("k", "move(-1)", "")]

    def __init__(self, steps: list[dict[str, Any]]) -> None:
        super().__init__()
        self._steps = steps
        self._cursor = len(steps) - 2

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def on_mount(self) -> None:
        self.action_move(0)

    def action_move(self, by: int) -> None:
        self._cursor = max(0, min(len(self._steps) - 1, self._cursor + by))
        first = max(0, self._cursor - SHOWN // 2)
        rows = [
            f"{'>' if one['step'] == self._cursor else ' '} {one['step']:>5} {one['node']:20} "
            f"{one['changed']:40} {one['tok']:>6} {one['ms']:>6}"
            for one in self._steps[first : first + SHOWN]
        ]
        text = "\n".join([*rows, "", self._steps[self._cursor]["detail"]])
        self.query_one(Static).update(Text(text))


def main() -> None:
    kind, file = sys.argv[1:]
    steps: list[dict[str, Any]] = json.loads(Path(file).read_text(encoding="utf-8"))
    app: App[None] = Table(steps) if kind == "table" else Whole(steps)
    app.run()


if __name__ == "__main__":
    main()
