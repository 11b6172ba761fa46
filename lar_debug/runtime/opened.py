"""Which files outside the installed packages are opened while third-party modules are imported.

What such a file holds (a .env file, a settings file) stays in the zygote, so the debugger has to
start it again when the file changes. Standard library only.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import site
import sys
from collections.abc import Generator
from typing import Any

from lar_debug.runtime.compiled import CompileCache

_PSEUDO = ("/proc/", "/sys/", "/dev/")


@contextlib.contextmanager
def opened_outside_packages() -> Generator[set[str], None, None]:
    """Collects absolute paths while it is entered; complete when it is left.

    Functions are replaced and put back, because an audit hook could never be taken away again.
    """
    opened: set[str] = set()
    seen: list[str] = []
    noting = True
    real_open: Any = builtins.open
    real_os_open = os.open

    def note(file: Any) -> None:
        # A module may have kept the replaced function for itself.
        if noting and not isinstance(file, int):
            with contextlib.suppress(OSError, TypeError, ValueError):
                seen.append(os.path.abspath(os.fsdecode(file)))

    def noting_open(file: Any, *arguments: Any, **named: Any) -> Any:
        note(file)
        return real_open(file, *arguments, **named)

    def noting_os_open(path: Any, *arguments: Any, **named: Any) -> Any:
        note(path)
        return real_os_open(path, *arguments, **named)

    builtins.open = io.open = noting_open
    os.open = noting_os_open
    try:
        yield opened
    finally:
        noting = False
        builtins.open = io.open = real_open
        os.open = real_os_open
        packages = _package_folders()
        # One that is not there any more was a temporary file.
        opened.update(
            path for path in seen if not path.startswith(packages) and os.path.isfile(path)
        )


def _package_folders() -> tuple[str, ...]:
    folders = {os.path.dirname(os.__file__), sys.prefix, *site.getsitepackages()}
    # The compiled code of lar_debug's own modules is read as they are imported.
    folders |= {site.getusersitepackages(), CompileCache.user_folder()}
    folders.add(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return (*(folder + os.sep for folder in folders), *_PSEUDO)
