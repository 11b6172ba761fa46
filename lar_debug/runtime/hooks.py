"""How what happens reaches the effects: patched functions, or Python's audit events.

While a graph is recorded, a handful of functions are patched: an audit hook would be complete,
but it doubles the cost of `copy.deepcopy`, which the engine calls twice a step. A re-execution
is one short process of its own and uses the audit hook. Knows no engine and no store.
"""

from __future__ import annotations

import builtins
import importlib
import io
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from lar_debug.runtime.effects import Blocked, Effects, plain
from lar_debug.runtime.observation import is_quiet
from lar_debug.runtime.tracebacks import is_own

_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]

_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_OUTSIDE = (
    "socket.getaddrinfo",
    "socket.bind",
    "socket.sendto",
    "os.kill",
    "os.killpg",
    "os.chmod",
    "os.chown",
    "os.utime",
)
"""Audit events that are noted by no other name, and still no business of who only runs ahead."""

_CHANGING = (
    "remove",
    "unlink",
    "rename",
    "replace",
    "mkdir",
    "rmdir",
    "truncate",
    "link",
    "symlink",
)


# -- recording: patched functions -----------------------------------------------------------


def patch(effects: Effects) -> None:
    """Report to `effects` from now on, in the whole process."""
    _patch_open(effects)
    _patch_changes(effects)
    _patch_network(effects)
    _patch_processes(effects)


def _quiet(effects: Effects) -> bool:
    """True for what is not to be noted; two frames up stands who does it."""
    if not effects.active or is_quiet():
        return True
    return is_own(_frame(2).f_code.co_filename)


def _is_importing() -> bool:
    """True when Python's own search for modules does it, two frames up."""
    return _frame(2).f_code.co_filename.startswith("<frozen importlib")


def _patch_open(effects: Effects) -> None:
    original: Callable[..., Any] = builtins.open
    original_low = os.open

    @wraps(original)
    def noting_open(file: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> Any:
        if _quiet(effects):
            return original(file, mode, *args, **kwargs)
        writing = isinstance(mode, str) and any(letter in mode for letter in "wax+")
        reads_too = isinstance(mode, str) and "+" in mode and "w" not in mode
        if not writing or reads_too:
            _guarded(effects.opened, file, writing=False)
        if writing and effects.blocks:
            _guarded(effects.opened, file, writing=True)
        opened = original(file, mode, *args, **kwargs)
        if writing:
            _guarded(effects.opened, file, writing=True)
        return opened

    @wraps(original_low)
    def noting_low_open(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if not _quiet(effects) and kwargs.get("dir_fd") is None:
            _guarded(effects.opened, path, writing=bool(flags & _WRITE_FLAGS))
        return original_low(path, flags, *args, **kwargs)

    setattr(builtins, "open", noting_open)  # noqa: B010
    setattr(io, "open", noting_open)  # noqa: B010
    os.open = noting_low_open


def _patch_changes(effects: Effects) -> None:
    for name in _CHANGING:
        original = getattr(os, name, None)
        if original is None:
            continue

        def noting(path: Any, *args: Any, _name: str = name, _do: Any = original, **kw: Any) -> Any:
            if effects.blocks and not _quiet(effects):
                _guarded(effects.changed, _name, path)
            done = _do(path, *args, **kw)
            if not _quiet(effects):
                _guarded(effects.changed, _name, path)
            return done

        setattr(os, name, wraps(original)(noting))
    connect = sqlite3.connect

    @wraps(connect)
    def noting_connect(database: Any, *args: Any, **kwargs: Any) -> Any:
        if not _quiet(effects):
            _guarded(_opened_database, effects, database)
        return connect(database, *args, **kwargs)

    sqlite3.connect = noting_connect
    setattr(importlib.import_module("sqlite3.dbapi2"), "connect", noting_connect)  # noqa: B010


def _patch_names(effects: Effects) -> None:
    look_up = socket.getaddrinfo

    @wraps(look_up)
    def noting_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        found = look_up(host, *args, **kwargs)
        _guarded(effects.resolved, host, found)
        return found

    socket.getaddrinfo = noting_look_up


def _patch_network(effects: Effects) -> None:
    _patch_names(effects)
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def noting(self: Any, address: Any, *, _do: Any = original) -> Any:
            if not _quiet(effects):
                _guarded(effects.connected, address)
            return _do(self, address)

        setattr(socket.socket, name, wraps(original)(noting))


def _patch_processes(effects: Effects) -> None:
    start, fork = subprocess.Popen.__init__, getattr(os, "fork", None)
    operating_system: Any = os
    system: Any = operating_system.system

    @wraps(start)
    def noting_start(self: Any, args: Any, *rest: Any, **kwargs: Any) -> None:
        if not _quiet(effects):
            _guarded(effects.started, args)
        start(self, args, *rest, **kwargs)

    @wraps(system)
    def noting_system(command: Any) -> Any:
        if not _quiet(effects):
            _guarded(effects.started, command)
        return system(command)

    setattr(subprocess.Popen, "__init__", noting_start)  # noqa: B010
    operating_system.system = noting_system
    if fork is not None:

        @wraps(fork)
        def noting_fork() -> int:
            if not _quiet(effects):
                _guarded(effects.started, "fork")
            return fork()

        os.fork = noting_fork


def _guarded(note: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Note something. What goes wrong in noting must not become an error of the program."""
    try:
        note(*args, **kwargs)
    except Blocked:
        raise
    except Exception:
        return


def _opened_database(effects: Effects, database: Any) -> None:
    name = plain(database)
    if name != ":memory:" and "mode=memory" not in name:
        path, _, options = name.removeprefix("file:").partition("?")
        effects.opened(path, writing="mode=ro" not in options)


# -- re-execution: the audit hook -----------------------------------------------------------


def watch_audit_events(effects: Effects) -> None:
    """Report to `effects` by an audit hook. It cannot be taken away again, only made inactive."""

    def on_open(args: tuple[Any, ...]) -> None:
        mode, flags = args[1], args[2] or 0
        if isinstance(mode, str):
            writing = any(letter in mode for letter in "wax+")
        else:
            writing = bool(flags & _WRITE_FLAGS)
        effects.opened(args[0], writing=writing)

    handlers: dict[str, Callable[[tuple[Any, ...]], None]] = {
        "open": on_open,
        "socket.connect": lambda args: effects.connected(args[1]),
        "subprocess.Popen": lambda args: effects.started(args[1]),
        "os.system": lambda args: effects.started(args[0]),
        "os.posix_spawn": lambda args: effects.started(args[1]),
        "os.exec": lambda args: effects.started(args[1]),
        "os.fork": lambda _: effects.started("fork"),
        "sqlite3.connect": lambda args: _opened_database(effects, args[0]),
        "os.listdir": lambda args: effects.lists(args[0]),
        "os.scandir": lambda args: effects.lists(args[0]),
    }
    for name in _OUTSIDE:
        handlers[name] = lambda _: effects.about_to_reach()
    for name in ("remove", "rename", "mkdir", "rmdir", "truncate", "link", "symlink"):
        handlers[f"os.{name}"] = lambda args, name=name: effects.changed(name, args[0])

    def hook(event: str, args: tuple[Any, ...]) -> None:
        handler = handlers.get(event)
        if handler is not None and not _quiet(effects) and not _is_importing():
            _guarded(handler, args)

    sys.addaudithook(hook)
    _patch_names(effects)
