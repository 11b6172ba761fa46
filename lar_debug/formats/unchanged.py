"""A file is read more than once, and by no lock: nobody may have written to it meanwhile."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lar_debug.formats.json_stream import NotReadable


@contextmanager
def unchanged(path: Path) -> Generator[None, None, None]:
    """Raises NotReadable at the end where the file is another one by then, or was written to;
    OSError where it is gone."""
    before = _identity(path)
    yield
    if _identity(path) != before:
        raise NotReadable(
            f"{path} was changed while it was read; try again when nothing writes to it"
        )


def _identity(path: Path) -> tuple[int, ...]:
    status = os.stat(path)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
