"""Putting the texts of an attempt back into their files: its prompts and its source, as it ran.

First it is shown what would change; only then, and only where the files are still what they were
shown to be, is anything written. Files of the project alone. What is written is a save like any
other: the watcher hears of it. Reads and writes files off the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lar_debug.diff.text_diff import compare_texts
from lar_debug.model.document import Document, TextBlock
from lar_debug.model.problem import Problem
from lar_debug.model.tabs import PutBackView
from lar_debug.runtime.sources import DIGEST_LIMIT, read_bytes
from lar_debug.session.files_now import KeptFile
from lar_debug.session.prompt_view import kept_files

if TYPE_CHECKING:
    from lar_debug.session.session import Session
    from lar_debug.session.unsaid import Unsaid


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One file: what it holds and what it is to hold. `target` has its links followed."""

    shown: str
    target: Path
    before: bytes
    after: bytes

    @property
    def undone(self) -> Rewrite:
        """What takes it back."""
        return Rewrite(self.shown, self.target, self.after, self.before)


class PutBack:
    """Asks, writes, and takes back. `question` is what a person has to answer just now."""

    def __init__(self, session: Session, unsaid: Unsaid) -> None:
        self._session = session
        self._unsaid = unsaid
        self._asked: tuple[int, tuple[Rewrite, ...]] | None = None
        self._written: list[tuple[Rewrite, ...]] = []
        self.question: PutBackView | None = None

    def ask(self, attempt: int, files: Collection[str] = ()) -> None:
        """Show what putting back the texts of an attempt would change; of them those of `files`
        (absolute paths), of all its files where none is named."""
        self._session.answer(self._ask(self._session.cursor, attempt, frozenset(files)))

    async def _ask(self, step: int, attempt: int, files: frozenset[str]) -> None:
        if not self._session.trusted:
            raise Problem("recorded elsewhere: nothing is put back before r has run it here")
        rewrites = await asyncio.to_thread(self._rewrites, step, attempt, files)
        if not rewrites:
            self._session.say(f"nothing to put back: the files hold what #{attempt} ran with")
            return
        self._asked = attempt, rewrites
        document = await asyncio.to_thread(_document, rewrites)
        self.question = PutBackView(f"put back #{attempt}: {_names(rewrites)}", document)
        self._session.changed("question")

    def _rewrites(self, step: int, attempt: int, files: frozenset[str]) -> tuple[Rewrite, ...]:
        recording = self._session.recording
        found = kept_files(recording, recording.execution(step, attempt))
        wanted = [one for one in found if not files or one.use.path in files]
        if not wanted:
            raise Problem(f"#{attempt} ran with no text that stands in a file")
        # A text from elsewhere is no reason to leave those of the project as they are.
        known = [one for one in wanted if one.standing] or wanted
        return tuple(_rewrite(one) for one in known if one.standing != "same")

    def leave(self) -> None:
        """Nothing is written."""
        self._asked = self.question = None
        self._session.say("nothing was put back")

    def write(self) -> None:
        """Write what was shown."""
        if self._asked is None:
            return
        attempt, rewrites = self._asked
        self._asked = self.question = None
        self._session.answer(self._write(attempt, rewrites))

    async def _write(self, attempt: int, rewrites: tuple[Rewrite, ...]) -> None:
        changed = "has changed since this was shown; p shows it again"
        told = f"put back {_names(rewrites)} as #{attempt} ran it"
        of_save = (f"{told} (u takes that back)", f"put back #{attempt} (u takes it back)")
        await self._rewrite(rewrites, changed, of_save, keep=True)
        self._session.say(f"{told}; u takes that back")

    def undo(self) -> None:
        """Take back what was put back last."""
        if self._written:
            self._session.answer(self._undo(self._written[-1]))
        else:
            self._session.say("nothing was put back here")

    async def _undo(self, rewrites: tuple[Rewrite, ...]) -> None:
        undone = tuple(one.undone for one in rewrites)
        changed = "has changed since it was put back: it stays as it is"
        told = f"{_names(undone)} as before it was put back"
        await self._rewrite(undone, changed, (told, "as before it was put back"), keep=False)
        if rewrites in self._written:
            self._written.remove(rewrites)
        self._session.say(told)

    async def _rewrite(
        self, rewrites: tuple[Rewrite, ...], changed: str, words: Sequence[str], *, keep: bool
    ) -> None:
        """Write all of them, or none where one `changed`; the line about the save that this is
        begins with `words`. Raises Problem."""
        await asyncio.to_thread(_check, rewrites, changed)
        done: list[Rewrite] = []
        try:
            for one in rewrites:
                # Before it is written: the watcher may be quicker than this.
                self._unsaid.written([str(one.target)], *words)
                await asyncio.to_thread(_replace, one)
                done.append(one)
        finally:
            if keep and done:
                self._written.append(tuple(done))


def _names(rewrites: Sequence[Rewrite]) -> str:
    return ", ".join(one.shown for one in rewrites)


def _rewrite(file: KeptFile) -> Rewrite:
    """What puts a file back. Raises Problem with the reason where that cannot be."""
    shown = file.shown
    if file.target is None:
        raise Problem(f"{shown} lies outside the project: nothing is written there")
    if file.now is None:
        raise Problem(f"{shown} is gone: its text is put back only where the file still is")
    if file.content is None:
        raise Problem(f"{shown}: what it held then was not kept to the byte")
    writable = os.access(file.target, os.W_OK) and os.access(file.target.parent, os.W_OK)
    if not writable:
        raise Problem(f"{shown} cannot be written: it, or its folder, is read-only")
    return Rewrite(shown, file.target, file.now, file.content)


def _document(rewrites: Sequence[Rewrite]) -> Document:
    """What would change, the same rows as any other difference of texts."""
    return Document(tuple(_block(one) for one in rewrites))


def _block(one: Rewrite) -> TextBlock:
    texts = _text(one.before), _text(one.after)
    if all(text.endswith("\n") and not text.endswith("\r\n") for text in texts):
        # The newline that ends a file begins no line of it.
        texts = texts[0][:-1], texts[1][:-1]
    return compare_texts(one.shown, *texts)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "backslashreplace")


def _check(rewrites: Sequence[Rewrite], changed: str) -> None:
    for one in rewrites:
        if read_bytes(str(one.target), DIGEST_LIMIT) != one.before:
            raise Problem(f"{one.shown} {changed}")


def _replace(one: Rewrite) -> None:
    """Give a file its new content at once: whoever reads it sees the old or the new one."""
    try:
        descriptor, beside = tempfile.mkstemp(prefix=f".{one.target.name}.", dir=one.target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                shutil.copystat(one.target, beside)
                file.write(one.after)
                file.flush()
                os.fsync(descriptor)
            os.replace(beside, one.target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise
    except OSError as error:
        raise Problem(f"{one.shown} cannot be written: {error.strerror or error}") from None
