"""Placeholders of a prompt that nothing was filled into. Pure.

The model was sent them as they are written, and nothing else says so.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_PLACEHOLDER = re.compile(r"\{([^\W\d]\w*)((?:\.\w+|\[[^\[\]{}\n]*\])*)(?:![rsa])?(?::[^{}\n]*)?\}")
MOST_TOLD = 8


@dataclass(frozen=True, slots=True)
class _Placeholder:
    """`{ticket[body]}` as `written`, with the key of the state that it begins with."""

    written: str
    key: str
    is_inner: bool


def unfilled_notes(prompt: str, templates: Iterable[str], keys: Collection[str]) -> tuple[str, ...]:
    """What there is to say of the placeholders of `templates` that stand in `prompt` as written.

    `keys` are those of the state that the prompt was filled in from. `templates` are not even
    read for a prompt in which nothing looks like a placeholder.
    """
    found_in_prompt = _placeholders(prompt)
    if not found_in_prompt:
        return ()
    written = {
        found.written
        for text in templates
        for found in _placeholders(text.replace("{{", "{").replace("}}", "}"))
    }
    left = [found for found in found_in_prompt if found.written in written]
    missing = [found for found in left if found.key not in keys]
    # Without a missing key it was what stands behind the key that could not be found.
    missing = missing or [found for found in left if found.is_inner]
    notes = [_note(found, keys) for found in missing[:MOST_TOLD]]
    if len(missing) > MOST_TOLD:
        notes.append(f"and {len(missing) - MOST_TOLD} more that could not be filled in")
    others = [found.written for found in left if found not in missing]
    if others:
        notes.append(f"left unfilled with it: {' '.join(others[:MOST_TOLD])}")
    return tuple(notes)


def _placeholders(text: str) -> list[_Placeholder]:
    found = (
        _Placeholder(match.group(), match.group(1), bool(match.group(2)))
        for match in _PLACEHOLDER.finditer(text)
    )
    return list(dict.fromkeys(found))


def _note(found: _Placeholder, keys: Collection[str]) -> str:
    seen = "the model saw it as written"
    if found.key in keys:
        return f"{found.written} could not be filled in, {seen}"
    near = difflib.get_close_matches(found.key, keys, 1)
    hint = f"; {{{near[0]}}} is" if near else ""
    return f"{{{found.key}}} is not in the state, {seen}{hint}"
