"""A run waits for a person: the process may end, any other one brings the answer."""

from tests.durable.desk import Desk, nodes_ran, status, store_of, timeline


def test_the_run_waits_with_its_question_and_another_process_answers(desk, tmp_path):
    asked = desk.run(tmp_path, "asking")
    assert asked["ended"] == "interrupted"
    assert asked["choices"] == ["approve", "reject"]
    assert asked["why"] == (
        "thread case-42 waits for a person's answer: Refund 89 EUR? (approve/reject)"
    )
    assert [entry[2] for entry in asked["entries"]] == ["success", "waiting"]
    assert status(tmp_path) == "waiting"
    done = desk.run(tmp_path, "asking", how="resume", answer="Approve")
    assert (done["state"]["decision"], done["state"]["done"]) == ("approve", True)
    assert timeline(tmp_path)[1:3] == [
        ("HumanJuryNode", "waiting", 0),
        ("HumanJuryNode", "success", 1),
    ]
    assert status(tmp_path) == "finished"


def test_a_choice_that_is_not_offered_changes_nothing(desk, tmp_path):
    desk.run(tmp_path, "asking")
    before = timeline(tmp_path)
    told = desk.run(tmp_path, "asking", how="resume", answer="maybe")
    assert told["why"] == "'maybe' is none of the choices of thread case-42: approve, reject"
    assert (timeline(tmp_path), status(tmp_path)) == (before, "waiting")


def test_without_an_answer_it_goes_on_waiting_and_nothing_is_written(desk, tmp_path):
    first = desk.run(tmp_path, "asking")
    before = timeline(tmp_path)
    for how in ("run", "resume"):
        again = desk.run(tmp_path, "asking", how=how)
        assert (again["ended"], again["why"]) == ("interrupted", first["why"])
        assert [entry[2] for entry in again["entries"]] == ["waiting"]
        assert again["state"]["order"] == {"id": "A-1042"}
    assert timeline(tmp_path) == before


def test_an_answer_that_nobody_waits_for_is_refused(desk, tmp_path):
    (tmp_path / "broken").touch()
    desk.run(tmp_path, "failing")
    told = desk.run(tmp_path, "failing", how="resume", answer="approve")
    assert told["why"] == "thread case-42 waits for no answer"


def test_the_engine_itself_writes_the_record_of_the_decision(desk, tmp_path):
    desk.run(tmp_path, "asking", arguments={"ledger": True})
    answer = {"answer": "reject", "rationale": "too much"}
    desk.run(tmp_path, "asking", how="resume", arguments={"ledger": True}, **answer)
    printed = (tmp_path / "stdout").read_text()
    assert "Recorded authority exercise by 'eva@example.org' (CFO)" in printed
    assert printed.count("Decision: 'reject'") == 1


def test_a_run_pauses_before_a_node_and_goes_on_past_it(desk, tmp_path):
    paused = desk.run(tmp_path, "three", pause_before="start.next_node")
    assert (paused["ended"], nodes_ran(tmp_path)) == ("interrupted", ["one"])
    assert "waits before two" in paused["why"]
    assert [entry[2] for entry in paused["entries"]] == ["success", "waiting"]
    assert status(tmp_path) == "waiting"
    done = desk.run(tmp_path, "three", pause_before="start.next_node")
    assert done["ended"] == "finished"
    assert nodes_ran(tmp_path) == ["one", "two", "three"]


def test_a_run_pauses_before_its_first_node(desk, tmp_path):
    paused = desk.run(tmp_path, "three", pause_before="start", state={"begin": 3})
    assert (paused["ended"], nodes_ran(tmp_path)) == ("interrupted", [])
    done = desk.run(tmp_path, "three", how="resume")
    assert done["state"]["three"] == 45


def test_a_node_to_pause_before_must_be_there(desk, tmp_path):
    told = desk.run(tmp_path, "three", pause_before="nobody")
    assert told["why"].startswith("the graph has no node nobody; it has one ")
    assert nodes_ran(tmp_path) == []
    with store_of(tmp_path) as store:
        assert store.runs() == []


def test_branches_beside_each_other_ask_all_at_once_and_are_answered_one_by_one(desk, tmp_path):
    asked = desk.run(tmp_path, "council")
    assert (asked["ended"], asked["asked"]) == ("interrupted", ["legal", "finance"])
    assert "legal: May we? (yes/no); finance: Pay? (yes/no)" in asked["why"]
    before = timeline(tmp_path)
    for wrong, why in (
        ("yes", "asks 2 questions; answer each by its id: legal, finance"),
        ({"how": "cash"}, "asks no how; it asks legal, finance"),
        ({"legal": "yes", "finance": "cash"}, "'cash' is none of the choices of thread case-42"),
    ):
        told = desk.run(tmp_path, "council", how="resume", answer=wrong)
        assert (told["ended"], why in told["why"]) == ("problem", True)
    assert timeline(tmp_path) == before
    # The branch that has its answer goes on to its next question.
    asked = desk.run(tmp_path, "council", how="resume", answer={"finance": "yes"})
    assert asked["asked"] == ["legal", "how"]
    answers = {"answer": {"legal": "no", "how": "card"}, "rationale": {"legal": "a doubt"}}
    done = desk.run(tmp_path, "council", how="resume", **answers)
    said = [done["state"][key] for key in ("legal", "finance", "how", "done")]
    assert said == ["no", "yes", "card", True]
    assert "Decision: 'no'" in (tmp_path / "stdout").read_text()
    # What a branch has fetched is not fetched again for another branch's question.
    assert nodes_ran(tmp_path) == ["fetch 1"]
    assert [outcome for _, outcome, _ in timeline(tmp_path)] == [
        *("waiting", "waiting", "success", "success")
    ]


def test_answers_outlive_the_process_that_got_them(desk: Desk, tmp_path):
    desk.run(tmp_path, "council")
    desk.run(tmp_path, "council", how="resume", answer={"finance": "no"})
    (tmp_path / "crash").touch()
    options = {"how": "resume", "answer": {"legal": "yes", "how": "cash"}}
    assert desk.do(tmp_path, graph="council", thread="case-42", **options) == -9
    done = desk.run(tmp_path, "council")
    assert [done["state"][key] for key in ("legal", "finance", "how")] == ["yes", "no", "cash"]
    # They are of that step alone: the next run of the thread asks anew.
    assert desk.run(tmp_path, "council")["asked"] == ["legal", "finance"]
