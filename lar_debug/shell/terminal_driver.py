"""Textual's driver, where the program is stopped, goes on or is hung up: by a key, kill, the shell.

Textual gives the terminal away and takes it back within a signal handler, which may come in the
middle of a write; and it takes back also what it never gave away: two threads read the keys then,
one of them for ever. Knows no screens.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import termios
from collections.abc import Callable
from typing import Any

from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """Gives the terminal away, and takes it back, between two events and never twice."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)  # pyright: ignore[reportUnknownMemberType]
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._has_terminal = False
        # Who started us with `nohup` wants it ignored.
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            signal.signal(signal.SIGHUP, self._hang_up)

    def start_application_mode(self) -> None:
        """The terminal is ours from now on."""
        super().start_application_mode()
        self._has_terminal = True

    def stop_application_mode(self) -> None:
        """The terminal is somebody else's from now on."""
        self._has_terminal = False
        super().stop_application_mode()

    def _sigtstp_application(self, *_: object) -> None:
        if self._has_terminal:
            self._soon(self._stop)
        else:
            # Another program has it, an editor: whoever waits for us waits for that one too.
            _stop_here()

    def _sigcont_application(self, *_: object) -> None:
        if self._has_terminal:
            self._soon(self._go_on)

    def _hang_up(self, *_: object) -> None:
        try:
            termios.tcgetattr(self.fileno)
        except termios.error:
            # Nothing can be given back, and whatever is written would fail: end at once.
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGHUP)
        else:
            os.kill(os.getpid(), signal.SIGTERM)

    def _soon(self, act: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(self._if_ours, act, context=self._context)

    def _if_ours(self, act: Callable[[], None]) -> None:
        if self._has_terminal:
            act()

    def _stop(self) -> None:
        app: Any = self._app
        app.app_suspend_signal.publish(app)
        self.suspend_application_mode()
        _stop_here()
        self._take_back()

    def _go_on(self) -> None:
        """After a stop that nobody told us of; who had the terminal since may have changed it.

        Keys that were typed meanwhile are kept: Textual throws them away where it ends its thread.
        """
        self.exit_event.set()
        if self._key_thread is not None:
            self._key_thread.join()
        self.suspend_application_mode()
        self.exit_event.clear()
        self._take_back()

    def _take_back(self) -> None:
        while not self._is_in_front():
            _stop_here()
        # The app is told once it has begun again.
        self._must_signal_resume = True
        self.resume_application_mode()

    def _is_in_front(self) -> bool:
        """Whether the shell lets us have the terminal: after `bg` it does not."""
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            return True


def _stop_here() -> None:
    """Returns when the program goes on."""
    os.kill(os.getpid(), signal.SIGSTOP)
