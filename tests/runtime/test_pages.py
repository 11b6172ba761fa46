"""What an attempt writes to is copied for the next one ahead of its need: counted in faults."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import mmap, os, resource, sys
from lar_debug.runtime.pages import Pages

memory = mmap.mmap(-1, 2000 * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for page in range(2000):
    memory[page * mmap.PAGESIZE] = 1
pages = Pages()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def attempt(*, copies, notes):
    if os.fork():
        os.wait()
        return
    if copies:
        pages.copy()
    before = faults()
    for page in range(0, 2000, 2):
        memory[page * mmap.PAGESIZE] += 1
    print(faults() - before, memory[0], memory[mmap.PAGESIZE], flush=True)
    if notes:
        pages.note()
    os._exit(0)

attempt(copies=True, notes=True)
attempt(copies=True, notes=False)
pages.forget()
attempt(copies=True, notes=False)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is looked at by Linux's own means")
def test_what_an_attempt_writes_to_is_copied_ahead_for_the_next(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    first, second, forgotten = (list(map(int, line.split())) for line in done.stdout.splitlines())
    assert first[0] >= 1000
    assert second[0] < 100
    assert forgotten[0] >= 1000
    # Nothing but the copying happens to the memory.
    assert first[1:] == second[1:] == forgotten[1:] == [2, 1]
