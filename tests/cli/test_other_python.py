"""The debugger is installed elsewhere, on another Python: the graph runs in the project's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import PATIENCE, ROOT, SAMPLES, environment

OTHER = ROOT / ".venv-other" / "bin" / "lar-debug"

pytestmark = pytest.mark.skipif(
    not OTHER.exists(), reason="make test found no second Python to install a debugger on"
)


def say(folder: Path, *arguments: str) -> Any:
    """What the other installation answers, as JSON."""
    # Only what is installed there: not the checkout beside these tests.
    environ = {**environment(folder.parent), "PYTHONPATH": ""}
    done = subprocess.run(
        [str(OTHER), "--json", "--python", sys.executable, *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_debugger_on_another_python_records_and_runs_a_step_again(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(SAMPLES / "support_reply", folder)
    (folder / "pyproject.toml").write_text("")
    agent = folder / "agent.py"
    look = 'import sys; open("seen.txt", "w").write("\\n".join([sys.version, *sys.path]))\n'
    source = agent.read_text(encoding="utf-8")
    head, future, rest = source.partition("from __future__ import annotations\n")
    agent.write_text(head + future + look + rest, encoding="utf-8")

    recorded = say(folder, "run", "agent.py")["runs"][0]
    assert recorded["status"] == "finished"
    seen = (folder / "seen.txt").read_text().split("\n")
    assert seen[0] == sys.version.split("\n")[0]
    assert not any(os.fspath(OTHER.parents[1]) in path for path in seen)

    reply = folder / "prompts" / "reply.md"
    text = reply.read_text(encoding="utf-8")
    reply.write_text(text.replace("Write the answer to the customer.", "Write a formal answer."))
    attempt = say(folder, "rerun", "last", "--step", "5")["attempts"][0]
    assert attempt["outcome"] == "success"
    assert attempt["after"]["reply"].startswith("Dear Ms Lindqvist,")
    assert [cause["where"] for cause in attempt["cause"]] == ["prompts/reply.md:9"]
