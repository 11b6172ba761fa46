"""Whether the process that recorded something still lives. Standard library only.

A bare pid is not enough: numbers are used again, and a machine may have been restarted.
"""

from __future__ import annotations

import os
import time
from pathlib import Path


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _start_ticks(pid: int) -> str:
    """Start time of a process in clock ticks since boot, "" where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    # The command name may hold spaces and brackets; the fields after the last bracket are fixed.
    fields = stat.rpartition(b")")[2].split()
    if fields and fields[0] in (b"Z", b"X"):
        return ""
    return fields[19].decode("ascii") if len(fields) > 19 else ""


def process_identity() -> str:
    """This process as "boot/pid/start", to be stored with what it records."""
    pid = os.getpid()
    return f"{_boot()}/{pid}/{_start_ticks(pid) or int(time.time())}"


def is_same_boot(identity: str) -> bool:
    """True when the process of that identity was of this machine since it was started last."""
    return identity.partition("/")[0] == _boot()


def is_alive(identity: str) -> bool:
    """True when the process of that identity still runs on this machine since the same boot."""
    boot, _, rest = identity.partition("/")
    pid_text, _, start = rest.partition("/")
    if not pid_text.isdigit() or boot != _boot():
        return False
    pid = int(pid_text)
    if boot:
        return _start_ticks(pid) == start
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
