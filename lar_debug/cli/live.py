"""`lar-debug run` at a terminal: the screen on a run that goes on, and what comes after it."""

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from lar_debug.cli import DONE
from lar_debug.cli.common import Common
from lar_debug.cli.open_ import check_keymap, until_quit
from lar_debug.cli.output import say
from lar_debug.cli.summary import runs_of
from lar_debug.cli.targets import Target
from lar_debug.client.recorded_run import Forward, RecordedRun, writer
from lar_debug.model.problem import Problem
from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.session.programs import settle
from lar_debug.session.recording import Recording
from lar_debug.store.database import Store, StoreError

LAST_OUTPUT = 8_192
"""Bytes kept of what a program printed, to tell why it made no run."""

END_SECONDS = 5.0
"""How long a program may take to end when its screen is closed."""


class _Output:
    """What the program prints: only its end is kept while the screen is in front of it."""

    def __init__(self) -> None:
        self._last = bytearray()
        self._pass_on: Forward | None = None

    def take(self, data: bytes) -> None:
        """From the thread that reads."""
        if self._pass_on is not None:
            self._pass_on(data)
        self._last.extend(data)
        del self._last[:-LAST_OUTPUT]

    def to_terminal(self) -> None:
        """The screen is gone: from now on it is seen as it comes."""
        self._pass_on = writer(1)

    @property
    def last_line(self) -> str:
        return self._last.decode("utf-8", "replace").strip().split("\n")[-1]


@dataclass
class _Program:
    """The program while it runs; `pump` takes what it prints, and sees it to its end."""

    planned: RecordedRun
    store: Path
    since: float = field(default_factory=time.time)
    code: int = DONE

    def start(self) -> None:
        """Raises Problem when its interpreter cannot be run."""
        self.planned.start()
        self.pump = threading.Thread(target=self._see_through, daemon=True)
        self.pump.start()

    def _see_through(self) -> None:
        self.code = self.planned.wait()
        # At once, while the screen may still be open: it then says how the run ended.
        with suppress(StoreError), closing(Store.open(self.store)) as store:
            settle(store, self.runs(store), self.planned)

    def runs(self, store: Store) -> list[RunInfo]:
        """What it has recorded until now, oldest first."""
        assert self.planned.process is not None
        return runs_of(store, self.planned.process.pid, self.since - 1)

    def stop(self) -> None:
        """Ask it to end, and give it the time."""
        self.planned.stop()
        self.pump.join(END_SECONDS)


def run_on_screen(common: Common, target: Target, planned: RecordedRun) -> int:
    """Start the program and show its run while it goes on.

    While the run goes on, quitting asks once more and then stops the program. When the run is
    over and the program is not (it writes a report, it starts another run), nobody asked for its
    end: quitting gives the terminal back to it, as a shell would have it, and Ctrl-C is its own.
    """
    check_keymap(common)
    output = _Output()
    planned.keep_to(output.take)
    program = _Program(planned, common.store_path(target.place))
    program.start()
    with closing(Store.open(program.store)) as store:
        try:
            recording = Recording(store, _first_run(program, store, target, output))
            quit_by_person = until_quit(common, recording, None)
            if quit_by_person and program.pump.is_alive() and not _goes_on(recording):
                output.to_terminal()
                say(f"{target.written} is still at work, Ctrl-C stops it")
                with planned.signals_passed_on():
                    program.pump.join()
        finally:
            program.stop()
    return program.code


def _first_run(program: _Program, store: Store, target: Target, output: _Output) -> RunInfo:
    """The run to show, as soon as there is one. Raises Problem when the program made none."""
    say(f"starting {target.written} (importing the engine takes about 2 s the first time)")
    alive = True
    while alive:
        program.pump.join(0.05)
        alive = program.pump.is_alive()
        # Only then: it may make its run and end between two looks.
        if runs := program.runs(store):
            return runs[0]
    last = f"; its output ends with: {output.last_line}" if output.last_line else ""
    seconds = f"{time.time() - program.since:.0f} s"
    raise Problem(f"{target.written} ran {seconds} and made no graph run{last}")


def _goes_on(recording: Recording) -> bool:
    try:
        return recording.info.status is RunStatus.RUNNING
    except StoreError:
        return False
