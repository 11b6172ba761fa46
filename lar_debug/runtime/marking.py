"""Writes the marks of the recorder into the streams of the program that it records."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from lar_debug.runtime.console_marks import mark, stop_mark
from lar_debug.runtime.processes import flush_output
from lar_debug.store.descriptors import identity


class Marks:
    """Marks in the program's output, written past whatever it makes of its streams."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        own = (os.dup(1), os.dup(2))
        self._descriptors = [(number, identity(number)) for number in own]

    def write(self, run: str, step: int, edge: Any) -> None:
        flush_output()
        self._put(mark(self._nonce, run, step, edge))

    def stopped(self, why: str) -> None:
        """Recording has stopped."""
        self._put(stop_mark(self._nonce, why))

    def _put(self, data: bytes) -> None:
        for descriptor, known in self._descriptors:
            # The program closes what it likes, and opens files of its own under the same numbers;
            # its output is then nobody's to sort.
            if known is not None and identity(descriptor) == known:
                with contextlib.suppress(OSError):
                    os.write(descriptor, data)
