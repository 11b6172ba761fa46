"""A placeholder that nothing was filled into is told, with the name that was meant."""

from lar_debug.session.placeholders import unfilled_notes

KEYS = {"customer": 1, "order": 2, "ticket": 3}


def test_a_missing_key_is_told_with_the_one_that_was_meant():
    template = "Dear {custmer}, about {order}: hello"
    assert unfilled_notes(template, [template], KEYS) == (
        "{custmer} is not in the state, the model saw it as written; {customer} is",
        "left unfilled with it: {order}",
    )


def test_a_key_like_no_other_is_told_alone():
    assert unfilled_notes("See {zzz}.", ["See {zzz}."], KEYS) == (
        "{zzz} is not in the state, the model saw it as written",
    )


def test_doubled_braces_are_placeholders_as_they_are_to_the_engine():
    assert unfilled_notes("See {zzz}.", ["See {{zzz}}."], KEYS)


def test_a_filled_prompt_says_nothing():
    assert unfilled_notes("Dear Eva", ["Dear {customer}"], KEYS) == ()


def test_braces_that_came_with_a_value_are_no_placeholders_of_the_template():
    assert unfilled_notes('Dear {"a": 1} {name}', ["Dear {customer}"], KEYS) == ()


def test_what_stands_behind_a_key_can_be_what_is_missing():
    template = "About {ticket[bdy]}"
    assert unfilled_notes(template, [template], KEYS) == (
        "{ticket[bdy]} could not be filled in, the model saw it as written",
    )


def test_many_are_counted():
    template = " ".join(f"{{none{n}}}" for n in range(20))
    notes = unfilled_notes(template, [template], KEYS)
    assert len(notes) == 9
    assert notes[-1] == "and 12 more that could not be filled in"
