"""How the offline model reads a prompt: what it was told, and what it is asked to do.

Lines such as `Order: {...}` and blocks such as `<mail>...</mail>` are what it was told; every
other line asks for something. Plain Python, no I/O.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any, cast

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NEGATIONS = {"not", "no", "never", "without", "don't"}
NAMING = {"name", "give", "state", "mention", "include", "say", "tell", "add", "write", "with"}
REQUESTS = {
    *("tone", "style", "language", "format", "length", "task", "goal", "note", "important"),
    *("rule", "rules", "instruction", "instructions", "answer", "reply"),
}
"""Names of lines that ask for something although they look like data (`Tone: formal`)."""

CUES = {
    "late": {"tracking", "waiting", "arrived", "delay", "carrier", "where"},
    "damaged": {"broken", "torn", "ripped", "hole", "bent", "leaks"},
    "return": {"back", "size", "small", "large", "fit", "fits"},
    "annoyed": {"second", "nobody", "still", "again", "waiting"},
    "angry": {"unacceptable", "lawyer", "furious", "scandal"},
    "friendly": {"thanks", "thank", "lovely", "happy"},
}
"""Words in a text that speak for an option whose name holds the key."""


@dataclass(frozen=True)
class Prompt:
    """A prompt as this model understands it: what it was told, and what it is asked."""

    data: dict[str, Any]
    """By lower-case name: a text, or a dict or list when the value was written as one."""
    asked: str

    def wants(self, *words: str) -> bool:
        """True when a sentence of what is asked has one of the words and no negation."""
        return any(found.intersection(words) for found in self._sentences())

    def wants_named(self, *words: str) -> bool:
        """The same, only in sentences that ask to name something."""
        return any(found.intersection(words) and found & NAMING for found in self._sentences())

    def _sentences(self) -> list[set[str]]:
        sentences = re.split(r"[.!?;]\s|\n\s*(?=[\n*-])", self.asked.lower())
        words = [set(re.findall(r"[\w'-]+", sentence)) for sentence in sentences]
        return [found for found in words if not found & NEGATIONS]

    def count_of(self, noun: str) -> int:
        """The number before a noun, as in `two short bullets`; 0 when none is named."""
        pattern = rf"\b(\d+|{'|'.join(NUMBERS)})\s+(?:[\w-]+\s+){{0,2}}?{noun}"
        found = re.search(pattern, self.asked.lower())
        if not found:
            return 0
        word = found.group(1)
        return int(word[:4]) if word.isdigit() else NUMBERS.index(word) + 1

    def texts(self) -> str:
        """Everything it was told, as one text."""
        return "\n".join(str(value) for value in self.data.values())


def read_prompt(user: str, system: str = "") -> Prompt:
    """Tell the data of a prompt from what it asks. A block's tags stand at the start of a line."""
    data: dict[str, Any] = {}
    asked = [system, ""]
    for block, inside, line in re.findall(r"<(\w+)>(.*?)</\1>|([^\n]+|\n\n)", user, flags=re.S):
        name, colon, value = line.partition(": ")
        if block:
            data[block.lower()] = inside.strip()
        elif colon and name.isalpha() and name.lower() not in REQUESTS:
            data[name.lower()] = _value(value.strip())
        else:
            asked.append(line)
    return Prompt(data, "\n".join(asked))


def _value(text: str) -> Any:
    if text.startswith(("{", "[")):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text
    return text


def as_dict(value: Any) -> dict[str, Any]:
    """The value when it is a dict, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def choose(text: str, options: list[str]) -> str:
    """The option that the words of a text speak for; the last one when nothing does."""
    words = set(re.findall(r"\w+", text.lower()))

    def votes(option: str) -> int:
        parts = option.lower().split("_")
        return sum(len(words & (CUES.get(part, set()) | {part})) for part in parts)

    best = max(options, key=votes)
    return best if votes(best) else options[-1]


def shape(prompt: Prompt, points: list[str], glue: str) -> str:
    """Put points into the form that is asked: bullets, sentences, a number of words, or none."""
    bullets = prompt.count_of("bullet") or (3 if prompt.wants("bullets", "bullet") else 0)
    if bullets:
        return "\n".join(f"- {point[:1].upper()}{point[1:]}" for point in points[:bullets])
    points = points[: prompt.count_of("sentence") or len(points)]
    limit = prompt.count_of("words?")
    if limit <= 1:
        return glue.join(points)
    kept = points[:1]
    for point in points[1:]:
        if len(" ".join([*kept, point]).split()) > limit:
            break
        kept.append(point)
    return " ".join(glue.join(kept).split(" ")[:limit])
