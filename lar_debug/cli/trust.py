"""Asking before anything is run that a recording from elsewhere names."""

from __future__ import annotations

import shlex
import sys

from lar_debug.cli.common import Common
from lar_debug.cli.output import say
from lar_debug.model.problem import Problem
from lar_debug.session.elsewhere import why_no_code
from lar_debug.session.recording import Recording
from lar_debug.store.key import key_file, signing_key
from lar_debug.store.trust import is_ours, sealed
from lar_debug.text import clean_line


def confirm_trust(common: Common, recording: Recording) -> None:
    """Let a run that this machine did not record be run only by a person's yes, kept for later.

    Raises Problem when the answer is no, when there is nobody to ask, or no code to run.
    """
    info = recording.info
    if why := why_no_code(info):
        raise Problem(why)
    if is_ours(info):
        return
    command = shlex.join([common.python or info.interpreter, info.script, *info.argv])
    would = f"{command} in {info.cwd}"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Problem(
            f"run {info.run} was not recorded by this machine and would start {would}; "
            f"answer for it in a terminal first{_no_key()}"
        )
    say(f"Run {info.run} was not recorded by this machine. It would start {would}")
    # Not click.confirm: it writes to stdout, which belongs to what was asked for.
    print(clean_line(f"Run the code of {info.run}? [y/N] "), end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Problem("nothing was run")
    recording.store.set_seal(info.run, sealed(info).machine)


def _no_key() -> str:
    """Why no run can be this machine's, where that is so."""
    if signing_key(create=True) is not None:
        return ""
    return f" (there can be no key in {key_file().parent}: name one with LAR_DEBUG_KEY_FILE)"
