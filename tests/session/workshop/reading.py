"""Reads a file while it runs, and another one when the first says so."""

from pathlib import Path

from lar import FunctionalNode


def read(_state):
    text = Path("note.txt").read_text()
    if text.startswith("see "):
        text = Path(text.removeprefix("see ").strip()).read_text()
    return text


reads = FunctionalNode(read, output_key="note")
