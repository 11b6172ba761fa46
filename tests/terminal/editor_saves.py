"""An editor's save as a process of its own: editor_saves.py FILE METHOD, new content on stdin.

METHOD is how editors do it: in-place (written over), rename (a temporary file renamed onto it:
VS Code's atomic save, sed -i), vim (renamed away to FILE~, written new, FILE~ removed) or
truncate (emptied, then written when stdin ends: whoever holds stdin open sees the torn file).

Only rename is never seen torn: with vim the file is away, then empty for a moment; in-place what
was longer keeps its old end for a moment. Count attempts after those two with care.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def in_place(file: Path) -> None:
    content = sys.stdin.buffer.read()
    with open(file, "r+b") as opened:
        opened.write(content)
        opened.truncate()


def rename(file: Path) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    _write(temporary, sys.stdin.buffer.read())
    temporary.replace(file)


def vim(file: Path) -> None:
    content = sys.stdin.buffer.read()
    backup = file.with_name(f"{file.name}~")
    file.replace(backup)
    _write(file, content)
    backup.unlink()


def truncate(file: Path) -> None:
    with open(file, "wb") as opened:
        opened.write(sys.stdin.buffer.read())


def _write(file: Path, content: bytes) -> None:
    with open(file, "xb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


METHODS = {"in-place": in_place, "rename": rename, "vim": vim, "truncate": truncate}

if __name__ == "__main__":
    METHODS[sys.argv[2]](Path(sys.argv[1]))
