"""The keys of the State tab, which count while it has the focus."""

from __future__ import annotations

from lar_debug.shell.key import Key


def _key(id: str, keys: str, action: str, label: str, tooltip: str, written: str = "") -> Key:
    return Key(id, keys, action, label, tooltip, written, command=False, focus="state-pane")


STATE_KEYS: tuple[Key, ...] = (
    _key(
        "state.fold", "h,left", "fold", "Fold", "Fold; from a leaf to what it stands in", "h Left"
    ),
    _key("state.unfold", "l,right", "unfold", "Open", "Open; again to the first part", "l Right"),
    _key("state.turn", "space", "turn", "Fold or open", "Fold or open; the next hundred parts"),
    _key("state.alone", "enter", "alone", "Value alone", "One value alone; Esc back", "Enter"),
    _key("state.side", "m", "side", "After, before, both", "After the step, before it, or both"),
    _key(
        "state.hidden", "H", "hidden", "Hidden keys", "With the engine's own keys, or without them"
    ),
    _key(
        "state.edit",
        "i",
        "screen.edit_value",
        "Edit value",
        "Give the value under the cursor another one before the step, and run it again",
    ),
)
