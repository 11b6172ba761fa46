"""One key of the main screen as data."""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding


class Key(NamedTuple):
    """One action with its keys. `action` is an action of the main screen."""

    id: str
    keys: str
    """Names of keys as Textual has them, parted by commas."""
    action: str
    label: str
    tooltip: str
    written: str = ""
    """How help writes the keys, where it is not `keys`."""
    command: bool = True
    """Whether the palette offers it."""
    focus: str = ""
    """Id of the pane that has to have the focus; "" for everywhere. `action` is one of that pane
    then, or of the screen by "screen.name". Where no pane takes a key for itself the keys of the
    timeline count, which is not always on the screen."""

    @property
    def shown(self) -> str:
        return self.written or self.keys.replace(",", " ")

    def binding(self) -> Binding:
        """The binding for Textual; the key line is ours, so its footer shows none."""
        return Binding(
            self.keys,
            self.action,
            self.label,
            show=False,
            id=self.id,
            tooltip=self.tooltip,
        )
