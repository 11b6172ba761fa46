"""One recorded workshop, and one person at an open session on it, for all tests of a module."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from lar_debug.session import viewer
from tests.runtime.recording import forks
from tests.session.person import Person, free_gates, make_gates, session_on

WORKSHOP = Path(__file__).parent / "workshop"


@pytest.fixture(scope="module", autouse=True)
def whole_views(forked_interpreters: None) -> Iterator[None]:
    """Only whole views are told, however long they take on a busy machine."""
    del forked_interpreters
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(viewer, "HEADING_AFTER", 600.0)
        yield


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project of its own, recorded once."""
    folder = tmp_path_factory.mktemp("shop") / "workshop"
    shutil.copytree(WORKSHOP, folder, ignore=shutil.ignore_patterns("__pycache__"))
    done = forks.record(folder, folder / "workshop.py")
    assert done.returncode == 0, done.stderr.decode()
    make_gates(folder, "model", "node")
    yield folder
    free_gates(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def person(workshop: Path):
    session = session_on(workshop, step=2)
    person = Person(session, workshop)
    await session.open()
    await person.told("ready")
    yield person
    await session.close()


@pytest_asyncio.fixture(loop_scope="module")
async def opened():
    """Opens a session on the newest run of a folder, for a person; all are closed in the end."""
    people: list[Person] = []

    async def open_one(folder: Path, **options) -> Person:
        person = Person(session_on(folder, **options), folder)
        people.append(person)
        await person.session.open()
        await person.until(lambda: person.session.step_view() is not None)
        return person

    yield open_one
    for person in people:
        await person.session.close()
