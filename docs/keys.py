"""Writes docs/keys.md from the table of keys: `python docs/keys.py`."""

from __future__ import annotations

from pathlib import Path

from lar_debug.shell.keys import KEYS, Key, keys_by_place

FILE = Path(__file__).with_name("keys.md")

_INTRODUCTION = """# Keys

Written by `python docs/keys.py` from the table in `lar_debug/shell/keys.py`. The keymap in the
[settings](settings.md) changes keys by their ids. Keys of a pane count while it has the focus and
come before those of everywhere; keys of the timeline count wherever no focused pane takes them.
"""


def document() -> str:
    """All keys by where they count, as Markdown."""
    parts = [_INTRODUCTION]
    for place, keys in keys_by_place(KEYS).items():
        rows = "\n".join(map(_row, keys))
        parts.append(f"## {place}\n\n| keys | id | |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _row(key: Key) -> str:
    shown = " ".join(f"<code>{_safe(word)}</code>" for word in key.shown.split(" "))
    return f"| {shown} | {key.id} | {key.tooltip} |"


def _safe(key: str) -> str:
    """Signs that Markdown would take for its own, by number."""
    return "".join(one if one.isalnum() or one == "+" else f"&#{ord(one)};" for one in key)


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
