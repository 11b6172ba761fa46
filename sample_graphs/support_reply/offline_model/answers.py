"""The offline model's answer to chat messages: which skill serves, JSON, length and tokens.

Plain Python, no I/O, nothing of litellm.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from typing import Any

from .documents import list_clauses, list_risks, summarise
from .letters import read_case, write_letter
from .prompts import Prompt, choose, read_prompt


@dataclass(frozen=True)
class Answer:
    """A finished answer. `finish` is "stop", or "length" when max_tokens cut it."""

    text: str
    finish: str
    usage: dict[str, Any]
    """prompt_tokens, completion_tokens and total_tokens."""


def pieces(text: str) -> list[str]:
    """A text in tokens, blanks kept with the token before them; joined they are the text.

    The rule: each word or number is one token, and so is each other sign.
    """
    return re.findall(r"(?:\w+|[^\w\s]|^\s)\s*", text)


def answer(messages: list[dict[str, Any]], settings: dict[str, Any]) -> Answer:
    """Answer chat messages. `settings` are litellm's: max_tokens cuts the answer, temperature
    and seed together vary its wording, response_format asks for JSON."""
    said = {"system": "", "user": ""}
    for message in messages:
        if message["role"] in said:
            said[message["role"]] += f"{message['content']}\n"
    prompt = read_prompt(said["user"], said["system"])
    text = _skilled(prompt, said["user"].strip(), _chance(settings))
    if prompt.wants("json") or "json" in str(settings.get("response_format")):
        text = as_json(prompt, text)
    tokens = pieces(text)
    limit = settings.get("max_tokens") or settings.get("max_completion_tokens") or len(tokens)
    sent = len(pieces(said["system"])) + len(pieces(said["user"]))
    received = min(limit, len(tokens))
    usage = {
        "prompt_tokens": sent,
        "completion_tokens": received,
        "total_tokens": sent + received,
    }
    return Answer(
        "".join(tokens[:limit]).rstrip(), "stop" if received == len(tokens) else "length", usage
    )


def _chance(settings: dict[str, Any]) -> random.Random | None:
    seed = settings.get("seed")
    return random.Random(str(seed)) if seed is not None and settings.get("temperature") else None


def _skilled(prompt: Prompt, user: str, chance: random.Random | None) -> str:
    options = re.search(r"\bone (?:word|of)\b[^:\n]*: ?(\w+(?:(?:,| or) \w+)+)", prompt.asked)
    if options:
        return choose(prompt.texts(), re.split(r", | or ", options.group(1)))
    if prompt.wants("summarise", "summarize", "summary"):
        return summarise(prompt)
    if prompt.wants("risks"):
        return list_risks(prompt)
    if prompt.wants("clauses"):
        return list_clauses(prompt)
    if prompt.data.keys() & {"ticket", "order"}:
        return write_letter(prompt, chance)
    return f"You said: {user}"


def as_json(prompt: Prompt, text: str) -> str:
    """The answer as a JSON object with the keys that the prompt names (`the keys a, b and c`),
    else one key: `items` for a list, `answer` for a text."""
    named = re.search(r"\bkeys?:? ((?:\w+(?:,| and)? ?)+)", prompt.asked)
    lines = text.splitlines()
    if not named:
        listed = len(lines) > 1 and all(re.match(r"- |\d+\. ", line) for line in lines)
        return json.dumps({"items": lines} if listed else {"answer": text}, ensure_ascii=False)
    case = read_case(prompt)
    known = {
        "amount": case.total,
        "date": case.due.isoformat() if case.due else None,
        "name": case.name or None,
        "order": case.order or None,
        "policy": case.policy or None,
        "subject": f"Your order {case.order}".strip(),
        "topic": case.topic or None,
    }
    keys = re.split(r",? and |, ", named.group(1).strip())
    texts = {"reply", "answer", "letter", "mail", "text", "body", "summary", "risks", "clauses"}
    found = {key: text if key in texts else known.get(key) for key in keys}
    return json.dumps(found, ensure_ascii=False)
