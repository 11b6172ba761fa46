"""The tasks of a step that is run again: their recorded results, or all of them once more."""

from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from tests.runtime.recording import forks
from tests.session.person import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

Open = Callable[..., Coroutine[None, None, Person]]

SCRIPT = """\
import os

import lar_debug
from lar import GraphExecutor, node


@lar_debug.task
def draw():
    return os.urandom(8).hex()


@node(output_key="drawn")
def draws(state):
    return draw()


if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(draws, {}))
"""


async def test_a_step_takes_what_its_tasks_gave_until_they_are_asked_for_live(
    tmp_path: Path, opened: Open
):
    (tmp_path / "agent.py").write_text(SCRIPT)
    done = forks.record(tmp_path, tmp_path / "agent.py")
    assert done.returncode == 0, done.stderr.decode()
    person = await opened(tmp_path, step=0)
    await person.told("ready")
    person.session.rerun()
    await person.told("step 0 ran again as #1")
    assert person.verdict.startswith("#0 → #1  same output")
    assert person.view.note == "tasks from the record"
    person.session.rerun_live()
    await person.told("step 0 ran again as #2")
    assert "drawn" in person.verdict
    assert person.view.note == "tasks live"
    assert person.view.cause.extent == "its tasks gave other results"
    # What tasks give is no hidden input of the step.
    person.edit("agent.py", "return draw()", "return draw() + '!'")
    await person.told("saved agent.py: step 0 ran again as #3")
    assert person.view.note == "tasks from the record"
    assert "#" not in person.flags(0)
