"""A terminal of its own for a command, and every byte that it got."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from collections.abc import Sequence

from tests.cli.desk import PATIENCE, Desk

Key = tuple[bytes, bytes]
"""What must have been shown, and what is typed then."""


def in_terminal(command: Sequence[str], desk: Desk, *keys: Key) -> tuple[int, bytes]:
    """Run it to its end: its exit code, and all that was shown. `keys` are typed in order."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(desk.folder)
        os.execvpe(command[0], [*command], desk.environ)
    shown, deadline, waiting = bytearray(), time.monotonic() + PATIENCE, list(keys)
    while True:
        while waiting and waiting[0][0] in shown:
            os.write(terminal, waiting.pop(0)[1])
        if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            os.kill(pid, signal.SIGKILL)
            break
        try:
            shown += os.read(terminal, 1 << 16)
        except OSError:
            # What a terminal gives whose last program has ended.
            break
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), bytes(shown)
