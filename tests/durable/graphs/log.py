"""What nodes write before they work, so that a test sees what ran and how often, also when the
process was killed right after; and files that let a node die."""

import os
from pathlib import Path

LOG = Path("ran.log")


def ran(what: str) -> None:
    """One line, written at once: it is there whatever happens to this process."""
    descriptor = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{what}\n".encode())
    os.close(descriptor)


def crash_when(name: str) -> None:
    """Die as from a power cut where a file of that name lies in the folder; once."""
    if Path(name).exists():
        Path(name).unlink()
        os.kill(os.getpid(), 9)
