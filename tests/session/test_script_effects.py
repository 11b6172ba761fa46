"""A node that only main() can make, where main() reached the outside: a save does not do that."""

from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from lar_debug.session.way import reached_on_the_way
from lar_debug.store.database import Store
from tests.runtime.recording import forks
from tests.session.person import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

Open = Callable[..., Coroutine[None, None, Person]]

SCRIPT = """\
from pathlib import Path
from lar import FunctionalNode, GraphExecutor

def main():
    with Path("begun.txt").open("a") as begun:
        begun.write("begun\\n")
    word = "hello"

    def greets(state):
        return word

    node = FunctionalNode(greets, "greeting", FunctionalNode(lambda state: "end", "end"))
    list(GraphExecutor(log_dir="logs").run_step_by_step(node, {}))

if __name__ == "__main__":
    main()
"""


def begun(folder: Path) -> int:
    """How often main() has written its file."""
    return (folder / "begun.txt").read_text().count("begun")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("script_effects")
    (folder / "agent.py").write_text(SCRIPT)
    done = forks.record(folder, folder / "agent.py")
    assert done.returncode == 0, done.stderr.decode()
    return folder


async def test_a_save_only_marks_until_r_or_pin(project: Path, opened: Open):
    person = await opened(project, step=0)
    await person.told("ready")
    assert person.session.header().on_save.startswith("only mark 0 ")
    person.edit("agent.py", '"hello"', '"good day"')
    line = await person.told("saved agent.py: ")
    assert line == (
        "saved agent.py: step 0 node: main() wrote begun.txt on the way to it, "
        "not re-run on save.  r runs it once, space lets saves run it"
    )
    await person.until(lambda: "*" in person.flags(0))
    assert begun(project) == 1
    person.session.rerun()
    await person.told("step 0 ran again as #1")
    assert begun(project) == 2
    person.session.toggle_pin()
    person.edit("agent.py", '"good day"', '"good evening"')
    await person.told("saved agent.py: step 0 ran again as #2")
    assert begun(project) == 3
    assert "evening" in str(person.view.diff)


async def test_what_was_reached_is_the_scripts_own_doing_and_no_more(project: Path):
    store = Store.open(project / "recordings.db")
    (info,) = store.runs()
    store.close()
    written = str(project / "begun.txt")
    # Not the engine's logs, nor what packages do while they are imported.
    assert reached_on_the_way(info, "start") == (("file", written),)
    by_name = info._replace(entry={**info.entry, "names": {"start": "agent:node"}})
    assert reached_on_the_way(by_name, "start.next_node") == ()


WIRED = """\
from pathlib import Path
from lar import FunctionalNode, GraphExecutor

node = FunctionalNode(lambda state: "hello", "greeting")

def main():
    with Path("begun.txt").open("a") as begun:
        begun.write("begun\\n")
    node.next_node = FunctionalNode(lambda state: "end", "end")
    list(GraphExecutor(log_dir="logs").run_step_by_step(node, {}))

if __name__ == "__main__":
    main()
"""


async def test_a_node_whose_edges_main_makes_is_not_reached_by_a_save_either(
    tmp_path: Path, opened: Open
):
    (tmp_path / "agent.py").write_text(WIRED)
    assert forks.record(tmp_path, tmp_path / "agent.py").returncode == 0
    person = await opened(tmp_path, step=0)
    await person.told("ready")
    person.edit("agent.py", '"hello"', '"good day"')
    await person.told("step 0 cannot run: ", "a save does not do that")
    assert begun(tmp_path) == 1
    person.session.rerun()
    await person.told("step 0 ran again as #1")
    assert begun(tmp_path) == 2
