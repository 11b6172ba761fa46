"""What the runtime asks of the operating system about processes. Standard library only.

Where a system lacks something (anything but Linux), the functions here do nothing, and say so.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

try:
    import ctypes

    _c_library: Any = ctypes.CDLL(None)
except (ImportError, OSError):
    # An interpreter built without libffi still runs nodes, it only guards them less well.
    _c_library = None

_fflush: Any = getattr(_c_library, "fflush", None)

LINUX = sys.platform == "linux"

_SET_PARENT_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36


def die_with_parent(parent: int) -> None:
    """End this process with SIGKILL when process `parent`, which started it, ends. Linux only."""
    if not LINUX or _c_library is None:
        return
    _c_library.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    # It may have ended before the request was made.
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends. Linux only."""
    if LINUX and _c_library is not None:
        _c_library.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """The living processes whose parent this one is. Empty where the system does not tell."""
    own = os.getpid()
    try:
        with open(f"/proc/{own}/task/{own}/children", "rb") as listing:
            pids = [int(pid) for pid in listing.read().split()]
    except FileNotFoundError:
        # Some kernels are built without that list.
        names = os.listdir("/proc") if os.path.isdir("/proc/self") else []
        pids = [int(name) for name in names if name.isdigit()]
    return {pid for pid in pids if _lives_below(pid, own)}


def _lives_below(pid: int, parent: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as status:
            # The command name may hold blanks and brackets; what follows the last is fixed.
            state, above = status.read().rpartition(b")")[2].split()[:2]
    except OSError:
        return False
    return int(above) == parent and state not in (b"Z", b"X")


def thread_count() -> int:
    """Threads of this process, those of C libraries included where the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        import threading

        return threading.active_count()


def address_space() -> int:
    """Bytes of address space that this process has now, 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as sizes:
            return int(sizes.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def session_of(pid: int) -> int | None:
    """The session of a process, None when it is gone."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def kill_group(leader: int, number: int = signal.SIGKILL) -> None:
    """Signal a process group; one that is gone already is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def kill(pid: int) -> None:
    """SIGKILL a process; one that is gone already is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def flush_output() -> None:
    """Write out what sys.stdout, sys.stderr and C's stdio still hold. Never raises."""
    # Twice for each recorded step: plain `try` costs a third of contextlib.suppress.
    for stream in (sys.stdout, sys.stderr):
        # The user's program may have put anything there, or nothing.
        try:  # noqa: SIM105
            stream.flush()
        except BaseException:
            pass
    if _fflush is not None:
        try:  # noqa: SIM105
            _fflush(None)
        except Exception:
            pass


def _do_nothing(*arguments: object) -> None:
    """A signal must have a handler to be noticed at all, and a dead child must be waited for."""
    del arguments


def next_dead(before_waiting: Callable[[int], None] = _do_nothing) -> tuple[int, int] | None:
    """Wait for one child that has died: (pid, exit code or minus the signal), else None.

    `before_waiting` is called with its pid. Until a dead child has been waited for no other
    process or group can have its number, so its group can be signalled there without a doubt.
    """
    try:
        if LINUX:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if dead is None:
                return None
            before_waiting(dead.si_pid)
            pid, status = os.waitpid(dead.si_pid, 0)
        else:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return None
            before_waiting(pid)
    except ChildProcessError:
        return None
    return pid, os.waitstatus_to_exitcode(status)


class Deaths:
    """A descriptor that becomes readable when a child process has died."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _do_nothing)

    def fileno(self) -> int:
        """For select() and poll()."""
        return self._reading

    def clear(self) -> None:
        """Take note of all deaths until now."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._reading, 4096):
                pass

    def close(self) -> None:
        """Stop listening, in a forked child too; signals are as in a fresh interpreter."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.close(self._reading)
        os.close(self._writing)
