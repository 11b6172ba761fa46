"""The process over the zygote: sees to it that nothing of a session outlives the debugger.

It never runs a line of the user's code, so nothing the user's code does can stop it. When the
debugger is gone, or the zygote, it kills whatever descends from it and ends.
"""

from __future__ import annotations

import os
import select
import signal
import socket

from lar_debug.runtime.processes import (
    Deaths,
    adopt_orphans,
    children,
    die_with_parent,
    kill,
    next_dead,
)


def stand_guard(control: socket.socket) -> None:
    """Fork. The child returns and is the zygote; the parent watches over it and never returns.

    `control` is the zygote's end of the socket to the debugger. The parent keeps it open, so
    that the debugger sees its end only when everything has been cleaned up.
    """
    # Ctrl-C is for the debugger to handle, not for the processes below it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    guard = os.getpid()
    deaths = Deaths()
    adopt_orphans()
    zygote = os.fork()
    if zygote == 0:
        deaths.close()
        die_with_parent(guard)
        return
    try:
        signal.signal(signal.SIGTERM, _asked_to_end)
        if _debugger_gone(control, deaths, zygote):
            kill(zygote)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end_all()
        os._exit(0)


def _asked_to_end(number: int, frame: object) -> None:
    raise SystemExit(number, frame)


def _debugger_gone(control: socket.socket, deaths: Deaths, zygote: int) -> bool:
    """Wait until the debugger is gone (True) or the zygote is (False)."""
    events = select.poll()
    # No event is asked for, so that only a hang-up wakes: the data is the zygote's to read.
    events.register(control, 0)
    events.register(deaths, select.POLLIN)
    while True:
        for descriptor, _ in events.poll():
            if descriptor == control.fileno():
                return True
            deaths.clear()
            if _reap(zygote):
                return False


def _reap(zygote: int) -> bool:
    """Wait for every child that is dead; True when the zygote was among them."""
    found = False
    while (dead := next_dead()) is not None:
        found = found or dead[0] == zygote
    return found


def _end_all() -> None:
    """Kill every descendant: the children of a killed one become ours, then it is their turn."""
    while True:
        for pid in children():
            kill(pid)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return
