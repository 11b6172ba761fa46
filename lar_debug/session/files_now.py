"""A text that went into a step, and the file that it stands in now. Runs off the event loop.

Reads files of the project only; a recording may name any path.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Literal

from lar_debug.model.records import FileUse
from lar_debug.runtime.sources import DIGEST_LIMIT, content_digest, read_bytes
from lar_debug.session.recording import Recording
from lar_debug.store.location import project_root

Standing = Literal["same", "differs", "gone", ""]


@dataclass(frozen=True)
class KeptFile:
    """A file as an execution used it, beside what it is now."""

    recording: Recording
    use: FileUse

    @property
    def shown(self) -> str:
        """Its path for people."""
        return self.recording.shown_path(self.use.path)

    @cached_property
    def text(self) -> str:
        """What it held then, as text."""
        return self.recording.store.reader.text(self.use.text) if self.use.text else ""

    @cached_property
    def content(self) -> bytes | None:
        """What it held then, to the byte; None when only its text is known.

        The digest decides: a source in another encoding is kept as text with signs replaced.
        """
        data = self.text.encode("utf-8", "surrogatepass")
        return data if content_digest(data) == self.use.digest else None

    @cached_property
    def target(self) -> Path | None:
        """The file behind the path, links followed; None when that lies outside the project."""
        target = Path(os.path.realpath(self.use.path))
        folder = self.recording.project
        root = project_root(folder) or Path(os.path.realpath(folder))
        return target if target.is_relative_to(root) else None

    @cached_property
    def now(self) -> bytes | None:
        """What it holds now; None when it is gone, no file, or not the project's."""
        return None if self.target is None else read_bytes(str(self.target), DIGEST_LIMIT)

    @property
    def standing(self) -> Standing:
        """Whether it still holds what it held; "" when it is not the project's to be looked at."""
        if self.target is None:
            return ""
        if self.now is None:
            return "gone"
        return "same" if content_digest(self.now) == self.use.digest else "differs"

    @property
    def differs_at(self) -> int:
        """The first line (from 1) that is another one now."""
        then = self.text.splitlines()
        now = (self.now or b"").decode("utf-8", "replace").splitlines()
        pairs = enumerate(zip_longest(then, now), 1)
        return next((number for number, (one, other) in pairs if one != other), 1)

    @property
    def can_put_back(self) -> bool:
        """Whether what it held can be written to it again."""
        return self.standing == "differs" and self.content is not None
