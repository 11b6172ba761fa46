"""The process that has the third-party modules loaded and forks a child for every attempt.

It imports modules and never calls into them: a warm cache or a thread pool made here would be
in every child. The user's own modules are imported by the children alone. What it is asked and
what it answers: lar_debug.runtime.protocol. Standard library only.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import platform
import select
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from lar_debug.runtime import child, models, protocol, sources
from lar_debug.runtime.guard import stand_guard
from lar_debug.runtime.opened import opened_outside_packages
from lar_debug.runtime.processes import (
    LINUX,
    Deaths,
    adopt_orphans,
    children,
    flush_output,
    kill,
    kill_group,
    next_dead,
    session_of,
    thread_count,
)

LEFTOVER_SECONDS = 1.0
"""How long the end of an attempt is held back for what it left behind to die."""

POLL_SECONDS = 0.02


@dataclass
class _End:
    """An attempt whose process has died and whose leftovers may still live."""

    attempt: int
    code: int | None
    signal: int | None
    deadline: float
    leftovers: int


class Zygote:
    """Serves one debugger over one control socket until it is gone."""

    def __init__(self, control: socket.socket, alone: bool) -> None:
        """`alone`: no threads were running when this process was forked off its guard."""
        self._control = control
        self._alone = alone
        self._deaths = Deaths()
        self._attempts: dict[int, int] = {}
        self._ends: list[_End] = []
        self._leftovers: set[int] = set()
        self._found = 0
        self._own_children: set[int] = set()
        # A module that is preloaded may load a .env file; a fresh process must not get it twice.
        self._environ = dict(os.environ)

    @property
    def forks(self) -> bool:
        """Whether a fork of this process is safe: not beside other threads, not on macOS."""
        return LINUX and self._alone and thread_count() == 1

    def serve(self) -> None:
        """Answer until the debugger closes its end."""
        self._send(
            {
                "event": "ready",
                "pid": os.getpid(),
                "python": platform.python_version(),
                "forks": self.forks,
            }
        )
        while True:
            wait = POLL_SECONDS if self._ends else None
            readable, _, _ = select.select([self._control, self._deaths], [], [], wait)
            if self._deaths in readable:
                self._deaths.clear()
            self._reap()
            self._clean_up()
            if self._control in readable:
                try:
                    message, descriptors = protocol.receive(self._control, descriptors=3)
                except (EOFError, ConnectionError):
                    return
                self._handle(message, descriptors)

    def _handle(self, message: protocol.Message, descriptors: Sequence[int]) -> None:
        if message["op"] == "preload":
            # Fresh processes would have nothing of what is loaded here.
            modules = message["modules"] if self.forks else ()
            self._send({"event": "preloaded", **self._preload(modules)})
        elif message["op"] == "attempt":
            self._begin(message["attempt"], descriptors)
        elif message["op"] == "signal":
            for pid, attempt in self._attempts.items():
                if attempt == message["attempt"]:
                    kill_group(pid, message["signal"])
                    if message["signal"] == signal.SIGKILL:
                        # One that has only just begun has no group of its own yet.
                        kill(pid)

    def _send(self, message: protocol.Message) -> None:
        # A debugger that is gone is noticed where its messages are awaited.
        with contextlib.suppress(ConnectionError):
            self._control.sendall(protocol.encode(message))

    def _preload(self, modules: Sequence[str]) -> protocol.Message:
        began = time.monotonic()
        errors: dict[str, str] = {}
        threads: dict[str, int] = {}
        before = children()
        with opened_outside_packages() as opened:
            for name in modules:
                count = thread_count()
                try:
                    if ":" in name:
                        models.build(name)
                    else:
                        importlib.import_module(name)
                except BaseException as error:
                    # Also SystemExit: a module that cannot be preloaded is the children's to meet.
                    errors[name] = f"{type(error).__name__}: {child.text_of(error)}"[:300]
                if thread_count() > count:
                    threads[name] = thread_count() - count
        sources.note_preloaded()
        flush_output()
        # What a running attempt leaves behind meanwhile has another session, and stays a stranger.
        session = os.getsid(0)
        self._own_children |= {pid for pid in children() - before if session_of(pid) == session}
        # Without this the first collection in a child copies every page of what is loaded here.
        gc.collect()
        gc.freeze()
        child.pages.forget()
        return {
            "errors": errors,
            "threads": threads,
            "opened": sorted(opened),
            "forks": self.forks,
            "seconds": time.monotonic() - began,
        }

    def _begin(self, attempt: int, descriptors: Sequence[int]) -> None:
        flush_output()
        try:
            pid = self._fork(descriptors) if self.forks else self._start_fresh(descriptors)
        except OSError as error:
            # Out of processes or memory: the attempt has failed, the next may not.
            os.write(descriptors[2], f"no process could be started: {error.strerror}\n".encode())
            self._ends.append(_End(attempt, child.BROKEN, None, time.monotonic(), 0))
        else:
            self._attempts[pid] = attempt
            self._send({"event": "started", "attempt": attempt, "pid": pid})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _start_fresh(self, descriptors: Sequence[int]) -> int:
        return child.start_fresh(descriptors, self._environ)

    def _fork(self, descriptors: Sequence[int]) -> int:
        zygote = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(zygote, descriptors)
        return pid

    def _become_child(self, zygote: int, descriptors: Sequence[int]) -> NoReturn:
        try:
            self._control.close()
            self._deaths.close()
            child.run(zygote, descriptors)
        finally:
            os._exit(child.BROKEN)

    def _reap(self) -> None:
        """Take note of every child that has died."""
        while (dead := next_dead(self._before_waiting)) is not None:
            pid, code = dead
            self._own_children.discard(pid)
            if pid in self._attempts:
                attempt = self._attempts.pop(pid)
                deadline = time.monotonic() + LEFTOVER_SECONDS
                ended = (None, -code) if code < 0 else (code, None)
                self._ends.append(_End(attempt, *ended, deadline, self._found))

    def _before_waiting(self, pid: int) -> None:
        if pid in self._attempts:
            # What it left is this process's child by now, and is counted before it is killed.
            self._found = self._kill_leftovers()
            kill_group(pid)

    def _kill_leftovers(self) -> int:
        """Kill what ended attempts left behind; how many were not known before.

        A running attempt adopts its own orphans, so a child of this process that is no attempt
        descends from one that has ended.
        """
        strangers = children() - self._attempts.keys() - self._own_children
        fresh = len(strangers - self._leftovers)
        self._leftovers = strangers
        for pid in strangers:
            kill(pid)
        return fresh

    def _clean_up(self) -> None:
        """Tell the end of the attempts that have left nothing more."""
        fresh = self._kill_leftovers()
        now = time.monotonic()
        for end in self._ends[:]:
            end.leftovers += fresh
            if not self._leftovers or now > end.deadline:
                self._ends.remove(end)
                self._send(
                    {
                        "event": "ended",
                        "attempt": end.attempt,
                        "code": end.code,
                        "signal": end.signal,
                        "leftovers": end.leftovers,
                    }
                )


def main(options: dict[str, Any]) -> None:
    """Entry of the bootstrap. `options`: {"control": descriptor of the socket}."""
    control = socket.socket(fileno=options["control"])
    control.set_inheritable(False)
    # A sitecustomize may have started some.
    alone = thread_count() == 1
    stand_guard(control)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    child.make_streams()
    gc.disable()
    try:
        Zygote(control, alone).serve()
    finally:
        # Leaving by the interpreter's own way would run what the preloaded modules registered.
        os._exit(0)
