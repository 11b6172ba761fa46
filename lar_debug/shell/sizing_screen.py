"""The main screen's ways between the panes: which of them are seen, how big, and who has the focus.

Where they then stand is plan.py's.
"""

from __future__ import annotations

from lar_debug.model import views
from lar_debug.panes._handle import Handle
from lar_debug.panes._line_view import LineView
from lar_debug.shell.panes_screen import PanesScreen
from lar_debug.shell.plan import Sizes, dragged

_BY_SIZE = ("timeline", "", "detail")
_TOLD = {
    "timeline": "the timeline alone: + brings the detail back",
    "detail": "the detail alone: - brings the timeline back",
}


class SizingScreen(PanesScreen, inherit_bindings=False):
    """Actions of shell/keys.py, and rules that are dragged."""

    def action_size(self, by: int) -> None:
        """More room for the detail, or less."""
        at = _BY_SIZE.index(self._sizes.alone) + by
        alone = _BY_SIZE[max(0, min(len(_BY_SIZE) - 1, at))]
        self._resize_panes(self._sizes._replace(alone=alone))
        told = _TOLD.get(alone)
        self._event.show(views.EventLine("", told, "note") if told else self.session.event())

    def on_handle_dragged(self, message: Handle.Dragged) -> None:
        """A rule is where the mouse is, as far as the panes can be that big."""
        message.stop()
        self._resize_panes(dragged(self._sizes, self.size, message.rule, message.at))

    def show_both(self) -> None:
        """The detail is asked for: the timeline is no longer alone."""
        if self._sizes.alone == "timeline":
            self._resize_panes(self._sizes._replace(alone=""))

    def _resize_panes(self, sizes: Sizes) -> None:
        if sizes != self._sizes:
            self._sizes = sizes
            self._replan(self.size)

    def action_focus_pane(self, by: int) -> None:
        """The next pane; a timeline that stands alone, or in one line, changes places with the
        detail."""
        alone, one_line = self._sizes.alone, self._plan.one_line
        if alone == "timeline" or (one_line and not alone):
            self._resize_panes(self._sizes._replace(alone="" if alone else "timeline"))
            if not one_line:
                self._focus_pane("detail")
            return
        panes: list[LineView] = [self._timeline, self._detail.pane, self._dock]
        # Where the timeline is not seen the steps have the keys while no pane has the focus.
        stops = [pane if pane.id in self._plan.regions else None for pane in panes[:1]]
        stops += [pane for pane in panes[1:] if pane.id in self._plan.regions]
        at = next((i for i, pane in enumerate(stops) if pane is self.focused), 0)
        self.set_focus(stops[(at + by) % len(stops)], scroll_visible=False)

    def action_open(self) -> None:
        """Into the detail of the step."""
        was_alone = self._sizes.alone == "timeline"
        self.show_both()
        if not (was_alone and self._plan.one_line):
            self._focus_pane("detail")

    def action_back(self) -> None:
        """Out of what is open, one thing after the other, to the timeline."""
        self.clear_selection()
        if self._detail.pane is self._detail.state and self._detail.state.back():
            return
        in_steps = self._sizes.alone != "timeline" and self._scrolled is None
        if in_steps and self.session.walking.leave():
            return
        if in_steps and self._sizes.alone == "detail":
            self._resize_panes(self._sizes._replace(alone=""))
        self.show_both()
        if "timeline" in self._plan.regions:
            self._focus_pane("timeline")
        else:
            self.set_focus(None)
