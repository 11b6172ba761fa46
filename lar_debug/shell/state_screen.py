"""The main screen's ways with values: what is seen of a state, one edited, one in the pager."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from lar_debug.model.problem import Problem
from lar_debug.model.tabs import StateEditView
from lar_debug.panes.state_pane import StatePane
from lar_debug.shell.clipboard import cleaned
from lar_debug.shell.editor import in_our_terminal
from lar_debug.shell.handing_screen import HandingScreen
from lar_debug.shell.pager import pager_command
from lar_debug.shell.terminal_app import terminal_app


class StateScreen(HandingScreen, inherit_bindings=False):
    """What the State pane posts."""

    def on_state_pane_wished(self, message: StatePane.Wished) -> None:
        """Something is folded or opened, or the other side is to be seen."""
        message.stop()
        self.session.tabs.see_state(message.wish)

    async def action_edit_value(self) -> None:
        """Give the value under the cursor another one. Keys wait until it has been read: what is
        typed behind this one belongs into the field."""
        chosen = self._detail.state.chosen
        if chosen is None:
            return
        place, before = chosen
        with self.problems_told():
            asked = await self.session.state_acts.edit(place, before=before)
            self.ask(asked.title, lambda text: self._value_typed(asked, text), asked.text)

    def _value_typed(self, asked: StateEditView, text: str) -> bool:
        """Whether it fits is found off the event loop; until then the field stays."""
        self.do_first(self._run_edited(asked, text), group="edited")
        return False

    async def _run_edited(self, asked: StateEditView, text: str) -> None:
        taken = self._taken
        with self.problems_told():
            runs = await self.session.state_acts.run(asked, text)
            # Meanwhile something else may be asked.
            if runs and taken is self._taken:
                self.stop_asking()

    def action_open_value(self) -> None:
        """All of what the open tab shows, in the pager."""
        self.run_worker(self._page(), group="page", exclusive=True)

    async def _page(self) -> None:
        app = terminal_app(self)
        with self.problems_told(), tempfile.TemporaryDirectory(prefix="lar-debug-") as folder:
            file = Path(folder) / "value"
            command = pager_command(app.settings.pager, app.environ, file)
            if await self._write_value(file):
                await in_our_terminal(app, command)

    def action_ask_file(self) -> None:
        """Write all of what the open tab shows into a file of a name that is asked."""
        self.ask("save to file:", self._file_typed)

    def _file_typed(self, text: str) -> bool:
        if text.strip():
            self.do_first(self._save_value(Path(text.strip()).expanduser()))
        return True

    async def _save_value(self, file: Path) -> None:
        with self.problems_told():
            try:
                written = await self._write_new(file)
            except OSError as error:
                raise Problem(f"{file} cannot be written: {error.strerror}") from None
            self.session.say(f"saved to {file}" if written else "there is nothing to save")

    async def _write_new(self, file: Path) -> bool:
        """What stands there already is not ours to replace: OSError."""
        file.touch(exist_ok=False)
        written = False
        try:
            written = await self._write_value(file)
        finally:
            if not written:
                file.unlink()
        return written

    async def action_hidden_keys(self) -> None:
        """The State tab with the engine's own keys, or without them."""
        self.action_tab(2)
        await self.session.settled()
        await self.refreshed()
        self._detail.state.action_hidden()

    def action_tab(self, number: int) -> None:
        """Open a tab."""
        raise NotImplementedError

    async def _write_value(self, file: Path) -> bool:
        """Write it; False where there is none. What may be megabytes is not made one text of."""
        chosen = self._detail.state.chosen
        if self._detail.pane is self._detail.state and self.focused is not self._dock:
            if chosen is not None:
                await self.session.state_acts.write(chosen[0], file, before=chosen[1])
            return chosen is not None
        shown = await self.shown_value()
        if shown is not None:
            await asyncio.to_thread(file.write_bytes, cleaned(shown[1]))
        return shown is not None
