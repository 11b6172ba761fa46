"""The key that goes on: a person answers what the run asks, or agrees that it goes on."""

from __future__ import annotations

from lar_debug.model.problem import Problem
from lar_debug.model.threads import Question
from tests.shell.conftest import OpenDesk

REFUND = (Question("Refund 89 EUR?", ("approve", "reject", "ask_customer"), id="verdict"),)


async def test_a_run_that_stopped_goes_on_after_a_yes(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        await desk.press("c")
        assert "go on with thread case-42 with write_reply? y" in desk.text
        await desk.press("n", "enter")
        assert desk.session.asked == []
        await desk.press("c", "y", "enter")
        assert desk.session.asked == ["go_on"]


async def test_the_beginning_of_a_choice_is_an_answer(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.going_on.asks = REFUND
        await desk.press("c")
        assert "Refund 89 EUR? approve/reject/ask_customer:" in desk.text
        await desk.press("r", "enter")
        assert desk.session.asked == ["go_on verdict reject"]


async def test_of_a_long_question_the_choices_stay(open_desk: OpenDesk) -> None:
    async with open_desk(80, 24) as desk:
        desk.session.going_on.asks = (Question("Refund 89 EUR? " * 20, REFUND[0].choices),)
        await desk.press("c", "r")
        assert " Refund 89… approve/reject/ask_customer: r" in desk.text


async def test_what_is_no_choice_or_two_of_them_is_asked_again(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.going_on.asks = REFUND
        await desk.press("c", "a", "enter", "x", "enter")
        assert desk.session.asked == []
        await desk.press("backspace", "p", "enter")
        assert desk.session.asked == ["go_on verdict approve"]


async def test_a_ledger_wants_to_know_why(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        pay = Question("Pay?", ("yes", "no"), needs_rationale=True, id="pay")
        desk.session.going_on.asks = (pay,)
        await desk.press("c", *"yes", "enter")
        assert "yes, because:" in desk.text
        await desk.press(*"late", "enter")
        assert desk.session.asked == ["go_on pay yes late"]


async def test_several_questions_come_one_after_the_other(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        pay = Question("Pay?", ("yes", "no"), needs_rationale=True, id="pay")
        desk.session.going_on.asks = (pay, *REFUND)
        await desk.press("c", "y", "enter", *"late", "enter")
        assert "Refund 89 EUR? approve/reject/ask_customer:" in desk.text
        await desk.press("escape")
        assert desk.session.asked == []
        await desk.press("c", "n", "enter", "enter", "r", "enter")
        assert desk.session.asked == ["go_on pay no verdict reject"]


async def test_a_run_at_its_end_says_so(open_desk: OpenDesk) -> None:
    async with open_desk() as desk:
        desk.session.going_on.asks = Problem("thread case-42 is at its end")
        await desk.press("c")
        assert "thread case-42 is at its end" in desk.text
