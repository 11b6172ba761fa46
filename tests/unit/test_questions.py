"""What a waiting step asks is read from its note, whatever somebody else has put there."""

import pytest

from lar_debug.model.threads import Question, questions_in


def test_a_question_comes_with_its_choices_and_what_it_is_about():
    note = '{"id": "pay", "question": "Pay?", "choices": ["yes", "no"], "context": {"a": 1}}'
    assert questions_in(note) == (Question("Pay?", ("yes", "no"), {"a": 1}, id="pay"),)
    several = questions_in(f'[{note}, {{"id": "b", "question": "Sign?"}}, 7]')
    assert [one.id for one in several] == ["pay", "b"]


@pytest.mark.parametrize("note", ["", "not JSON", "[]", "7", "[" * 100_000])
def test_a_note_that_is_no_question_holds_none(note: str):
    assert questions_in(note) == ()


def test_parts_of_another_shape_are_left_out():
    note = '{"question": null, "choices": 5, "context": "all", "needs_rationale": 1}'
    assert questions_in(note) == (Question(needs_rationale=True),)
