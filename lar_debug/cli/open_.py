"""`lar-debug open`: the debugger at a run, a step or an attempt; what starts a screen is here."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lar_debug.cli import DONE
from lar_debug.cli.common import Common, common_options
from lar_debug.cli.output import say
from lar_debug.cli.recordings import is_file, open_reference, place_of_interpreter
from lar_debug.model.records import RunInfo, RunStatus
from lar_debug.session.header import target_name
from lar_debug.session.recording import Recording
from lar_debug.session.references import LAST, command_line, short_ids
from lar_debug.session.remembered import remembered
from lar_debug.store.database import Store
from lar_debug.store.trust import is_ours

if TYPE_CHECKING:
    from lar_debug.session.session import Session


def show_screen(
    common: Common,
    recording: Recording,
    step: int | None,
    attempt: int | None = None,
    *,
    hint: str = "",
) -> int:
    """The screen on a recording, until it is quit; `hint` is its first message."""
    until_quit(common, recording, step, attempt, hint=hint)
    return DONE


def until_quit(
    common: Common,
    recording: Recording,
    step: int | None,
    attempt: int | None = None,
    *,
    hint: str = "",
) -> bool:
    """True when a person quit the screen, False when a signal ended it."""
    opened = _Opened(common)
    session = opened.session_on(recording, step, attempt)
    if hint:
        session.say(hint)
    # A run that goes on is not left for another one: quitting decides what becomes of it.
    live = recording.info.status is RunStatus.RUNNING
    return opened.show(session, recording.store.path, stays=live)


class _Opened:
    """Makes sessions for the screen; the newest is the one that a person comes from."""

    def __init__(self, common: Common) -> None:
        # Nothing of what is made for the first picture is garbage; looking for some takes a tenth
        # of a start.
        gc.disable()
        self._common = common
        self._newest: Session | None = None

    def session_on(
        self, recording: Recording, step: int | None = None, attempt: int | None = None
    ) -> Session:
        """A session where a person wants it, else where they left the run, else where it is
        most likely wanted. Raises Problem."""
        from lar_debug.session.rerunning import Rerunning
        from lar_debug.session.session import Session

        common = self._common
        place = remembered(recording.store.path, recording.run) if step is None else None
        if place is not None and place.step not in recording.step_numbers():
            place = None
        if step is None:
            step = recording.default_step() if place is None else place.step
        trusted = is_ours(recording.info)
        rerunning = Rerunning(
            recording,
            # Looking for one of ours reads the disk: what somebody else named is left alone.
            place_of_interpreter(common, recording)
            if trusted
            else Path(common.python or recording.info.interpreter),
            on_save=common.on_save == "rerun",
            trusted=trusted,
            timeout=common.settings.attempt_timeout,
        )
        self._newest = session = Session(recording, rerunning, step=step)
        session.open_session = self.session_of
        if attempt is not None and attempt != LAST:
            session.show_attempt(attempt)
        if place is not None:
            session.go_back_to(place)
        return session

    def session_of(self, store: Store, info: RunInfo) -> Session:
        """A session on another run of a store. Raises Problem."""
        return self.session_on(Recording(store, info))

    def show(self, session: Session | None, store: Path, *, stays: bool = False) -> bool:
        """The screen on a session, or on the list of the runs in a store; as `until_quit`."""
        # Only now: everything else of the command line works without Textual.
        from lar_debug.session.runs import Runs
        from lar_debug.shell.app import LarDebugApp

        common = self._common
        app = LarDebugApp(
            session,
            runs=Runs(store, self.session_of),
            stays=stays,
            settings=common.settings,
            ascii=common.signs_in_ascii,
        )
        app.when_painted = _look_for_garbage
        asyncio.run(app.run_async(mouse=not common.no_mouse))
        if self._newest is not None:
            _say_goodbye(self._newest.recording, self._newest.cursor)
        return not app.told_to_end


def _look_for_garbage() -> None:
    """As Python does, but not among what the start made: that would take a moment of every key."""
    gc.freeze()
    gc.enable()


def check_keymap(common: Common) -> None:
    """Raises Problem for keys that cannot work, before anything is started for the screen."""
    if common.screen and common.settings.keymap:
        from lar_debug.shell.keymap import keys_of

        keys_of(common.settings)


def _say_goodbye(recording: Recording, step: int) -> None:
    """What stays in the scrollback: where one was, and how to get back."""
    short = short_ids(recording.store.runs())[recording.run]
    attempts = recording.attempts_cost(step).words
    where = ", ".join(
        filter(None, (f"{target_name(recording.info)} {short}: step {step}", attempts))
    )
    again = command_line(recording.store.path, "open", f"{short}:{step}")
    say(f"{where}. Go on: {again}")


def open_picker(common: Common) -> int:
    """Without a command: the list of runs on the screen, as lines where there is no screen."""
    path = common.store_path()
    # A person who names a store means one that is there.
    if common.screen and (path.exists() or not common.store):
        _Opened(common).show(None, path)
        return DONE
    from lar_debug.cli.listing import list_runs

    click.get_current_context().invoke(list_runs)
    return DONE


@click.command("open")
@click.argument("name", metavar="RUN[:STEP[@ATTEMPT]] | FILE", default="last")
@common_options
def open_run(common: Common, name: str) -> int:
    """The debugger, there; without a step at the failed one, else the last that called a model."""
    if is_file(name):
        from lar_debug.cli.import_ import imported

        name = imported(common, Path(name))[-1].run
    recording, reference = open_reference(common, name)
    if reference.step is not None:
        recording.execution(reference.step, reference.attempt or 0)
    if common.screen:
        return show_screen(common, recording, reference.step, reference.attempt)
    from lar_debug.cli.show import show_run

    click.get_current_context().invoke(show_run, name=name)
    return DONE


COMMANDS = {"open": open_run}
