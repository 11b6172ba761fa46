"""What a save does, in the words of the screen's rules: real files, the real watcher and worker."""

import asyncio
from pathlib import Path

import pytest

from lar_debug.model.document import TreeRow
from lar_debug.model.records import Outcome
from lar_debug.session import turns
from tests.session.person import PATIENCE, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTS, READS, ASKS, POSTS, VARIES, WAITS, PICKS, LOOKS_UP = range(8)


def recorded(person: Person, step: int) -> list[tuple[int, Outcome]]:
    recording = person.session.recording
    return recording.store.attempts(recording.run, step)


async def test_a_save_runs_the_selected_step_and_no_other(person: Person):
    await person.look_at(ASKS)
    before = [len(recorded(person, step)) for step in range(8)]
    person.edit("prompt.md", "kindly", "formally")
    line = await person.told("saved prompt.md: step 2 ran again as #1")
    assert "on screen in" in line
    assert "(node " in line
    assert line.endswith("Steps 0-1 were not run.")
    after = [len(recorded(person, step)) for step in range(8)]
    assert [b - a for a, b in zip(before, after, strict=True)] == [0, 0, 1, 0, 0, 0, 0, 0]
    assert person.shown(person.view) == 1
    assert person.view.cause.title == "you changed prompt.md:1"
    assert "formally" in str(person.view.diff)


def held(person: Person) -> list[int]:
    return [chip.attempt for chip in person.view.strip.chips if chip.held]


async def test_what_is_started_is_told_in_fewer_words_too(person: Person):
    first = person.session.events()[0]
    assert first.text.endswith("python, importing lar (about 2 s the first time)")
    assert first.shorter == ("starting python, importing lar (about 2 s the first time)",)


async def test_the_header_says_before_a_save_what_it_will_do(person: Person):
    await person.look_at(ASKS)
    said = person.session.header().on_save
    assert said.startswith("re-run 2 asks, watching ")
    await person.look_at(POSTS)
    assert person.session.header().on_save.startswith("only mark 3 posts")


async def test_a_step_that_is_not_selected_is_only_marked(person: Person):
    await person.look_at(COUNTS)
    person.edit("failing.py", 'order["id"]', 'order["id"].lower()')
    await person.told("saved failing.py: nothing that step 0 runs has changed, not run")
    await person.until(lambda: "*" in person.flags(LOOKS_UP))
    assert [step for step in range(8) if "*" in person.flags(step)] == [LOOKS_UP]
    note = (await person.look_at(LOOKS_UP)).note
    assert note.startswith("stale: ")
    assert note.endswith("| r re-runs it")
    person.edit("failing.py", 'order["id"].lower()', 'order["id"]')
    await person.told("saved failing.py: nothing that step 7 runs has changed, not run")
    await person.until(lambda: "*" not in person.flags(LOOKS_UP))


async def test_a_save_of_the_same_content_runs_nothing_and_says_so(person: Person):
    await person.look_at(COUNTS)
    before = recorded(person, COUNTS)
    person.save("counting.py", person.text("counting.py"))
    await person.told("saved counting.py: it holds what it held, not run")
    assert recorded(person, COUNTS) == before


async def test_a_pinned_step_runs_wherever_one_looks(person: Person):
    await person.look_at(COUNTS)
    person.session.toggle_pin()
    await person.look_at(ASKS)
    assert "re-run 0 counts" in person.session.header().on_save
    person.edit("counting.py", "STEP = 1", "STEP = 10")
    await person.told("saved counting.py: step 0 ran again as #1")
    assert person.view.step == ASKS
    assert "P" in person.flags(COUNTS)
    await person.look_at(COUNTS)
    person.session.toggle_pin()
    assert "P" not in person.flags(COUNTS)


async def test_who_stays_on_an_older_attempt_is_not_moved(person: Person):
    await person.look_at(COUNTS)
    person.edit("counting.py", "STEP = 10", "STEP = 20")
    await person.told("ran again")
    newest = person.shown(person.view)
    person.session.show_older()
    await person.until(lambda: person.shown(person.view) == newest - 1)
    assert person.view.strip.new == 0, "the newer one has been seen"
    person.edit("counting.py", "STEP = 20", "STEP = 30")
    await person.told(f"step 0 ran again as #{newest + 1}")
    assert person.shown(person.view) == newest - 1
    assert person.view.strip.new == 1
    person.session.show_newer()
    await person.until(lambda: person.shown(person.view) == newest)
    assert person.view.strip.new == 1
    person.session.show_newer()
    await person.until(lambda: person.shown(person.view) == newest + 1)
    assert person.view.strip.new == 0
    person.edit("counting.py", "STEP = 30", "STEP = 40")
    await person.told("ran again")
    assert person.shown(person.view) == newest + 2, "the newest is followed again"


async def test_the_base_is_the_last_finished_attempt_until_a_person_chooses(person: Person):
    view = await person.look_at(COUNTS)
    newest = person.shown(view)
    assert person.base(view) == newest - 1
    person.session.cycle_base()
    await person.until(lambda: person.base(person.view) == 0)
    person.session.cycle_base()
    await person.until(lambda: person.base(person.view) is None)
    person.session.cycle_base()
    await person.until(lambda: person.base(person.view) == newest - 1)
    # As fast as keys are typed: what was chosen is held, not what could be seen by then.
    person.session.show_older()
    person.session.hold_base()
    person.session.show_newest()
    await person.until(lambda: person.shown(person.view) == newest and bool(held(person)))
    assert person.base(person.view) == newest - 1
    person.edit("counting.py", "STEP = 40", "STEP = 50")
    await person.told("ran again")
    assert person.base(person.view) == newest - 1, "held: it stays the base of newer ones"
    person.session.show_attempt(newest - 1)
    await person.until(lambda: person.shown(person.view) == newest - 1)
    assert held(person) == [newest - 1], "said so where it is compared with another one too"
    assert person.base(person.view) == newest - 2
    person.session.show_newest()
    await person.until(lambda: person.shown(person.view) == newest + 1)
    person.session.hold_base()
    await person.until(lambda: not held(person))
    assert person.base(person.view) == newest


async def test_a_step_that_reached_the_outside_is_only_marked_until_it_is_pinned(person: Person):
    view = await person.look_at(POSTS)
    assert view.note == "not checked for hidden inputs: it calls out (r runs it unedited, once)"
    out = person.folder / "out.txt"
    out.unlink()
    person.edit("posting.py", '"posted"', '"sent"')
    line = await person.told("step 3 posts")
    assert line == (
        "saved posting.py: step 3 posts wrote out.txt, not re-run on save.  "
        "r runs it once, space lets saves run it"
    )
    assert not out.exists()
    assert len(recorded(person, POSTS)) == 1
    await person.until(lambda: "*" in person.flags(POSTS))
    person.session.toggle_pin()
    person.edit("posting.py", '"sent"', '"mailed"')
    await person.told("saved posting.py: step 3 ran again as #1")
    assert out.exists()
    person.session.toggle_pin()


async def test_a_key_runs_a_step_that_saves_only_mark(person: Person):
    await person.look_at(POSTS)
    person.session.rerun()
    await person.told("step 3 ran again as #2")
    assert person.view.cause.title.startswith("nothing changed: same ")
    assert person.verdict.startswith("#1 → #2  same output, word for word")


async def test_saves_only_mark_when_a_person_says_so(person: Person):
    await person.look_at(COUNTS)
    person.session.toggle_on_save()
    await person.told("from now on a save only marks")
    assert person.session.header().on_save.startswith("only mark")
    before = recorded(person, COUNTS)
    person.edit("counting.py", "STEP = 50", "STEP = 60")
    await person.told("saved counting.py: only marked, not run (w lets saves run the step)")
    await person.until(lambda: "*" in person.flags(COUNTS))
    assert recorded(person, COUNTS) == before
    person.session.toggle_on_save()
    person.session.rerun()
    await person.told("step 0 ran again")
    await person.until(lambda: "*" not in person.flags(COUNTS))


async def test_what_does_not_parse_is_told_with_its_line_and_the_next_good_save_goes_on(
    person: Person,
):
    view = await person.look_at(COUNTS)
    newest = person.shown(view)
    person.edit("counting.py", "return len(", "return (len(")
    line = await person.told("counting.py:")
    assert line == (
        "counting.py:7  '(' was never closed. "
        f"Not run, #{newest} stays; the next save that parses runs."
    )
    await person.until(lambda: person.view.strip.loading == "!7")
    assert person.shown(person.view) == newest
    person.edit("counting.py", "return (len(", "return 100 + len(")
    await person.told(f"saved counting.py: step 0 ran again as #{newest + 1}")
    assert person.view.strip.loading == ""


async def test_a_torn_save_is_no_error(person: Person, monkeypatch: pytest.MonkeyPatch):
    await person.look_at(COUNTS)
    # However long it takes until the rest of the file is there, it is no error before that.
    monkeypatch.setattr("lar_debug.session.rerunning.SETTLE_SECONDS", 60)
    whole = person.text("counting.py").replace("return 100 +", "return 200 +")
    seen = len(person.heard)
    person.save("counting.py", "from gate import held\nheld('node')\nraise ValueError('torn')\n")
    await person.let_on("node")
    loading = set(person.session._rerunning._reexecution._lives)
    if loading:
        await asyncio.wait(loading)
    for _ in range(20):
        await asyncio.sleep(0)
    person.save("counting.py", whole)
    await person.told("saved counting.py: step 0 ran again")
    assert person.view.strip.loading == ""
    assert len(person.heard) == seen + 1


async def test_a_file_that_is_gone_for_good_is_told_and_its_return_runs(person: Person):
    view = await person.look_at(ASKS)
    newest = person.shown(view)
    prompt = person.folder / "prompt.md"
    text = prompt.read_text()
    prompt.unlink()
    await person.told("FileNotFoundError", f"Not run, #{newest} stays")
    person.save("prompt.md", f"{text}Give a reason.\n")
    await person.told(f"saved prompt.md: step 2 ran again as #{newest + 1}")


async def test_a_file_that_a_node_opens_only_now_is_watched_from_then_on(person: Person):
    await person.look_at(READS)
    person.save("other.txt", "another note")
    person.save("note.txt", "see other.txt\n")
    await person.told("saved note.txt: step 1 ran again as #1")
    person.save("other.txt", "yet another note")
    await person.told("saved other.txt: step 1 ran again as #2")
    assert "yet" in str(person.view.diff)


async def test_a_failed_attempt_shows_where_and_how_far_away_the_last_good_one_is(person: Person):
    await person.look_at(LOOKS_UP)
    person.edit("failing.py", 'order["id"]', 'order["ident"]')
    await person.told("ran again as #1")
    assert person.verdict == (
        "#0 → #1  failed: KeyError: 'ident' in look_up, failing.py:6 | last good #0 is one h away"
    )
    assert person.document == [
        "   4  │def look_up(state):",
        '   5  │    order = state.get("order")',
        '   6  │    return order["ident"]',
        "   7  │",
        "   8  │",
    ]
    rows = [block for block in person.view.diff.blocks if isinstance(block, TreeRow)]
    assert [row.sign for row in rows] == [" ", " ", "!", " ", " "]
    assert "failing.py" in person.view.cause.title
    person.edit("failing.py", '"ident"', '"total"')
    await person.told("ran again as #2")
    assert person.base(person.view) == 1


async def test_an_output_that_came_back_names_the_attempt_that_had_it(person: Person):
    await person.look_at(LOOKS_UP)
    person.edit("failing.py", '"total"', '"id"')
    await person.told("ran again as #3")
    assert person.verdict.endswith(" | as #0 was")
    person.edit("failing.py", 'return order["id"]', 'return str(order["id"])')
    await person.told("ran again as #4")
    assert person.verdict == "#3 → #4  same output, word for word (also = #0)"


async def test_a_step_that_varies_by_itself_is_flagged(person: Person):
    await person.look_at(VARIES)
    assert "#" not in person.flags(VARIES)
    person.session.rerun()
    await person.told("step 4 ran again as #1")
    await person.until(lambda: "#" in person.flags(VARIES))
    await person.until(lambda: "run unedited it varied too" in person.verdict)


async def test_a_changed_route_is_told(person: Person):
    await person.look_at(PICKS)
    person.edit("picking.py", 'return "far"', 'return "near"')
    await person.told("ran again as #1")
    assert "next CHANGED: looks_up → aside" in person.verdict


async def test_a_newer_save_kills_what_runs_and_leaves_no_chip(person: Person):
    await person.look_at(WAITS)
    person.edit("waiting.py", "HOLD = False", "HOLD = True")
    await person.running(WAITS, 1)
    await person.until(lambda: person.chips(person.view) == [0, 1])
    assert person.view.strip.chips[-1].outcome is Outcome.RUNNING
    assert person.shown(person.view) == 0, "the old output stays"
    person.edit("waiting.py", '"waited"', '"gone on"')
    await person.told("stopped #1 of step 5: a newer save came")
    await person.running(WAITS, 2)
    await person.let_on("node")
    await person.told("saved waiting.py: step 5 ran again as #2")
    assert person.chips(person.view) == [0, 2]
    assert dict(recorded(person, WAITS))[1] is Outcome.SUPERSEDED
    assert person.session.running() is None


async def test_a_key_starts_the_running_attempt_again(person: Person):
    await person.look_at(WAITS)
    person.session.rerun()
    await person.running(WAITS, 3)
    person.session.rerun()
    await person.told("stopped #3 of step 5: r runs it again")
    await person.running(WAITS, 4)
    await person.let_on("node")
    await person.told("step 5 ran again as #4")
    assert dict(recorded(person, WAITS))[3] is Outcome.SUPERSEDED


async def test_what_runs_can_be_stopped(person: Person):
    await person.look_at(WAITS)
    person.session.stop()
    await person.told("no attempt runs")
    person.session.rerun()
    await person.running(WAITS, 5)
    person.session.go(COUNTS)
    person.session.rerun()
    await person.told("#5 of step 5 runs; x stops it, then r")
    person.session.stop()
    await person.told("stopped #5 of step 5")
    await person.until(lambda: person.session.running() is None)
    await person.until(lambda: recorded(person, WAITS)[-1] == (5, Outcome.SUPERSEDED))


async def test_an_attempt_that_was_asked_for_is_not_lost_to_a_save_that_changes_nothing(
    person: Person,
):
    await person.look_at(WAITS)
    person.session.rerun()
    await person.running(WAITS, 6)
    person.edit("waiting.py", "HOLD = True", "HOLD = True  # until the gate is opened")
    await person.told("stopped #6 of step 5: a newer save came")
    await person.running(WAITS, 7)
    await person.let_on("node")
    await person.told("saved waiting.py: step 5 ran again as #7")


async def test_a_save_that_only_marks_ends_no_attempt_that_was_asked_for(person: Person):
    await person.look_at(WAITS)
    person.session.toggle_on_save()
    person.session.rerun()
    await person.running(WAITS, 8)
    person.edit("waiting.py", "  # until the gate is opened", "")
    await person.until(lambda: person.session._rerunning._turns._waiting is not None)
    await person.let_on("node")
    await person.told("step 5 ran again as #8")
    await person.told("saved waiting.py: only marked, not run")
    person.session.toggle_on_save()


async def test_a_burst_of_saves_does_not_cut_off_a_model_that_is_asked(
    person: Person, monkeypatch: pytest.MonkeyPatch
):
    newest = person.shown(await person.look_at(ASKS))
    # However slowly the model answers, the burst is not over before.
    monkeypatch.setattr(turns, "QUIET_SECONDS", PATIENCE)
    person.edit("prompt.md", "Name", "Name slowly")
    await person.running(ASKS, newest + 1)
    for word in ("one", "two", "three"):
        person.save("prompt.md", f"Name the order {{order}} {word}.\n")
        await person.until(lambda: person.session._rerunning._turns._waiting is not None)
    await person.let_on("model")
    await person.until(lambda: person.session.running() is None)
    assert dict(recorded(person, ASKS))[newest + 1] is Outcome.SUCCESS, "asked, so answered"
    monkeypatch.undo()
    person.save("prompt.md", "Name the order {order} four.\n")
    await person.told(f"saved prompt.md: step 2 ran again as #{newest + 2}")
    assert "four" in str(person.view.diff)


async def test_a_model_that_is_asked_is_cut_off_when_saves_pause(person: Person):
    newest = person.shown(await person.look_at(ASKS))
    person.edit("prompt.md", "Name", "Name slowly")
    await person.running(ASKS, newest + 1)
    person.edit("prompt.md", "Name slowly", "Tell")
    await person.told(f"stopped #{newest + 1} of step 2: a newer save came")
    await person.told(f"saved prompt.md: step 2 ran again as #{newest + 2}")


async def test_every_save_in_a_row_ends_with_the_last_content(person: Person):
    await person.look_at(ASKS)
    for number in range(10):
        person.save("prompt.md", f"Name the order {{order}}, number {number}.\n")
        await asyncio.sleep(0)
    await person.until(lambda: "number 9" in str(person.view.diff))
    await person.until(lambda: person.session.running() is None)
    # What was killed on the way is written down when its process is gone.
    await person.until(lambda: Outcome.RUNNING not in dict(recorded(person, ASKS)).values())


async def test_only_the_persons_own_files_are_watched(person: Person):
    watched = person.session._rerunning._watched.watcher.files
    assert {"workshop.py", "prompt.md", "note.txt"} <= {Path(path).name for path in watched}
    assert all(Path(path).parent == person.folder for path in watched), watched
