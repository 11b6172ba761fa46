"""Where a person was in a run when they left it, kept beside the store for the next time.

One small file a run, for this user alone. It is a convenience: whatever is wrong with it, or with
the place it should stand in, the run opens as one that was never looked at. Knows no session.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

from lar_debug.session.looking import Base, Looking

MOST_RUNS = 200
"""Of more the ones that were left longest ago are forgotten."""

_MOST_BYTES = 4_096
_MOST_NUMBER = 10**9


class Place(NamedTuple):
    """The step, the open tab, the attempt (None: the newest) and what it was compared with."""

    step: int
    tab: str = ""
    attempt: int | None = None
    base: str = Base.PREVIOUS.name
    held: int | None = None

    def put_into(self, looking: Looking, known: Sequence[int]) -> None:
        """Look as it was looked, as far as the attempts are still `known`."""
        looking.base = Base[self.base]
        looking.held = self.held if self.held in known else None
        if self.attempt is not None:
            looking.show(self.attempt, known)


def place_of(looking: Looking, tab: str) -> Place:
    """Where a person is who looks at this."""
    return Place(looking.step, tab, looking.attempt, looking.base.name, looking.held)


def _folder(store: Path) -> Path:
    return store.with_name(f"{store.name}-places")


def remember(store: Path, run: str, place: Place) -> None:
    """Keep where a person was in a run of the store at that path."""
    with suppress(OSError):
        # A store that was deleted is not to come back as an empty folder.
        if not _is_name(run) or not store.exists():
            return
        folder = _folder(store)
        folder.mkdir(mode=0o700, exist_ok=True)
        beside = folder / f".{run}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with open(os.open(beside, flags, 0o600), "w", encoding="ascii") as file:
            json.dump(place._asdict(), file)
        beside.replace(folder / f"{run}.json")
        _forget_oldest(folder)


def _forget_oldest(folder: Path) -> None:
    found = [(entry.stat().st_mtime_ns, entry.path) for entry in os.scandir(folder)]
    for _, path in sorted(found)[: max(0, len(found) - MOST_RUNS)]:
        os.unlink(path)


def remembered(store: Path, run: str) -> Place | None:
    """Where a person was, None where that is not known."""
    if not _is_name(run):
        return None
    try:
        file = os.open(_folder(store) / f"{run}.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found: Any = json.loads(os.read(file, _MOST_BYTES))
        finally:
            os.close(file)
    except (OSError, ValueError, RecursionError):
        return None
    return _place(cast("dict[str, Any]", found)) if isinstance(found, dict) else None


def _place(found: dict[str, Any]) -> Place | None:
    step = _number(found.get("step"))
    tab, base = found.get("tab"), found.get("base")
    if step is None:
        return None
    return Place(
        step,
        tab if isinstance(tab, str) else "",
        _number(found.get("attempt")),
        base if isinstance(base, str) and base in Base.__members__ else Base.PREVIOUS.name,
        _number(found.get("held")),
    )


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_NUMBER else None


def _is_name(run: str) -> bool:
    """Ids are made by us; a store from elsewhere may hold others."""
    return run.replace("-", "").replace("_", "").isalnum() and len(run) <= 100
