"""Long texts as chunks whose borders follow from their content, so that equal parts share.

A transcript that grows, a prompt that contains it and a console that repeats it hold the same
chunks. Borders are found at the speed of C. Standard library only.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from lar_debug.store.entries import ITEM, Spine
from lar_debug.store.objects import CHUNK, TEXT, ObjectStore, ObjectWriter

LEAST_BYTES: Final = 128
MOST_BYTES: Final = 8192

_WINDOW: Final = 4 * MOST_BYTES
_COMPARED: Final = 1 << 16
_REMEMBERED: Final = 8
_REMEMBER_FROM: Final = 2048
_SHORT_TAIL: Final = 8
_SHORT_REMEMBERED: Final = 256

# Three letter classes in a row end a chunk. With these three it happens once in 300 to 700
# bytes of prose, code, base64, hex, digits, Cyrillic and Chinese alike.
_CLASSES: Final = bytes(byte & 7 for byte in range(256))
_BORDER: Final = bytes((7, 1, 4))


def cut(data: bytes, classes: bytes, start: int, *, last: bool) -> int:
    """Where the chunk that starts at `start` ends; `start` when `data` is too short to say.

    `last` means that the text ends with `data`. Never cuts a character of UTF-8.
    """
    limit = start + MOST_BYTES
    found = classes.find(_BORDER, start + LEAST_BYTES, limit)
    while found >= 0 and found + len(_BORDER) < len(data):
        end = found + len(_BORDER)
        if data[end] & 0xC0 != 0x80:
            return end
        found = classes.find(_BORDER, found + 1, limit)
    if limit < len(data):
        while data[limit] & 0xC0 == 0x80:
            limit -= 1
        return limit
    return len(data) if last else start


class _Remembered:
    """A text that was written: where its chunks end (in characters), and its tree."""

    def __init__(self, writer: ObjectWriter) -> None:
        self.text = ""
        self.ends: list[int] = []
        self.entries: list[tuple[int, bytes]] = []
        self.index: dict[bytes, int] = {}
        self.spine = Spine(lambda payload: writer.put(TEXT, payload))
        self.digest = b""

    def same_run(self, text: str, first: int, start: int) -> int:
        """How many chunks from chunk `first` on stand in `text` from `start` on.

        The last chunk does not count: it ended because its text did.
        """
        low, high = first, max(len(self.ends) - 1, 0)
        if not start and not first and text.startswith(self.text):
            return high
        shift = start - self._begin(first)
        high = bisect_right(self.ends, len(text) - shift, 0, high)
        # One chunk tells most texts apart, and what goes on behind it mostly does to the end.
        if low >= high or not self._stands(text, shift, low, low + 1):
            return 0
        if self._stands(text, shift, low, high):
            return high - first
        while low < high:
            middle = (low + high + 1) // 2
            if self._stands(text, shift, low, middle):
                low = middle
            else:
                high = middle - 1
        return low - first

    def _begin(self, chunk: int) -> int:
        return self.ends[chunk - 1] if chunk else 0

    def _stands(self, text: str, shift: int, first: int, end: int) -> bool:
        """True when chunks `first` to `end` stand in `text`, moved by `shift` characters."""
        last = self.ends[end - 1]
        # Piece by piece: a copy of all of it would cost more than the comparison.
        return all(
            text.startswith(self.text[at : min(at + _COMPARED, last)], at + shift)
            for at in range(self._begin(first), last, _COMPARED)
        )

    def truncate(self, length: int) -> None:
        for _, digest in self.entries[length:]:
            self.index.pop(digest, None)
        del self.ends[length:]
        del self.entries[length:]
        self.spine.truncate(length)

    def append(self, characters: int, size: int, digest: bytes) -> None:
        self.index[digest] = len(self.ends)
        self.ends.append((self.ends[-1] if self.ends else 0) + characters)
        self.entries.append((size, digest))
        self.spine.append(ITEM, size, digest)

    def finish(self, text: str) -> None:
        self.text = text
        self.digest = self.entries[0][1] if len(self.entries) == 1 else self.spine.finish()


class TextWriter:
    """Writes texts into an object store; remembers a few, so that growth costs the growth."""

    def __init__(self, objects: ObjectStore) -> None:
        self.writer = ObjectWriter(objects)
        self._remembered: list[_Remembered] = []
        self._short: dict[str, bytes] = {}

    def write(self, text: str) -> str:
        """Keep a text and return its reference (hex)."""
        return self.digest(text).hex()

    def digest(self, text: str) -> bytes:
        """Keep a text and return the digest of its object."""
        if len(text) >= _REMEMBER_FROM:
            return self._long(text)
        digest = self._short.get(text)
        if digest is None:
            # The source of a node, for one, is written again with each of its steps.
            if len(self._short) >= _SHORT_REMEMBERED:
                self._short.clear()
            self._short[text] = digest = self._new(text)
        return digest

    def _new(self, text: str) -> bytes:
        if len(text) < LEAST_BYTES // 4:
            return self.writer.put(CHUNK, text.encode("utf-8", "surrogatepass"))
        return self._filled(_Remembered(self.writer), text).digest

    def _long(self, text: str) -> bytes:
        found = self._closest(text)
        if found.text is not text:
            self._filled(found, text)
        if found in self._remembered:
            self._remembered.remove(found)
        self._remembered.insert(0, found)
        del self._remembered[_REMEMBERED:]
        return found.digest

    def forget(self) -> None:
        """Write everything again from now on."""
        self._remembered.clear()
        self._short.clear()
        self.writer.forget()

    def _closest(self, text: str) -> _Remembered:
        """The remembered text that `text` goes on from, cut back to what they share."""
        for found in self._remembered:
            if found.text is text:
                return found
        for found in self._remembered:
            kept = found.same_run(text, 0, 0)
            if kept and kept + _SHORT_TAIL >= len(found.ends):
                found.truncate(kept)
                return found
        return _Remembered(self.writer)

    def _filled(self, found: _Remembered, text: str) -> _Remembered:
        """`found` with the chunks of `text` that it lacks."""
        position = found.ends[-1] if found.ends else 0
        while position < len(text):
            piece = text[position : position + _WINDOW]
            position = self._add(found, text, piece, position)
        found.finish(text)
        return found

    def _add(self, found: _Remembered, text: str, piece: str, position: int) -> int:
        """Append the chunks of one piece of `text`; returns up to where."""
        data = piece.encode("utf-8", "surrogatepass")
        classes = data.translate(_CLASSES)
        last = position + len(piece) == len(text)
        start = 0
        while (end := cut(data, classes, start, last=last)) > start:
            chunk = data[start:end]
            digest = self.writer.put(CHUNK, chunk)
            ascii_only = len(data) == len(piece)
            size = len(chunk)
            characters = size if ascii_only else len(chunk.decode("utf-8", "surrogatepass"))
            found.append(characters, size, digest)
            position += characters
            start = end
            moved = self._append_known(found, text, position, digest)
            if moved:
                return position + moved
        return position

    def _append_known(self, found: _Remembered, text: str, position: int, digest: bytes) -> int:
        """Append the chunks that follow `digest` in a remembered text, where `text` goes on alike.

        Returns how many characters they have.
        """
        for source in self._remembered:
            index = source.index.get(digest) if source is not found else None
            if index is None:
                continue
            first = index + 1
            count = source.same_run(text, first, position)
            ends = source.ends[index : first + count]
            for i in range(count):
                found.append(ends[i + 1] - ends[i], *source.entries[first + i])
            if count:
                return ends[-1] - ends[0]
        return 0
