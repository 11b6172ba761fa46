"""How the offline model answers a customer: well when the prompt says how, else carelessly.

Every fact of a letter comes from the prompt's own data; what the prompt does not tell, the
letter leaves out. Plain Python, no I/O.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .prompts import Prompt, as_dict, choose, shape

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
SITUATION = {
    "en": {
        "late_delivery": "your {order} has been with the carrier{since} and has not moved.",
        "damaged_item": "the {item} of your {order} reached you damaged.",
        "return_item": "you would like to send back the {item} of your {order}.",
        "": "you wrote to us about your {order}.",
    },
    "de": {
        "late_delivery": "Ihre {order} liegt{since} beim Zusteller und bewegt sich nicht.",
        "damaged_item": "der Artikel {item} Ihrer {order} kam beschädigt bei Ihnen an.",
        "return_item": "Sie möchten den Artikel {item} Ihrer {order} zurückgeben.",
        "": "Sie haben uns wegen Ihrer {order} geschrieben.",
    },
}
SORRY = {
    "en": {
        "late_delivery": ("We are sorry for the delay.", "Please excuse the delay."),
        "damaged_item": ("We are sorry about the damage.", "Please excuse the damage."),
        "": ("Thank you for your mail.", "Many thanks for writing to us."),
    },
    "de": {
        "late_delivery": ("Die Verzögerung tut uns leid.", "Bitte entschuldigen Sie."),
        "damaged_item": ("Der Schaden tut uns leid.", "Bitte entschuldigen Sie den Schaden."),
        "": ("Vielen Dank für Ihre Nachricht.", "Danke, dass Sie uns schreiben."),
    },
}
TITLES = {
    "en": {title: f"Dear {title}" for title in ("Ms", "Mrs", "Mr", "Mx", "Dr")},
    "de": {"Ms": "Sehr geehrte Frau", "Mrs": "Sehr geehrte Frau", "Mr": "Sehr geehrter Herr"},
}
NOBODY = {"en": "Dear customer,", "de": "Sehr geehrte Damen und Herren,"}
FAREWELLS = {
    "en": ("Kind regards", "Yours sincerely"),
    "de": ("Mit freundlichen Grüßen", "Freundliche Grüße"),
}
MORE = {
    "en": (
        "You do not have to do anything.",
        "We keep an eye on your {order}.",
        "Please write to us if anything is unclear.",
        "We will write again when there is news.",
        "Thank you for your patience.",
    ),
    "de": (
        "Sie müssen nichts weiter tun.",
        "Wir behalten Ihre {order} im Auge.",
        "Bitte schreiben Sie uns, wenn etwas unklar ist.",
        "Wir melden uns, sobald es Neues gibt.",
        "Danke für Ihre Geduld.",
    ),
}
CARELESS = {
    "en": {
        "late_delivery": ("these things happen with carriers.", "maybe it comes tomorrow?"),
        "damaged_item": ("these things happen on the road.", "maybe some tape holds it?"),
        "": ("these things happen.", "maybe it sorts itself out?"),
    },
    "de": {"": ("sowas passiert.", "vielleicht wird das morgen was?")},
}


@dataclass(frozen=True)
class Case:
    """What a letter is about, as far as the prompt tells. Missing facts are empty."""

    topic: str
    name: str
    shop: str
    order: str
    item: str
    policy: str
    shipped: date | None
    due: date | None
    total: float | None


def read_case(prompt: Prompt) -> Case:
    ticket, order, policy = (
        as_dict(prompt.data.get(name)) for name in ("ticket", "order", "policy")
    )
    topic = str(prompt.data.get("topic", ""))
    shop = re.search(r"[Yy]ou write for ([^,.\n]+)", prompt.asked)
    received, days = _date(ticket.get("received")), policy.get("pay_within_days")
    total = order.get("total")
    return Case(
        topic=topic or choose(prompt.texts(), ["late_delivery", "damaged_item", "return_item", ""]),
        name=str(order.get("customer") or ticket.get("from") or ""),
        shop=shop.group(1).strip() if shop else "",
        order=str(order.get("id", "")),
        item=str(order.get("item", "")),
        policy=str(policy.get("name", "")),
        shipped=_date(order.get("shipped")),
        due=received + timedelta(days=days) if received and isinstance(days, int) else None,
        total=float(total) if isinstance(total, (int, float)) else None,
    )


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _day(day: date, language: str) -> str:
    return f"{day.day}{'.' if language == 'de' else ''} {MONTHS[language].split()[day.month - 1]}"


def write_letter(prompt: Prompt, chance: random.Random | None) -> str:
    """Answer a customer: well when the prompt says how, carelessly when it does not."""
    case = read_case(prompt)
    language = "de" if prompt.wants("german", "deutsch") else "en"
    points = letter_points(prompt, case, language, chance)
    if prompt.wants("formal", "formally", "polite", "politely", "professional"):
        greeting, farewell = formal_frame(case.name, language, chance)
    elif prompt.wants("friendly", "warm", "warmly", "informal"):
        first = re.sub(r"^(Ms|Mr|Mrs|Mx|Dr) ", "", case.name).split(" ")[0] or "there"
        german = (f"Hallo {first},", "Viele Grüße")
        greeting, farewell = german if language == "de" else (f"Hi {first},", "Best wishes")
    else:
        return shape(prompt, careless_points(prompt, case, language), "\n")
    signed = f"{farewell}\n{case.shop}" if case.shop else farewell
    return f"{greeting}\n\n{shape(prompt, points, ' ')}\n\n{signed}"


def formal_frame(name: str, language: str, chance: random.Random | None) -> tuple[str, str]:
    """Greeting and farewell for a person such as `Ms Eva Lindqvist`; the title may be missing."""
    title, _, rest = name.partition(" ")
    farewell = chance.choice(FAREWELLS[language]) if chance else FAREWELLS[language][0]
    if not name:
        return NOBODY[language], farewell
    if title in TITLES[language]:
        return f"{TITLES[language][title]} {rest.split(' ')[-1]},", farewell
    return f"{'Guten Tag' if language == 'de' else 'Dear'} {name},", farewell


def letter_points(
    prompt: Prompt, case: Case, language: str, chance: random.Random | None
) -> list[str]:
    """What a good letter says, the most important first when its length is limited."""
    german = language == "de"
    order = f"{'Bestellung' if german else 'order'} {case.order}".strip()
    day = _day(case.shipped, language) if case.shipped else ""
    since = f" {'seit dem' if german else 'since'} {day}" if day else ""
    words = {"order": order, "since": since, "item": case.item or ("Artikel" if german else "item")}
    situations, apologies = SITUATION[language], SORRY[language]
    situation = situations.get(case.topic, situations[""]).format(**words)
    wordings = apologies.get(case.topic, apologies[""])
    apology = chance.choice(wordings) if chance else wordings[0]
    remedy = promise(prompt, case, language)
    more = [sentence.format(**words) for sentence in MORE[language]]
    if prompt.wants("short", "shorter", "brief", "briefly"):
        return [situation, *remedy]
    if any(prompt.count_of(noun) for noun in ("bullet", "sentence", "words?")):
        return [situation, *remedy, apology, *more]
    return [situation, apology, *remedy]


def promise(prompt: Prompt, case: Case, language: str) -> list[str]:
    """The sentence about the refund: nothing, its amount, its day or both, as asked."""
    amount, when = asked_refund(prompt, case, language)
    if not amount and not when:
        return []
    if language == "de":
        amount = amount or "den Kaufpreis"
        return [f"Nach unserer Regelung erstatten wir {amount}{when}."]
    under = f"Under our {case.policy} policy we" if case.policy else "We"
    return [f"{under} refund {amount or 'the purchase price'}{when}."]


def asked_refund(prompt: Prompt, case: Case, language: str) -> tuple[str, str]:
    """Amount (`89.00 EUR`) and day (` by 24 November`), each empty when not asked for."""
    amount = when = ""
    if prompt.wants_named("amount", "amounts", "sum"):
        unknown = "den Kaufpreis" if language == "de" else "the purchase price"
        amount = unknown if case.total is None else f"{case.total:.2f} EUR"
    if prompt.wants_named("date", "dates", "day", "deadline") and case.due:
        when = f" {'bis zum' if language == 'de' else 'by'} {_day(case.due, language)}"
    return amount, when


def careless_points(prompt: Prompt, case: Case, language: str) -> list[str]:
    """The letter nobody wants: what comes out when a prompt only says `write the answer`."""
    shrugs = CARELESS[language]
    shrug, hope = shrugs.get(case.topic, shrugs[""])
    amount, when = asked_refund(prompt, case, language)
    thing = case.item.split(" ")[-1] or "order"
    if language == "de":
        money = f"gibt es {amount or 'geld'}{when} zurück" if amount or when else "sehen wir weiter"
        last = f"sonst nochmal schreiben, dann {money}."
        return [f"hey!! sorry wegen {thing}, {shrug} {hope}", last]
    money = f"you get {amount or 'the money'} back{when}" if amount or when else ""
    last = f"write again if not, {money or 'we could look at the money then'}."
    return [f"hey!! sorry about the {thing}, {shrug} {hope}", last]
