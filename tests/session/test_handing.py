"""Where the editor opens and what can be taken along: on a real recording, with real files."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lar_debug.model.problem import Problem
from tests.session.person import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTS, READS, ASKS, POSTS, VARIES, WAITS, PICKS, LOOKS_UP = range(8)


async def test_the_prompt_opens_at_its_last_line_and_after_an_edit_at_the_changed_one(
    person: Person,
):
    await person.look_at(ASKS)
    person.save("prompt.md", "kindly one\ntwo\n\nlast\n\n")
    await person.told("saved prompt.md: step 2 ran again as #1")
    person.session.show_attempt(0)
    await person.until(lambda: person.shown(person.view) == 0)
    place = await person.session.handing.prompt_place()
    assert place.file == str(person.folder / "prompt.md")
    assert (place.line, place.shown) == (4, "prompt.md")
    await person.look_at(ASKS)
    person.edit("prompt.md", "two", "2")
    await person.told("step 2 ran again as #2")
    place = await person.session.handing.prompt_place()
    assert (place.shown, place.line) == ("prompt.md", 2)


async def test_a_step_without_a_prompt_opens_its_node(person: Person):
    await person.look_at(COUNTS)
    prompt = await person.session.handing.prompt_place()
    source = await person.session.handing.source_place()
    assert prompt == source
    assert (source.shown, source.line) == ("counting.py", 6)


async def test_the_node_is_found_where_it_stands_by_now(person: Person):
    await person.look_at(COUNTS)
    text = (person.folder / "counting.py").read_text()
    person.save("counting.py", "# one line more\n" + text)
    await person.told("saved counting.py")
    assert (await person.session.handing.source_place()).line == 7
    person.save("counting.py", text)
    await person.told("saved counting.py")


async def test_a_step_that_failed_opens_the_line_that_failed(person: Person):
    await person.look_at(LOOKS_UP)
    person.edit("failing.py", 'order["id"]', 'order["nope"]')
    await person.told("saved failing.py: step 7 ran again as #")
    place = await person.session.handing.prompt_place()
    assert (place.shown, place.line) == ("failing.py", 6)
    person.edit("failing.py", 'order["nope"]', "order[")
    await person.told("failing.py")
    place = await person.session.handing.prompt_place()
    assert place.shown == "failing.py"
    person.edit("failing.py", "order[", 'order["id"]')
    await person.told("saved failing.py: step 7 ran again as #")


async def test_only_files_of_the_project_are_opened(person: Person, tmp_path: Path):
    await person.look_at(ASKS)
    file = person.folder / "prompt.md"
    text, outside = file.read_text(), tmp_path / "outside.md"
    outside.write_text(text)
    file.unlink()
    with pytest.raises(Problem, match=r"prompt\.md is gone"):
        await person.session.handing.prompt_place()
    file.symlink_to(outside)
    with pytest.raises(Problem, match="lies outside the project"):
        await person.session.handing.prompt_place()
    person.save("prompt.md", text)


async def test_a_run_from_elsewhere_opens_nothing_before_a_person_answered_for_it(
    workshop: Path, opened
):
    stranger = await opened(workshop, step=ASKS, trusted=False)
    for place in (stranger.session.handing.prompt_place, stranger.session.handing.source_place):
        with pytest.raises(Problem, match="recorded elsewhere"):
            await place()


async def test_the_output_is_taken_along_as_it_is(person: Person):
    await person.look_at(ASKS)
    output = await person.session.handing.output()
    assert output.startswith("answer to: ")
    assert output == await person.session.handing.state("answer", before=False)
    await person.look_at(COUNTS)
    assert await person.session.handing.output() == "3"
    whole = json.loads(await person.session.handing.state("", before=True))
    assert whole == {"order": {"id": "A-1", "total": 89.0}}
    assert await person.session.handing.state("order.total", before=True) == "89.0"
    with pytest.raises(Problem, match="nope is not in this state"):
        await person.session.handing.state("nope", before=False)


async def test_a_step_that_wrote_nothing_says_so(person: Person):
    await person.look_at(PICKS)
    with pytest.raises(Problem, match=r"^step 6 wrote nothing$"):
        await person.session.handing.output()


@pytest.mark.parametrize(
    ("pane", "place", "part"),
    [
        ("diff-pane", "", "answer"),
        ("state-pane", "order.total", "89.0"),
        ("prompt-pane", "", "prompt:"),
        ("attempts-pane", "", "#1"),
        ("console", "", "after:"),
    ],
)
async def test_the_command_prints_what_the_tab_shows(
    person: Person, tmp_path: Path, pane: str, place: str, part: str
):
    await person.look_at(ASKS)
    person.session.tabs.open(pane)
    command = shlex.split(await person.session.handing.command(place))
    person.session.tabs.open("diff-pane")
    assert command[0] == "lar-debug"
    # It is run where no store is found: it names its own.
    said = subprocess.run(
        [sys.executable, "-m", "lar_debug", *command[1:]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert part in said.stdout


async def test_the_command_names_the_two_that_are_compared(
    person: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LAR_DEBUG_STORE", str(person.folder / "recordings.db"))
    await person.look_at(ASKS)
    run = person.session.recording.run[:4]
    shown = person.shown(person.view)
    command = person.session.handing.command
    assert await command() == f"lar-debug diff {run}:2@{shown - 1} {run}:2@{shown}"
    person.session.show_attempt(0)
    await person.until(lambda: person.shown(person.view) == 0)
    assert await command() == f"lar-debug diff {run}:2"
