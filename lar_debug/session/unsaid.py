"""The saves that nobody has been told of yet, and how the one line about them begins.

A file that lar-debug itself wrote, because a person put a text back, is saved like any other: the
line says that it was put back, else what became of the save would hide it. Pure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable


class Unsaid:
    """Files that were saved since the last line about saves; `shown` is a path for people."""

    def __init__(self, shown: Callable[[str], str]) -> None:
        self._shown = shown
        self._saved: set[str] = set()
        self._written: dict[str, tuple[str, ...]] = {}

    def saved(self, paths: Iterable[str]) -> None:
        """These are to be told of."""
        self._saved.update(paths)

    def written(self, paths: Iterable[str], *words: str) -> None:
        """The next save of these is our own: `words` say it in more and in fewer words."""
        self._written.update(dict.fromkeys(map(os.path.realpath, paths), words))

    def names(self, paths: Iterable[str]) -> str:
        """Files for people."""
        return ", ".join(sorted(map(self._shown, paths)))

    def forget(self) -> None:
        """They have been told of in another way."""
        for path in self._saved:
            self._written.pop(os.path.realpath(path), None)
        self._saved.clear()

    def lines(self, *texts: str) -> list[str]:
        """What came of them, in more and in fewer words, the longest first; they are told now."""
        ours = {self._written.get(os.path.realpath(path)) for path in self._saved}
        first = ours.pop() if len(ours) == 1 else None
        begins = first or (f"saved {self.names(self._saved)}",)
        self.forget()
        return [f"{begin}: {text}" for begin in begins for text in texts]
