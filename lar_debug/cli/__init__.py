"""The command line: one file per command. Imports Textual only when a screen opens.

What a person did wrong is a Problem anywhere below; here it becomes one line and an exit code.
"""

from __future__ import annotations

import gc
import io
import sys

from lar_debug.model.problem import Problem

DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; the graph, a node or a check failed; wrong usage or input; Ctrl-C."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code."""
    code, line = _run(arguments)
    if line:
        from lar_debug.text import clean

        print(f"lar-debug: {' '.join(clean(line).split())}", file=sys.stderr)
    sys.exit(code)


def _run(arguments: list[str] | None) -> tuple[int, str]:
    """The exit code of a command, and the line about what a person has to mend."""
    # Nothing of what is imported is garbage: it is not looked for.
    gc.disable()
    import click

    from lar_debug.cli.application import application
    from lar_debug.cli.output import ReaderGone, flush

    gc.enable()

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without UTF-8 gets escapes for what it cannot show, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = application.main(arguments, prog_name="lar-debug", standalone_mode=False)
        flush()
    except click.ClickException as error:
        return WRONG, error.format_message()
    except Problem as error:
        return WRONG, str(error)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED, ""
    except ReaderGone:
        return DONE, ""
    except OSError as error:
        # The current folder is gone, a file may not be read: nothing that a traceback explains.
        where = f"{error.filename}: " if error.filename else ""
        return WRONG, f"{where}{error.strerror or error}"
    return code if isinstance(code, int) else DONE, ""
