"""What is looked at, what is said, and what words are found for it: without files or processes."""

import pytest

from lar_debug.model.records import Call, Changes
from lar_debug.session.events import KEPT, Events
from lar_debug.session.looking import Base, Looking
from lar_debug.session.prompts import in_prompt, in_user_prompt
from lar_debug.session.stale import Stale
from lar_debug.session.timeline import changes_text, without

KNOWN = [0, 1, 2, 4]


def test_the_newest_attempt_is_followed_until_another_one_is_chosen():
    looking = Looking(5)
    assert looking.attempt is None
    assert looking.show(2, KNOWN)
    assert looking.attempt == 2
    assert looking.show(4, KNOWN)
    assert looking.attempt is None, "the newest is followed again"


def test_only_attempts_that_came_since_one_looks_back_are_new():
    looking = Looking(5)
    looking.show(2, KNOWN)
    assert looking.seen == 4, "it was followed, so it was seen"
    looking.show(1, [*KNOWN, 5])
    assert looking.seen == 4, "5 came meanwhile"
    looking.show(5, [*KNOWN, 5, 6])
    assert looking.seen == 5
    looking.show(6, [*KNOWN, 5, 6])
    looking.show(1, [*KNOWN, 5, 6, 7])
    assert looking.seen == 7, "followed again until then"


def test_an_attempt_that_left_no_chip_cannot_be_chosen():
    looking = Looking(5, attempt=1)
    assert not looking.show(3, KNOWN)
    assert looking.attempt == 1


def test_older_and_newer_go_over_attempts_that_left_no_chip_and_stop_at_the_ends():
    looking = Looking(5)
    assert looking.beside(-1, KNOWN) == 2
    looking.attempt = 2
    assert looking.beside(1, KNOWN) == 4
    looking.attempt = 0
    assert looking.beside(-1, KNOWN) == 0
    assert looking.beside(1, []) is None


def test_the_base_goes_round_through_the_three_kinds():
    looking = Looking(5)
    seen = []
    for _ in range(4):
        seen.append(looking.base)
        looking.cycle_base()
    assert seen == [Base.PREVIOUS, Base.RECORDED, Base.BEFORE, Base.PREVIOUS]


def test_a_held_base_is_freed_by_asking_again_wherever_one_looks():
    looking = Looking(5)
    looking.hold(2)
    assert looking.held == 2
    looking.hold(4)
    assert looking.held is None
    looking.hold(4)
    looking.cycle_base()
    assert looking.held is None


def test_another_step_starts_with_its_newest_attempt():
    looking = Looking(5, attempt=2, held=1, base=Base.RECORDED)
    looking.go(6)
    assert looking == Looking(6, base=Base.RECORDED)


def test_a_message_is_one_line_whose_blanks_stay():
    events = Events()
    assert events.newest.text == ""
    events.add("answering.py:33  '(' was never closed.\nsecond line")
    assert events.newest.text == "answering.py:33  '(' was never closed. second line"


def test_old_messages_are_kept_but_not_for_ever():
    events = Events()
    for number in range(KEPT + 5):
        events.add(str(number))
    assert [line.text for line in events.lines][:2] == ["5", "6"]
    assert events.newest.text == str(KEPT + 4)


@pytest.mark.parametrize(
    ("text", "sent", "went_in"),
    [
        ("Write a formal answer.", "Hello.\nWrite a formal answer.\n", True),
        ("Name the order {order} kindly.", "Name the order {'id': 'A-1'} kindly.", True),
        ("Name the order {order} kindly.", "Something else", False),
        ("{order}\n{topic}", "{'id': 'A-1'}\nlate", False),
        ("", "anything", False),
    ],
)
def test_a_prompt_is_known_by_the_file_that_it_was_made_from(text: str, sent: str, went_in: bool):
    assert in_prompt(text, [Call(0, "llm", prompt=sent)]) is went_in
    assert in_prompt(text, [Call(0, "llm", system_instruction=sent)]) is went_in
    assert in_user_prompt(text, [Call(0, "llm", prompt=sent)]) is went_in
    assert not in_user_prompt(text, [Call(0, "llm", system_instruction=sent)])


def test_a_step_that_ran_again_is_judged_by_that_and_the_others_by_the_recording():
    stale = Stale({"start": "clean changed"}, {1: "a.txt changed", 2: "a.txt changed"}, {2: ""})
    assert stale.reason(0, "start") == "clean changed"
    assert stale.reason(1, "start") == "a.txt changed, clean changed"
    assert stale.reason(2, "start") == ""
    assert stale.reason(0, "other") == ""


def test_changed_keys_are_told_with_their_signs():
    changes = Changes(("topic",), ("mood", "_route"), ("draft",))
    assert changes_text(changes) == "+topic ~mood ~_route -draft"
    assert changes_text(without(changes, frozenset({"_route"}))) == "+topic ~mood -draft"
