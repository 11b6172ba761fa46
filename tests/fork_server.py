"""Imports the engine once, then forks a process for each call: `fork_server.py FD FOLDER`.

Requests and answers are messages on the socket FD; FOLDER holds the packages. See forks.py. A
process knows nothing of FOLDER: programs that it runs find what they would find by themselves.
"""

import atexit
import gc
import importlib
import os
import select
import socket
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any

IMPORTED = (
    "lar.executor",
    "lar_debug.runtime.record",
    "lar_debug.runtime.reexecute",
    "lar_debug.runtime.engines.lar_durable",
    "lar_debug.runtime.zygote",
    "lar_debug.cli.application",
    "lar_debug.cli.rerun",
    "lar_debug.cli.run",
    "lar_debug.cli.show",
    "tests.durable.jobs",
    "tests.runtime.attempting",
    "tests.forked",
)
"""What the processes need not import again."""

DESCRIPTORS = 4
"""As many come with a request at most."""


def main() -> None:
    sys.path.insert(0, sys.argv[2])
    for name in IMPORTED:
        importlib.import_module(name)
    del sys.path[:2]
    # The engine greets whoever imports it: the processes have heard nothing.
    sys.stdout.flush()
    protocol: Any = sys.modules["lar_debug.runtime.protocol"]

    def answer(asker: socket.socket, message: dict) -> None:
        # Tests kill those that ask; the others are still served.
        with suppress(ConnectionError):
            asker.sendall(protocol.encode(message))

    asking = [socket.socket(fileno=int(sys.argv[1]))]
    gc.freeze()
    while True:
        for control in select.select(asking, [], [])[0]:
            try:
                request, descriptors = protocol.receive(control, DESCRIPTORS)
            except (EOFError, ConnectionError):
                if control is asking[0]:
                    return
                asking.remove(control)
                control.close()
                continue
            if "wait" in request:
                # Whoever asks has seen its end.
                status = os.waitpid(request["wait"], 0)[1]
                answer(control, {"code": os.waitstatus_to_exitcode(status)})
                continue
            if "way" in request:
                asking += [socket.socket(fileno=number) for number in descriptors]
                answer(control, {})
                continue
            pid = os.fork()
            if pid == 0:
                for other in asking:
                    other.close()
                called(request, descriptors)
                return
            for number in descriptors:
                os.close(number)
            answer(control, {"pid": pid})


def called(request: dict, descriptors: list[int]) -> None:
    """One process, from its beginning. Returns for one that ends as Python ends a program."""
    os.chdir(request["cwd"])
    if request["environ"] is not None:
        os.environ.clear()
        os.environ.update(request["environ"])
        sys.path[:0] = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path]
    streams, descriptors = descriptors[: request["streams"]], descriptors[request["streams"] :]
    streams += [opened(number, path) for number, path in enumerate(request["files"])]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.argv = [""]
    module, _, function = request["call"].partition(":")
    call = getattr(sys.modules[module], function)
    if request["whole_end"]:
        call(*request["arguments"], *descriptors)
        return
    code: Any = 1
    try:
        call(*request["arguments"], *descriptors)
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException as error:
        sys.excepthook(type(error), error, below(error.__traceback__))
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    # What is registered for the end is done, and files are closed; taking the whole interpreter
    # apart would cost twice what the call did.
    threading._shutdown()  # pyright: ignore
    atexit._run_exitfuncs()  # pyright: ignore
    sys.stdout.flush()
    gc.collect()
    os._exit(code)


def opened(number: int, path: str) -> int:
    """A file that is to be a stream."""
    flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.open(path, flags, 0o600)


def below(trace: TracebackType | None) -> TracebackType | None:
    """Where the program itself began."""
    while trace is not None and "/tests/fork" in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    return trace


main()
