"""The signature of a Lár audit log: HMAC-SHA256 over its canonical JSON, as the engine makes it.

Canonical is `json.dumps(everything but signature, sort_keys=True, separators=(",", ":"))`. A log is
read one entry at a time here, so the bytes go into the MAC piece by piece.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from lar_debug.formats.json_stream import NotReadable
from lar_debug.formats.lar_audit_log import SIGNATURE, STEPS, AuditLog

UNSIGNED: Final = "the log is not signed"
NO_MATCH: Final = "the signature does not match: another secret, or another content"

Canonical = Callable[[Any], str]


class Signer:
    """Makes the signature of a log whose entries come one by one.

    Members with a name before "steps" must be known at the start, the others at the end.
    """

    def __init__(
        self, secret: bytes, members: Mapping[str, Any], canonical: Canonical | None = None
    ) -> None:
        self._canonical = canonical or plain_order
        self._mac = hmac.new(secret, b"{", hashlib.sha256)
        self._members(sorted(name for name in members if name < STEPS), members)
        self._feed(f"{json.dumps(STEPS)}:[")
        self._entries = 0

    def _feed(self, text: str) -> None:
        self._mac.update(text.encode("ascii"))

    def _members(self, names: Iterable[str], members: Mapping[str, Any]) -> None:
        for name in names:
            if name != SIGNATURE:
                self._feed(f"{json.dumps(name)}:{self._canonical(members[name])},")

    def add(self, entry: Any) -> None:
        """The next entry."""
        self._feed(("," if self._entries else "") + self._canonical(entry))
        self._entries += 1

    def end(self, members: Mapping[str, Any]) -> str:
        """The signature, in hex."""
        self._feed("]")
        for name in sorted(name for name in members if name > STEPS):
            self._feed(f",{json.dumps(name)}:{self._canonical(members[name])}")
        self._feed("}")
        return self._mac.hexdigest()


def plain_order(value: Any) -> str:
    """Canonical JSON of what was loaded from JSON: keys in the order of texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def numeric_order(value: Any) -> str:
    """Canonical JSON in which objects whose keys are all numbers stand in the order of numbers.

    The engine signs what it has in memory, where such keys are numbers still.
    """
    return json.dumps(_ordered(value), separators=(",", ":"))


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return [_ordered(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    found = cast("dict[str, Any]", value)
    numbers = [_number(key) for key in found]
    if None not in numbers:
        by_number = dict(zip(found, cast("list[float]", numbers), strict=True))
        names = sorted(found, key=by_number.__getitem__)
    else:
        names = sorted(found)
    return {name: _ordered(found[name]) for name in names}


def _number(key: str) -> int | float | None:
    """The number that JSON wrote as this key, None where it was a text in any case."""
    for kind in (int, float):
        try:
            number = kind(key)
        except (ValueError, OverflowError):
            continue
        if json.dumps(number) == key:
            return number
    return None


def why_not_signed(path: Path, secret: bytes) -> str:
    """Why the signature of a log does not hold, "" when it does. Reads the file up to four times.

    Raises NotReadable and OSError.
    """
    for canonical in (plain_order, numeric_order):
        try:
            found, made = _signatures(path, secret, canonical)
        except RecursionError:
            raise NotReadable(f"{path}: its signature cannot be made: nested too deep") from None
        if not found:
            return UNSIGNED
        if hmac.compare_digest(found.encode("utf-8", "backslashreplace"), made.encode("ascii")):
            return ""
    return NO_MATCH


def _signatures(path: Path, secret: bytes, canonical: Canonical) -> tuple[str, str]:
    """(the one in the log, the one that the secret makes)"""
    known: dict[str, Any] = {}
    while True:
        log = AuditLog(path)
        signer: Signer | None = None
        for entry in log.entries():
            signer = signer or Signer(secret, {**known, **log.members}, canonical)
            signer.add(entry)
        # A program that wrote the log again may have put a member behind the steps that the
        # signature wants before them.
        if known or not any(name < STEPS and name != SIGNATURE for name in log.behind):
            break
        known = log.members
    signer = signer or Signer(secret, log.members, canonical)
    signature = log.members.get(SIGNATURE)
    if signature is not None and not isinstance(signature, str):
        raise NotReadable(f"{path}: its signature is no text")
    return signature or "", signer.end(log.members)
