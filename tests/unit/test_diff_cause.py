"""Why two attempts differ: what a person changed, and what stayed the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lar_debug.diff.cause import InputText, WentIn, cause_document, causes
from lar_debug.diff.layout import lay_out_cause
from lar_debug.diff.printing import print_rows
from lar_debug.model.changes import Cause
from lar_debug.model.values import Fidelity, Tagged
from tests.hostile import HOSTILE, obeyed

PROMPT = """\
You write for Nordwind Outdoor, a shop for hiking gear.
The customer wrote:
{ticket}
The order:
{order}
The customer is {mood}.
Policy: {policy}

Write a formal answer. Name the amount of the refund."""
NEW_PROMPT = PROMPT.replace(
    "formal answer. Name the amount", "formal answer in two bullets. Name the amount and the date"
)
SOURCE = """\
reply = LLMNode(
    prompt_template=load("reply.md"),
    generation_config={"temperature": 0.2},
    output_key="reply",
)"""
PATH = "prompts/reply.md"
STATE = {"ticket": {}, "order": {"total": 89.0}, "__count": 1}

BASE = WentIn(
    prompts={PATH: InputText(PROMPT)},
    sources={"answering.py": InputText(SOURCE, 31)},
    model="offline/echo",
    settings={"temperature": 0.2},
    state=STATE,
)
EDITED = replace(BASE, prompts={PATH: InputText(NEW_PROMPT)})
WARMER = replace(
    EDITED,
    sources={"answering.py": InputText(SOURCE.replace("0.2", "0.7"), 31)},
    settings={"temperature": 0.7},
)


def rows(new: WentIn, width: int, height: int, *, numbers: bool = True) -> str:
    document = cause_document(BASE, new, base="#2")
    return print_rows(lay_out_cause(document, width, height, numbers=numbers))


def test_a_command_line_says_what_shows_the_causes_that_do_not_fit() -> None:
    document = cause_document(BASE, WARMER, base="#2")
    opens = ("--json shows", "--json shows")
    told = print_rows(lay_out_cause(document, 100, 1, opens=opens))
    assert told.endswith(" more: prompts/reply.md:9  (--json shows)\n")


def test_the_dock_at_160x45() -> None:
    assert (
        rows(EDITED, 63, 25)
        == """\
   1  │You write for Nordwind Outdoor, a shop for hiking gear.
      │… 5 lines the same
   7  │Policy: {policy}
   8  │
 - 9  │Write a formal answer. Name the amount of the refund.
 + 9  │Write a formal answer in two bullets. Name the amount
 +    │and the date of the refund.
   as in #2: code, input, model offline/echo, temperature 0.2
"""
    )


def test_the_dock_at_100x40() -> None:
    assert (
        rows(EDITED, 99, 4)
        == """\
   7  │Policy: {policy}
   8  │
 - 9  │Write a formal answer. Name the amount of the refund.
 + 9  │Write a formal answer in two bullets. Name the amount and the date of the refund.
"""
    )


def test_the_dock_at_80x24_and_60x20_has_no_line_numbers() -> None:
    assert (
        rows(EDITED, 79, 3, numbers=False)
        == """\
 - │Write a formal answer. Name the amount of the refund.
 + │Write a formal answer in two bullets. Name the amount and the date of the
 + │refund.
"""
    )
    assert (
        rows(EDITED, 59, 3, numbers=False)
        == """\
 - │Write a formal answer. Name the amount of the refund.
 + │Write a formal answer in two bullets. Name the amount
 + │and the date of the refund.
"""
    )


def test_the_rule_names_the_line_that_was_changed_and_that_it_was_only_that() -> None:
    document = cause_document(BASE, EDITED, base="#2")
    assert document.title == "you changed prompts/reply.md:9"
    assert document.extent == "only that"
    assert document.extent_in_full == "only that: code, input, model, settings as in #2"
    assert causes(BASE, EDITED) == [
        Cause("prompt", "prompts/reply.md:9", PROMPT.split("\n")[8], NEW_PROMPT.split("\n")[8])
    ]


def test_several_causes_come_prompts_first_and_what_does_not_fit_is_one_row() -> None:
    document = cause_document(BASE, WARMER, base="#2")
    assert document.title == "you changed prompts/reply.md:9 and 1 more"
    assert document.extent == ""
    assert document.extent_in_full == "input, model as in #2"
    assert [cause.kind for cause in document.causes] == ["prompt", "source", "setting"]
    assert (
        rows(WARMER, 99, 3)
        == """\
 - 9  │Write a formal answer. Name the amount of the refund.
 + 9  │Write a formal answer in two bullets. Name the amount and the date of the refund.
 ~ answering.py:33 temperature 0.2 → 0.7
"""
    )
    three = replace(WARMER, state={**STATE, "order": {"total": 0}})
    assert rows(three, 99, 3).endswith(
        "   + 2 more: answering.py:33 temperature 0.2 → 0.7  (3 opens)\n"
    )


def test_an_edited_state_is_named_with_its_path_and_values() -> None:
    edited = replace(BASE, state={**STATE, "order": {"total": 0}, "__count": 2})
    document = cause_document(BASE, edited, base="#2", hidden={"__count"})
    assert document.title == "you changed state order.total 89.0 → 0"
    assert document.extent_in_full == "only that: prompt, code, model, settings as in #2"
    assert causes(BASE, edited, hidden={"__count"}) == [Cause("state", "order.total", 89.0, 0)]


def test_after_a_bare_run_nothing_changed_is_said() -> None:
    document = cause_document(BASE, BASE, base="#2")
    assert document.title == "nothing changed: same prompt, code, model, settings, input"
    assert (document.extent, document.blocks) == ("", ())
    plain = WentIn(sources={"tools.py": InputText("x")})
    assert cause_document(plain, plain, base="#2").title == "nothing changed: same code, input"


def test_another_model_and_a_setting_that_came_or_went() -> None:
    found = cause_document(BASE, replace(BASE, model="openai/gpt", settings={"seed": 1}), base="#2")
    assert [block.where for block in found.blocks] == ["model", "seed", "temperature"]
    assert (
        print_rows(lay_out_cause(found, 80, 5))
        == """\
 ~ model 'offline/echo' → 'openai/gpt'
 ~ seed unset → 1
 ~ temperature 0.2 → unset
"""
    )


def test_a_source_has_the_line_numbers_of_its_file() -> None:
    new = replace(BASE, sources={"answering.py": InputText(SOURCE.replace("reply.md", "x.md"), 35)})
    assert [cause.where for cause in causes(BASE, new)] == ["answering.py:36"]
    moved = replace(BASE, sources={"answering.py": InputText(SOURCE, 40)})
    assert causes(BASE, moved) == [], "a node that only moved in its file is the same"


def test_files_that_came_or_went_or_differ_in_line_ends() -> None:
    with_file = replace(BASE, files={"policies.json": InputText("{}\n")})
    assert causes(BASE, with_file) == [Cause("file", "policies.json", None, "{}\n")]
    document = cause_document(BASE, with_file, base="#2")
    assert document.title == "you changed policies.json, which is new"
    ends = replace(with_file, files={"policies.json": InputText("{}\r\n")})
    assert print_rows(lay_out_cause(cause_document(with_file, ends, base="#2"), 60, 4)) == (
        " ~ policies.json  only its line ends differ\n"
    )


@pytest.mark.parametrize("height", range(6))
def test_the_dock_never_takes_more_rows_than_it_has(height: int) -> None:
    many = {f"prompts/{k}.md": InputText(PROMPT + f"\nmore {k}" * 20) for k in range(5)}
    assert rows(replace(BASE, prompts=many), 60, height).count("\n") <= height


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_prompts_and_names_are_cleaned(name: str) -> None:
    text = HOSTILE[name]
    short = text[:200]
    new = WentIn(
        prompts={PATH: InputText(text + PROMPT), short: InputText("x")},
        settings={short: short},
        model=short,
        state={short: text},
    )
    document = cause_document(BASE, new, base="#2")
    for height in (3, 20):
        made = lay_out_cause(document, 60, height)
        printed = print_rows(made)
        assert obeyed(printed) == []
        assert printed.count("\n") == len(made) <= height


def test_a_value_that_could_not_be_kept_is_nothing_that_a_person_changed() -> None:
    client = Tagged("lost", None, text="<Client>", fidelity=Fidelity.LOST, reason="no pickle")
    other = replace(client, text="<Other>")
    one = replace(BASE, state={**STATE, "client": client})
    again = cause_document(one, one, base="#0")
    assert again.title == "nothing changed: same prompt, code, model, settings, input but client"
    edited = replace(one, prompts={PATH: InputText(NEW_PROMPT)})
    told = cause_document(one, edited, base="#0")
    assert told.title == "you changed prompts/reply.md:9"
    assert told.extent_in_full == "only that: code, input but client, model, settings as in #0"
    assert causes(one, replace(one, state={**STATE, "client": other}))
    both = replace(one, state={**STATE, "client": client, "engine": client})
    assert cause_document(both, both, base="#0").title.endswith("input but 2 values")
