"""What a script does on the way to a node is told where it is done again."""

from __future__ import annotations

from pathlib import Path

from tests.cli.desk import Desk
from tests.session.test_script_effects import SCRIPT, begun


def test_a_rerun_says_what_the_script_does_again_and_saves_need_a_word(tmp_path: Path) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", SCRIPT)
    assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
    refused = desk.lar_debug("rerun", "last", "--step", "0", "--watch", "--json")
    assert refused.code == 2
    assert "main() wrote begun.txt on the way to it" in refused.complaint
    assert "--live" in refused.complaint
    assert begun(desk.folder) == 1
    said = desk.lar_debug("rerun", "last", "--step", "0", "--json")
    assert said.json["attempts"][0]["outcome"] == "success"
    assert "main() wrote begun.txt on the way to it" in said.err
    assert begun(desk.folder) == 2
