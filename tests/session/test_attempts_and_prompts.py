"""What the Attempts and Prompt tabs say of real attempts: named by their edit, marked, kept."""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lar_debug.model.records import Call, Execution, Outcome, RunStatus, Tokens
from lar_debug.model.tabs import AttemptRow, PromptView
from lar_debug.runtime.snapshots import Snapshotter
from lar_debug.session.edit_names import name_text
from lar_debug.session.prompt_view import prompt_view
from lar_debug.session.recording import Recording
from lar_debug.session.step_view import Shown, StepViews
from lar_debug.store.database import Store
from tests.runtime.recording import forks
from tests.session.person import Person
from tests.unit.store_process import begin, info

SAMPLE = Path(__file__).parents[2] / "sample_graphs" / "support_reply"
ASKS = 2


def rows(person: Person) -> dict[int, AttemptRow]:
    view = person.session.step_view()
    listed = view.attempts.rows if view is not None and view.attempts is not None else ()
    return {row.attempt: row for row in listed}


async def write(person: Person, text: str) -> int:
    """Save the prompt, and see the attempt that came of it in the list."""
    person.forget()
    person.save("prompt.md", text)
    line = await person.told(f"step {ASKS} ran again as #")
    found = re.search(r"ran again as #(\d+)", line)
    assert found is not None
    attempt = int(found.group(1))
    await person.until(lambda: attempt in rows(person))
    return attempt


async def attempts(person: Person, *texts: str) -> list[int]:
    person.session.tabs.open("attempts-pane")
    await person.look_at(ASKS)
    return [await write(person, text) for text in texts]


@pytest.mark.asyncio(loop_scope="module")
async def test_each_attempt_is_named_by_its_edit(person: Person):
    text = "Name the order {order} kindly.\n"
    one, two = await attempts(
        person,
        text.replace("kindly", "kindly and in two bullets"),
        text.replace("kindly", "kindly and in two bullets").replace("Name", "Please name"),
    )
    assert name_text(rows(person)[0].edit) == "recorded"
    assert name_text(rows(person)[one].edit) == 'prompt.md:1 +"and in two bullets"'
    assert name_text(rows(person)[two].edit) == 'prompt.md:1 +"Please name"'
    assert rows(person)[two].shown
    assert rows(person)[one].base
    assert rows(person)[two].next == "posts"


@pytest.mark.asyncio(loop_scope="module")
async def test_repeat_runs_once_more_with_the_edits_of_that_attempt(person: Person):
    [one] = await attempts(person, "Name {order} now, please.\n")
    vars(person.session)["_rerunning"].rerun(ASKS, {"set": {"order.total": 0}})
    await person.told(f"ran again as #{one + 1}")
    await person.until(lambda: one + 1 in rows(person))
    assert name_text(rows(person)[one + 1].edit) == "order.total 89.0 → 0"
    three = await write(person, "Name {order} later, please.\n")
    person.session.attempt_acts.repeat(one + 1)
    await person.told(f"repeats #{one + 1}: order.total = 0, the code as it is now")
    await person.told(f"ran again as #{three + 1}")
    assert "'total': 0}" in str(person.view.diff)
    assert "later" in str(person.view.diff)
    person.session.attempt_acts.repeat(0)
    await person.told("repeats #0: its input unedited, the code as it is now")
    await person.told(f"ran again as #{three + 2}")


@pytest.mark.asyncio(loop_scope="module")
async def test_one_attempt_of_a_step_is_accepted_and_the_store_keeps_it(person: Person):
    one, two = await attempts(person, "Try {order} like this.\n", "Try {order} like that.\n")
    acts = person.session.attempt_acts
    for attempt in (one, two):
        acts.accept(attempt)
        await person.told(f"#{attempt} is accepted for step 2 asks")
        await person.until(lambda attempt=attempt: rows(person)[attempt].accepted)
    assert [row.attempt for row in rows(person).values() if row.accepted] == [two]
    assert [chip.attempt for chip in person.view.strip.chips if chip.accepted] == [two]
    recording = person.session.recording
    with closing(Store.open(recording.store.path)) as store:
        assert store.summaries(recording.run, ASKS, ASKS)[0].accepted == two
    acts.accept(two)
    await person.told("no attempt of step 2 asks is accepted any more")
    await person.until(lambda: not any(row.accepted for row in rows(person).values()))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_note_stands_beside_its_attempt_in_one_line(person: Person):
    [one] = await attempts(person, "Say {order} with a note.\n")
    person.session.attempt_acts.note(one, "the best\n so far ")
    await person.told(f"noted beside #{one}")
    await person.until(lambda: rows(person)[one].note == "the best so far")
    person.session.attempt_acts.note(one, "")
    await person.told(f"#{one} has no note now")
    await person.until(lambda: rows(person)[one].note == "")


@pytest.mark.asyncio(loop_scope="module")
async def test_the_base_is_held_and_freed_from_the_list(person: Person):
    one, _, three = await attempts(
        person, "First {order}.\n", "Second {order}.\n", "3rd {order}.\n"
    )
    person.session.attempt_acts.hold(one)
    await person.told(f"#{one} stays the base")
    await person.until(lambda: rows(person)[one].base and rows(person)[one].held)
    assert person.verdict.startswith(f"#{one} → #{three}")
    person.session.attempt_acts.hold(one)
    await person.told("the base is free again")
    await person.until(lambda: rows(person)[three - 1].base)


@pytest.mark.asyncio(loop_scope="module")
async def test_an_attempt_that_was_killed_is_listed_when_asked_for(person: Person):
    [one] = await attempts(person, "Quickly {order}.\n")
    person.save("prompt.md", "Answer {order} slowly.\n")
    await person.running(ASKS, one + 1)
    person.session.stop()
    await person.told(f"stopped #{one + 1} of step 2")
    await person.until(lambda: person.session.running() is None)
    assert one + 1 not in rows(person)
    person.session.tabs.toggle_killed()
    # It is listed when its process is gone.
    await person.until(lambda: one + 1 in rows(person))
    assert rows(person)[one + 1].outcome is Outcome.SUPERSEDED
    assert name_text(rows(person)[one + 1].edit) == "its edit is not known"
    person.session.tabs.toggle_killed()
    await person.until(lambda: one + 1 not in rows(person))
    await write(person, "Quickly {order} again.\n")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_placeholder_that_was_not_filled_is_told_in_the_prompt(person: Person):
    await attempts(person, "Name the ordr {ordr} kindly.\n")
    person.session.tabs.open("prompt-pane")
    await person.until(lambda: person.view.prompt is not None)
    prompt = person.view.prompt
    assert prompt is not None
    assert prompt.sections[0].text == "Name the ordr {ordr} kindly.\n"
    assert prompt.sections[0].notes == (
        "{ordr} is not in the state, the model saw it as written; {order} is",
    )


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    """The sample, recorded once."""
    folder = tmp_path_factory.mktemp("sample") / "support_reply"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    done = forks.record(folder, folder / "agent.py")
    assert done.returncode == 0, done.stderr.decode()
    with closing(Store.open(folder / "recordings.db")) as store:
        yield Recording(store, store.runs()[0])


def prompt_of(recording: Recording, step: int) -> PromptView:
    return prompt_view(recording, recording.execution(step, 0))


def test_the_prompt_tab_has_what_was_sent_and_every_text_it_came_from(sample: Recording):
    view = prompt_of(sample, 5)
    assert [section.title for section in view.sections] == [
        "prompt, as sent to offline/echo",
        "system text, as sent to offline/echo",
        "template prompts/reply.md",
        "template prompts/style.md",
        "source of the node answering.py:31",
    ]
    assert view.title == "ran in #0 | the files now: same"
    sent, system, template, style, source = view.sections
    assert "Topic: late_delivery" in sent.text
    assert sent.notes == ()
    assert system.text == style.text
    assert "Topic: {topic}" in template.text
    assert source.text.startswith("write_reply = LLMNode(")
    assert not any(section.can_put_back for section in view.sections)


def test_each_branch_of_a_batch_has_its_own_prompt(sample: Recording):
    titles = [section.title for section in prompt_of(sample, 2).sections]
    assert "prompt, find_topic, as sent to offline/echo" in titles
    assert "prompt, find_mood, as sent to offline/echo" in titles


def test_a_step_without_a_model_shows_its_source(sample: Recording):
    [section] = prompt_of(sample, 6).sections
    assert section.title.startswith("source of the node answering.py:")
    assert "def check_reply" in section.text


def test_the_first_line_says_how_the_files_stand_now(sample: Recording):
    reply = sample.project / "prompts" / "reply.md"
    kept = reply.read_text()
    reply.write_text(kept.replace("Write the answer", "Write an answer"))
    view = prompt_of(sample, 5)
    assert view.title == "ran in #0 | the files now: differs: prompts/reply.md:9"
    [template] = [section for section in view.sections if section.now == "differs"]
    assert template.can_put_back
    reply.unlink()
    view = prompt_of(sample, 5)
    assert view.title == "ran in #0 | the files now: gone: prompts/reply.md"
    assert not any(section.can_put_back for section in view.sections)
    reply.write_text(kept)


def test_another_node_in_the_same_file_makes_no_difference_to_the_source(sample: Recording):
    source = sample.project / "answering.py"
    kept = source.read_text()
    source.write_text(kept.replace("no {name}", "without {name}"))
    assert prompt_of(sample, 5).title == "ran in #0 | the files now: same"
    assert "differs: answering.py:" in prompt_of(sample, 6).title
    source.write_text(kept)


def cut_off(path: Path, *calls: Call) -> str:
    """The verdict of a recorded step with these calls."""
    with closing(Store.open(path, create=True)) as store:
        store.add_run(info("r", status=RunStatus.FINISHED))
        before = begin(store, "r", {"order": 1}).before
        done = Execution("r", 0, 0, Outcome.SUCCESS, 1e9, before=before)
        store.end_execution(done._replace(after=before), calls=calls)
        view = StepViews(Recording(store, store.run("r"))).view(Shown(0), lambda: True)
        return "".join(span.text for span in view.verdict)


def test_an_answer_that_the_limit_cut_says_so_in_the_verdict(tmp_path: Path):
    ended = Call(0, "llm", finish="stop", tokens=Tokens(10, 99))
    limited = Call(1, "llm", finish="length", settings={"max_tokens": 256})
    unset = Call(2, "llm", finish="length", tokens=Tokens(10, 4_096))
    assert " | cut off at 256 tok | " in cut_off(tmp_path / "a.db", limited)
    assert " | cut off at 4,096 tok | " in cut_off(tmp_path / "b.db", unset)
    told = cut_off(tmp_path / "c.db", ended, limited, ended._replace(call=2))
    assert " | 1 of 3 answers cut off at 256 tok | " in told
    assert "cut off" not in cut_off(tmp_path / "d.db", ended)


def test_another_answer_to_the_same_prompt_is_told_to_be_the_models_own(tmp_path: Path):
    call = Call(0, "llm", model="m", prompt="Say it.", output="so")
    with closing(Store.open(tmp_path / "a.db", create=True)) as store:
        store.add_run(info("r", status=RunStatus.FINISHED))
        before = begin(store, "r", {"order": 1}).before
        taker = Snapshotter(store.objects, store.texts, run="r", key=None)
        for attempt, said in enumerate(("so", "otherwise", "otherwise")):
            if attempt:
                store.begin_attempt("r", 0, before=before, edits={}, started=1e9)
            after = taker.take({"order": 1, "reply": said}).ref
            done = Execution("r", 0, attempt, Outcome.SUCCESS, 1e9, before=before, after=after)
            store.end_execution(done, calls=[call._replace(output=said)])
        views = StepViews(Recording(store, store.run("r")))
        other, same = (views.view(Shown(0, attempt=n), lambda: True).cause for n in (1, 2))
    assert other.title.startswith("nothing changed: ")
    assert other.extent_in_full == "the difference is the model's own"
    assert same.extent_in_full == ""
