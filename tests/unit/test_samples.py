"""The sample graphs as a person meets them: copied, run as they are, without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sample_process import SAMPLES, Job, copied, drive, run

FORMAL = "Write a formal answer."
AMOUNT = "Write a formal answer. Name the amount of the refund."
BULLETS = "Write a formal answer in two bullets. Name the amount and the date of the refund."


ORDER = (
    "Order: {'id': 'B-7', 'item': 'Sol stove', 'total': 45, 'shipped': '2025-03-01', "
    "'customer': 'Mr Ali Kaya'}\n"
)
TOLD = f"""You write for Bergwerk.

Ticket: {{'from': 'Ali Kaya', 'received': '2025-03-30', 'body': 'Where is it?'}}
{ORDER}Topic: late_delivery
Policy: {{'name': 'late delivery', 'pay_within_days': 3}}

"""


def asked(line: str, told: str = TOLD, **settings: Any) -> Job:
    return ("ask", [[{"role": "user", "content": told + line}]], settings)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process said: the script run again after each edit of its prompt and with other
    mails, then the model asked, through litellm itself, about an order that no sample has."""
    jobs: dict[str, Job] = {"review": ("review", [], {}), **story_jobs(), **question_jobs()}
    folder = copied("support_reply", tmp_path_factory.mktemp("told"))
    copied("contract_review", folder.parent)
    return dict(zip(jobs, drive(folder, list(jobs.values())), strict=True))


def story_jobs() -> dict[str, Job]:
    return {
        "bad": ("run_script", [], {}),
        "formal": ("run_script", [FORMAL], {}),
        "amount": ("run_script", [AMOUNT], {}),
        "bullets": ("run_script", [BULLETS], {}),
        "again": ("run_script", [BULLETS], {}),
        "torn": ("run_script", [BULLETS, "tickets/torn_pack.json"], {}),
        "no_policy": ("run_script", [None, "tickets/gift_card.json"], {}),
        "no_order": ("run_script", [None, "tickets/unknown_order.json"], {}),
        "no_file": ("run_script", [None, "tickets/none.json"], {}),
        "model": ("model_of_write_reply", [], {}),
        "model_key": ("model_of_write_reply", [], {"OPENAI_API_KEY": "sk-not-one"}),
        "model_named": ("model_of_write_reply", [], {"LAR_DEMO_MODEL": "openai/gpt-4o-mini"}),
    }


def question_jobs() -> dict[str, Job]:
    return {
        "facts": asked(AMOUNT.replace("amount", "amount and the date")),
        "wrapped": asked("Write a formal answer. Name the amount\nand the date of the refund."),
        "unasked": asked("Write a formal answer. Do not name the amount."),
        "untold": asked(AMOUNT, TOLD.replace(ORDER, "")),
        "three": asked("Write a formal answer in three bullets."),
        "ten_words": asked("Write a formal answer in 10 words."),
        "short": asked("Write a short formal answer."),
        "plain": asked(FORMAL),
        "german": asked("Write a formal answer in German."),
        "friendly": asked("Write a friendly answer."),
        "json": asked("Write the answer as JSON with the keys reply, amount and date."),
        "format": asked(FORMAL, response_format={"type": "json_object"}),
        "cut": asked(FORMAL, max_tokens=6),
        "stream": asked(FORMAL, stream=True, stream_options={"include_usage": True}),
        "warm": asked(FORMAL, temperature=1.0),
        "seed_cold": asked(FORMAL, temperature=0, seed=5),
        **{f"seed_{seed}": asked(FORMAL, temperature=1.0, seed=seed) for seed in range(6)},
        "seed_again": asked(FORMAL, temperature=1.0, seed=0),
        "other": asked("Good morning, you.", ""),
        "nothing": asked("List the clauses.", ""),
    }


def test_the_support_sample_writes_a_poor_answer_at_first(tmp_path: Path) -> None:
    ran = run(copied("support_reply", tmp_path), [str(tmp_path / "support_reply" / "agent.py")])
    assert ran.code == 0, ran.error
    assert ran.out.endswith(
        "hey!! sorry about the tent, these things happen with carriers. maybe it comes tomorrow?\n"
        "write again if not, we could look at the money then.\n\n"
        "Problems: not formal, no order number, no amount, no date\n"
    )
    assert ran.refused == ""
    assert ran.left == set()
    assert ran.new == {"lar_logs"}
    assert "lar_logs/" in (tmp_path / "support_reply" / ".gitignore").read_text().splitlines()


def test_the_first_edit_makes_it_a_formal_letter(told: dict[str, Any]) -> None:
    assert told["formal"]["state"]["reply"] == (
        "Dear Ms Lindqvist,\n\n"
        "your order A-1042 has been with the carrier since 14 November and has not moved. "
        "We are sorry for the delay.\n\n"
        "Kind regards\nNordwind Outdoor"
    )


def test_the_second_edit_names_the_amount(told: dict[str, Any]) -> None:
    assert told["amount"]["state"]["reply"] == (
        "Dear Ms Lindqvist,\n\n"
        "your order A-1042 has been with the carrier since 14 November and has not moved. "
        "We are sorry for the delay. Under our late delivery policy we refund 89.00 EUR.\n\n"
        "Kind regards\nNordwind Outdoor"
    )


def test_the_third_edit_gives_two_bullets_and_the_date(told: dict[str, Any]) -> None:
    assert told["bullets"]["state"]["reply"] == (
        "Dear Ms Lindqvist,\n\n"
        "- Your order A-1042 has been with the carrier since 14 November and has not moved.\n"
        "- Under our late delivery policy we refund 89.00 EUR by 24 November.\n\n"
        "Kind regards\nNordwind Outdoor"
    )


def test_each_edit_leaves_fewer_problems(told: dict[str, Any]) -> None:
    edits = ("bad", "formal", "amount", "bullets")
    assert [told[edit]["state"]["problems"] for edit in edits] == [
        ["not formal", "no order number", "no amount", "no date"],
        ["no amount", "no date"],
        ["no date"],
        [],
    ]


def test_the_state_has_the_keys_that_the_documents_show(told: dict[str, Any]) -> None:
    state = told["bad"]["state"]
    shown = [key for key in state if not key.startswith("_")]
    assert shown == ["ticket", "order", "topic", "mood", "policy", "reply", "problems"]
    assert (state["topic"], state["mood"]) == ("late_delivery", "annoyed")
    assert (len(state["ticket"]), len(state["order"]), len(state["policy"])) == (4, 5, 3)
    # The engine reports one of the two calls in step 2; each has as many tokens.
    assert told["bad"]["tokens"] == [0, 0, 121, 0, 0, 391, 0]


def test_the_same_prompt_gives_the_same_answer_and_tokens(told: dict[str, Any]) -> None:
    assert told["again"]["state"]["reply"] == told["bullets"]["state"]["reply"]
    assert told["again"]["tokens"] == told["bullets"]["tokens"]


def test_another_mail_gets_an_answer_from_its_own_facts(told: dict[str, Any]) -> None:
    assert told["torn"]["state"]["reply"] == (
        "Dear Mr Weber,\n\n"
        "- The Skog 40 pack of your order A-1057 reached you damaged.\n"
        "- Under our damaged item policy we refund 129.50 EUR by 19 November.\n\n"
        "Kind regards\nNordwind Outdoor"
    )
    assert told["torn"]["state"]["problems"] == []


def test_a_mail_without_a_policy_goes_to_a_colleague(told: dict[str, Any]) -> None:
    state = told["no_policy"]["state"]
    assert state["handed_over"] == "no policy for the topic other"
    assert "reply" not in state
    assert told["no_policy"]["code"] == 0


def test_a_mail_without_a_known_order_goes_to_a_colleague(told: dict[str, Any]) -> None:
    state = told["no_order"]["state"]
    assert state["handed_over"] == "no order found for the mail from Mia Rossi"
    assert told["no_order"]["tokens"] == [0, 0, 0]


def test_a_missing_ticket_file_is_one_clear_line(told: dict[str, Any]) -> None:
    assert told["no_file"]["code"] == 2
    assert told["no_file"]["said"] == (
        "no ticket file tickets/none.json; try tickets/late_tent.json\n"
    )


def test_a_real_model_is_used_only_when_it_is_named(told: dict[str, Any]) -> None:
    assert told["model"] == "offline/echo"
    assert told["model_key"] == "offline/echo"
    assert told["model_named"] == "openai/gpt-4o-mini"


def test_the_contract_sample_resumed_costs_302_of_776_tokens(told: dict[str, Any]) -> None:
    ran = told["review"]
    assert ran["tokens"] == [288, 186, 0, 302]
    assert sum(ran["tokens"]) == 776
    assert ran["state"]["rating"] == "2 high, 1 medium"
    first = ran["state"]["risks"].splitlines()[0]
    assert first == "- Clause 2, Fees (high): one side decides alone."
    assert 40 <= len(ran["state"]["summary"].split()) <= 60


def test_the_contract_sample_dies_in_step_2_when_asked(tmp_path: Path) -> None:
    folder = copied("contract_review", tmp_path)
    ran = run(folder, [str(folder / "agent.py")], CRASH="true")
    assert ran.code == 1
    assert ran.out.endswith("!!! CRASHING AT STEP 2 !!!\n")
    assert "state['risks']" in ran.out
    assert "state['rating']" not in ran.out
    assert (ran.refused, ran.left) == ("", set())


def test_both_samples_hold_the_same_offline_model() -> None:
    def texts(sample: str) -> dict[str, str]:
        folder = SAMPLES / sample / "offline_model"
        return {path.name: path.read_text() for path in folder.glob("*.py")}

    assert texts("support_reply") == texts("contract_review")
    assert len(texts("support_reply")) == 5


def test_facts_come_from_the_prompt(told: dict[str, Any]) -> None:
    assert told["facts"]["text"] == (
        "Dear Mr Kaya,\n\n"
        "your order B-7 has been with the carrier since 1 March and has not moved. "
        "We are sorry for the delay. "
        "Under our late delivery policy we refund 45.00 EUR by 2 April.\n\n"
        "Kind regards\nBergwerk"
    )
    assert told["wrapped"]["text"] == told["facts"]["text"]


def test_what_is_not_asked_or_not_told_is_not_written(told: dict[str, Any]) -> None:
    assert "EUR" not in told["unasked"]["text"]
    assert "EUR" not in told["untold"]["text"]
    assert "B-7" not in told["untold"]["text"]


def test_length_and_form_are_obeyed(told: dict[str, Any]) -> None:
    assert told["three"]["text"].count("\n- ") == 3
    assert len(told["ten_words"]["text"].split("\n\n")[1].split()) == 10
    assert len(told["short"]["text"]) < len(told["plain"]["text"])


def test_tone_and_language_are_obeyed(told: dict[str, Any]) -> None:
    german = told["german"]["text"]
    assert german.startswith("Sehr geehrter Herr Kaya,\n\nIhre Bestellung B-7")
    assert german.endswith("Mit freundlichen Grüßen\nBergwerk")
    assert told["friendly"]["text"].startswith("Hi Ali,")


def test_json_is_json(told: dict[str, Any]) -> None:
    found = json.loads(told["json"]["text"])
    assert (list(found), found["amount"], found["date"]) == (
        ["reply", "amount", "date"],
        45.0,
        "2025-04-02",
    )
    assert json.loads(told["format"]["text"]) == {"answer": told["plain"]["text"]}


def test_max_tokens_cuts_the_answer_and_says_so(told: dict[str, Any]) -> None:
    assert told["cut"]["text"] == "Dear Mr Kaya,\n\nyour order"
    assert told["cut"]["finish"] == "length"
    assert told["cut"]["tokens"] == told["cut"]["sent"] + 6
    assert told["plain"]["finish"] == "stop"


def test_a_streamed_answer_is_the_same_in_pieces(told: dict[str, Any]) -> None:
    assert told["stream"]["text"] == told["plain"]["text"]
    assert told["stream"]["tokens"] == told["plain"]["tokens"]
    assert told["stream"]["pieces"] > 20


def test_only_a_seed_with_a_temperature_varies_the_wording(told: dict[str, Any]) -> None:
    plain = told["plain"]["text"]
    assert told["warm"]["text"] == told["seed_cold"]["text"] == plain
    assert told["seed_again"] == told["seed_0"]
    assert len({told[f"seed_{seed}"]["text"] for seed in range(6)}) > 1


def test_tokens_are_words_numbers_and_signs(told: dict[str, Any]) -> None:
    assert told["other"]["text"] == "You said: Good morning, you."
    assert (told["other"]["sent"], told["other"]["tokens"]) == (5, 13)


def test_an_answer_is_never_empty(told: dict[str, Any]) -> None:
    assert told["nothing"]["text"] == "No clauses found."
