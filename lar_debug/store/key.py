"""The key with which this machine signs pickles, so that only its own are ever opened.

Nothing else may read it. Standard library only.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 32
_LEAST_BYTES: Final = 16


def key_file() -> Path:
    """`LAR_DEBUG_KEY_FILE`, else lar-debug/key in the user's config directory."""
    named = os.environ.get("LAR_DEBUG_KEY_FILE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "lar-debug" / "key"


def signing_key(create: bool) -> bytes | None:
    """The key of this machine; None when there is none or it cannot be trusted.

    With `create` it is made where it is missing. A file that other users could have written or
    read, or that is too short, counts as none.
    """
    try:
        path = key_file()
        key = _read(path)
        if key is None and create and not path.exists():
            _create(path)
            key = _read(path)
        return key
    except (OSError, RuntimeError):
        return None


def _read(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            return None
        if sys.platform != "win32":
            # A fleet mounts its key from a secret: owned by root, often readable by the group.
            named = "LAR_DEBUG_KEY_FILE" in os.environ
            owners, others = ((os.getuid(), 0), 0o027) if named else ((os.getuid(),), 0o077)
            if found.st_uid not in owners or found.st_mode & others:
                return None
        key = file.read(1024)
    return key if len(key) >= _LEAST_BYTES else None


def _create(path: Path) -> None:
    """Make the key; when two programs do so at once, the first one's stays.

    It is written beside its place and linked there, so that nobody reads half a key.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(draft, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        os.unlink(draft)
