"""What the offline model does with a document: list its clauses, name its risks, summarise.

Plain Python, no I/O.
"""

from __future__ import annotations

import re

from .prompts import Prompt, as_dict, shape

RISKS = (
    ("unlimited", "high", "there is no upper limit"),
    ("sole discretion", "high", "one side decides alone"),
    ("renews", "medium", "it goes on unless someone remembers to stop it"),
    ("without notice", "high", "it can end from one day to the next"),
    ("exclusive", "medium", "nobody else may be asked"),
)
NO_RISKS = "No risks found."


def list_clauses(prompt: Prompt) -> str:
    """One line for each numbered paragraph: its number, its title, its first sentence."""
    lines = re.findall(r"^(\d+)[.)] ([^.\n]+)\. ([^.\n]+)", prompt.texts(), flags=re.M)
    listed = "\n".join(f"{number}. {title}: {first}." for number, title, first in lines)
    return listed or "No clauses found."


def list_risks(prompt: Prompt) -> str:
    """One line for each numbered line that holds a phrase this model has learnt to fear."""
    risks = [
        (grade, f"- Clause {number}, {title} ({grade}): {why}.")
        for number, title, text in re.findall(r"^(\d+)\. ([^:\n]+): (.+)$", prompt.texts(), re.M)
        for phrase, grade, why in RISKS
        if phrase in text.lower()
    ]
    if prompt.wants("gravest", "worst"):
        risks.sort(key=lambda risk: risk[0] != "high")
    return "\n".join(line for _, line in risks[: prompt.count_of("risk") or None]) or NO_RISKS


def summarise(prompt: Prompt) -> str:
    """The lines it was told, in their order, as far as the asked length goes."""
    lines: list[str] = []
    for name, value in prompt.data.items():
        text = ", ".join(f"{key} {item}" for key, item in as_dict(value).items()) or str(value)
        told = [line.lstrip("- ").strip() for line in text.splitlines()]
        lines += [f"{name.capitalize()}: {told[0]}."] if len(told) == 1 else told
    return shape(prompt, [line for line in lines if line], " ") or "Nothing to summarise."
