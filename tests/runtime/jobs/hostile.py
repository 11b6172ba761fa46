"""Jobs that do what a debugger has to survive."""

# ruff: noqa: ARG001 - every job has the same two arguments

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

Report = Callable[[dict[str, Any]], None]
Job = dict[str, Any]
Receive = Callable[[], dict[str, Any]] | None
"""What a job gets that is begun ahead of being asked for; none of these waits for it."""


def exits(request: Job, report: Report) -> Job:
    sys.exit(3)


def exits_at_once(request: Job, report: Report) -> Job:
    print("before the end")
    os._exit(7)


def segfaults(request: Job, report: Report) -> Job:
    ctypes.string_at(0)
    return {}


def aborts(request: Job, report: Report) -> Job:
    os.abort()


def recurses(request: Job, report: Report) -> Job:
    return recurses(request, report)


def raises_interrupt(request: Job, report: Report) -> Job:
    raise KeyboardInterrupt


def raises_what_cannot_be_shown(request: Job, report: Report) -> Job:
    class Unspeakable(Exception):
        def __str__(self) -> str:
            raise SystemExit("not even that")

    raise Unspeakable


def loops(request: Job, report: Report, receive: Receive = None) -> Job:
    report({"looping": True})
    while True:
        pass


def backtracks(request: Job, report: Report, receive: Receive = None) -> Job:
    report({"backtracking": True})
    re.match(r"(a+)+$", "a" * 64 + "b")
    return {}


def ignores_signals(request: Job, report: Report, receive: Receive = None) -> Job:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    told = False
    while True:
        try:
            if not told:
                told = True
                report({"looping": True})
            while True:
                pass
        except KeyboardInterrupt:
            continue


def takes_the_interrupt(request: Job, report: Report, receive: Receive = None) -> Job:
    try:
        loops(request, report)
    except KeyboardInterrupt:
        return {"interrupted": True}
    return {}


def prints_much(request: Job, report: Report) -> Job:
    print("the first line")
    block = "x" * 99_999 + "\n"
    for _ in range(1_000):
        sys.stdout.write(block)
    print("the last line")
    return {}


def prints_for_ever(request: Job, report: Report) -> Job:
    block = "x" * 99_999 + "\n"
    report({"printing": True})
    while True:
        sys.stdout.write(block)


def reports_for_ever(request: Job, report: Report) -> Job:
    while True:
        report({"reporting": True})


def reports_much(request: Job, report: Report) -> Job:
    for number in range(20_000):
        report({"number": number})
    return {}


def leaves_processes(request: Job, report: Report) -> Job:
    """One in the same group, one in a session of its own, one whose parent is gone."""
    sleep = [sys.executable, "-c", "import signal; signal.pause()"]
    plain = subprocess.Popen(sleep)
    away = subprocess.Popen(sleep, start_new_session=True)
    orphan_maker = (
        "import subprocess, sys; "
        "print(subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], "
        "start_new_session=True, stdout=subprocess.DEVNULL).pid)"
    )
    orphan = int(subprocess.check_output([sys.executable, "-c", orphan_maker]))
    report({"pids": [plain.pid, away.pid, orphan]})
    if request.get("wait"):
        signal.pause()
    return {}


def forks(request: Job, report: Report) -> Job:
    """Both copies come back from the job."""
    copy = os.fork()
    if copy and request.get("wait"):
        os.waitpid(copy, 0)
    report({"copy": copy})
    return {"copy": copy}


def forks_and_raises(request: Job, report: Report) -> Job:
    copy = os.fork()
    if copy == 0:
        raise RuntimeError("the copy's own")
    os.waitpid(copy, 0)
    return {"copy": copy}


def eats_memory(request: Job, report: Report) -> Job:
    hoard: list[bytearray] = []
    while True:
        hoard.append(bytearray(1 << 24))


def asks(request: Job, report: Report) -> Job:
    return {"answer": input("name? ")}


def closes_everything(request: Job, report: Report) -> Job:
    os.closerange(0, 256)
    return {"never": "arrives"}


def takes_the_socket(request: Job, report: Report) -> Job:
    """Close everything, then connect somewhere under every number that was free."""
    os.closerange(0, 256)
    for _ in range(64):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(request["address"])
        connection.detach()
    return {"must not": "be sent there"}


def prints_bytes(request: Job, report: Report) -> Job:
    os.write(1, b"\xff\xfe \x1b[2J\x1b]52;c;aGk=\x07\n")
    print("\ud800 alone")
    return {}


def leaves_threads(request: Job, report: Report) -> Job:
    for _ in range(4):
        threading.Thread(target=threading.Event().wait).start()
    return {"threads": threading.active_count()}


def returns_much(request: Job, report: Report) -> Job:
    return {"text": "x" * (8 << 20)}


def returns_no_data(request: Job, report: Report) -> Job:
    return {"thread": threading.current_thread()}


def talks_nonsense(request: Job, report: Report) -> Job:
    """Write to the attempt's own socket past the report function."""
    for number in range(3, 64):
        try:
            os.write(number, b"\xff" * 64)
        except OSError:
            continue
    signal.pause()
    return {}


def flushes_never(request: Job, report: Report) -> Job:
    class Stuck:
        def write(self, text: str) -> int:
            return len(text)

        def flush(self) -> None:
            raise SystemExit("no")

    sys.stdout = Stuck()  # type: ignore[assignment]
    return {"flushed": False}
