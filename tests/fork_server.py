"""Imports the engine once, then forks a process for each call: `fork_server.py FD FOLDER`.

Requests and answers are messages on the socket FD; FOLDER holds the packages. See forks.py. A
process knows nothing of FOLDER: programs that it runs find what they would find by themselves.
"""

import atexit
import gc
import importlib
import os
import socket
import sys
import threading
import traceback
from typing import Any

IMPORTED = (
    "lar.executor",
    "lar_debug.runtime.record",
    "lar_debug.runtime.reexecute",
    "lar_debug.runtime.engines.lar_durable",
    "tests.durable.jobs",
    "tests.runtime.attempting",
)
"""What the processes need not import again."""


def main() -> None:
    sys.path.insert(0, sys.argv[2])
    for name in IMPORTED:
        importlib.import_module(name)
    del sys.path[:2]
    protocol: Any = sys.modules["lar_debug.runtime.protocol"]
    control = socket.socket(fileno=int(sys.argv[1]))
    gc.freeze()
    while True:
        try:
            request, descriptors = protocol.receive(control, 1)
        except EOFError:
            return
        if "wait" in request:
            status = os.waitpid(request["wait"], 0)[1]
            control.sendall(protocol.encode({"code": os.waitstatus_to_exitcode(status)}))
            continue
        pid = os.fork()
        if pid == 0:
            control.close()
            called(request, descriptors)
            return
        for number in descriptors:
            os.close(number)
        control.sendall(protocol.encode({"pid": pid}))


def called(request: dict, descriptors: list[int]) -> None:
    """One process, from its beginning. Returns for one that ends as Python ends a program."""
    os.chdir(request["cwd"])
    for number, path in enumerate(request["streams"]):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(path, flags, 0o600), number)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.argv = [""]
    module, _, function = request["call"].partition(":")
    call = getattr(sys.modules[module], function)
    if request["whole_end"]:
        call(*request["arguments"], *descriptors)
        return
    code = 1
    try:
        call(*request["arguments"], *descriptors)
        code = 0
    except BaseException:
        traceback.print_exc()
    # What is registered for the end is done; taking the whole interpreter apart would cost twice
    # what the call did.
    threading._shutdown()  # pyright: ignore
    atexit._run_exitfuncs()  # pyright: ignore
    sys.stdout.flush()
    os._exit(code)


main()
