"""Which steps may come out differently now, and why. Runs no user code.

Until code has been loaded again a recording can only be compared with what its files hold: a
cautious guess. The fingerprints that come with the first re-execution make it exact. Reads
files and the store, so it works off the event loop.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from lar_debug.model.records import Execution, FileUse, Node
from lar_debug.model.values import NOTHING
from lar_debug.runtime.sources import DIGEST_LIMIT, content_digest, read_bytes
from lar_debug.session.fingerprints import explain
from lar_debug.session.prompts import in_prompt
from lar_debug.session.recording import Recording

Fingerprints = Mapping[str, Mapping[str, str]]
"""Fingerprints of nodes by address."""

_TEXT_PARTS = ("prompt", "system_instruction")
"""Parts of a fingerprint whose change is told by the file that holds the text."""

_StatKey = tuple[int, int, int]


class FilesNow:
    """What files hold at this moment; each is read again only when its stat has moved."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_StatKey | None, str | None]] = {}

    def differs(self, use: FileUse) -> bool:
        """True when a file no longer holds what it held when it was used."""
        if use.mode == "missing":
            return os.path.exists(use.path)
        # Without a digest it was too large to be read then.
        return bool(use.digest) and self._digest(use.path) != use.digest

    def _digest(self, path: str) -> str | None:
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode):
            # A recording may name any path; reading a pipe or a device may never end.
            return None
        key = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._known.get(path)
        # A stat that is only just made may stay the same over a second save.
        if known is None or known[0] != key or time.time() - status.st_mtime < 3:
            data = read_bytes(path, DIGEST_LIMIT)
            known = self._known[path] = (key, None if data is None else content_digest(data))
        return known[1]


class Stale(NamedTuple):
    """Reasons in words. `steps` and `nodes` count for what was recorded, `own` for the steps
    that were re-executed since: "" there says that the newest attempt is up to date."""

    nodes: Mapping[str, str] = NOTHING
    steps: Mapping[int, str] = NOTHING
    own: Mapping[int, str] = NOTHING

    def reason(self, step: int, address: str) -> str:
        """Why a step is stale, "" when it is not."""
        own = self.own.get(step)
        if own is not None:
            return own
        return ", ".join(filter(None, (self.steps.get(step), self.nodes.get(address))))


class Staleness:
    """Judges all steps of a recording. For one thread at a time."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._now = FilesNow()
        self._fingerprints: dict[str, Mapping[str, str]] = {}

    def loaded(self, fingerprints: Fingerprints) -> None:
        """The code was loaded again: from now on its nodes are judged exactly."""
        self._fingerprints.update(fingerprints)

    def look(self) -> Stale:
        """How things stand now. Raises Problem when the store cannot be read."""
        nodes = self._recording.nodes()
        of_run = self._recording.store.files(self._recording.run)
        texts = self._texts_of_nodes(of_run)
        return Stale(
            nodes={
                address: reason
                for address, node in nodes.items()
                if (reason := self._of_node(node, node.fingerprint, of_run, texts.get(address, "")))
            },
            steps=self._of_files(),
            own={
                step: self._of_attempt(step, nodes)
                for step in self._recording.store.attempted_steps(self._recording.run)
            },
        )

    def _of_node(
        self, node: Node, ran: Mapping[str, str], uses: Iterable[FileUse], texts: str
    ) -> str:
        """Why a node differs from what ran; `texts` tells which of its prompt files changed."""
        now = self._fingerprints.get(node.address)
        if now is None:
            file = node.where.rpartition(":")[0]
            modules = (use for use in uses if use.mode == "module")
            changed = [use for use in modules if self._recording.shown_path(use.path) == file]
            return ", ".join(filter(None, (self._told(changed), texts)))
        reasons = explain(ran, now)
        if texts:
            reasons = tuple(one for one in reasons if not _is_of_text(one))
        return ", ".join(filter(None, (texts if explain(ran, now) else "", *reasons)))

    def _of_files(self) -> dict[int, str]:
        """Steps whose node opened a file that holds something else now."""
        store, run = self._recording.store, self._recording.run
        found: dict[int, str] = {}
        for use in store.files_read(run):
            if self._now.differs(use):
                told = self._told([use])
                for step in store.steps_reading(use, run):
                    found[step] = f"{found[step]}, {told}" if step in found else told
        return found

    def _of_attempt(self, step: int, nodes: Mapping[str, Node]) -> str:
        """Why a step differs from the last time it came to an end of its own."""
        recording = self._recording
        last = recording.last_finished(step)
        node = nodes.get(recording.step(step).node.address)
        uses = list(recording.files(last).values())
        read = self._told(use for use in uses if use.mode in ("r", "missing"))
        if node is None:
            return read
        texts = self._told(
            use for use in self._imported(uses) if _is_in_prompt(recording, last, use)
        )
        ran = last.fingerprint or node.fingerprint
        return ", ".join(filter(None, (read, self._of_node(node, ran, uses, texts))))

    def _texts_of_nodes(self, uses: Iterable[FileUse]) -> dict[str, str]:
        """For each node that asks a model the prompt files that changed.

        Which node a module gave a text to is known only by running it; that the first prompt of
        the node holds the text is a sign that does not need it.
        """
        changed = [use for use in self._imported(uses) if self._now.differs(use)]
        if not changed:
            return {}
        recording = self._recording
        found: dict[str, str] = {}
        for address, step in recording.store.steps_with_prompts(recording.run):
            asked = recording.execution(step, 0)
            told = self._told(use for use in changed if _is_in_prompt(recording, asked, use))
            if told:
                found[address] = told
        return found

    @staticmethod
    def _imported(uses: Iterable[FileUse]) -> list[FileUse]:
        return [use for use in uses if use.mode == "import"]

    def _told(self, uses: Iterable[FileUse]) -> str:
        """ "prompts/read.md changed 14:09", for those of `uses` that differ now."""
        changed = (use.path for use in uses if self._now.differs(use))
        return ", ".join(self._changed(path) for path in dict.fromkeys(changed))

    def _changed(self, path: str) -> str:
        name = self._recording.shown_path(path)
        try:
            at = time.strftime("%H:%M", time.localtime(os.stat(path).st_mtime))
        except (OSError, ValueError):
            return f"{name} is gone"
        return f"{name} changed {at}"


def stale_reasons(recording: Recording, steps: Iterable[int]) -> dict[int, str]:
    """For each stale step of `steps` the reason in words, judged from files alone."""
    wanted = sorted(set(steps))
    if not wanted:
        return {}
    stale = Staleness(recording).look()
    lines = recording.summaries(wanted[0], wanted[-1])
    reasons = {line.step: stale.reason(line.step, line.node.address) for line in lines}
    return {step: reasons[step] for step in wanted if reasons.get(step)}


def _is_of_text(reason: str) -> bool:
    """Of "prompt_template changed" and "find_topic prompt_template changed"."""
    return " uses " not in reason and reason.rsplit(" ", 2)[-2].startswith(_TEXT_PARTS)


def _is_in_prompt(recording: Recording, execution: Execution, use: FileUse) -> bool:
    if not use.text:
        return False
    return in_prompt(recording.store.reader.text(use.text), recording.calls(execution))


def saved_unseen(uses: Iterable[FileUse]) -> frozenset[str]:
    """Files that were saved after they were used, and before anybody watched them."""
    now = FilesNow()
    paths = (use.path for use in uses if use.mode != "w" and now.differs(use))
    return frozenset(path for path in paths if Path(path).is_absolute())
