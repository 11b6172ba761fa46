"""The one line that says what an attempt changed."""

from __future__ import annotations

from typing import Any

import pytest

from lar_debug.diff.build import build, whole
from lar_debug.diff.verdict import verdict, verdict_of_recording
from lar_debug.model.changes import Span
from lar_debug.model.values import Fidelity, Tagged, Value
from tests.hostile import SHORT, obeyed
from tests.unit.test_diff_text import NEW_REPLY, OLD_REPLY, POOR_REPLY, STATE, reply


def line(spans: tuple[Span, ...]) -> str:
    return "".join(span.text for span in spans)


def said(old: Value, new: Value, **options: Any) -> str:
    return line(verdict(build(old, new), **options))


ROUTE = {"next_old": ["check_reply"], "next_new": ["check_reply"]}
TOKENS = {"tokens_old": 412, "tokens_new": 398, "ms": 3}


def test_it_names_words_route_tokens_and_time() -> None:
    told = said(reply(OLD_REPLY), reply(NEW_REPLY), **ROUTE, **TOKENS)
    assert told == "reply: 7 words out, 4 in | next check_reply, same | tokens 412 → 398 | 3 ms"


def test_a_narrow_screen_gets_a_shorter_one() -> None:
    told = said(reply(OLD_REPLY), reply(NEW_REPLY), **ROUTE, **TOKENS, short=True)
    assert told == "reply: 7 words out, 4 in | next same | tokens 412 → 398"


def test_another_route_is_never_overlooked() -> None:
    route = {"next_old": ["check_reply"], "next_new": ["ask_human"]}
    for short in (False, True):
        told = said(reply(OLD_REPLY), reply(NEW_REPLY), **route, short=short)
        assert told.endswith("next CHANGED: check_reply → ask_human")
    assert "next CHANGED" in said(STATE, STATE, **route), "the same output took another way"
    assert "→ none, the run ends" in said(1, 2, next_old=["x"], next_new=[])


def test_the_same_output_is_told_and_where_it_was_seen_before() -> None:
    assert said(reply(OLD_REPLY), reply(OLD_REPLY), **ROUTE, ms=3) == "same output, word for word"
    told = said(reply(OLD_REPLY), reply(OLD_REPLY), also=1)
    assert told == "same output, word for word (also = #1)"


def test_of_texts_that_hold_json_the_change_inside_is_told() -> None:
    name = "a name that makes of it more than fits in one row of a pane"
    old, new = (reply(f'{{"total": {total}, "name": "{name}"}}') for total in (89, 79))
    assert said(old, new) == "reply.total  89 → 79  (-10)"


def test_a_rewritten_text_is_told_by_how_much_of_it_is_left() -> None:
    told = said(reply(POOR_REPLY), reply(NEW_REPLY), **ROUTE)
    assert told == "reply rewritten, 2 of 25 words kept | next check_reply, same"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a b c d e\nf", "a b c d e\nf  ", "reply: only blanks changed"),
        ("a b c d e\nf", "a b c d e\nf.", "reply: only signs changed"),
        ("a b c d e\nf", "a b c d e\nf g", "reply: 1 word in"),
        ("a b c d e\nf g h", "a b c d e\nf", "reply: 2 words out"),
        ("late", "broken", "reply  'late' → 'broken'"),
        (89.0, "89.0", "reply  89.0 → '89.0'  float → str"),
    ],
)
def test_small_changes_have_their_own_words(old: Value, new: Value, told: str) -> None:
    assert said({"reply": old}, {"reply": new}) == told


def test_several_changes_are_counted_and_the_text_is_named_first() -> None:
    old, new = {"n": 1, "reply": OLD_REPLY}, {"n": 2, "reply": NEW_REPLY, "m": 1}
    assert said(old, new) == "reply: 7 words out, 4 in, 2 more changes"
    assert said({}, {"reply": OLD_REPLY}) == "reply is new"
    old, new = {"a": OLD_REPLY, "n": 1}, {"a": OLD_REPLY.replace("\n", " \n"), "n": 2}
    assert said(old, new).endswith(", 1 more change")
    assert "blanks" not in said(old, new), "blanks are the last thing to be told of"
    assert said({"reply": OLD_REPLY}, {}) == "reply is gone"


def test_what_could_not_be_kept_is_not_called_the_same() -> None:
    client = Tagged("lost", None, text="<Client>", fidelity=Fidelity.LOST)
    told = said({"c": client}, {"c": client})
    assert told == "same as far as can be told: 1 value could not be kept"
    recorded = verdict_of_recording(build({"c": client}, {"c": client, "n": 1}))
    assert line(recorded) == "wrote n", "nobody can say that it wrote c"
    made = verdict_of_recording(build({}, {"c": client}))
    assert line(made) == "wrote c"


def test_the_recording_says_what_the_step_wrote() -> None:
    document = build({"a": 1, "gone": 1}, {"a": 1, "reply": POOR_REPLY, "n": {"x": 1}})
    told = line(verdict_of_recording(document, next_new=["check_reply"], tokens=391, ms=3))
    assert told == "wrote reply n, removed gone | next check_reply | 391 tok, 3 ms"
    ended = verdict_of_recording(build({}, {}), next_new=[])
    assert line(ended) == "wrote nothing | next none, the run ends"
    many = whole({f"k{n}": n for n in range(9)})
    assert line(verdict_of_recording(many)) == "wrote k0 k1 k2 k3 and 5 more"


@pytest.mark.parametrize("name", SHORT)
def test_hostile_names_and_values_stay_one_clean_line(name: str) -> None:
    text = SHORT[name]
    for spans in (
        verdict(build({text: text}, {text: text + "x"}), next_old=[text], next_new=["b"]),
        verdict(build({"a": 1}, {"a": text})),
        verdict_of_recording(whole({text: text}), next_new=[text]),
    ):
        told = line(spans)
        assert obeyed(told) == []
        assert "\n" not in told
