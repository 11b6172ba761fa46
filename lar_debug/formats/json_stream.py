"""Reads a JSON file of any size piece by piece: the members of an object, the items of a list.

Each piece is taken by Python's own decoder, because Python wrote the files that are read here:
NaN, lone surrogates and the difference of 1 and 1.0 come back as they were, which a signature
over them needs, and which the streaming libraries refuse or lose. Knows no format.
"""

from __future__ import annotations

import codecs
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, cast

from lar_debug.model.problem import Problem

MOST_CHARACTERS: Final = 256 << 20
"""Of one piece; a file may be larger by any measure."""

_READ_BYTES: Final = 1 << 20
_NEAR_THE_END: Final = 16
"""Where text is cut off the decoder complains this close to its end, at most."""

_NUMBER_SIGNS: Final = 3
"""Characters behind a number that is cut off ("e+"), and one more."""

_WORDS: Final = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_BLANKS: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()


class NotReadable(Problem):
    """The file is no JSON, or no whole one; one line that names it."""


class JsonStream:
    """One JSON file, read forwards once.

    `members` yields the keys of the object that the file holds; after each of them `value` or
    `items` takes what stands there, and what nobody takes is passed over. Every method raises
    NotReadable, and OSError as reading a file does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # A pipe or a device may never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotReadable(f"{path} is no file that can be read")
        self._file = path.open("rb")
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text = ""
        self._at = 0
        self._line = 1
        self._ended = False
        self._taken = True
        self.size = path.stat().st_size
        self.read = 0
        """Bytes that were read until now, of `size`."""

    def __enter__(self) -> JsonStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    # -- what stands there --------------------------------------------------------------------

    def peek(self) -> str:
        """The first character of what comes next, "" at the end of the file."""
        while True:
            match = _BLANKS.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def members(self) -> Iterator[str]:
        """The keys of the object that stands here, in the order of the file."""
        self._expect("{", "an object")
        if self.peek() == "}":
            self._at += 1
        else:
            while True:
                if self.peek() != '"':
                    raise self._wrong("a name is missing")
                key = self._piece()
                self._expect(":", "a colon")
                self._taken = False
                yield key
                if not self._taken:
                    self.value()
                if self._after_one("}"):
                    break
        self._taken = True

    def value(self) -> Any:
        """What stands here, whole."""
        self.peek()
        value = self._piece()
        self._taken = True
        return value

    def items(self) -> Iterator[Any]:
        """The items of the list that stands here."""
        self._expect("[", "a list")
        self._taken = True
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            self.peek()
            yield self._piece()
            if self._after_one("]"):
                return

    def end(self) -> None:
        """Make sure that nothing more stands in the file."""
        if self.peek():
            raise self._wrong("there is more behind its end")

    # -- reading ------------------------------------------------------------------------------

    def _after_one(self, closing: str) -> bool:
        """Pass over what stands between two of them; True when there is no further one."""
        found = self.peek()
        if found and found in (",", closing):
            self._at += 1
            return found == closing
        raise self._wrong(f"',' or '{closing}' is missing")

    def _expect(self, sign: str, what: str) -> None:
        if self.peek() != sign:
            raise self._wrong(f"{what} is missing")
        self._at += 1

    def _piece(self) -> Any:
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._is_cut(error) or not self._more():
                    raise self._wrong(error.msg, error) from None
                continue
            except RecursionError:
                raise self._wrong("nested too deep") from None
            except ValueError:
                raise self._wrong("a number of too many digits") from None
            # More of it may follow: of 1.5e7 the decoder takes 1 where the text ends with "1.".
            left = self._text[end : end + _NUMBER_SIGNS]
            is_open = len(left) < _NUMBER_SIGNS and not left.strip(".eE+-")
            if is_open and type(value) in (int, float) and self._more():
                continue
            self._at = end
            return value

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether the decoder may only miss what was not read yet."""
        unended = error.msg.startswith("Unterminated")
        return unended or error.pos >= len(self._text) - _NEAR_THE_END

    def _more(self) -> bool:
        """Read on; False at the end of the file."""
        if self._ended:
            return False
        self._line += self._text.count("\n", 0, self._at)
        rest = self._text[self._at :]
        if len(rest) > MOST_CHARACTERS:
            raise self._wrong(f"one entry is larger than {MOST_CHARACTERS >> 20} MB")
        # Twice as much each time: what is long is not decoded again for every megabyte of it.
        try:
            data = self._file.read(max(_READ_BYTES, len(rest)))
        except OSError as error:
            # It does not name the file itself.
            raise NotReadable(f"{self.path}: {error.strerror}") from None
        self.read += len(data)
        self._ended = not data
        try:
            more = self._decode(data, self._ended)
        except UnicodeDecodeError:
            raise NotReadable(f"{self.path} is no JSON: it is no UTF-8 text") from None
        self._text, self._at = rest + more, 0
        return bool(more) or not self._ended

    def _wrong(self, why: str, error: json.JSONDecodeError | None = None) -> NotReadable:
        at = self._at if error is None else error.pos
        if self._ended and (why.startswith("Unterminated") or _is_begun(self._text[at:])):
            if not self.read:
                return NotReadable(f"{self.path} is empty")
            return NotReadable(f"{self.path} is cut off: it ends in the middle of its JSON")
        line = self._line + self._text.count("\n", 0, at)
        return NotReadable(f"{self.path} is no JSON: line {line}: {why}")


def as_object(value: Any) -> dict[str, Any]:
    """A value that may be anything, as the object that it is expected to be; empty for others."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _is_begun(rest: str) -> bool:
    """Whether a file that ends with this may have gone on behind it."""
    rest = rest.strip()
    return any(word.startswith(rest) for word in _WORDS)
