"""An attempt is called by the edit that made it, in the words of that edit."""

import pytest

from lar_debug.diff.cause import InputText, WentIn, cause_document
from lar_debug.session.edit_names import edit_name, name_text

PROMPT = "You write for Nordwind.\n\nWrite a formal answer. Name the amount of the refund.\n"


def called(old: WentIn, new: WentIn) -> str:
    return name_text(edit_name(cause_document(old, new, base="#0").blocks))


def prompted(text: str) -> WentIn:
    return WentIn(prompts={"prompts/reply.md": InputText(text)})


def edited(old: str, new: str) -> str:
    return called(prompted(PROMPT), prompted(PROMPT.replace(old, new)))


def test_the_words_that_came_in_are_quoted_with_the_line_and_the_bare_name_of_the_file():
    new = PROMPT.replace("answer.", "answer in two bullets.").replace(
        "the amount", "the amount and the date"
    )
    assert called(prompted(PROMPT), prompted(new)) == (
        'reply.md:3 +"in two bullets" +"and the date"'
    )


def test_words_that_only_went_are_quoted_as_gone():
    assert edited("a formal answer. Name", "an answer. Name") == 'reply.md:3 +"an"'
    assert edited(" of the refund", "") == 'reply.md:3 -"of the refund"'


def test_a_new_line_is_quoted_as_a_line():
    assert edited("\n\nWrite", "\nBe brief.\n\nWrite") == 'reply.md:2 +"Be brief."'
    assert edited("\n\nWrite", "\nWrite") == "reply.md:2"


def test_what_ended_the_sentence_before_is_no_part_of_what_was_said():
    short = "Write a formal answer."
    old, new = prompted(short), prompted(short + " Name the amount.")
    assert called(old, new) == 'reply.md:1 +"Name the amount."'


def test_long_and_many_edits_are_cut_to_a_few_words():
    name = edited("Write a formal answer.", "Write " + "very " * 30 + "well, a formal answer.")
    assert name.startswith('reply.md:3 +"very very')
    assert len(name) < 60
    lines = [f"Line number {number} says something." for number in range(40)]
    other = [line + " Twice." if n % 2 else line for n, line in enumerate(lines)]
    many = called(prompted("\n".join(lines)), prompted("\n".join(other)))
    assert many.endswith(" +16 more")


def test_settings_state_and_source_have_their_values():
    old = WentIn(settings={"temperature": 0.2}, state={"order": {"total": 89.0}})
    new = WentIn(settings={"temperature": 0.7}, state={"order": {"total": 0}})
    assert called(old, new) == "temperature 0.2 → 0.7  order.total 89.0 → 0"
    texts = [WentIn(sources={"src/answering.py": InputText(f"x = {n}", 33)}) for n in (1, 2)]
    assert called(*texts) == 'answering.py:33 +"2"'


def test_nothing_edited_says_so():
    assert called(prompted(PROMPT), prompted(PROMPT)) == "unedited"


@pytest.mark.parametrize("text", ["a\x1b[31mred", "two\nlines", "\u202eturned"])
def test_hostile_words_are_one_clean_line(text: str):
    name = edited("Name the amount", f"Name {text} amount")
    assert not set(name) & {"\x1b", "\n", "\u202e"}
