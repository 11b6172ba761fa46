"""Whether a prompt came of a template of Lár's, as its nodes fill one. Pure."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any


def _normal(template: str) -> str:
    """Both `{key}` and `{{key}}` are places of a template."""
    return template.replace("{{", "{").replace("}}", "}")


def fits_template(template: str, prompt: str) -> bool:
    """Whether the fixed parts of a template stand in a prompt, in their order, with anything
    between them. A template that cannot be filled is sent as it is."""
    normal = _normal(template)
    if prompt == normal:
        return True
    try:
        parts = [(text, field) for text, field, _, _ in string.Formatter().parse(normal)]
    except ValueError:
        return False
    at = 0
    for index, (text, field) in enumerate(parts):
        found = prompt.find(text, at)
        if found < 0 or (index == 0 and found):
            return False
        at = found + len(text)
        if index == len(parts) - 1 and field is None:
            # The last part is fixed: it must end the prompt, wherever else it stands too.
            return len(prompt) - len(text) >= found and prompt.endswith(text)
    return bool(parts) or prompt == ""


def renders_to(template: str, state: Mapping[str, Any], prompt: str) -> bool:
    """Whether a template, filled with a state, is that very prompt."""
    normal = _normal(template)
    try:
        return normal.format(**state) == prompt
    except KeyError:
        return normal == prompt
    except Exception:
        # Values of a log are plain JSON; a template may ask more of them.
        return False
