"""Where recordings are kept, and whether that place can be trusted.

A store holds whatever a state held, secrets too, and what is found by walking up from a script
may have been put there by somebody else. So a project counts only when it is this user's own,
and the store's folder is made for this user alone. Opens no store; standard library only.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from lar_debug.model.problem import Problem

FOLDER = ".lar-debug"
FILE = "recordings.db"
VARIABLE = "LAR_DEBUG_STORE"

_ROOT_MARKS = ("pyproject.toml", ".git")
_ELSEWHERE = f"keep recordings elsewhere: --store PATH or {VARIABLE}"


class LocationError(Problem):
    """There is no place for a store, or none that can be trusted; one line that says what to do."""


def shown(path: Path) -> str:
    """`path` as a person reads it: "./a/b" inside the current folder, else absolute."""
    try:
        inside = path.relative_to(Path.cwd())
    except (ValueError, OSError):
        return str(path)
    return f"./{inside}" if inside.parts else str(path)


def project_root(start: Path) -> Path | None:
    """The folder of the project that `start` (a file or folder) is in, links resolved.

    That is the nearest folder with a pyproject.toml or .git. None without one, and for one that
    another user owns or can write to.
    """
    root = _nearest_root(start)
    return root if root is not None and not _why_not_trusted(root) else None


def store_path(start: Path, *, chosen: str | None, environ: Mapping[str, str]) -> Path:
    """The absolute path of the store for work that starts at `start` (a script or a folder).

    `chosen` (--store) comes first, then LAR_DEBUG_STORE in `environ`, then the project's root,
    then the folder of `start`. Creates nothing. Raises LocationError when the project or its
    store's folder cannot be trusted, or when a folder was named instead of a file.
    """
    for named, source in ((chosen, "--store"), (environ.get(VARIABLE), VARIABLE)):
        if named:
            return _named_file(named, source)
    root = _nearest_root(start)
    if root is None:
        root = _folder_of(start)
    elif reason := _why_not_trusted(root):
        raise LocationError(f"the project {shown(root)} {reason}; {_ELSEWHERE}")
    folder = root / FOLDER
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return folder / FILE
    except OSError as error:
        raise LocationError(f"cannot look at {shown(folder)}: {error.strerror}") from None
    _refuse_strange(folder, status)
    return folder / FILE


def prepare_folder(folder: Path) -> None:
    """Make the folder of a store, for this user alone and ignored by git. May be called again.

    A folder of another name than `.lar-debug` was chosen by a person: it is made when it is
    missing, and otherwise left as it is. Raises LocationError when it cannot be made, is a
    link or belongs to somebody else.
    """
    try:
        if folder.name != FOLDER:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return
        folder.mkdir(mode=0o700, exist_ok=True)
        _refuse_strange(folder, folder.lstat())
        # From here on by descriptor: a folder that is replaced meanwhile is not followed.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        line = f"cannot make {shown(folder)}: {error.strerror}; {_ELSEWHERE}"
        raise LocationError(line) from None
    try:
        _refuse_strange(folder, os.fstat(descriptor))
        _close_to_others(descriptor)
    except OSError as error:
        line = f"cannot write in {shown(folder)}: {error.strerror}; {_ELSEWHERE}"
        raise LocationError(line) from None
    finally:
        os.close(descriptor)


def _close_to_others(descriptor: int) -> None:
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o700:
        os.fchmod(descriptor, 0o700)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        ignore = os.open(".gitignore", flags, 0o600, dir_fd=descriptor)
    except FileExistsError:
        return
    with open(ignore, "w", encoding="utf-8") as file:
        file.write("*\n")


def _named_file(named: str, source: str) -> Path:
    path = Path(os.path.abspath(os.path.expanduser(named)))
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return path
    except (OSError, ValueError) as error:
        # Too long, with a zero byte, behind a file instead of a folder.
        raise LocationError(f"{source} names no file: {error}; {_ELSEWHERE}") from None
    if stat.S_ISDIR(mode):
        raise LocationError(
            f"{source} names a folder, {shown(path)}; name the file: {shown(path / FILE)}"
        )
    return path


def _folder_of(start: Path) -> Path:
    resolved = start.resolve()
    return resolved if resolved.is_dir() else resolved.parent


def _nearest_root(start: Path) -> Path | None:
    folder = _folder_of(start)
    for candidate in (folder, *folder.parents):
        # os.path does not raise where a folder may not be read.
        if any(os.path.lexists(candidate / mark) for mark in _ROOT_MARKS):
            return candidate
    return None


def _why_not_trusted(folder: Path) -> str:
    """Why another user may have put something into `folder`; "" when none can have."""
    try:
        status = folder.stat()
    except OSError as error:
        return f"cannot be looked at ({error.strerror})"
    if status.st_uid != os.geteuid():
        return "belongs to another user"
    if status.st_mode & stat.S_IWOTH:
        return "can be written by every user"
    if status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid):
        return "can be written by its group"
    return ""


def _is_private_group(group: int) -> bool:
    """Whether the group holds this user alone: then new folders are group-writable by default."""
    import grp
    import pwd

    try:
        user = pwd.getpwuid(os.geteuid())
        entry = grp.getgrgid(group)
    except KeyError:
        return False
    return (
        group == user.pw_gid
        and entry.gr_name == user.pw_name
        and set(entry.gr_mem) <= {user.pw_name}
    )


def _refuse_strange(folder: Path, status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        reason = "is a link"
    elif not stat.S_ISDIR(status.st_mode):
        reason = "is no folder"
    elif status.st_uid != os.geteuid():
        reason = "belongs to another user"
    else:
        return
    raise LocationError(f"{shown(folder)} {reason}; remove it, or {_ELSEWHERE}")
