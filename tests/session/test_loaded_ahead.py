"""What the recorded run had to load by itself is there before a person saves for the first time."""

import textwrap
from pathlib import Path

import pytest

from tests.runtime.recording import record
from tests.session.person import Person, session_on

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCRIPT = textwrap.dedent("""
    import sys

    from lar import GraphExecutor, ToolNode

    def look():
        known = " ".join(name for name in ("tabnanny", "late") if name in sys.modules)
        import tabnanny
        import late
        return known or "nothing yet"

    node = ToolNode(look, [], "loaded", None)
    list(GraphExecutor(log_dir=sys.argv[1]).run_step_by_step(node, {}))
""")


async def test_the_first_attempt_finds_packages_loaded_but_no_code_of_the_project(tmp_path: Path):
    (tmp_path / "agent.py").write_text(SCRIPT)
    (tmp_path / "late.py").write_text("")
    done = record(tmp_path, tmp_path / "agent.py", str(tmp_path / "logs"))
    assert done.returncode == 0, done.stderr.decode()
    person = Person(session_on(tmp_path, step=0), tmp_path)
    try:
        await person.session.open()
        await person.told("ready")
        person.session.rerun()
        await person.told("step 0 ran again as #1")
        assert person.document == ["loaded  'nothing yet' → 'tabnanny'"]
    finally:
        await person.session.close()
