"""Texts of an attempt go back into their files: asked first, whole or not at all, and a save."""

import os
import re
import stat
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from lar_debug.model.document import TextBlock
from tests.session.person import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKS = 2
FIRST = "Name the order {order} kindly.\n"

Open = Callable[..., Coroutine[None, None, Person]]


async def write(person: Person, name: str, text: str) -> int:
    """Save a file that makes the step stale; the number of the attempt that came of it."""
    return await write_bytes(person, name, text.encode())


async def write_bytes(person: Person, name: str, data: bytes) -> int:
    person.forget()
    person.save_bytes(name, data)
    return await ran_again(person, name)


async def ran_again(person: Person, name: str) -> int:
    """Wait until the step has run because of a file; the number of the attempt."""
    line = await person.told("saved ", name, f": step {ASKS} ran again as #")
    found = re.search(r"#(\d+)", line)
    assert found is not None
    return int(found.group(1))


async def attempts_of(person: Person, *texts: str) -> list[int]:
    """Look at the step that asks a model, and run it with each of the prompts."""
    await person.look_at(ASKS)
    return [await write(person, "prompt.md", text) for text in texts]


def shown_difference(person: Person) -> list[str]:
    question = person.session.put_back.question
    assert question is not None
    return [
        "".join(span.text for span in line.spans)
        for block in question.document.blocks
        if isinstance(block, TextBlock)
        for piece in block.pieces
        for line in getattr(piece, "removed", ()) + getattr(piece, "added", ())
    ]


async def asked(person: Person, attempt: int, *names: str) -> None:
    """Ask to put an attempt back, and see what would be written."""
    person.session.put_back.ask(attempt, [str(person.folder / name) for name in names])
    await person.until(lambda: person.session.put_back.question is not None)


async def refused(person: Person, attempt: int, *names: str) -> str:
    """What is told of an attempt that cannot be put back."""
    person.forget()
    person.session.put_back.ask(attempt, [str(person.folder / name) for name in names])
    line = await person.told("")
    assert person.session.put_back.question is None
    return line


async def test_the_difference_is_shown_and_nothing_is_written_before_yes(person: Person):
    one, _ = await attempts_of(person, "Be {order} short.\n", "Be {order} long.\n")
    await asked(person, one)
    assert shown_difference(person) == ["Be {order} long.", "Be {order} short."]
    assert person.text("prompt.md") == "Be {order} long.\n"
    person.session.put_back.leave()
    await person.told("nothing was put back")
    assert person.session.put_back.question is None
    assert person.text("prompt.md") == "Be {order} long.\n"


async def test_what_is_put_back_is_a_save_and_undo_is_another(person: Person):
    one, two = await attempts_of(person, "Say {order} once.\n", "Say {order} twice.\n")
    await asked(person, one)
    person.session.put_back.write()
    await person.told(f"put back prompt.md as #{one} ran it; u takes that back")
    await person.told(
        f"put back prompt.md as #{one} ran it (u takes that back): step 2 ran again as #{two + 1}"
    )
    assert (
        person.heard[person.mark - 1]
        .shorter[-1]
        .startswith(f"put back #{one} (u takes it back): #{two + 1} in ")
    )
    assert person.text("prompt.md") == "Say {order} once.\n"
    person.session.put_back.undo()
    await person.told("prompt.md as before it was put back")
    await person.told(f"prompt.md as before it was put back: step 2 ran again as #{two + 2}")
    assert person.text("prompt.md") == "Say {order} twice.\n"
    await write(person, "prompt.md", "Say {order} three times.\n")
    person.session.put_back.undo()
    await person.told("nothing was put back here")


async def test_a_file_that_changed_after_it_was_shown_stays_as_it_is(person: Person):
    one, _ = await attempts_of(person, "A {order}.\n", "B {order}.\n")
    await asked(person, one)
    await write(person, "prompt.md", "C {order}.\n")
    person.session.put_back.write()
    await person.told("prompt.md has changed since this was shown; p shows it again")
    assert person.text("prompt.md") == "C {order}.\n"


async def test_undo_leaves_a_file_alone_that_was_edited_since(person: Person):
    one, two = await attempts_of(person, "D {order}.\n", "E {order}.\n")
    await asked(person, one)
    person.session.put_back.write()
    await person.told(f"ran again as #{two + 1}")
    await write(person, "prompt.md", "F {order}.\n")
    person.session.put_back.undo()
    await person.told("prompt.md has changed since it was put back: it stays as it is")
    assert person.text("prompt.md") == "F {order}.\n"


async def test_mode_line_ends_and_every_byte_come_back(person: Person):
    path = person.folder / "prompt.md"
    kept = "\ufeffÜber {order}\r\nin two lines\r\n"
    await person.look_at(ASKS)
    one = await write_bytes(person, "prompt.md", kept.encode())
    await write(person, "prompt.md", "Plain {order}.\n")
    path.chmod(0o640)
    await asked(person, one)
    person.session.put_back.write()
    await person.told("(u takes that back): step 2 ran again as #")
    assert path.read_bytes() == kept.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert not [one for one in os.listdir(person.folder) if one.startswith(".prompt.md")]


async def test_the_source_of_the_node_goes_back_too(person: Person):
    await person.look_at(ASKS)
    before = person.text("asking.py")
    one = await write(person, "asking.py", before.replace('"answer")', '"answer", max_retries=2)'))
    two = await write(person, "asking.py", before.replace('"echo/one"', '"echo/two"'))
    await asked(person, one, "asking.py")
    person.session.put_back.write()
    await person.told(f"put back asking.py as #{one} ran it")
    await person.told(f"ran again as #{two + 1}")
    assert '"answer", max_retries=2)' in person.text("asking.py")
    assert '"echo/one"' in person.text("asking.py")
    await write(person, "asking.py", before)


async def test_prompt_and_source_go_back_together_and_come_back_together(person: Person):
    source = person.text("asking.py")
    [one] = await attempts_of(person, "Both {order}, as it was.\n")
    await write(person, "prompt.md", "Both {order}, otherwise.\n")
    other = source.replace('"echo/one"', '"echo/other"')
    two = await write(person, "asking.py", other)
    await asked(person, one)
    question = person.session.put_back.question
    assert question is not None
    assert question.title == f"put back #{one}: prompt.md, asking.py"
    person.session.put_back.write()
    await person.told(f"put back prompt.md, asking.py as #{one} ran it")
    # Two saves: the first may have begun an attempt that the second took the place of.
    await person.told("ran again as #")
    await person.until(lambda: person.chips(person.view)[-1] > two)
    assert (person.text("prompt.md"), person.text("asking.py")) == (
        "Both {order}, as it was.\n",
        source,
    )
    await person.until(lambda: person.session.running() is None)
    person.session.put_back.undo()
    await person.told("prompt.md, asking.py as before it was put back")
    assert (person.text("prompt.md"), person.text("asking.py")) == (
        "Both {order}, otherwise.\n",
        other,
    )
    await person.told("step 2 ran again as #")
    await write(person, "asking.py", source)


async def test_a_link_stays_a_link_and_one_that_leaves_the_project_is_not_followed(
    person: Person, tmp_path: Path
):
    path, real = person.folder / "prompt.md", person.folder / "shared.md"
    await person.look_at(ASKS)
    real.write_text("Linked {order}.\n")
    person.forget()
    person.link("prompt.md", real)
    one = await ran_again(person, "prompt.md")
    person.forget()
    person.save("shared.md", "Linked {order} otherwise.\n")
    await person.told("step 2 ran again as #")
    await asked(person, one)
    person.session.put_back.write()
    await person.told("put back prompt.md")
    await person.told("step 2 ran again as #")
    assert path.is_symlink()
    assert real.read_text() == "Linked {order}.\n"
    outside = tmp_path / "outside.md"
    outside.write_text("Elsewhere {order}.\n")
    person.forget()
    person.link("prompt.md", outside)
    await person.told("step 2 ran again as #")
    told = await refused(person, one, "prompt.md")
    assert told == "prompt.md lies outside the project: nothing is written there"
    assert outside.read_text() == "Elsewhere {order}.\n"
    await write(person, "prompt.md", FIRST)


async def test_a_file_that_is_gone_or_read_only_is_refused_in_a_line(person: Person):
    one, _ = await attempts_of(person, "G {order}.\n", "H {order}.\n")
    path = person.folder / "prompt.md"
    if os.geteuid():
        path.chmod(0o440)
        told = await refused(person, one)
        assert told == "prompt.md cannot be written: it, or its folder, is read-only"
        path.chmod(0o640)
    path.rename(person.folder / "away.md")
    person.forget()
    person.session.put_back.ask(one)
    await person.told("prompt.md is gone: its text is put back only where the file still is")
    (person.folder / "away.md").rename(path)
    await write(person, "prompt.md", FIRST)


async def test_nothing_is_asked_where_the_files_hold_it_already(person: Person):
    [one] = await attempts_of(person, "I {order}.\n")
    told = await refused(person, one)
    assert told == f"nothing to put back: the files hold what #{one} ran with"


async def test_a_run_from_elsewhere_writes_into_no_file(person: Person, opened: Open):
    one, _ = await attempts_of(person, "J {order}.\n", "K {order}.\n")
    stranger = await opened(person.folder, step=ASKS, trusted=False)
    told = await refused(stranger, one)
    assert told == "recorded elsewhere: nothing is put back before r has run it here"
    assert person.text("prompt.md") == "K {order}.\n"
