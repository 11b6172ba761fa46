"""Imports the engine once, then forks a process for each job: `server.py FD FOLDER`.

Requests and answers are lines of JSON on the socket FD. {"job", "arguments", "cwd"} forks and
answers {"pid"}; {"wait": pid} answers {"code"}. See desk.py.
"""

import gc
import json
import os
import socket
import sys


def main() -> None:
    sys.path.insert(0, sys.argv[2])
    import lar.executor  # noqa: F401 - what the children need not import again

    from tests.durable import jobs

    control = socket.socket(fileno=int(sys.argv[1]))
    lines = control.makefile("rwb")
    gc.freeze()

    def answer(message: dict) -> None:
        lines.write(json.dumps(message).encode() + b"\n")
        lines.flush()

    for line in lines:
        request = json.loads(line)
        if "wait" in request:
            status = os.waitpid(request["wait"], 0)[1]
            answer({"code": os.waitstatus_to_exitcode(status)})
            continue
        pid = os.fork()
        if pid == 0:
            os.chdir(request["cwd"])
            for number, name in ((1, "stdout"), (2, "stderr")):
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
            # Returning is the end of a program, with all that Python does there.
            getattr(jobs, request["job"])(**request["arguments"])
            return
        answer({"pid": pid})


main()
