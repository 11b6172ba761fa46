"""A file that cannot be shown is still told as the cause when it changed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Here
from tests.cli.desk import Desk

SCRIPT = """\
from pathlib import Path
from lar import FunctionalNode, GraphExecutor

NAMES = ("large.txt", "blob.bin", "latin.txt", "small.txt", "grows.txt")

def sizes(state):
    return [len(Path(name).read_bytes()) for name in NAMES]

node = FunctionalNode(sizes, "sizes")

if __name__ == "__main__":
    list(GraphExecutor(log_dir="logs").run_step_by_step(node, {}))
"""
LARGE = 300 << 10


def fill(desk: Desk, letter: str, grown: int) -> None:
    (desk.folder / "large.txt").write_text(letter * LARGE)
    (desk.folder / "blob.bin").write_bytes(b"\0" + letter.encode())
    (desk.folder / "latin.txt").write_bytes(letter.encode() + b"\xe9")
    (desk.folder / "grows.txt").write_text("g" * grown)


def test_a_changed_file_without_a_kept_text_is_a_cause(tmp_path: Path, at: Here) -> None:
    desk = Desk.new(tmp_path)
    desk.write("agent.py", SCRIPT)
    desk.write("small.txt", "the same")
    fill(desk, "a", 5)
    assert desk.lar_debug("run", "--no-ui", "agent.py").code == 0
    fill(desk, "b", LARGE)
    (attempt,) = desk.lar_debug("rerun", "last", "--step", "0", "--json").json["attempts"]
    causes = {cause["where"]: cause for cause in attempt["cause"]}
    assert set(causes) == {"large.txt", "blob.bin", "latin.txt", "grows.txt"}
    assert {cause["kind"] for cause in causes.values()} == {"file"}
    for name in ("large.txt", "blob.bin", "latin.txt"):
        old, new = causes[name]["old"], causes[name]["new"]
        assert old != new
        assert old.startswith("digest ")
        assert new.startswith("digest ")
    assert causes["grows.txt"]["old"] == "ggggg"

    rows = at(desk, "diff", "last:0@1").out
    assert "nothing changed: same code" not in rows
    assert "── you changed blob.bin and 3 more" in rows
    old, new = (causes["blob.bin"][side].removeprefix("digest ")[:8] for side in ("old", "new"))
    assert f"blob.bin  digest {old} → digest {new}  binary or too large to show" in rows
    assert "grows.txt  5 characters → digest " in rows
