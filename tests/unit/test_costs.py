"""What resuming saves and attempts save, counted from rows whose sums are known."""

from lar_debug.model.records import Outcome
from lar_debug.model.spending import AttemptTokens, StepTokens
from lar_debug.session.costs import AttemptsCost, cost_of_attempts, resumes_in


def steps(*rows: tuple[int, int, int]) -> list[StepTokens]:
    """(engine_step, segment, tokens) of each step in order."""
    return [StepTokens(at, engine, part, 0.0, took) for at, (engine, part, took) in enumerate(rows)]


def attempt(step: int, tokens: int, outcome: Outcome = Outcome.SUCCESS) -> AttemptTokens:
    return AttemptTokens(step, outcome, False, tokens)


REVIEW = steps((0, 0, 288), (1, 0, 186), (2, 0, 0), (2, 1, 0), (3, 1, 302))


def test_a_resume_saves_the_steps_that_it_does_not_run_again():
    (resume,) = resumes_in(REVIEW)
    assert (resume.segment, resume.step, resume.spent, resume.saved) == (1, 3, 302, 474)
    assert resume.words == "302 tok, starting over 776: 474 saved"
    assert not resumes_in(steps((0, 0, 288), (1, 0, 186)))


def test_each_resume_saves_what_was_paid_until_then():
    # Step 1 fails after it has asked its model, twice.
    found = resumes_in(steps((0, 0, 100), (1, 0, 20), (1, 1, 30), (1, 2, 40), (2, 2, 7)))
    assert [(one.spent, one.saved) for one in found] == [(30, 100), (47, 100)]
    # A later one saves the try that came to its end, and not those that failed before it.
    found = resumes_in(steps((0, 0, 100), (1, 0, 20), (1, 1, 30), (2, 1, 5), (2, 2, 6)))
    assert [(one.spent, one.saved) for one in found] == [(35, 100), (6, 130)]


def test_who_begins_anew_saves_nothing():
    found = resumes_in(steps((0, 0, 100), (1, 0, 20), (0, 1, 90), (1, 1, 10), (2, 2, 1)))
    assert [(one.spent, one.saved) for one in found] == [(100, 0), (1, 100)]
    assert found[0].words == ""


def test_attempts_are_held_against_as_many_whole_runs():
    cost = cost_of_attempts(REVIEW, [attempt(4, 302), attempt(4, 310), attempt(1, 190)])
    # Each with its own tokens, and with those of the other steps, tries of one step once.
    assert cost == AttemptsCost(3, 802, (474 + 302) + (474 + 310) + (288 + 302 + 190))
    assert cost.words == "3 attempts: 802 tokens, whole runs 2,340"
    assert cost_of_attempts(REVIEW, []).words == ""


def test_an_attempt_that_led_nowhere_is_held_against_a_run_up_to_there():
    cost = cost_of_attempts(REVIEW, [attempt(1, 12, Outcome.ERROR)])
    assert cost.words == "1 attempt: 12 tokens, a whole run 300"
    dealt_with = AttemptTokens(1, Outcome.ERROR, True, 12)
    assert cost_of_attempts(REVIEW, [dealt_with]).whole_runs == 602


def test_without_tokens_there_is_nothing_to_compare():
    assert cost_of_attempts(steps((0, 0, 0)), [attempt(0, 0)]).words == "1 attempt"
    assert cost_of_attempts(steps((0, 0, 9)), [attempt(0, 7)]).words == "1 attempt: 7 tokens"
