"""A rule or bar that can be dragged with the mouse. Where it may go is not its business."""

from __future__ import annotations

from textual import events
from textual.geometry import Offset
from textual.message import Message

from lar_debug.panes._paint import Painted


class Handle(Painted):
    """Tells where it is dragged to, by its own id."""

    class Dragged(Message):
        """The mouse holds the rule of the pane `rule` and is at `at`, in cells of the screen."""

        def __init__(self, rule: str, at: Offset) -> None:
            super().__init__()
            self.rule = rule
            self.at = at

    was_dragged = False
    """Whether the mouse moved while it held it: what ends that is no click."""

    _held = False

    def is_held_at(self, row: int) -> bool:  # noqa: ARG002
        """Whether `row` of it is what can be dragged."""
        return True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold."""
        self.was_dragged = False
        if event.button == 1 and self.is_held_at(event.y):
            self._held = True
            self.capture_mouse()
            # Textual began to select text here.
            self.screen.clear_selection()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell where it goes."""
        if self._held:
            self.was_dragged = True
            self.post_message(self.Dragged(self.id or "", event.screen_offset))

    def on_mouse_up(self) -> None:
        """Let go."""
        if self._held:
            self._held = False
            self.release_mouse()
