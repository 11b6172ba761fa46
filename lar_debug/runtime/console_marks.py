"""Marks in the output of a program that say which step printed what.

The recorder writes them to the program's own stdout and stderr at each step's begin and end;
whoever passes the output on takes them out again with `MarkParser`. Pure: no files, no clock.
"""

from __future__ import annotations

from typing import Literal

MarkKey = tuple[str, int]
"""Run id and step number."""

Piece = tuple["MarkKey | None", bytes]
"""Some output, and the step that printed it; None for output between steps."""

_START = b"\x1b_lar-debug "
_END = b"\x1b\\"

_LONGEST = 256
"""No mark is longer: after so many bytes without an end it is the program's own output."""


_LONGEST_REASON = 112
"""Bytes of a reason: it travels as twice as many hex digits."""


def mark(nonce: str, run: str, step: int, edge: Literal["b", "e"]) -> bytes:
    """The bytes that mark the begin ("b") or the end ("e") of a step in a stream."""
    return _START + f"{nonce} {run} {step} {edge}".encode() + _END


def stop_mark(nonce: str, why: str) -> bytes:
    """The bytes that say that recording has stopped, and why. A long reason is cut."""
    reason = why.encode("utf-8", "replace")[:_LONGEST_REASON].hex()
    return _START + f"{nonce} {reason} 0 s".encode() + _END


class MarkParser:
    """Takes the marks out of one stream and says whose output the rest is.

    Feed it bytes as they arrive, cut anywhere. A program that prints something that looks like
    a mark cannot know the nonce, so its bytes pass through unchanged.
    """

    def __init__(self, nonce: str) -> None:
        self._start = _START + nonce.encode() + b" "
        self._held = b""
        self._open: list[MarkKey] = []
        self.stopped = ""
        """Why recording has stopped, "" while it has not."""

    def feed(self, data: bytes) -> list[Piece]:
        """Pieces of output in order. What may be the beginning of a mark is held back."""
        data = self._held + data
        self._held = b""
        pieces: list[Piece] = []
        position = 0
        while True:
            start = data.find(self._start, position)
            if start < 0:
                break
            body = start + len(self._start)
            end = data.find(_END, body, body + _LONGEST)
            if end < 0 and len(data) - body < _LONGEST:
                break
            key = self._key(data[body:end]) if end >= 0 else None
            if key is None:
                # Not ours after all: give out its first byte and look on behind it.
                self._add(pieces, data[position : start + 1])
                position = start + 1
                continue
            self._add(pieces, data[position:start])
            self._turn(*key)
            position = end + len(_END)
        rest = data[position:]
        keep = len(rest) if start < 0 else start - position
        if start < 0:
            keep -= self._overlap(rest)
        self._add(pieces, rest[:keep])
        self._held = rest[keep:]
        return pieces

    def end(self) -> list[Piece]:
        """What was still held back when the stream ended."""
        pieces: list[Piece] = []
        self._add(pieces, self._held)
        self._held = b""
        return pieces

    def _add(self, pieces: list[Piece], data: bytes) -> None:
        if data:
            pieces.append((self._open[-1] if self._open else None, data))

    def _turn(self, key: MarkKey, edge: str) -> None:
        if edge == "b":
            self._open.append(key)
        elif edge == "s":
            self.stopped = bytes.fromhex(key[0]).decode("utf-8", "replace")
        elif key in self._open:
            self._open.remove(key)

    @staticmethod
    def _key(body: bytes) -> tuple[MarkKey, str] | None:
        words = body.decode("utf-8", "replace").split(" ")
        if len(words) != 3 or not words[1].isdigit() or words[2] not in ("b", "e", "s"):
            return None
        return (words[0], int(words[1])), words[2]

    def _overlap(self, rest: bytes) -> int:
        """Length of the end of `rest` that may go on as a mark."""
        for size in range(min(len(rest), len(self._start) - 1), 0, -1):
            if self._start.startswith(rest[-size:]):
                return size
        return 0
